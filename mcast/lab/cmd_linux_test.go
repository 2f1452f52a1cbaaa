package lab_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func init() {
	programs["in host"] = func() error {
		fmt.Println(lab.InHost())
		return nil
	}
}

// shell is a command in the host, in sh.
func shell(ctx context.Context, n *lab.Node, script string) *lab.Cmd {
	return n.Command(ctx, "sh", "-c", script)
}

// begin starts a command and waits for its first line. The rest of its output
// ends with the last process that holds it, or when pipe is closed.
func begin(t *testing.T, c *lab.Cmd, first string) (rest *bufio.Reader, pipe io.Closer) {
	t.Helper()
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	rest = bufio.NewReader(out)
	if line, err := rest.ReadString('\n'); line != first+"\n" {
		t.Fatalf("the command says %q, %v; want %q", line, err, first)
	}
	return rest, out
}

func TestCommand(t *testing.T) {
	a := labtest.BuildAlone(t, lab.Article).Host("A")
	dir := t.TempDir()
	for _, test := range []struct {
		name   string
		script string
		set    func(*lab.Cmd)
		want   string // of both outputs
		err    string
	}{
		{"output", "echo out; echo err >&2; echo out", nil, "out\nerr\nout\n", ""},
		{"nothing", "true", nil, "", ""},
		{"input", "cat", func(c *lab.Cmd) { c.Stdin = strings.NewReader("hello") }, "hello", ""},
		{"no input", "cat; echo end", nil, "end\n", ""},
		{"input that is not read", "true", func(c *lab.Cmd) { c.Stdin = strings.NewReader(strings.Repeat("x", 1<<20)) }, "", ""},
		{"much output", "head -c 1000000 /dev/zero | wc -c", nil, "1000000\n", ""},
		{"bytes that are not UTF-8", "printf %s '\xff'", nil, "\xff", ""},
		{"status", "exit 3", nil, "", "exit status 3"},
		{"signal", "kill -TERM $$", nil, "", "signal: terminated"},
		{"environment", "echo $WORD", func(c *lab.Cmd) { c.Env = []string{"WORD=there"} }, "there\n", ""},
		{"inherited environment", "echo $WORD", nil, "here\n", ""},
		{"no sign of who runs the lab", "env | grep GROUPCAST_LAB_", nil, "", "exit status 1"},
		{"environment of its own", "echo ${GROUPCAST_LAB%%/*}; cat /proc/self/environ | tr '\\0' '\\n' | grep -c GROUPCAST_LAB", func(c *lab.Cmd) { c.Env = []string{"GROUPCAST_LAB=other"} }, "A\n1\n", ""},
		{"directory", "pwd", func(c *lab.Cmd) { c.Dir = dir }, dir + "\n", ""},
		{"the host's interfaces", `tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | sort | tr -d '\n'`, nil, "eth0eth1lo", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("WORD", "here")
			c := shell(t.Context(), a, test.script)
			if test.set != nil {
				test.set(c)
			}
			out, err := c.CombinedOutput()
			got := ""
			if err != nil {
				got = err.Error()
			}
			if string(out) != test.want || got != test.err {
				t.Errorf("%s: output %q, error %q; want %q, %q", test.script, out, got, test.want, test.err)
			}
		})
	}
}

// A command knows that it is in a host, and is not to be told so elsewhere.
func TestInHost(t *testing.T) {
	if host, ok := lab.InHost(); ok {
		t.Fatalf("outside of every host: in %q", host)
	}
	b := labtest.BuildAlone(t, lab.Article).Host("B")
	c := b.Command(t.Context(), "/proc/self/exe")
	c.Env = append(os.Environ(), programEnv+"=in host")
	if out, err := c.CombinedOutput(); err != nil || string(out) != "B true\n" {
		t.Errorf("in host B: %q, %v; want \"B true\"", out, err)
	}
	t.Setenv("GROUPCAST_LAB", "B/net:[4026531840]")
	if host, ok := lab.InHost(); ok {
		t.Errorf("what another namespace was told makes this one host %q", host)
	}
}

func TestCommandErrors(t *testing.T) {
	a := labtest.BuildAlone(t, lab.Article).Host("A")
	ctx := t.Context()
	if err := a.Command(ctx, "no-such-program").Run(); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("a program that is not there: error %v, want exec.ErrNotFound", err)
	}
	c := shell(ctx, a, "true")
	c.Dir = "/no/such/dir"
	if err := c.Run(); err == nil || !strings.Contains(err.Error(), "no such file or directory") {
		t.Errorf("a directory that is not there: error %v", err)
	}
	c = shell(ctx, a, "true")
	c.Env = []string{"BIG=" + strings.Repeat("x", 200_000)}
	if err := c.Run(); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("an environment of 200 kB: error %v", err)
	}
	if err := shell(ctx, a, "true").Wait(); err == nil {
		t.Error("Wait before Start is accepted")
	}
	_, err := shell(ctx, a, "echo why >&2; exit 4").Output()
	exit, ok := errors.AsType[*lab.ExitError](err)
	if !ok || exit.Code != 4 || string(exit.Stderr) != "why\n" {
		t.Errorf("Output of a command that fails: error %#v, want an ExitError with status 4 and its standard error", err)
	}
}

// A conversation by pipes, a signal in the middle, and the end.
func TestPipesAndSignals(t *testing.T) {
	a := labtest.BuildAlone(t, lab.Article).Host("A")
	// Not SIGHUP: a shell cannot trap what was ignored when it began, as under nohup(1).
	c := a.Command(t.Context(), "bash", "-c", `trap 'echo told; exit 0' TERM; echo ready; read line; echo "got $line"; while :; do read -t 1 line; done`)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	expect := func(want string) {
		t.Helper()
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("the command says %q, want %q", lines.Text(), want)
		}
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	expect("ready")
	fmt.Fprintln(in, "hello")
	expect("got hello")
	if err := c.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	expect("told")
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
	if err := c.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("a signal after the end: error %v, want os.ErrProcessDone", err)
	}
}

// The context takes the children of the command too, or they would hold its
// output open.
func TestContextKillsTheGroup(t *testing.T) {
	a := labtest.BuildAlone(t, lab.Article).Host("A")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := shell(ctx, a, "sleep 1000 & echo ready; wait")
	r, w := io.Pipe()
	c.Stdout = w
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(r).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the command says %q, %v", line, err)
	}
	cancel()
	if err := c.Wait(); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait returns %v, want the context's error", err)
	}
	if err := shell(ctx, a, "true").Run(); !errors.Is(err, context.Canceled) {
		t.Errorf("a command whose context has ended: error %v, want the context's", err)
	}
}

func init() {
	programs["listen"] = func() error { return multicast(true) }
	programs["talk"] = func() error { return multicast(false) }
}

// multicast is a program that knows of no lab: it says "listening" and prints
// one datagram of the group, or sends one.
func multicast(listen bool) error {
	ifi, err := net.InterfaceByName("eth0")
	if err != nil {
		return err
	}
	if !listen {
		c, err := net.Dial("udp4", group.String())
		if err == nil {
			_, err = c.Write([]byte("test"))
		}
		return err
	}
	c, err := net.ListenMulticastUDP("udp4", ifi, net.UDPAddrFromAddrPort(group))
	if err != nil {
		return err
	}
	fmt.Println("listening")
	b := make([]byte, 1500)
	n, from, err := c.ReadFromUDPAddrPort(b)
	fmt.Printf("%s from %s\n", b[:n], from.Addr().Unmap())
	return err
}

// Programs in two hosts meet: B's default route leads by the wire that A
// listens on.
func TestTwoPrograms(t *testing.T) {
	l := labtest.BuildAlone(t, lab.Article)
	program := func(host, name string) *lab.Cmd {
		c := l.Host(host).Command(t.Context(), "/proc/self/exe")
		c.Env = append(os.Environ(), programEnv+"="+name)
		c.Stderr = os.Stderr
		return c
	}
	listener := program("A", "listen")
	heard, _ := begin(t, listener, "listening")
	if err := program("B", "talk").Run(); err != nil {
		t.Fatal(err)
	}
	if line, err := heard.ReadString('\n'); line != "test from 192.168.8.226\n" {
		t.Errorf("A prints %q, %v; want B's datagram", line, err)
	}
	if err := listener.Wait(); err != nil {
		t.Error(err)
	}
}

// A file goes to the command as it is: no pipe, no copying.
func TestFilesArePassed(t *testing.T) {
	a := labtest.BuildAlone(t, lab.Article).Host("A")
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := shell(t.Context(), a, "link=$(readlink /proc/$$/fd/1); echo $link >&2; echo written")
	var where bytes.Buffer
	c.Stdout, c.Stderr = f, &where
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(where.String()); got != f.Name() {
		t.Errorf("the command's standard output is %s, want %s", got, f.Name())
	}
	if b, _ := os.ReadFile(f.Name()); string(b) != "written\n" {
		t.Errorf("the file holds %q", b)
	}
}

// Close ends what runs, wherever it went, before it returns.
func TestCloseEndsCommands(t *testing.T) {
	l, err := lab.Up(t.Context(), lab.Article)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a := l.Host("A")
	// The second sleep leaves the shell, its group and its session.
	c := shell(t.Context(), a, "setsid sleep 1000 & sleep 1000 & echo ready; wait")
	rest, pipe := begin(t, c, "ready")
	l.Close()
	// Both sleeps hold the pipe, so its end is theirs.
	deadline := time.AfterFunc(5*time.Second, func() { pipe.Close() })
	if _, err := rest.ReadByte(); err != io.EOF {
		t.Errorf("5 s after Close a command is alive: %v", err)
	}
	deadline.Stop()
	if err := c.Wait(); err == nil {
		t.Error("Wait returns no error for a command that Close killed")
	}
	if err := shell(t.Context(), a, "true").Run(); err == nil {
		t.Error("a command starts in a lab that is closed")
	}
}

// The screen of a lab looks into its hosts while another terminal ends it.
func TestCloseWhileLookedInto(t *testing.T) {
	l := labtest.BuildAlone(t, lab.Article)
	outside, err := os.Stat("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	var looking sync.WaitGroup
	began := make(chan struct{}, 2)
	for _, name := range []string{"A", "B"} {
		looking.Go(func() {
			for looks := 0; ; looks++ {
				err := l.Host(name).Do(func() error {
					inside, err := os.Stat("/proc/thread-self/ns/net")
					if err == nil && os.SameFile(inside, outside) {
						t.Errorf("in %s: it is not the host's namespace", name)
					}
					return err
				})
				if looks == 0 {
					began <- struct{}{}
				}
				if err != nil {
					if !errors.Is(err, os.ErrClosed) || looks == 0 {
						t.Errorf("in %s, look %d: %v, want looks and then that it is closed", name, looks, err)
					}
					return
				}
			}
		})
	}
	<-began
	<-began
	l.Close()
	looking.Wait()
}

// How a command ended is told also when it was Close that ended it.
func TestCloseTellsHowCommandsEnded(t *testing.T) {
	l := labtest.BuildAlone(t, lab.Article)
	const many = 100
	var commands []*lab.Cmd
	for range many {
		c := l.Host("A").Command(t.Context(), "sleep", "1000")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		commands = append(commands, c)
	}
	l.Close()
	untold := 0
	var last error
	for _, c := range commands {
		err := c.Wait()
		if exit, ok := errors.AsType[*lab.ExitError](err); !ok || exit.Signal != syscall.SIGKILL {
			untold++
			last = err
		}
	}
	if untold > 0 {
		t.Errorf("of %d of %d commands Wait says %v, want that SIGKILL ended them", untold, many, last)
	}
}

// Commands end as well when the host's process dies by itself.
func TestHostDies(t *testing.T) {
	a := labtest.BuildAlone(t, lab.Article).Host("A")
	c := shell(t.Context(), a, "setsid sleep 1000 & echo ready; wait")
	rest, _ := begin(t, c, "ready")
	if err := syscall.Kill(a.Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if _, err := rest.ReadByte(); err != io.EOF {
		t.Errorf("the host is dead and a command is alive: %v", err)
	}
	if err := c.Wait(); err == nil || !strings.Contains(err.Error(), "its host ended first") {
		t.Errorf("Wait returns %v, want that the host ended first", err)
	}
}
