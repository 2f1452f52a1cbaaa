package lab_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func init() {
	programs["lab"] = func() error {
		if err := lab.Enter(); err != nil {
			return err
		}
		ctx := context.Background()
		l, err := lab.Up(ctx, lab.Article)
		if err != nil {
			return err
		}
		c := shell(ctx, l.Host("A"), "sleep 1000 & setsid sleep 1000 & echo ready; wait")
		c.Stdout = os.Stdout
		return c.Run()
	}
	programs["not entered"] = func() error {
		_, err := lab.Up(context.Background(), lab.Article)
		return err
	}
	programs["exit 7"] = func() error {
		if err := lab.Enter(); err != nil {
			return err
		}
		os.Exit(7)
		return nil
	}
	programs["await SIGTERM"] = func() error {
		if err := lab.Enter(); err != nil {
			return err
		}
		fmt.Println("ready")
		select {}
	}
	programs["tests in the limit"] = func() error {
		if err := lab.Enter(); err != nil {
			return err
		}
		// It counts for the namespaces that are made below this one.
		if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0); err != nil {
			return err
		}
		c := testProgram("run tests")
		c.Stderr = os.Stderr
		return c.Run()
	}
	programs["run tests"] = func() error {
		if status := labtest.RunTests(oneTest{}); status != 0 {
			os.Exit(status)
		}
		return nil
	}
	programs["as a user"] = func() error {
		status, _ := os.ReadFile("/proc/self/status")
		fmt.Printf("uid %d, %s", os.Getuid(), regexp.MustCompile("CapEff:.*\n").Find(status))
		if err := lab.Enter(); err != nil {
			return err
		}
		l, err := lab.Up(context.Background(), lab.Article)
		if err != nil {
			return err
		}
		defer l.Close()
		c := shell(context.Background(), l.Host("B"), "echo lab")
		c.Stdout = os.Stdout
		return errors.Join(c.Run(), l.Host("B").Link("eth0").Drop(10))
	}
}

// oneTest stands for a testing.M whose tests pass, and says that it ran.
type oneTest struct{}

func (oneTest) Run() int {
	fmt.Fprintln(os.Stderr, "ran")
	return 0
}

// testProgram is this test binary as one of its programs.
func testProgram(name string) *exec.Cmd {
	c := exec.Command("/proc/self/exe")
	c.Args[0] = os.Args[0]
	c.Env = append(os.Environ(), programEnv+"="+name)
	return c
}

// SIGKILL to the outermost process, which can do nothing about it, leaves
// nothing: everything held the pipe that is its standard output.
func TestKillLeavesNothing(t *testing.T) {
	c := testProgram("lab")
	c.Stderr = os.Stderr
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c.Stdout = w
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	out := bufio.NewReader(r)
	if line, err := out.ReadString('\n'); line != "ready\n" {
		t.Fatalf("the lab says %q, %v", line, err)
	}
	mine := descendants(t, c.Process.Pid)
	if len(mine) < 6 { // the second process, two hosts, the shell, two sleeps
		t.Errorf("%d processes in the lab, want 6 at least: %v", len(mine), mine)
	}
	namespaces := map[string]bool{}
	for _, pid := range mine {
		if ns, err := os.Readlink(fmt.Sprintf("/proc/%s/ns/net", pid)); err == nil {
			namespaces[ns] = true
		}
	}
	if len(namespaces) != 3 { // the lab's, A's, B's
		t.Errorf("processes in %d network namespaces, want 3: %v", len(namespaces), namespaces)
	}
	ends := map[string]int{} // pidfd_open(2): readable when the process is gone
	for _, pid := range mine {
		n, _ := strconv.Atoi(pid)
		fd, err := unix.PidfdOpen(n, 0)
		if err != nil {
			t.Fatalf("process %s: %v", pid, err)
		}
		ends[pid] = fd
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	_ = r.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := out.ReadByte(); err != io.EOF {
		t.Errorf("10 s after SIGKILL a command is alive: %v", err)
	}
	for pid, end := range ends { // a process closes its files a moment before it is gone
		if err := gone(end); err != nil {
			t.Errorf("after SIGKILL process %s is alive (%v)", pid, err)
		}
	}
	if left := using(namespaces); len(left) > 0 {
		t.Errorf("after SIGKILL these are in the lab's namespaces: %v", left)
	}
}

// descendants lists the processes below pid.
func descendants(t *testing.T, pid int) (all []string) {
	t.Helper()
	children := map[string][]string{}
	stats, _ := os.ReadDir("/proc")
	for _, e := range stats {
		b, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue
		}
		// pid (name) state ppid: the name may hold anything, so from its end.
		fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		children[fields[1]] = append(children[fields[1]], e.Name())
	}
	for todo := []string{fmt.Sprint(pid)}; len(todo) > 0; todo = todo[1:] {
		below := children[todo[0]]
		all, todo = append(all, below...), append(todo, below...)
	}
	return all
}

// using lists the processes in any of the network namespaces.
func using(namespaces map[string]bool) (pids []string) {
	list, _ := os.ReadDir("/proc")
	for _, e := range list {
		if ns, err := os.Readlink("/proc/" + e.Name() + "/ns/net"); err == nil && namespaces[ns] {
			pids = append(pids, e.Name())
		}
	}
	return pids
}

func TestEnterExitsWithTheStatus(t *testing.T) {
	err := testProgram("exit 7").Run()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != 7 {
		t.Errorf("a program that exits with 7 in its namespace ends with %v", err)
	}
}

func TestEnterPassesSignalsOn(t *testing.T) {
	c := testProgram("await SIGTERM")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the program says %q, %v", line, err)
	}
	_ = c.Process.Signal(syscall.SIGTERM)
	_ = c.Wait()
	if code := c.ProcessState.ExitCode(); code != 128+15 {
		t.Errorf("ended by SIGTERM in its namespace, the program exits with %d, want 143", code)
	}
}

func TestUpOutside(t *testing.T) {
	out, err := testProgram("not entered").CombinedOutput()
	if want := "lab: not in a namespace: call lab.Enter first\n"; err == nil || string(out) != want {
		t.Errorf("Up without Enter says %q, want %q", out, want)
	}
}

// Where namespaces are forbidden the tests skip, and under CI they fail; both
// say why.
func TestForbidden(t *testing.T) {
	const reason = "lab: no namespaces for this user: user.max_user_namespaces is 0: "
	for _, test := range []struct {
		ci, want string
		ok       bool
	}{
		{"", "tests skipped: " + reason, true},
		{"true", "tests not run, and CI=true: " + reason, false},
	} {
		c := testProgram("tests in the limit")
		c.Env = append(c.Env, "CI="+test.ci)
		out, err := c.CombinedOutput()
		if !strings.HasPrefix(string(out), test.want) || (err == nil) != test.ok {
			t.Errorf("with CI=%s it says %q, %v\nwant %q, success: %v", test.ci, out, err, test.want, test.ok)
		}
		if !strings.Contains(string(out), "hint: sysctl -w user.max_user_namespaces=10000\n") || strings.Contains(string(out), "ran") {
			t.Errorf("with CI=%s it says %q\nwant a hint, and that the tests do not run", test.ci, out)
		}
	}
}

// The reasons, which docs/lab.md has with what to do.
func TestWhyForbidden(t *testing.T) {
	page, err := os.ReadFile("../../docs/lab.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		err      error
		settings map[string]string
		want     string // the reason
	}{
		{syscall.ENOSPC, map[string]string{"sys/user/max_user_namespaces": "0"}, "user.max_user_namespaces is 0"},
		{syscall.ENOSPC, map[string]string{"sys/user/max_user_namespaces": "9", "sys/user/max_net_namespaces": "0"}, "user.max_net_namespaces is 0"},
		{syscall.ENOSPC, nil, "the limit on namespaces is reached"},
		{syscall.EUSERS, nil, "user namespaces are nested too deeply"},
		{syscall.EINVAL, nil, "the kernel is built without user or network namespaces"},
		{syscall.EPERM, map[string]string{"sys/kernel/unprivileged_userns_clone": "0"}, "kernel.unprivileged_userns_clone is 0"},
		{syscall.EACCES, map[string]string{"sys/kernel/apparmor_restrict_unprivileged_userns": "1"}, "kernel.apparmor_restrict_unprivileged_userns is 1"},
		{syscall.EPERM, map[string]string{"self/status": "NoNewPrivs:\t0\nSeccomp:\t2\nThreads:\t1"}, "a seccomp filter, as containers have, or a chroot"},
		{syscall.EPERM, map[string]string{"self/status": "Name:\tgroupcast\nUid:\t1000\t1000\t1000\t1000\nCapPrm:\t0000000000002000\n"}, "the program has a capability of its file (setcap), and with it no other in a namespace"},
		{syscall.EPERM, map[string]string{"self/status": "Name:\tgroupcast\nUid:\t0\t0\t0\t0\nCapPrm:\t0000000000002000\n"}, "the process is in a chroot, or a security module refuses"},
		{syscall.EPERM, map[string]string{"self/status": "Seccomp:\t0"}, "the process is in a chroot, or a security module refuses"},
	} {
		err := lab.Forbidden(fmt.Errorf("fork/exec: %w", test.err), func(path string) string { return test.settings[path] })
		f, ok := errors.AsType[*lab.ForbiddenError](err)
		if !ok || f.Reason != test.want || !errors.Is(err, test.err) {
			t.Errorf("%v with %v: %v\nwant the reason %q", test.err, test.settings, err, test.want)
		} else if row := strings.TrimSuffix(fmt.Sprintf("| %s | %s", f.Reason, f.Hint), " ") + " |\n"; !strings.Contains(string(page), row) {
			t.Errorf("docs/lab.md lacks the row\n%s", row)
		}
	}
	err = lab.Forbidden(syscall.ENOMEM, func(string) string { return "0" })
	if _, ok := errors.AsType[*lab.ForbiddenError](err); ok || !errors.Is(err, syscall.ENOMEM) {
		t.Errorf("ENOMEM, which forbids nothing, becomes %v", err)
	}
}

// A user without any capability can do it all.
func TestWithoutRoot(t *testing.T) {
	c := testProgram("as a user")
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 1000, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 1000, HostID: os.Getgid(), Size: 1}},
	}
	out, err := c.CombinedOutput()
	// Once outside, once within, as the same user.
	want := regexp.MustCompile(`^uid 1000, CapEff:\t0+\nuid 1000, CapEff:\t0*[137f]f+\nlab\n$`)
	if !want.Match(out) || err != nil {
		t.Errorf("the user's lab says %q, %v; want %s", out, err, want)
	}
}
