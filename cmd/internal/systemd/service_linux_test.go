package systemd

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// manager is a service manager: its socket, and the variables that name it.
func manager(t *testing.T, at string, more ...string) *net.UnixConn {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: at})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	t.Setenv("NOTIFY_SOCKET", at)
	t.Setenv("WATCHDOG_USEC", "")
	t.Setenv("WATCHDOG_PID", "")
	for n := 0; n < len(more); n += 2 {
		t.Setenv(more[n], more[n+1])
	}
	return c
}

// told are the datagrams that wait, as one text.
func told(t *testing.T, c *net.UnixConn) string {
	t.Helper()
	var all []string
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Read(func(fd uintptr) bool {
		for b := make([]byte, 4096); ; {
			n, _, err := unix.Recvfrom(int(fd), b, unix.MSG_DONTWAIT)
			if err != nil {
				return true
			}
			all = append(all, string(b[:n]))
		}
	})
	return strings.Join(all, "|")
}

func environment(t *testing.T) *Service {
	t.Helper()
	s, err := FromEnvironment()
	if s == nil || err != nil {
		t.Fatal(s, err)
	}
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} {
		if value, set := os.LookupEnv(name); set {
			t.Errorf("a child would have %s=%s", name, value)
		}
	}
	return s
}

// A service is ready once, its status is told when it changes, and the watchdog is
// pinged each half of its time, as long as somebody says that it is alive.
func TestProtocol(t *testing.T) {
	for _, at := range []string{t.TempDir() + "/notify", fmt.Sprintf("@groupcast-test-%d", os.Getpid())} {
		m := manager(t, at, "WATCHDOG_USEC", "2000000", "WATCHDOG_PID", fmt.Sprint(os.Getpid()))
		s := environment(t)
		now := time.Unix(1_000_000, 0)
		s.Alive(now)
		if got := told(t, m); got != "" {
			t.Errorf("before it is ready, it says %q", got)
		}
		if err := errors.Join(s.Ready("2 groups"), s.Status("2 groups"), s.Status("a\nMAINPID=1"+strings.Repeat("é", MaxStatus))); err != nil {
			t.Error(err)
		}
		parts := strings.Split(told(t, m), "|")
		if len(parts) != 2 || parts[0] != "READY=1\nSTATUS=2 groups\n" || !strings.HasPrefix(parts[1], "STATUS=a MAINPID=1éé") || len(parts[1]) > MaxStatus+8 || !strings.HasSuffix(parts[1], "é\n") {
			t.Errorf("it says %q", parts)
		}
		for range 100 {
			now = now.Add(100 * time.Millisecond)
			s.Alive(now)
		}
		if got := told(t, m); got != strings.TrimSuffix(strings.Repeat("WATCHDOG=1\n|", 10), "|") {
			t.Errorf("in 10 s with a watchdog of 2 s it says %q", got)
		}
		if err := errors.Join(s.Stopping(), s.Stopping()); err != nil {
			t.Error(err)
		}
		if got := told(t, m); got != "STOPPING=1\n" {
			t.Errorf("at the end it says %q", got)
		}
	}
}

// A manager that does not read is never waited for, and is told later what it missed.
func TestManagerThatDoesNotRead(t *testing.T) {
	m := manager(t, t.TempDir()+"/notify", "WATCHDOG_USEC", "1000000")
	s := environment(t)
	fill := 0
	for ; s.send(s.to, []byte("X=1\n")) == nil; fill++ { // a write that waits would never return
	}
	now := time.Unix(1_000_000, 0)
	if err := errors.Join(s.Ready("one"), s.Status("two"), s.Stopping()); err != nil {
		t.Errorf("no room is no error, and it is %v", err)
	}
	s.Alive(now)
	if got := told(t, m); got != strings.TrimSuffix(strings.Repeat("X=1\n|", fill), "|") || fill == 0 {
		t.Fatalf("after %d: %q", fill, got)
	}
	s.Alive(now)
	s.Alive(now)
	if got := told(t, m); got != "READY=1\nSTOPPING=1\nSTATUS=two\nWATCHDOG=1\n" {
		t.Errorf("when there is room it says %q", got)
	}
}

// A manager that is gone is told of once, and one that comes back is served again.
func TestManagerThatIsGone(t *testing.T) {
	at := t.TempDir() + "/notify"
	manager(t, at).Close()
	os.Remove(at)
	s := environment(t)
	if err := s.Ready("one"); !errors.Is(err, syscall.ENOENT) || !strings.Contains(err.Error(), at) {
		t.Errorf("the error is %v", err)
	}
	if err := errors.Join(s.Status("two"), s.Stopping()); err != nil {
		t.Errorf("it is told again: %v", err)
	}
	t.Setenv("NOTIFY_SOCKET", "/a\n<0>b")
	if err := environment(t).Ready("one"); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("a line of its own: %v", err)
	}
	m := manager(t, at)
	s.Alive(time.Unix(1_000_000, 0))
	if got := told(t, m); got != "READY=1\nSTOPPING=1\nSTATUS=two\n" {
		t.Errorf("one that is back is told %q", got)
	}
}

// What the variables may say.
func TestVariables(t *testing.T) {
	me := fmt.Sprint(os.Getpid())
	for _, test := range []struct {
		to, usec, pid string
		managed       bool
		watchdog      time.Duration
		wrong         string
	}{
		{},
		{usec: "1000000"},
		{to: "/run/x", managed: true},
		{to: "/run/x", usec: "1000000", managed: true, watchdog: time.Second},
		{to: "@x", usec: "1000000", pid: me, managed: true, watchdog: time.Second},
		{to: "@x", usec: "1000000", pid: "1", managed: true},
		{to: "/run/x", usec: "0", managed: true, wrong: "WATCHDOG_USEC"},
		{to: "/run/x", usec: "1 s", managed: true, wrong: "WATCHDOG_USEC"},
		{to: "/run/x", usec: "9223372036854775807", managed: true, wrong: "WATCHDOG_USEC"},
		{to: "vsock:2:1234", wrong: "NOTIFY_SOCKET"},
		{to: "@", wrong: "NOTIFY_SOCKET"},
		{to: "relative", wrong: "NOTIFY_SOCKET"},
	} {
		t.Setenv("NOTIFY_SOCKET", test.to)
		t.Setenv("WATCHDOG_USEC", test.usec)
		t.Setenv("WATCHDOG_PID", test.pid)
		s, err := FromEnvironment()
		if (s != nil) != test.managed || s.Watchdog() != test.watchdog || (err != nil) != (test.wrong != "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
			t.Errorf("%+v: %v, %s, %v", test, s != nil, s.Watchdog(), err)
		}
	}
	var none *Service
	none.Alive(time.Now())
	if err := errors.Join(none.Ready(""), none.Status(""), none.Stopping()); err != nil {
		t.Error(err)
	}
}

// Only the very stream that JOURNAL_STREAM names is one to the journal.
func TestJournal(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	var is unix.Stat_t
	if err := unix.Fstat(int(w.Fd()), &is); err != nil {
		t.Fatal(err)
	}
	for named, want := range map[string]bool{
		fmt.Sprintf("%d:%d", is.Dev, is.Ino): true, fmt.Sprintf("%d:%d", is.Dev, is.Ino+1): false, "": false, "x": false, ":": false,
	} {
		t.Setenv("JOURNAL_STREAM", named)
		if got := Journal(w); got != want {
			t.Errorf("%q: %v", named, got)
		}
	}
	if Journal(new(strings.Builder)) {
		t.Error("a string is a stream to the journal")
	}
}
