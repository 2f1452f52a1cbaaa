package main

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// serviceManager is the socket of one.
func serviceManager(t *testing.T, at string) *net.UnixConn {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: at})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// nextState is the next that it is told.
func nextState(t *testing.T, c *net.UnixConn) string {
	t.Helper()
	b := make([]byte, 4096)
	if err := c.SetReadDeadline(time.Now().Add(labtest.Patience)); err != nil {
		t.Fatal(err)
	}
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

// A watch as a service of systemd: it is ready when all groups are joined, pings the
// watchdog, says how it stands, and that it is ending. A socket that nobody reads, or
// that is not there, holds nothing up.
func TestWatchAsAService(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, drawn(watchLAN)())
	w, s := l.Host("W"), l.Host("S")
	dir := t.TempDir()
	manager, stuck := serviceManager(t, dir+"/notify"), serviceManager(t, dir+"/stuck")
	filled, err := net.DialUnix("unixgram", nil, stuck.LocalAddr().(*net.UnixAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer filled.Close()
	raw, err := filled.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Write(func(fd uintptr) bool {
		for {
			if _, err := syscall.Write(int(fd), []byte("X=1")); err != nil {
				return true // it has no room
			}
		}
	}); err != nil {
		t.Fatal(err)
	}

	under := func(at string, args ...string) *program {
		return start(t, w, "env", append([]string{"NOTIFY_SOCKET=" + at, "WATCHDOG_USEC=1000000", "groupcast", "watch", "--plain"}, args...)...)
	}
	p := under(dir+"/notify", "--every", "100ms", "-i", "eth0", "239.1.1.0:5004+200")
	if got := nextState(t, manager); !strings.HasPrefix(got, "READY=1\nSTATUS=200 groups: 0 heard, 200 never heard; ") {
		t.Errorf("at first it says %q", got)
	}
	labtest.In(t, w, func() error {
		list, err := host.Interfaces()
		_, joins := host.Joined(list, true)
		joined := slices.DeleteFunc(joins[labtest.Device(t, w, "eth0").Index], func(g netip.Addr) bool { return !strings.HasPrefix(g.String(), "239.") })
		if len(joined) != 200 {
			t.Errorf("it is ready, and has joined %d groups", len(joined))
		}
		return err
	})
	numbers(t, s, "239.1.1.7:5004").send(8)
	for _, want := range []string{"WATCHDOG=1\n", "STATUS=200 groups: 1 heard, 199 never heard; ", "WATCHDOG=1\n", "WATCHDOG=1\n"} {
		for got := ""; !strings.Contains(got, want); {
			got = nextState(t, manager)
		}
	}
	kill(t, p, syscall.SIGTERM)
	for got := ""; !strings.HasPrefix(got, "STOPPING=1\n"); {
		got = nextState(t, manager)
	}
	p.ends(exitNot)

	only := under(dir+"/notify", "--join-only", "239.1.1.1:5004", "239.1.1.2:5004")
	if got := nextState(t, manager); got != "READY=1\nSTATUS=2 of 2 groups joined, and not read\n" {
		t.Errorf("one that only joins says %q", got)
	}
	if got := nextState(t, manager); got != "WATCHDOG=1\n" {
		t.Errorf("and then %q", got)
	}
	unread, gone := under(dir+"/stuck", "239.1.1.1:5004"), under(dir+"/gone", "--every", "100ms", "239.1.1.1:5004")
	unread.remarks("watching 1 group on eth0")
	gone.remarks("groupcast: \"" + dir + "/gone\", the socket of the service manager: no such file or directory\n")
	gone.prints("1 group: 0 heard, 1 never heard; ")
	for _, p := range []*program{only, unread, gone} {
		kill(t, p, syscall.SIGTERM)
	}
	only.ends(exitOK)
	unread.ends(exitNot)
	gone.ends(exitNot)
	if n := strings.Count(gone.err.String(), "service manager"); n != 1 {
		t.Errorf("it remarks %d times that the socket is not there:\n%s", n, gone.err.String())
	}
}

// In the journal a line begins with how much it matters, and not with a time.
func TestWatchInTheJournal(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, drawn(watchLAN)())
	w, s := l.Host("W"), l.Host("S")
	const journal = `JOURNAL_STREAM=$(stat -L -c %d:%i /proc/$$/fd/1) exec groupcast watch -i eth0 "$@"`
	p := start(t, w, "bash", "-c", journal+" 2>&1", "bash", "--max-gap", "1s", "--every", "100ms", "239.1.1.1:5004", "239.1.1.2:5004")
	objects := start(t, w, "bash", "-c", journal, "bash", "--json", "--max-gap", "1s", "239.1.1.1:5004")
	p.prints("<6>groupcast: watching 2 groups on eth0")
	objects.prints(`"type":"joined"`)
	n := numbers(t, s, "239.1.1.1:5004")
	n.send(8)
	n.head.Number += 3
	n.send(8)
	p.prints("\n<6>239.1.1.1:5004 from 10.0.0.2:")
	p.prints("\n<4>239.1.1.1:5004 from 10.0.0.2:")
	p.prints(": lost 3 before this host's socket\n")
	p.prints(": silent since ")
	objects.prints(`"event":"silent"`)
	for _, p := range []*program{p, objects} {
		kill(t, p, syscall.SIGTERM)
	}
	p.ends(exitNot)
	objects.ends(exitDoubt)
	if objects.out.String() == "" || strings.Contains(objects.out.String()+objects.err.String(), "<") {
		t.Errorf("objects are\n%s%s", objects.out.String(), objects.err.String())
	}
	for line := range strings.Lines(p.out.String()) {
		alarm := false
		for _, words := range []string{": lost 3 before", ": silent since", "never heard: 239.1.1.2:5004", "--max-loss 0%: ", "--max-gap 1s: "} {
			alarm = alarm || strings.Contains(line, words)
		}
		if alarm && !strings.HasPrefix(line, "<4>") || !alarm && !strings.HasPrefix(line, "<6>") {
			t.Errorf("alarm %v: %s", alarm, line)
		}
	}
}
