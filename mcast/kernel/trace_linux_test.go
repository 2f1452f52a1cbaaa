package kernel_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/kernel"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

var update = flag.Bool("update", false, "trace the recorded runs and the drops anew, as root")

// network is hosts on a switch, whose names say what they do with what A sends.
func network() lab.Topology {
	host := func(name string, n int, more ...lab.Interface) lab.Host {
		return lab.Host{Name: name, Interfaces: append([]lab.Interface{{Name: "eth0", Switch: "lan",
			Addrs: labtest.Prefixes(fmt.Sprintf("10.9.0.%d/24", n), fmt.Sprintf("fd09::%d/64", n))}}, more...)}
	}
	a := host("A", 10)
	a.Routes = []lab.Route{{Dst: netip.MustParsePrefix("224.0.0.0/4"), Dev: "eth0"}}
	filter := host("filter", 12, lab.Interface{Name: "vpn", Addrs: labtest.Prefixes("10.8.0.1/24")})
	filter.Routes = []lab.Route{{Dst: netip.MustParsePrefix("10.9.0.10/32"), Dev: "vpn"}}
	filter.Sysctls = map[string]string{"net.ipv4.conf.all.rp_filter": "1"}
	return lab.Topology{
		Switches: []lab.Switch{{Name: "lan"}},
		Hosts: []lab.Host{a, host("B", 11), filter, host("twin", 13, lab.Interface{Name: "vpn", Addrs: labtest.Prefixes("10.9.0.10/32")}),
			host("wall", 14), host("deaf", 15), host("port", 16)},
	}
}

// tracing skips a test where the kernel may not be traced, or cannot be: root of a
// container may open tracefs and see nothing.
func tracing(t *testing.T) {
	t.Helper()
	if _, err := kernel.Run(t.Context(), kernel.Config{Op: kernel.Connect, Target: netip.MustParseAddrPort("127.0.0.1:9")}); err != nil {
		t.Skipf("the kernel cannot be traced here, so the recorded runs are all there is to see: %v", err)
	}
}

// run traces a call in a host and returns it with the text of the kernel.
func run(t *testing.T, host *lab.Node, c kernel.Config) (kernel.Path, string) {
	t.Helper()
	var p kernel.Path
	var text bytes.Buffer
	c.Text = &text
	labtest.In(t, host, func() (err error) {
		p, err = kernel.Run(t.Context(), c)
		return err
	})
	if p.Overrun != 0 || p.Skipped != 0 || len(p.Missing) != 0 {
		t.Errorf("%s %s: %d events overrun, %d lines skipped, missing %q", p.Op, p.Target, p.Overrun, p.Skipped, p.Missing)
	}
	return p, text.String()
}

var (
	closedPort = netip.MustParseAddrPort("10.9.0.11:9")
	group6     = netip.MustParseAddrPort("[ff15::114]:5000")
)

func join(t *testing.T, host *lab.Node, port uint16, groups ...netip.AddrPort) *mcast.Conn {
	t.Helper()
	c := labtest.Socket(t, host, mcast.Config{Port: port})
	for _, g := range groups {
		if err := c.Join(mcast.Group{Addr: g.Addr(), Port: port}, labtest.Device(t, host, "eth0")); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestPathsOfThisKernel(t *testing.T) {
	tracing(t)
	two := network()
	two.Hosts = two.Hosts[:2]
	l := labtest.Build(t, two)
	a := l.Host("A")
	join(t, a, 5000, group4)
	join(t, l.Host("B"), 5000, group4)
	six := func(h string) {
		c := labtest.Socket(t, l.Host(h), mcast.Config{Port: 5000, Addr: netip.IPv6Unspecified()})
		if err := c.Join(mcast.Group{Addr: group6.Addr(), Port: 5000}, labtest.Device(t, l.Host(h), "eth0")); err != nil {
			t.Fatal(err)
		}
	}
	six("A")
	six("B")
	eth0 := labtest.Device(t, a, "eth0").Index
	for name, c := range map[string]kernel.Config{
		"send4":    {Target: group4, Size: kernel.MinSize},
		"send6":    {Target: group6, Size: kernel.MinSize, IfIndex: eth0},
		"connect4": {Op: kernel.Connect, Target: netip.MustParseAddrPort("10.9.0.11:5000")},
		"connect6": {Op: kernel.Connect, Target: netip.MustParseAddrPort("[fd09::11]:5000")},
	} {
		p, text := run(t, a, c)
		if p.Err != nil {
			t.Errorf("%s: %v", name, p.Err)
		}
		t.Run(name, func(t *testing.T) { looksRight(t, p) })
		if *update {
			if err := os.WriteFile(filepath.Join("recorded", name+".txt"), []byte(kernel.Recording(p, text)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}

	p, text := run(t, a, kernel.Config{Target: netip.MustParseAddrPort("203.0.113.9:5000")})
	if !errors.Is(p.Err, syscall.ENETUNREACH) || p.Left() || p.Source.IsValid() {
		t.Errorf("a target without a route: %v, left: %v, source %s\n%s", p.Err, p.Left(), p.Source, text)
	}
	keep(t, "no-route", p, text)
}

// keep writes a trace for the tests of those who may not trace.
func keep(t *testing.T, name string, p kernel.Path, text string) {
	t.Helper()
	if !*update {
		return
	}
	if err := os.WriteFile(filepath.Join("testdata", name+".txt"), []byte(kernel.Recording(p, text)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Each host drops the one datagram for a reason of its own.
func TestDropsOfThisKernel(t *testing.T) {
	tracing(t)
	l := labtest.Build(t, network())
	a := l.Host("A")
	for _, h := range []string{"B", "filter", "twin", "wall"} {
		join(t, l.Host(h), 5000, group4)
	}
	join(t, l.Host("port"), 6000, group4)
	if err := l.Host("wall").Firewall(true, false); err != nil {
		t.Fatal(err)
	}
	deaf(t, l.Host("deaf"))
	sender := labtest.Socket(t, a, mcast.Config{Port: 0})
	via := mcast.Via{IfIndex: labtest.Device(t, a, "eth0").Index}
	flood := func() {
		for range 32 {
			if err := sender.Send(make([]byte, 1000), group4, via); err != nil {
				t.Fatal(err)
			}
		}
	}
	flood() // until the buffer of the deaf one is full

	watch, err := kernel.Watch(1017, false)
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Close()
	group, text := run(t, a, kernel.Config{Target: group4, Size: 1017})
	watched, err := watch.Stop()
	if err != nil || watched.Overrun != 0 || watched.Skipped != 0 || len(watched.Missing) != 0 {
		t.Errorf("%+v, %v", watched, err)
	}
	// Of all threads the same drops are seen as of the one that sent.
	var onThread, everywhere []string
	for _, d := range group.Drops() {
		onThread = append(onThread, d.String())
	}
	for _, d := range watched.Drops {
		everywhere = append(everywhere, d.Drop.String())
	}
	if !slices.Equal(onThread, everywhere) {
		t.Errorf("the watch saw the drops %q, the path has %q", everywhere, onThread)
	}
	keep(t, "drops", group, text)
	closed, text := run(t, a, kernel.Config{Target: closedPort})
	keep(t, "closed-port", closed, text)
	labtest.In(t, a, func() error {
		eth0, err := netlink.LinkByName("eth0")
		return errors.Join(err, netlink.QdiscReplace(&netlink.Tbf{
			QdiscAttrs: netlink.QdiscAttrs{LinkIndex: eth0.Attrs().Index, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT},
			Rate:       100, Buffer: netlink.Xmittime(100, 4000), Limit: 4000, // full for 10 s, which a busy host needs
		}))
	})
	flood() // until the queue of the interface is full
	full, text := run(t, a, kernel.Config{Target: group4, Size: 1017})
	keep(t, "queue-full", full, text)

	hasDrops(t, group, closed, full)
}

// deaf joins with a buffer for two datagrams, and never reads.
func deaf(t *testing.T, host *lab.Node) {
	t.Helper()
	eth0 := labtest.Device(t, host, "eth0")
	labtest.In(t, host, func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		t.Cleanup(func() { unix.Close(fd) })
		return errors.Join(
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1),
			unix.Bind(fd, &unix.SockaddrInet4{Port: 5000}),
			unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, &unix.IPMreqn{Multiaddr: group4.Addr().As4(), Ifindex: int32(eth0.Index)}))
	})
}

func TestNotAllowed(t *testing.T) {
	l := labtest.Build(t, lab.Topology{Hosts: []lab.Host{{Name: "A"}}})
	t.Setenv(kernel.TracefsEnv, "")
	labtest.Unprivileged(t, l.Host("A"), func() error {
		_, err := kernel.Run(t.Context(), kernel.Config{Target: group4})
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("a user namespace: %v, want %v", err, fs.ErrPermission)
		}
		return nil
	})
	// Something else than tracefs is not taken for it.
	t.Setenv(kernel.TracefsEnv, "/proc/self/fd")
	if f, err := kernel.OpenTracefs(); err == nil {
		f.Close()
		t.Error("a directory of /proc was opened as tracefs")
	}
}

// Twenty thousand datagrams a second of others, on the same machine and to the same
// hosts, do not fill the buffer, and are not taken for ours.
func TestForeignLoad(t *testing.T) {
	tracing(t)
	two := network()
	two.Hosts = two.Hosts[:2]
	l := labtest.Build(t, two)
	join(t, l.Host("A"), 5000, group4)
	join(t, l.Host("B"), 5000, group4)
	foreign := labtest.Socket(t, l.Host("B"), mcast.Config{})
	via := mcast.Via{IfIndex: labtest.Device(t, l.Host("B"), "eth0").Index}
	other := netip.MustParseAddrPort("239.1.2.3:5001")
	send := func(n int) {
		for range n {
			_ = foreign.Send(make([]byte, 100), other, via)
		}
	}
	done := make(chan struct{})
	var load sync.WaitGroup
	load.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				send(20)
			}
		}
	})
	watch, err := kernel.Watch(1100, false)
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Close()
	before, start := foreign.Stats().Sent, time.Now()
	for range 5 {
		p, _ := run(t, l.Host("A"), kernel.Config{Target: group4, Size: 1100})
		looksRight(t, p)
	}
	watched, err := watch.Stop()
	if err != nil || watched.Seen < 5*4 {
		t.Errorf("the watch saw datagrams %d times, %v: want each on its way, four times at the least", watched.Seen, err)
	}
	for _, d := range watched.Drops {
		if !d.NotForHost() {
			t.Errorf("others' drops are taken for ours: %s", d)
		}
	}
	t.Logf("%d events overrun", watched.Overrun)
	rate := float64(foreign.Stats().Sent-before) / time.Since(start).Seconds()
	close(done)
	load.Wait()
	t.Logf("%.0f datagrams a second of others", rate)
	if rate < 1000 {
		t.Errorf("only %.0f datagrams a second of others: this test shows nothing", rate)
	}
}

// A reason that the kernel calls otherwise would never be explained.
func TestReasonsOfThisKernel(t *testing.T) {
	tracing(t)
	here, known, err := kernel.ReasonsHere()
	if err != nil || len(here) == 0 {
		t.Fatalf("%d reasons, %v", len(here), err)
	}
	names := slices.Collect(maps.Values(here))
	if !slices.Contains(names, "IP_LOCAL_SOURCE") {
		t.Skip("this kernel is older than the reasons of routing")
	}
	for _, name := range known {
		if !slices.Contains(names, name) {
			t.Errorf("this kernel has no reason %s", name)
		}
	}
}
