package doctor

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"golang.org/x/net/ipv4"
)

// asker returns what asks once, from the host's own address, for answers within a
// tenth of a second.
func asker(t *testing.T, node *lab.Node, version int) (ask func() bool) {
	t.Helper()
	q, err := igmp.AppendQuery(nil, igmp.Message{Family: igmp.IGMP, Kind: igmp.Query, Version: version,
		MaxResponse: 100 * time.Millisecond, Robustness: 2, Interval: 125 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	var c *ipv4.PacketConn
	labtest.In(t, node, func() error {
		p, err := net.ListenPacket("ip4:2", "0.0.0.0")
		if err != nil {
			return err
		}
		t.Cleanup(func() { p.Close() })
		eth0, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		c = ipv4.NewPacketConn(p)
		return c.SetMulticastInterface(eth0)
	})
	return func() bool { // false: it is closed
		_, err := c.WriteTo(q, nil, &net.IPAddr{IP: net.IPv4(224, 0, 0, 1)})
		return err == nil
	}
}

// asks is a querier that asks five times a second, until the test ends.
func asks(t *testing.T, node *lab.Node, version int) {
	t.Helper()
	ask, ended, stop := asker(t, node, version), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		again := time.NewTicker(200 * time.Millisecond)
		defer again.Stop()
		for ask() {
			select {
			case <-again.C:
			case <-stop:
				return
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-ended })
}

// What the doctor says of membership once it sees reports and queries.
func TestDoctorSeesTheWire(t *testing.T) {
	labtest.Program(t, "nft")
	const group = "239.20.1.7:5500"
	topology := onOneSwitch([]string{"A", "10.20.0.2/24"}, []string{"B", "10.20.0.1/24"}, []string{"C", "10.20.0.3/24"})
	for _, test := range []struct {
		name, rules string // of A
		version     int    // of B's queries; 0: none
		to, source  string
		want        []string // verdict name: a part of the evidence
	}{
		{name: "all is well", version: 3, to: "10.20.0.3", want: []string{
			"ok reports-blocked: a report of 239.20.1.7 was seen leaving by eth0 (IGMPv3)",
			"ok queries-blocked: 10.20.0.1 by IGMPv3 asked on eth0, and this host answered",
			"ok no-querier: 10.20.0.1 by IGMPv3 sends queries on eth0",
			"is a member: its report of 239.20.1.7 was seen by eth0 (IGMPv3",
		}},
		{name: "a host that is no member", version: 3, to: "10.20.0.1", want: []string{
			"is no member: 10.20.0.1 by IGMPv3 asked on eth0 at",
		}},
		{name: "reports dropped where no counter counts", version: 3,
			rules: "add table netdev f; add chain netdev f out { type filter hook egress device eth0 priority 0; }; add rule netdev f out ip protocol igmp drop",
			want: []string{
				"failure reports-blocked: 239.20.1.7 was joined on eth0, and in",
				"unknown queries-blocked: none left after the join either",
			}},
		{name: "queries dropped as they come in", version: 3,
			rules: "add table ip f; add chain ip f in { type filter hook input priority 0; }; add rule ip f in ip protocol igmp drop",
			want: []string{
				"ok reports-blocked: was seen leaving by eth0",
				"failure queries-blocked: 10.20.0.1 by IGMPv3 asked at",
			}},
		{name: "queries dropped before any counter",
			rules:   "add table netdev f; add chain netdev f in { type filter hook ingress device eth0 priority 0; }; add rule netdev f in ip protocol igmp drop",
			version: 3, want: []string{"failure queries-blocked: its report after the join left"}},
		{name: "a querier of IGMPv2, and a source", version: 2, source: "10.20.0.1", want: []string{
			"warning igmp-version: 10.20.0.1 by IGMPv2 asked at",
		}},
		{name: "nobody asks", to: "10.20.0.1", want: []string{
			"ok reports-blocked: was seen leaving",
			"unknown no-querier: ",
			"not known: from here it cannot be known whether it hears",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := labtest.Build(t, topology)
			a := l.Host("A")
			if test.rules != "" {
				if out, err := a.Command(t.Context(), "nft", test.rules).CombinedOutput(); err != nil {
					t.Fatalf("nft: %v: %s", err, out)
				}
			}
			member(t, l.Host("C"), group)
			if test.version > 0 {
				asks(t, l.Host("B"), test.version)
			}
			p := prepared(t, a, strings.TrimPrefix(test.source+"@"+group, "@"))
			if test.to != "" {
				p.Intent.To = netip.MustParseAddr(test.to)
			}
			p.For = 3 * time.Second
			f := p.Facts
			labtest.In(t, a, func() (err error) {
				if f, err = Gather(p.Intent); err != nil {
					return err
				}
				p.Facts = f
				f.Observed, err = p.Run(t.Context())
				return err
			})
			var got []string
			for _, x := range Diagnose(f, p.Intent) {
				got = append(got, fmt.Sprintf("%s %s: %s", x.Verdict, x.Name, x.Evidence))
			}
			if test.to != "" {
				a := f.AnswerTo(p.Intent)
				got = append(got, fmt.Sprintf("%s: %s", a.State, a.Text))
			}
			for _, want := range test.want {
				head, rest, _ := strings.Cut(want, ": ")
				if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, head+": ") && strings.Contains(s, rest) }) {
					t.Errorf("nothing says %q:\n%s", want, strings.Join(got, "\n"))
				}
			}
		})
	}
}

// Another program joins while the doctor gets ready. The kernel reports the first of
// the two, so that a report that is not seen accuses nobody.
func TestNobodyIsAccusedWhenAnotherJoins(t *testing.T) {
	labtest.Program(t, "nft")
	topology := onOneSwitch([]string{"A", "10.20.0.2/24"}, []string{"B", "10.20.0.1/24"})
	for _, when := range []string{"bind", "MCAST_JOIN_GROUP"} { // before the probe joins, and just after
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			l := labtest.Build(t, topology)
			a := l.Host("A")
			drop := "add table netdev f; add chain netdev f out { type filter hook egress device eth0 priority 0; }; add rule netdev f out ip protocol igmp drop"
			if out, err := a.Command(t.Context(), "nft", drop).CombinedOutput(); err != nil {
				t.Fatalf("nft: %v: %s", err, out)
			}
			p := prepared(t, a, "239.20.1.8:5500")
			p.For = 2 * time.Second
			labtest.In(t, a, func() (err error) {
				p.Facts, err = Gather(p.Intent)
				return err
			})
			other := labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr("0.0.0.0")})
			joined := false
			p.Trace = &mcast.Trace{Call: func(c mcast.Call) {
				if joined || c.Name != when && c.Option != when {
					return
				}
				joined = true
				eth0, _ := byName(p.Facts.Interfaces, "eth0")
				if err := other.Join(p.Intent.Group, eth0); err != nil {
					t.Error(err)
				}
			}}
			f := p.Facts
			f.Observed = run(t, a, p)
			got := reportsBlocked(f, p.Intent)
			if len(got) != 1 || got[0].Verdict != Unknown || !strings.Contains(got[0].Evidence, "somebody had joined the group before") {
				t.Errorf("%+v, want that it is not known", got)
			}
			if !joined {
				t.Errorf("no call %s", when)
			}
		})
	}
}

// hasJoined reports whether a host is a member of an IPv4 group, which the kernel
// writes as a number of its own byte order.
func hasJoined(node *lab.Node, group string) (joined bool) {
	_ = node.Do(func() error {
		list, err := os.ReadFile("/proc/thread-self/net/igmp")
		joined = strings.Contains(string(list), group)
		return err
	})
	return joined
}

// B is behind a hub with C. The switch asks and B answers; when C leaves, the switch
// forgets them both, and the doctor at B says that this is what happened.
func TestDoctorSeesFastLeave(t *testing.T) {
	t.Parallel()
	const group = "239.20.1.9:5500"
	topology, err := lab.ParseTopology(t.Name(), strings.NewReader(`
switch lan snooping querier igmp 2 fastleave
switch hub on lan
host A
  eth0 on lan 10.20.0.1/24
  route 224.0.0.0/4 dev eth0
host B
  eth0 on hub 10.20.0.2/24
  route 224.0.0.0/4 dev eth0
host C
  eth0 on hub 10.20.0.3/24
  route 224.0.0.0/4 dev eth0
`))
	if err != nil {
		t.Fatal(err)
	}
	l := labtest.Build(t, topology)
	a, b, c := l.Host("A"), l.Host("B"), l.Host("C")
	g := labtest.Group(group)
	says := labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr("0.0.0.0")})
	asks := asker(t, a, 2)
	p := prepared(t, b, group)
	p.For = 10 * time.Second

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	defer func() { stop(); <-ended }()
	go func() {
		defer close(ended)
		var member *mcast.Conn
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ctx.Err() == nil; {
			for _, to := range []mcast.Group{g, labtest.Group("224.0.0.114:1234")} {
				_ = says.Send([]byte("tick"), to.AddrPort(), mcast.Via{})
			}
			switch n {
			case 10:
				asks()
			case 13:
				member = labtest.Member(t, c, g)
			case 23:
				member.Close()
			}
			if n > 0 || hasJoined(b, "090114EF") {
				n++
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	}()
	f := p.Facts
	labtest.In(t, b, func() (err error) {
		f.Observed, err = p.Run(t.Context())
		return err
	})
	for _, found := range Diagnose(f, p.Intent) {
		if found.Name == "no-querier" {
			if text := found.Title + found.Evidence; found.Verdict != Failure || !strings.Contains(text, "acts on a leave at once") || !strings.Contains(text, "10.20.0.1 by IGMPv2 sent a query") {
				t.Errorf("%s: %s: %s, want a failure by fast leave\n%+v", found.Verdict, found.Title, found.Evidence, f.Observed.Wire)
			}
		}
	}
}
