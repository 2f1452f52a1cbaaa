package kernel_test

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/kernel"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

var long = flag.Bool("long", false, "kill twenty processes that trace, not three")

func init() {
	leave = func() {
		name, err := kernel.Leave()
		fmt.Println(name, err)
		select {}
	}
}

// tracer starts a process that has an instance, and does not end.
func tracer(t *testing.T) (cmd *exec.Cmd, instance string) {
	t.Helper()
	cmd = exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), leaveEnv+"=1")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	name, _ := strings.CutSuffix(line, " <nil>\n")
	if err != nil || !hasInstance(t, name) {
		t.Fatalf("%q, %v", line, err)
	}
	return cmd, name
}

func hasInstance(t *testing.T, name string) bool {
	t.Helper()
	all, err := kernel.Instances()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Contains(all, name)
}

// An instance with its events on would cost every packet of the machine time.
func TestKilledProcessLeavesNoInstance(t *testing.T) {
	tracing(t)
	times := 3
	if *long {
		times = 20
	}
	for range times {
		cmd, name := tracer(t)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		labtest.Eventually(t, name+" is removed", func() bool { return !hasInstance(t, name) })
	}
}

func TestNextStartRemovesWhatIsLeft(t *testing.T) {
	tracing(t)
	cmd, name := tracer(t)
	other, living := tracer(t)
	pid, err := remover(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	for _, dies := range []*os.Process{p, cmd.Process} {
		if err := dies.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	_ = cmd.Wait()
	if !hasInstance(t, name) {
		t.Fatal("something else removes instances: this test shows nothing")
	}
	host := labtest.Build(t, lab.Topology{Hosts: []lab.Host{{Name: "A"}}}).Host("A")
	run(t, host, kernel.Config{Op: kernel.Connect, Target: closedPort})
	if hasInstance(t, name) {
		t.Error("the next start has not removed the instance of a dead process")
	}
	if !hasInstance(t, living) {
		t.Error("the next start has removed the instance of a living process")
	}
	_ = other.Process.Kill()
	labtest.Eventually(t, living+" is removed", func() bool { return !hasInstance(t, living) })
}

// remover finds the process that removes an instance.
func remover(instance string) (pid int, err error) {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return 0, err
	}
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err == nil && string(line) == "groupcast-kernel-remover\x00"+instance+"\x00" {
			return strconv.Atoi(filepath.Base(filepath.Dir(file)))
		}
	}
	return 0, fmt.Errorf("no process removes %s", instance)
}

func TestOwnerOfInstance(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{
		"groupcast-4026531840-4026531836-77-1":  77,
		"groupcast-4026531840-4026531999-77-1":  0, // of another PID namespace
		"groupcast-4026531840-4026531836-x-1":   0,
		"groupcast-4026531840-4026531836--7-1":  0,
		"groupcast-4026531840-4026531836-0-1":   0,
		"groupcast-4026531840-4026531836-77":    0,
		"trace-cmd-4026531840-4026531836-77-1":  0,
		"mygroupcast-4026531840-4026531836-7-1": 0,
		"":                                      0,
	} {
		if got, ok := kernel.OwnerOf(name, "4026531836"); got != want || ok != (want > 0) {
			t.Errorf("%s: %d, %v, want %d", name, got, ok, want)
		}
	}
}
