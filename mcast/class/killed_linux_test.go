package class

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func init() {
	testPrograms["front"] = front
	testPrograms["unconfined"] = unconfined
}

// front is a class in a process of its own, with two seats in which programs run. It says
// when it is ready and when it is over, and then goes on until standard input ends.
func front([]string) error {
	cfg, err := talking(3)
	if err != nil {
		return err
	}
	c, err := Start(context.Background(), cfg)
	if err != nil {
		return err
	}
	for _, plain := range []bool{false, true} {
		_, s, err := c.Join(Applicant{Code: c.Code(), Name: fmt.Sprint("plain ", plain), Plain: plain})
		if err != nil {
			return err
		}
		if plain {
			if _, _, _, err := s.Tabs()[0].Lines(context.Background(), 0); err != nil {
				return err
			}
			continue
		}
		s.Tabs()[0].Input(Input{Size: Size{80, 24}})
		for seen := int64(0); ; {
			screen, err := s.Tabs()[0].Next(context.Background(), seen)
			if err != nil || screen.Ended != "" {
				return fmt.Errorf("%w %s", err, screen.Ended)
			}
			if seen = screen.Version; strings.Contains(textOf(screen), "ready") {
				break
			}
		}
	}
	fmt.Println("ready")
	go func() {
		<-c.Done()
		fmt.Println("over")
	}()
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// process is one of this computer, by what no other has.
type process struct {
	pid, parent int
	since       string // ticks since the computer started
	name        string // its first argument
}

// processes are all that have not ended, by their numbers.
func processes() map[int]process {
	all := map[int]process{}
	list, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range list {
		b, _ := os.ReadFile(path) // it may have ended
		_, rest, _ := strings.Cut(string(b), ") ")
		fields := strings.Fields(rest)
		if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
			continue
		}
		p := process{since: fields[19]}
		p.pid, _ = strconv.Atoi(filepath.Base(filepath.Dir(path)))
		p.parent, _ = strconv.Atoi(fields[1])
		b, _ = os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		p.name, _, _ = strings.Cut(string(b), "\x00")
		all[p.pid] = p
	}
	return all
}

// below are those that a process has started, and they.
func below(pid int) (list []process) {
	all := processes()
	for _, p := range all {
		for q := p; ; {
			if q.parent == pid {
				list = append(list, p)
				break
			}
			next, ok := all[q.parent]
			if !ok || q.parent == q.pid {
				break
			}
			q = next
		}
	}
	return list
}

// A class whose process is killed leaves nothing, and one whose lab is killed is over.
func TestKilled(t *testing.T) {
	for _, victim := range []string{"front", "groupcast-lab"} {
		t.Run(victim, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), "/proc/self/exe", testProgram, "front")
			cmd.Stderr = os.Stderr
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			says := func(want string) {
				t.Helper()
				if !lines.Scan() || lines.Text() != want {
					t.Fatalf("it says %q, want %q; %v", lines.Text(), want, lines.Err())
				}
			}
			says("ready")
			there := below(cmd.Process.Pid)
			pid := cmd.Process.Pid
			seats := 0
			for _, p := range there {
				switch p.name {
				case lab.SeatProgram:
					seats++
				case victim:
					pid = p.pid
				}
			}
			if seats != 2 || len(there) < 6 || victim != "front" && pid == cmd.Process.Pid { // and the lab, and three hosts
				t.Fatalf("its processes: %+v", there)
			}
			if err := unix.Kill(pid, unix.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if victim != "front" {
				says("over")
			}
			labtest.Eventually(t, "every process has ended", func() bool {
				now := processes()
				for _, p := range there {
					if q, ok := now[p.pid]; ok && q.since == p.since {
						return false
					}
				}
				return true
			})
			in.Close()
			err = cmd.Wait()
			if exit, _ := errors.AsType[*exec.ExitError](err); victim == "front" != (exit != nil && exit.Sys().(syscall.WaitStatus).Signal() == unix.SIGKILL) {
				t.Error(err)
			}
		})
	}
}

// unconfined tries to start a class where the kernel has no Landlock, and says why it
// could not.
func unconfined([]string) error {
	runtime.LockOSThread()
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_LANDLOCK_CREATE_RULESET, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program))); errno != 0 {
		return errno
	}
	cfg, err := talking(1)
	if err != nil {
		return err
	}
	c, err := Start(context.Background(), cfg)
	if c != nil {
		return errors.New("the class has started")
	}
	missing, ok := errors.AsType[*lab.NotConfinedError](err)
	if !ok {
		return fmt.Errorf("no NotConfinedError: %w", err)
	}
	fmt.Printf("%v\n%s\n", missing, missing.Hint)
	return nil
}

func TestUnconfinedIsRefused(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", testProgram, "unconfined")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if text := string(out); err != nil || !strings.Contains(text, "no Landlock") || !strings.Contains(text, "use Linux 5.1") {
		t.Errorf("%q, %v", out, err)
	}
}
