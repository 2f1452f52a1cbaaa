package main

import (
	"bufio"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// TestMain runs the tests in a network namespace of their own, where the test binary is
// also the command groupcast-hub.
func TestMain(m *testing.M) {
	if os.Getenv(labtest.InHostEnv) != "" {
		os.Exit(m.Run())
	}
	testscript.Main(inLab{m}, map[string]func(){"groupcast-hub": main})
}

type inLab struct{ m *testing.M }

func (l inLab) Run() int { return labtest.RunTests(labtest.Lightly{M: l.m}) }

// Each file below testdata/script is a story of the command line.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
			env.Values[hubKey{}] = new(*runningHub)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"hub": beginHub, "endhub": endHub, "usage": fails(exitUsage), "cannot": fails(exitNot),
		},
	})
}

// fails is "usage REGEXP ARGUMENTS..." or "cannot": groupcast-hub ends with that status,
// says what fits, and prints nothing.
func fails(status int) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		if len(args) < 2 {
			ts.Fatalf("usage: REGEXP ARGUMENTS...")
		}
		err := ts.Exec("groupcast-hub", args[1:]...)
		exit, _ := errors.AsType[*exec.ExitError](err)
		if got := ts.ReadFile("stderr"); exit == nil || exit.ExitCode() != status || !regexp.MustCompile("(?m)"+args[0]).MatchString(got) || ts.ReadFile("stdout") != "" {
			ts.Fatalf("%v: want exit status %d and %s", err, status, args[0])
		}
	}
}

type runningHub struct {
	*exec.Cmd
	lines   *bufio.Scanner
	out     *os.File
	manager *net.UnixConn // systemd, for it
}

// hubKey names the hub of a script that was begun last.
type hubKey struct{}

// beginHub is "hub REGEXP ARGUMENTS...": it begins groupcast-hub in the background, and
// waits until it prints a line that fits. Its output is in hub.out and hub.err.
func beginHub(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 1 {
		ts.Fatalf("usage: hub REGEXP ARGUMENTS...")
	}
	until := regexp.MustCompile(args[0])
	program, err := exec.LookPath("groupcast-hub")
	ts.Check(err)
	h := &runningHub{Cmd: exec.Command(program, args[1:]...)}
	h.Dir = ts.MkAbs(".")
	at := ts.MkAbs("notify")
	ts.Check(os.RemoveAll(at)) // that of the hub before
	h.manager, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: at})
	ts.Check(err)
	h.Env = append(os.Environ(), "NOTIFY_SOCKET="+at, "HOME="+ts.Getenv("HOME"), "XDG_STATE_HOME="+ts.Getenv("XDG_STATE_HOME"))
	errs, err := os.Create(ts.MkAbs("hub.err"))
	ts.Check(err)
	defer errs.Close()
	h.Stderr = errs
	h.out, err = os.Create(ts.MkAbs("hub.out"))
	ts.Check(err)
	out, err := h.StdoutPipe()
	ts.Check(err)
	ts.Check(h.Start())
	ts.Defer(func() {
		if h.ProcessState == nil {
			h.Process.Kill()
			h.Wait()
		}
		h.out.Close()
		h.manager.Close()
	})
	h.lines = bufio.NewScanner(out)
	for h.lines.Scan() {
		h.out.WriteString(h.lines.Text() + "\n")
		if until.MatchString(h.lines.Text()) {
			last(ts, h)
			return
		}
	}
	ts.Fatalf("the hub ended: %v, %s", h.Wait(), ts.ReadFile("hub.err"))
}

// endHub is "endhub SIGNAL STATUS": it ends the hub that was begun last by a signal, or
// "time": it waits until the hub ends by itself.
func endHub(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: endhub SIGNAL STATUS")
	}
	h := last(ts, nil)
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "KILL": os.Kill}
	if s := signals[args[0]]; s != nil {
		ts.Check(h.Process.Signal(s))
	}
	for h.lines.Scan() {
		h.out.WriteString(h.lines.Text() + "\n")
	}
	err := h.Wait()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		ts.Check(err)
	}
	if got := strconv.Itoa(h.ProcessState.ExitCode()); got != args[1] {
		ts.Fatalf("exit status %s: %s", got, strings.TrimSpace(ts.ReadFile("hub.err")))
	}
	if args[0] == "KILL" {
		return // perhaps before it was ready
	}
	for _, want := range []string{"READY=1\nSTATUS=hub on tls://", "STOPPING=1\n"} {
		b := make([]byte, 4096)
		ts.Check(h.manager.SetReadDeadline(time.Now().Add(labtest.Patience)))
		if n, err := h.manager.Read(b); !strings.HasPrefix(string(b[:n]), want) {
			ts.Fatalf("systemd is told %q, want %s: %v", b[:n], want, err)
		}
	}
}

// last keeps the hub that was begun last, or returns it.
func last(ts *testscript.TestScript, h *runningHub) *runningHub {
	place := ts.Value(hubKey{}).(**runningHub)
	if h != nil {
		*place = h
	}
	return *place
}
