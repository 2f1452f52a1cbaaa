package lab_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

const mebibyte = 1 << 20

func init() {
	// These take more than they may, and a little more, and then wait to be killed.
	for name, take := range map[string]func() error{
		"hog private": func() error { return touch(192*mebibyte, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS) },
		// A mapping that grows counts as stack, not as data.
		"hog stack": func() error { return touch(192*mebibyte, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_GROWSDOWN) },
		// What is only read is one page for all, and a page of the table for each 2 MiB.
		"hog tables": func() error {
			each := 2 * mebibyte
			b, err := unix.Mmap(-1, 0, 49152*each, unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
			if err == nil {
				err = unix.Madvise(b, unix.MADV_NOHUGEPAGE)
			}
			sum := byte(0)
			for i := 0; i < len(b); i += each {
				sum += b[i]
			}
			return errors.Join(err, os.WriteFile("/dev/null", []byte{sum}, 0))
		},
		"hog sockets": func() error {
			for range 3 {
				c := exec.Command("/proc/self/exe")
				c.Env = []string{programEnv + "=hold sockets"}
				if err := c.Start(); err != nil {
					return err
				}
			}
			return nil
		},
		"hog groups": func() error {
			fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM, 0)
			for n := 0; n < 600 && err == nil; n++ {
				group := [16]byte{0: 0xff, 1: 0x05, 14: byte(n >> 8), 15: byte(n)}
				err = unix.SetsockoptIPv6Mreq(fd, unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP, &unix.IPv6Mreq{Multiaddr: group, Interface: 1})
			}
			return err
		},
		"hold sockets": func() error {
			for range 100 {
				if _, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		programs[name] = func() error {
			if err := take(); err != nil {
				return err
			}
			for {
				_, _ = unix.Poll(nil, -1)
			}
		}
	}
	programs["bomb where root is alone"] = bombOfRoot
}

func touch(bytes, flags int) error {
	b, err := unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, flags)
	for i := 0; i < len(b); i += os.Getpagesize() {
		b[i] = 1
	}
	return err
}

// neighbour is another seat. It answers, whatever happens beside it.
func neighbour(t *testing.T, a *lab.Apart, host string) (answers func()) {
	t.Helper()
	c := shellInSeat(t.Context(), a, host, lab.Confinement{}, "echo ready; exec cat")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, _ := begin(t, c, "ready")
	return func() {
		t.Helper()
		fmt.Fprintln(in, "there?")
		if line, err := out.ReadString('\n'); line != "there?\n" {
			t.Fatalf("the seat beside it answers %q, %v", line, err)
		}
	}
}

// What one seat takes has a bound, and the seat beside it goes on.
func TestSeatTakesNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	labtest.AgainAsNobody(t)
	a := upApart(t, 2, 0)
	answers := neighbour(t, a, "H2")
	for _, hog := range []struct{ program, of string }{
		{"hog private", "memory"}, {"hog stack", "memory"}, {"hog tables", "memory"}, {"hog sockets", "sockets"}, {"hog groups", "groups"},
	} {
		limits := lab.Confinement{Memory: 128 * mebibyte}
		if hog.program == "hog private" {
			limits.Data = 1 << 46
		}
		out, err := inSeat(t, a, "H1", limits, hog.program).CombinedOutput()
		exit, ok := errors.AsType[*lab.ExitError](err)
		if !ok || exit.Exceeded != hog.of || exit.Signal != syscall.SIGKILL {
			t.Errorf("%s: %v %s, want it killed for %s", hog.program, err, out, hog.of)
		}
		answers()
	}
	for _, test := range []struct {
		what, script string
		limits       lab.Confinement
		check        func(out string) bool
	}{
		{"a fork bomb", `while sleep 1000 & do echo .; done`, lab.Confinement{Processes: 20},
			func(out string) bool { n := strings.Count(out, ".\n"); return n >= 10 && n < 20 }},
		{"the memory of one process", `head -c 100000000 /dev/zero | tail -c 100000000; echo $?`, lab.Confinement{Data: 32 * mebibyte},
			func(out string) bool { return strings.HasSuffix(out, "\n1\n") }},
		{"a disk that is full", `head -c 900000 /dev/zero > a; head -c 900000 /dev/zero > b; cat a b | wc -c; rm a b; head -c 900000 /dev/zero > /tmp/c && wc -c /tmp/c`, lab.Confinement{Disk: mebibyte},
			func(out string) bool {
				lines := strings.Split(strings.TrimSpace(out), "\n")
				n, err := strconv.Atoi(lines[len(lines)-2])
				return err == nil && n >= 900_000 && n <= mebibyte && strings.HasPrefix(lines[len(lines)-1], "900000 ")
			}},
		{"many files", `i=0; while [ $i -lt 5000 ] && true > $i; do i=$((i+1)); done 2> /dev/null; ls | wc -l`, lab.Confinement{},
			func(out string) bool { n, err := strconv.Atoi(last(out)); return err == nil && n > 3000 && n < 4096 }},
	} {
		out, err := shellInSeat(t.Context(), a, "H1", test.limits, test.script).CombinedOutput()
		if !test.check(string(out)) {
			t.Errorf("%s: %v\n%s", test.what, err, out)
		}
		answers()
	}
}

// A seat has a small share of the processors, by sessions and by processes, and its host,
// which watches it, has not.
func TestSeatGoesLast(t *testing.T) {
	t.Parallel()
	a := upApart(t, 1, 0)
	const shares = "cat /proc/self/autogroup; cut -d' ' -f19 /proc/self/stat"
	ctx, cancel := context.WithTimeout(t.Context(), labtest.Patience)
	defer cancel()
	var seats sync.WaitGroup
	for range 4 { // at once, which the kernel does not take
		seats.Go(func() {
			out, err := shellInSeat(ctx, a, "H1", lab.Confinement{}, "cd /proc/self; while [ -e autogroup ] && ! grep -q ' nice 19$' autogroup; do sleep 0.01; done; "+shares).CombinedOutput()
			if got := string(out); err != nil || !strings.HasSuffix(got, "\n19\n") {
				t.Errorf("in a seat: %q, %v; want 19", got, err)
			}
		})
	}
	seats.Wait()
	out, err := a.Command(t.Context(), "H1", "sh", "-c", shares).CombinedOutput()
	if got := string(out); err != nil || strings.Contains(got, "19\n") {
		t.Errorf("in its host: %q, %v", got, err)
	}
}

func last(out string) string {
	lines := strings.Fields(out)
	if len(lines) == 0 {
		return ""
	}
	return lines[len(lines)-1]
}

// bombOfRoot is a fork bomb in a seat of a root who may not be another user.
func bombOfRoot() error {
	topology, err := lab.FindTopology("classroom", 1)
	if err != nil {
		return err
	}
	a, err := lab.UpApart(context.Background(), topology, 0)
	if err != nil {
		return err
	}
	defer a.Close()
	err = shellInSeat(context.Background(), a, "H1", lab.Confinement{}, `echo $(id -u); i=0; while [ $i -lt 3000 ] && sleep 1000 & do i=$((i+1)); done; sleep 1000`).Run()
	fmt.Println(err)
	return nil
}

// In a container root may be nobody else, and limits on processes do not bind it.
func TestForkBombOfRootAlone(t *testing.T) {
	t.Parallel()
	c := testProgram("bomb where root is alone")
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := c.CombinedOutput()
	if got := string(out); err != nil || got != "killed: it used more processes than it may\n" && got != "exit status 2\n" {
		t.Errorf("the bomb says %q, %v; want it killed, or refused by a limit", got, err)
	}
}

// A seat that is killed, or left, leaves no process, whatever its programs have done.
func TestSeatLeavesNothing(t *testing.T) {
	t.Parallel()
	a := upApart(t, 1, 0)
	where, err := a.Command(t.Context(), "H1", "readlink", "/proc/self/ns/net").Output()
	if err != nil {
		t.Fatal(err)
	}
	host := map[string]bool{strings.TrimSpace(string(where)): true}
	for _, how := range []string{"killed", "left", "ended"} {
		c := shellInSeat(t.Context(), a, "H1", lab.Confinement{}, `trap "" HUP TERM; sleep 1000 & (sleep 1000 & nohup sleep 1000 > /dev/null 2>&1 &); echo ready; read line`)
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		_, pipe := begin(t, c, "ready")
		if n := len(using(host)); n < 5 { // the host, the shell, the sleeps
			t.Errorf("%d processes are in the host", n)
		}
		switch how {
		case "killed":
			err = c.Signal(syscall.SIGKILL)
		case "left":
			lab.HangUp(c)
		case "ended":
			_, err = fmt.Fprintln(in)
		}
		if err != nil {
			t.Fatal(err)
		}
		labtest.Eventually(t, "nothing is left of a seat that was "+how, func() bool { return len(using(host)) == 1 })
		pipe.Close()
		_ = c.Wait()
	}
}
