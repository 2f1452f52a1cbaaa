// Package labtest is what tests need that run in a lab: a TestMain, a lab that
// ends with its test, and sockets in its hosts. Every helper ends the test when
// something cannot be had, and says in which host.
//
//	func TestMain(m *testing.M) { os.Exit(labtest.RunTests(m)) }
package labtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
)

// RunTests runs the tests of a package in a namespace of their own, and
// returns the status to exit with. Call it from TestMain with the *testing.M,
// before anything that ought to happen once: TestMain runs again in the
// namespace.
//
// Where there can be no lab it prints the reason, runs nothing, and returns
// 0; with CI=true in the environment that is a failure, except on systems
// other than Linux.
func RunTests(m interface{ Run() int }) int {
	if os.Getenv(InHostEnv) != "" {
		return m.Run()
	}
	// The race detector would hold every process for a second.
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	err := lab.Enter()
	if err == nil {
		return m.Run()
	}
	failed := os.Getenv("CI") == "true" && !errors.Is(err, errors.ErrUnsupported)
	verdict := "tests skipped"
	if failed {
		verdict = "tests not run, and CI=true"
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", verdict, err)
	if forbidden, ok := errors.AsType[*lab.ForbiddenError](err); ok && forbidden.Hint != "" {
		fmt.Fprintf(os.Stderr, "hint: %s\n", forbidden.Hint)
	}
	if failed {
		return 1
	}
	return 0
}

// Leaving is tests that fail when they leave a goroutine behind:
//
//	os.Exit(labtest.RunTests(labtest.Leaving{M: m}))
type Leaving struct{ *testing.M }

// Run runs the tests and looks for goroutines.
func (l Leaving) Run() int {
	status := l.M.Run()
	if err := goleak.Find(); err != nil && status == 0 {
		fmt.Fprintln(os.Stderr, "goroutines are left:", err)
		return 1
	}
	return status
}

// Build brings a lab up for one test. It ends with the test.
func Build(t testing.TB, topology lab.Topology) *lab.Lab {
	t.Helper()
	l, err := lab.Up(t.Context(), topology)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// BuildAlone is Build, and the lab's end must leave no goroutine that was not
// there before.
func BuildAlone(t testing.TB, topology lab.Topology) *lab.Lab {
	t.Helper()
	others := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, others) })
	return Build(t, topology)
}

// In runs fn in a host.
func In(t testing.TB, host *lab.Node, fn func() error) {
	t.Helper()
	if err := host.Do(fn); err != nil {
		t.Fatalf("in %s: %v", host.Name(), err)
	}
}

// Socket opens a Conn in a host.
func Socket(t testing.TB, host *lab.Node, cfg mcast.Config) *mcast.Conn {
	t.Helper()
	var c *mcast.Conn
	In(t, host, func() (err error) {
		c, err = mcast.Listen(t.Context(), cfg)
		return err
	})
	t.Cleanup(func() { c.Close() })
	return c
}

// Device finds an interface of a host.
func Device(t testing.TB, node *lab.Node, name string) host.Interface {
	t.Helper()
	var i host.Interface
	In(t, node, func() error {
		list, err := host.Interfaces()
		if err != nil {
			return err
		}
		i, err = host.Find(list, name)
		return err
	})
	return i
}

// Next reads one datagram; there must be one within 5 s. Its Data is valid
// until the next read.
func Next(t testing.TB, c *mcast.Conn) (d mcast.Datagram, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	batch := make([]mcast.Datagram, 1)
	if _, err := c.Read(ctx, batch); err != nil {
		t.Fatalf("no datagram at %s: %v", c.LocalAddr(), err)
	}
	return batch[0], string(batch[0].Data)
}

// Hears checks that the next texts at c are these, in order. A silence is
// proved by a later datagram that does arrive.
func Hears(t testing.TB, c *mcast.Conn, texts ...string) {
	t.Helper()
	for _, want := range texts {
		if _, got := Next(t, c); got != want {
			t.Fatalf("heard %q, want %q", got, want)
		}
	}
}

// Program skips a test where a program is not installed. With CI=true in the
// environment that is a failure: there everything is installed.
func Program(t testing.TB, name string) {
	t.Helper()
	_, err := exec.LookPath(name)
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("%s is not installed, and CI=true", name)
	default:
		t.Skipf("%s is not installed", name)
	}
}

// Eventually waits until something holds, for [Patience] at the most.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline, again := time.NewTimer(Patience), time.NewTicker(time.Millisecond)
	defer deadline.Stop()
	defer again.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("in %v it does not happen that %s", Patience, what)
		}
	}
}

// Prefixes reads addresses with the length of their network.
func Prefixes(list ...string) (all []netip.Prefix) {
	for _, s := range list {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}

// PingLAN is a host P, 192.168.1.10, that asks, and responders R1 to Rn, from
// 192.168.1.11 on.
func PingLAN(responders int) lab.Topology {
	t := lab.Topology{Switches: []lab.Switch{{Name: "lan"}}}
	for n := range responders + 1 {
		name := fmt.Sprintf("R%d", n)
		if n == 0 {
			name = "P"
		}
		t.Hosts = append(t.Hosts, lab.Host{Name: name, Interfaces: []lab.Interface{{
			Name: "eth0", Switch: "lan", Addrs: Prefixes(fmt.Sprintf("192.168.1.%d/24", 10+n)),
		}}})
	}
	return t
}

// Addr reads an address.
func Addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// IPNet reads an address with the length of its network, for net and netlink.
func IPNet(s string) *net.IPNet {
	p := netip.MustParsePrefix(s)
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// Prefix reads an address with the length of its network.
func Prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

// OpenFiles is how many files the process has open, the one it counts with
// included.
func OpenFiles(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}
