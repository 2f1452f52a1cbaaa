package lab_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func init() {
	programs["listen beside"] = func() error { // on an abstract socket, until standard input ends
		l, err := net.Listen("unix", os.Getenv(targetsEnv))
		if err != nil {
			return err
		}
		defer l.Close()
		fmt.Println("ready")
		_, err = os.Stdin.Read(make([]byte, 1))
		return err
	}
}

// upApart is a classroom of seats in a process of its own.
func upApart(t *testing.T, hosts, packets int) *lab.Apart {
	t.Helper()
	topology, err := lab.FindTopology("classroom", hosts)
	if err != nil {
		t.Fatal(err)
	}
	a, err := lab.UpApart(t.Context(), topology, packets)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// inSeat is a program of this test binary, confined.
func inSeat(t *testing.T, a *lab.Apart, host string, c lab.Confinement, program string) *lab.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c.Program = self
	if c.Data == 0 {
		c.Data = ownData
	}
	cmd := a.ConfinedCommand(t.Context(), host, c, lab.SeatProgram)
	cmd.Env = []string{programEnv + "=" + program}
	return cmd
}

// shellInSeat is a script of a stranger.
func shellInSeat(ctx context.Context, a *lab.Apart, host string, c lab.Confinement, script string) *lab.Cmd {
	c.Program = "/bin/true"
	cmd := a.ConfinedCommand(ctx, host, c, "/bin/sh", "-c", script)
	cmd.Env = []string{"PATH=/usr/bin:/bin:/usr/sbin:/sbin"}
	return cmd
}

// What a program in a seat may try, as nobody; where the tests are root's as root, too,
// whose seats are nobody's; and where they cannot be, as in some containers.
func TestAttackers(t *testing.T) {
	t.Parallel()
	labtest.AgainAsNobody(t)
	labtest.AgainAsRootAlone(t)
	if abi := os.Getenv(abiEnv); abi != "" && abi != strconv.Itoa(lab.LandlockABI()) {
		t.Fatalf("Landlock has version %d, want %s", lab.LandlockABI(), abi)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	left, err := unix.Open(filepath.Join(dir, "secret"), unix.O_RDONLY, 0) // which what it starts inherits
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(left)
	a := upApart(t, 2, 2000)
	victim := exec.Command("sleep", "1000")
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := victim.Process.Kill(); err != nil {
			t.Errorf("the teacher's program has ended: %v", err)
		}
		_ = victim.Wait()
	})
	at := targets{Dir: dir, Pid: victim.Process.Pid, Socket: fmt.Sprintf("@teacher-%d", os.Getpid()), Landlock: lab.LandlockABI()}
	teacher, err := net.Listen("unix", at.Socket)
	if err != nil {
		t.Fatal(err)
	}
	defer teacher.Close()
	if lab.LandlockABI() >= 6 {
		at.Beside = "@beside"
		beside := a.Command(t.Context(), "H1", "/proc/self/exe")
		beside.Env = append(os.Environ(), programEnv+"=listen beside", targetsEnv+"="+at.Beside)
		open, err := beside.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		defer open.Close()
		begin(t, beside, "ready")
	}
	b, err := json.Marshal(at)
	if err != nil {
		t.Fatal(err)
	}
	for program, c := range map[string]lab.Confinement{"attack": {}, "attack as administrator": {Admin: true}} {
		attacker := inSeat(t, a, "H1", c, program)
		attacker.Env = append(attacker.Env, targetsEnv+"="+string(b))
		if abi := os.Getenv(abiEnv); abi != "" {
			attacker.Env = append(attacker.Env, abiEnv+"="+abi)
		}
		out, err := attacker.CombinedOutput()
		if want := "0 of the attacks are not refused as they should be\n"; err != nil || string(out) != want {
			t.Errorf("%s, as user %d: %v\n%s", program, os.Getuid(), err, out)
		}
	}
	if found, err := os.ReadDir(at.Dir); err != nil || len(found) != 1 {
		t.Errorf("the teacher's folder holds %v, %v", found, err)
	}
}
