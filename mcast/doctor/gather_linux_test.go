package doctor_test

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
)

// Nothing is left out: what is not there is known not to be there.
func TestGatherHealthyHost(t *testing.T) {
	h := newHost(t)
	f := h.gather()
	if f.Links == nil || f.By == nil || f.Back == nil || f.Groups == nil || f.Filters == nil || f.Sockets == nil ||
		f.Settings == nil || f.Counters == nil || f.Machine == nil {
		t.Errorf("something is not known: %+v", f)
	}
	for index, link := range f.Links {
		if link.Groups == nil || link.Duplicate == nil {
			t.Errorf("of interface %d it is not known what it lets in (%v), or whether others have its addresses (%v)", index, link.Groups, link.Duplicate)
		}
	}
	eth0 := f.Links[h.index("eth0")]
	if eth0.Kind != "veth" || !eth0.Elsewhere || eth0.OperState != "up" || eth0.Master != 0 || eth0.Wireless {
		t.Errorf("eth0 is %+v, want a veth that is up, with its other end in the switch", eth0)
	}
}

// The routes are those that the article's pitfall is made of.
func TestGatherRoutes(t *testing.T) {
	h := newHost(t)
	h.in.From = netip.MustParseAddr("192.168.8.226")
	h.in.Group.Source = netip.MustParseAddr("203.0.113.7")
	f := h.gather()
	eth0, eth1 := h.index("eth0"), h.index("eth1")
	if got := f.By[eth0].Route.Source.String(); got != "192.168.8.164" || len(f.By) != 2 {
		t.Errorf("by eth0 the source is %s of %d answers, want 192.168.8.164 of 2", got, len(f.By))
	}
	if a := f.Back[h.in.From]; a.Err != nil || a.Route.IfIndex != eth0 {
		t.Errorf("the way back to the neighbour is %+v, want eth0", a)
	}
	if a := f.Back[h.in.Group.Source]; a.Err != nil || a.Route.IfIndex != eth1 || a.Route.Match.String() != "default route via 169.254.0.1" {
		t.Errorf("the way back to the source is %+v, want the default route by eth1", a)
	}
	if err := h.a.DelRoute(lab.Article.Hosts[0].Routes[0]); err != nil {
		t.Fatal(err)
	}
	h.do(func() error {
		if a := doctor.Back(h.in.Group.Source); a.Err == nil || !strings.Contains(a.Err.Error(), "route back to 203.0.113.7: ") {
			return fmt.Errorf("without a default route the way back is %+v", a)
		}
		return nil
	})
}

// A socket is seen with what it is bound to, whose it is, and its program where
// it is at the group's port.
func TestGatherSockets(t *testing.T) {
	h := newHost(t)
	h.listen("udp4", "0.0.0.0:1234")
	h.listen("udp", "[::]:1235")
	h.listenMapped(netip.MustParseAddrPort("192.168.8.164:1236"))
	h.listen("udp6", "[::1]:1237")
	other := h.sleeper(h.listen("udp4", "192.168.8.164:1238"))

	h.in.Group.Port = 1238
	own := fmt.Sprintf("(%d)", os.Getpid())
	for _, tt := range []struct {
		group, local string
		want         bool // listed
		own          bool
		program      string
	}{
		{"224.0.0.114", "0.0.0.0:1234", true, true, ""},
		{"224.0.0.114", "[::]:1235", true, true, ""}, // it hears IPv4 too
		{"224.0.0.114", "192.168.8.164:1236", true, true, ""},
		{"224.0.0.114", "[::1]:1237", false, false, ""},
		{"224.0.0.114", "192.168.8.164:1238", true, false, other},
		{"ff02::114", "0.0.0.0:1234", false, false, ""},
		{"ff02::114", "[::]:1235", true, true, ""},
		{"ff02::114", "192.168.8.164:1236", false, false, ""},
		{"ff02::114", "[::1]:1237", true, true, ""},
	} {
		h.in.Group.Addr = netip.MustParseAddr(tt.group)
		sockets := h.gather().Sockets
		n := slices.IndexFunc(sockets, func(s host.Socket) bool { return s.Local.String() == tt.local })
		if n >= 0 != tt.want {
			t.Errorf("for %s the socket %s is listed: %t, want %t", tt.group, tt.local, n >= 0, tt.want)
			continue
		}
		if n >= 0 && (sockets[n].Own != tt.own || sockets[n].Program != tt.program || sockets[n].UID != uint32(os.Getuid())) {
			t.Errorf("for %s the socket is %+v, want own %t, program %q", tt.group, sockets[n], tt.own, tt.program)
		}
	}
	h.in.Group = mcast.DefaultGroup
	for _, s := range h.gather().Sockets {
		if s.Local.Port() == 1234 && !strings.HasSuffix(s.Program, own) {
			t.Errorf("the program of %s is %q, want this one %s", s.Local, s.Program, own)
		}
	}
}

// The filters are those of the sockets.
func TestGatherFilters(t *testing.T) {
	h := newHost(t)
	source := netip.MustParseAddr("192.168.8.226")
	h.in.Group = mcast.Group{Addr: netip.MustParseAddr("232.1.2.3"), Port: 1234, Source: source}
	if f := h.gather(); len(f.Filters) != 0 {
		t.Errorf("filters before anything was joined: %v", f.Filters)
	}
	h.join(h.in.Group)
	want := doctor.Filter{IfIndex: h.index("eth0"), Group: h.in.Group.Addr, Source: source, Include: 1}
	f := h.gather()
	if !slices.Equal(f.Filters, []doctor.Filter{want}) {
		t.Errorf("filters %v, want %v", f.Filters, want)
	}
	if !slices.ContainsFunc(f.Groups, func(g host.InterfaceGroups) bool { return g.Index == want.IfIndex && g.Has(want.Group) }) {
		t.Errorf("groups %v are without %s on eth0", f.Groups, want.Group)
	}
	if !slices.Contains(f.Links[want.IfIndex].Groups, doctor.HardwareGroup{Address: "01:00:5e:01:02:03", Users: 1}) {
		t.Errorf("eth0 lets in %v, want 01:00:5e:01:02:03 too", f.Links[want.IfIndex].Groups)
	}
}

// Settings are those of the namespace, and of each interface.
func TestGatherSettings(t *testing.T) {
	h := newHost(t)
	h.set("ipv4/conf/eth1/rp_filter", "2")
	h.set("ipv4/igmp_max_memberships", "7")
	f := h.gather()
	for name, want := range map[string]int{
		"net.ipv4.conf.all.rp_filter":   0,
		"net.ipv4.conf.eth0.rp_filter":  0,
		"net.ipv4.conf.eth1.rp_filter":  2,
		"net.ipv4.igmp_max_memberships": 7,
		"net.ipv4.ip_forward":           0,
	} {
		if got, ok := f.Settings[name]; !ok || got != want {
			t.Errorf("%s = %d (known: %t), want %d", name, got, ok, want)
		}
	}
}

// A datagram to a port where nobody listens is counted, and a socket's losses
// are, and an interface that was made again is noticed.
func TestGrowthOfHost(t *testing.T) {
	h := newHost(t)
	c := h.join(h.in.Group)
	slow := h.listen("udp4", "127.0.0.1:4321")
	if err := slow.SetReadBuffer(1); err != nil {
		t.Fatal(err)
	}
	before := h.gather()
	astray := netip.AddrPortFrom(h.in.Group.Addr, 4322)
	if err := c.Send([]byte("astray"), astray, mcast.Via{IfIndex: h.index("eth0")}); err != nil {
		t.Fatal(err)
	}
	talker := h.listen("udp4", "127.0.0.1:0")
	for range 100 {
		if _, err := talker.WriteToUDPAddrPort(make([]byte, 1000), netip.MustParseAddrPort("127.0.0.1:4321")); err != nil {
			t.Fatal(err)
		}
	}
	eth1 := h.a.Link("eth1")
	if err := eth1.Delete(); err != nil {
		t.Fatal(err)
	}
	if err := eth1.Make(); err != nil {
		t.Fatal(err)
	}
	after := h.gather()
	e := doctor.NewEvidence()
	e.Read(before, time.Unix(0, 0))
	e.Read(after, time.Unix(1, 0))
	seen := e.Observed(nil)
	if got := seen.Grown["Udp.IgnoredMulti"]; got != 1 {
		t.Errorf("Udp.IgnoredMulti grew by %d, want 1", got)
	}
	n := slices.IndexFunc(after.Sockets, func(s host.Socket) bool { return s.Local.Port() == 4321 })
	if n < 0 || seen.Drops[after.Sockets[n].Inode] < 90 {
		t.Errorf("drops %v, want most of 100 at port 4321 of %v", seen.Drops, after.Sockets)
	}
	if len(seen.Lost) != 1 || seen.Lost[0].Name != "eth1" || seen.Lost[0].Index != h.index("eth1") || seen.For != time.Second {
		t.Errorf("made again %v within %s, want eth1 as it is now, within 1s", seen.Lost, seen.For)
	}
}

// What is asked about nonsense is answered, or is an error.
func TestGatherNonsense(t *testing.T) {
	h := newHost(t)
	for _, in := range []doctor.Intent{
		{},
		{Group: mcast.Group{Addr: netip.MustParseAddr("192.0.2.1"), Port: 1}},
		{Group: mcast.Group{Addr: netip.MustParseAddr("ff02::114%gone"), Port: 1}, Send: 99, Joined: []int{-1}},
		{Group: mcast.DefaultGroup, From: netip.MustParseAddr("fe80::1%gone")},
	} {
		h.do(func() error {
			f, err := doctor.Gather(in)
			if err == nil && len(f.Interfaces) != 3 {
				err = fmt.Errorf("for %+v: interfaces %v, want lo, eth0 and eth1", in, f.Interfaces)
			}
			return err
		})
	}
}
