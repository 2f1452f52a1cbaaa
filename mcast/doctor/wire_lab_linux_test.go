package doctor

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"golang.org/x/net/ipv4"
)

// asks is a querier of its own address in a host: it asks for answers within a
// tenth of a second, five times a second, until the test ends.
func asks(t *testing.T, node *lab.Node, version int) {
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
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range time.Tick(200 * time.Millisecond) {
			if _, err := c.WriteTo(q, nil, &net.IPAddr{IP: net.IPv4(224, 0, 0, 1)}); err != nil {
				return // it is closed
			}
		}
	}()
	t.Cleanup(func() { c.Close(); <-ended })
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
			"ok no-querier: 10.20.0.1 by IGMPv3 asks for members on eth0",
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
