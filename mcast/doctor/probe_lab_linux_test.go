package doctor

import (
	"context"
	"errors"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// onOneSwitch is hosts on one switch: each is its name and the addresses of its
// interfaces, eth0 and so on.
func onOneSwitch(hosts ...[]string) lab.Topology {
	t := lab.Topology{Switches: []lab.Switch{{Name: "lan"}}}
	for _, h := range hosts {
		host := lab.Host{Name: h[0], Routes: []lab.Route{{Dst: netip.MustParsePrefix("224.0.0.0/4"), Dev: "eth0"}}}
		for n, a := range h[1:] {
			host.Interfaces = append(host.Interfaces, lab.Interface{
				Name: "eth" + string(rune('0'+n)), Switch: "lan", Addrs: []netip.Prefix{netip.MustParsePrefix(a)},
			})
		}
		t.Hosts = append(t.Hosts, host)
	}
	return t
}

var twoOnLAN = onOneSwitch([]string{"A", "192.168.1.10/24"}, []string{"B", "192.168.1.11/24"})

const labGroup = "239.1.2.3:5000"

// prepared is an active probe of a host, that is to join on all its interfaces
// but lo.
func prepared(t *testing.T, host *lab.Node, group string) Probe {
	t.Helper()
	g, err := mcast.ParseGroup(group)
	if err != nil {
		t.Fatal(err)
	}
	p := Probe{Intent: Intent{Group: g, Loopback: true, Hops: 1}, Active: true}
	labtest.In(t, host, func() (err error) {
		p.Facts, err = GatherRoutes(g)
		return err
	})
	for _, i := range p.Facts.Interfaces {
		if !i.Loopback() {
			p.Intent.Joined = append(p.Intent.Joined, i.Index)
		}
	}
	return p
}

// run runs the probe in a host.
func run(t *testing.T, host *lab.Node, p Probe) Observed {
	t.Helper()
	var seen Observed
	labtest.In(t, host, func() (err error) {
		seen, err = p.Run(t.Context())
		return err
	})
	return seen
}

func index(t *testing.T, p Probe, name string) int {
	t.Helper()
	i, err := host.Find(p.Facts.Interfaces, name)
	if err != nil {
		t.Fatal(err)
	}
	return i.Index
}

// sendEvery sends to a group from one socket, at an interval, until the test ends.
func sendEvery(t *testing.T, node *lab.Node, group string, every time.Duration) netip.AddrPort {
	t.Helper()
	g, err := mcast.ParseGroup(group)
	if err != nil {
		t.Fatal(err)
	}
	var c *mcast.Conn
	labtest.In(t, node, func() (err error) {
		c, err = mcast.Listen(t.Context(), mcast.Config{Addr: host.Unspecified(g.Addr)})
		return err
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer c.Close()
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for n := byte(0); ctx.Err() == nil; n++ {
			_ = c.Send([]byte{n}, g.AddrPort(), mcast.Via{})
			select {
			case <-ticker.C:
			case <-ctx.Done():
			}
		}
	}()
	t.Cleanup(func() { stop(); <-ended })
	return c.LocalAddr()
}

// member joins a group in a host, for as long as the test runs.
func member(t *testing.T, node *lab.Node, group string) {
	t.Helper()
	g, err := mcast.ParseGroup(group)
	if err != nil {
		t.Fatal(err)
	}
	labtest.In(t, node, func() error {
		c, err := mcast.Listen(t.Context(), mcast.Config{Port: g.Port})
		if err != nil {
			return err
		}
		t.Cleanup(func() { c.Close() })
		return c.Join(g, host.Interface{})
	})
}

// nothing checks that none of the pitfalls was seen that a probe waits for.
func nothing(t *testing.T, seen Observed) {
	t.Helper()
	if seen.Joined != nil || len(seen.Doubled)+len(seen.Strays)+len(seen.Lost)+len(seen.Revived)+len(seen.Refused) > 0 {
		t.Errorf("on a healthy LAN it saw %+v", seen)
	}
}

// healthy checks what became of the datagrams by an interface.
func healthy(t *testing.T, s Sent) {
	t.Helper()
	if s.Tried != datagramsEach || s.Err != nil || s.Copies != s.Tried || s.Left == nil || *s.Left < s.Tried || s.Queue != 0 {
		t.Errorf("of the datagrams that were sent: %+v, left %v; want %d that came back and left", s, leftOf(s), datagramsEach)
	}
}

func leftOf(s Sent) int {
	if s.Left == nil {
		return -1
	}
	return *s.Left
}

func TestProbeHealthy(t *testing.T) {
	t.Parallel()
	for _, group := range []string{labGroup, "224.0.0.114:1234", "[ff02::114]:5000", "[ff15::1]:5000"} {
		t.Run(group, func(t *testing.T) {
			t.Parallel()
			topology := onOneSwitch([]string{"A", "192.168.1.10/24"}, []string{"B", "192.168.1.11/24"})
			for n := range topology.Hosts {
				i := &topology.Hosts[n].Interfaces[0]
				i.Addrs = append(i.Addrs, netip.MustParsePrefix([]string{"2001:db8::10/64", "2001:db8::11/64"}[n]))
			}
			l := labtest.Build(t, topology)
			p := prepared(t, l.Host("A"), group)
			seen := run(t, l.Host("A"), p)
			if !seen.Probed || seen.For <= 0 || seen.Strays == nil || seen.Revived != nil || seen.Refused != nil {
				t.Errorf("saw %+v", seen)
			}
			nothing(t, seen)
			healthy(t, seen.Sent[index(t, p, "eth0")])
		})
	}
}

// A group with one source is joined for the own address as well, or no copy
// would be heard.
func TestProbeSource(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, twoOnLAN)
	p := prepared(t, l.Host("A"), "192.168.1.11@232.1.2.3:5000")
	seen := run(t, l.Host("A"), p)
	nothing(t, seen)
	healthy(t, seen.Sent[index(t, p, "eth0")])
}

func TestProbeHears(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, twoOnLAN)
	b := sendEvery(t, l.Host("B"), labGroup, 100*time.Millisecond)
	own := sendEvery(t, l.Host("A"), labGroup, 100*time.Millisecond)
	sendEvery(t, l.Host("B"), "239.9.9.9:5000", 100*time.Millisecond) // nobody has joined
	p := prepared(t, l.Host("A"), labGroup)
	p.For = 3 * time.Second
	seen := run(t, l.Host("A"), p)
	nothing(t, seen)
	if len(seen.Senders) != 2 {
		t.Fatalf("heard %+v, want B and a program of A", seen.Senders)
	}
	for n, want := range []Sender{
		{From: netip.AddrPortFrom(netip.MustParseAddr("192.168.1.10"), own.Port()), Local: true},
		{From: netip.AddrPortFrom(netip.MustParseAddr("192.168.1.11"), b.Port())},
	} {
		got := seen.Senders[n]
		if got.From != want.From || got.Local != want.Local || got.Outside || got.Hops != 1 || got.Datagrams < 2 || got.IfIndex != index(t, p, "eth0") {
			t.Errorf("heard %+v, want %+v", got, want)
		}
	}
}

func TestProbeOutside(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, onOneSwitch([]string{"A", "192.168.1.10/24"}, []string{"B", "10.1.1.11/24"}))
	sendEvery(t, l.Host("B"), labGroup, 100*time.Millisecond)
	seen := run(t, l.Host("A"), prepared(t, l.Host("A"), labGroup))
	if len(seen.Senders) != 1 || !seen.Senders[0].Outside {
		t.Errorf("heard %+v, want B, from outside", seen.Senders)
	}
}

func TestProbeFirewall(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, twoOnLAN)
	a := l.Host("A")
	p := prepared(t, a, labGroup)
	eth0 := index(t, p, "eth0")
	if err := a.Firewall(false, true); err != nil {
		t.Fatal(err)
	}
	if s := run(t, a, p).Sent[eth0]; s.Tried != datagramsEach || !errors.Is(s.Err, syscall.EPERM) || s.Copies != 0 {
		t.Errorf("with a firewall for what goes out: %+v, want %v", s, syscall.EPERM)
	}
	if err := a.Firewall(true, false); err != nil {
		t.Fatal(err)
	}
	if s := run(t, a, p).Sent[eth0]; s.Err != nil || s.Copies != 0 || leftOf(s) < datagramsEach {
		t.Errorf("with a firewall for what comes in: %+v, left %d; want them to leave, and no copies", s, leftOf(s))
	}
	if err := a.Firewall(false, false); err != nil {
		t.Fatal(err)
	}
	healthy(t, run(t, a, p).Sent[eth0])
}

// Without a carrier own copies come back, and nothing leaves.
func TestProbeCut(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, twoOnLAN)
	p := prepared(t, l.Host("A"), labGroup)
	if err := l.Host("A").Link("eth0").Cut(); err != nil {
		t.Fatal(err)
	}
	if s := run(t, l.Host("A"), p).Sent[index(t, p, "eth0")]; s.Copies != datagramsEach || leftOf(s) != 0 {
		t.Errorf("with its wire cut: %+v, left %d; want copies, and none that left", s, leftOf(s))
	}
}

func TestProbeFullQueue(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, twoOnLAN)
	a := l.Host("A")
	p := prepared(t, a, labGroup)
	eth0 := index(t, p, "eth0")
	SlowQueue(t, func(fn func() error) { labtest.In(t, a, fn) }, eth0, 1, 200)
	labtest.In(t, a, func() error { // until it is full
		c, err := mcast.Listen(t.Context(), mcast.Config{QueueErrors: true})
		if err != nil {
			return err
		}
		defer c.Close()
		for range 100 {
			if err := c.Send(nil, p.Intent.Group.AddrPort(), mcast.Via{IfIndex: eth0}); errors.Is(err, syscall.ENOBUFS) {
				return nil
			}
		}
		return errors.New("the queue takes everything")
	})
	if s := run(t, a, p).Sent[eth0]; !errors.Is(s.Err, syscall.ENOBUFS) || s.Queue == 0 {
		t.Errorf("with a full queue: %+v, want %v and drops of the queue", s, syscall.ENOBUFS)
	}
}

func TestProbeDoubled(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, onOneSwitch([]string{"A", "192.168.1.10/24", "192.168.1.20/24"}, []string{"B", "192.168.1.11/24"}))
	b := sendEvery(t, l.Host("B"), labGroup, 50*time.Millisecond)
	p := prepared(t, l.Host("A"), labGroup)
	seen := run(t, l.Host("A"), p)
	on := [2]int{index(t, p, "eth0"), index(t, p, "eth1")}
	if len(seen.Doubled) != 1 || seen.Doubled[0].From.Port() != b.Port() || seen.Doubled[0].Interfaces != on || seen.Doubled[0].Datagrams < 2 {
		t.Errorf("came twice: %+v, want what B sends", seen.Doubled)
	}
	for _, i := range on {
		healthy(t, seen.Sent[i])
	}
}

func TestProbeStrays(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, twoOnLAN)
	member(t, l.Host("A"), "239.9.9.9:5000")
	sendEvery(t, l.Host("B"), "239.9.9.9:5000", 50*time.Millisecond)
	p := prepared(t, l.Host("A"), labGroup)
	seen := run(t, l.Host("A"), p)
	if n := seen.Strays[netip.MustParseAddr("239.9.9.9")]; len(seen.Strays) != 1 || n < 2 {
		t.Errorf("strays are %v, want those of the other program's group", seen.Strays)
	}
	if len(seen.Senders) != 0 {
		t.Errorf("heard %+v in a group where nobody speaks", seen.Senders)
	}
	p.Intent.Memberships = []mcast.Membership{{Group: mcast.Group{Addr: netip.MustParseAddr("239.9.9.9"), Port: 5000}}}
	if seen := run(t, l.Host("A"), p); len(seen.Strays) != 0 {
		t.Errorf("strays are %v, but the program has joined that group", seen.Strays)
	}
}

// What a host without any address sends has the source 0.0.0.0, and its copies
// come back all the same.
func TestProbeOfAHostWithoutAddresses(t *testing.T) {
	bare := lab.Topology{
		Switches: []lab.Switch{{Name: "lan"}},
		Hosts:    []lab.Host{{Name: "A", Interfaces: []lab.Interface{{Name: "eth0", Switch: "lan"}}}},
	}
	a := labtest.Build(t, bare).Host("A")
	p := prepared(t, a, labGroup)
	seen := run(t, a, p)
	if sent := seen.Sent[index(t, p, "eth0")]; sent.Tried == 0 || sent.Copies != sent.Tried || sent.Err != nil {
		t.Errorf("by eth0: %+v, want a copy of each that was sent", sent)
	}
	if len(seen.Senders) != 0 {
		t.Errorf("heard %+v, want nobody but the probe itself", seen.Senders)
	}
}
