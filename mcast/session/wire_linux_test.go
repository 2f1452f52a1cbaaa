package session

import (
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// askedLAN is a LAN that a querier asks, by IGMP in a version.
func askedLAN(version int) lab.Topology {
	on := func(n string) []lab.Interface {
		return []lab.Interface{{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("192.168.8." + n + "/24")}}
	}
	return lab.Topology{
		Switches: []lab.Switch{{Name: "lan", Snooping: true, Querier: true, IGMP: version}},
		Hosts:    []lab.Host{{Name: "A", Interfaces: on("10")}, {Name: "B", Interfaces: on("11")}},
	}
}

func onEth0(s *Session) (on Interface) {
	for _, i := range s.Snapshot().Interfaces {
		if i.Name == "eth0" {
			on = i
		}
	}
	return on
}

// Who asks, what this host reports and which others do is seen on the wire. Whoever
// is not allowed to look there knows of IGMPv2 only, from the kernel.
func TestWires(t *testing.T) {
	l := labtest.Build(t, askedLAN(2))
	a := l.Host("A")
	labtest.Member(t, l.Host("B"), mcast.DefaultGroup)
	begins := time.Now()
	start := func(cfg Config) (s *Session) {
		labtest.In(t, a, func() error { s = startHere(t, cfg); return nil })
		return s
	}
	cfg := Config{Group: mcast.DefaultGroup, Interfaces: []string{"eth0"}, Hops: 1, Wires: true}
	s := start(cfg)
	labtest.Eventually(t, "the own report to be seen", func() bool { return onEth0(s).Wire.Reported.Version != 0 })
	w := onEth0(s).Wire
	if w.Since.Before(begins) || w.Reported.Last.Before(begins) || w.Reported.Host != labtest.Addr("192.168.8.10") {
		t.Errorf("since %v: seen %+v", begins, w)
	}
}

// What was seen becomes what is known: nothing else.
func TestWireOf(t *testing.T) {
	at := time.Date(2026, 3, 14, 19, 52, 0, 0, time.UTC)
	link := igmp.Link{Since: at, Sight: igmp.SightOwn}
	if w := wireOf(link); w.Since != at || w.Querier.Version != 0 || w.Reported.Version != 0 || w.SeesAll || len(w.Others) != 0 {
		t.Errorf("of a silent wire: %+v", w)
	}
	link.Sight = igmp.SightAll
	link.Queriers = []igmp.Querier{{Addr: labtest.Addr("192.168.8.1"), Version: 3, Last: at, Elected: true, Robustness: 2}, {Addr: labtest.Addr("192.168.8.2"), Version: 2}}
	members := []igmp.Member{{Host: labtest.Addr("192.168.8.10"), Self: true, Version: 2, Last: at}, {Host: labtest.Addr("192.168.8.11"), Self: true, Version: 3, Last: at.Add(time.Second)}}
	for n := range MaxReports + 3 {
		members = append(members, igmp.Member{Host: netip.AddrFrom4([4]byte{192, 168, 8, byte(20 + n)}), Version: 3, Last: at})
	}
	link.Groups = []igmp.Group{{Addr: mcast.DefaultGroup.Addr, Members: members, AtLeast: true}}
	w := wireOf(link)
	if w.Querier.Addr != labtest.Addr("192.168.8.1") || w.Querier.Version != 3 || w.Reported.Version != 3 || len(w.Others) != MaxReports || w.More != 3 || !w.AtLeast || !w.SeesAll {
		t.Errorf("known %+v", w)
	}
}

// The kernel's version proves a query only where it is 1 or 2, and not forced.
func TestAskedIn(t *testing.T) {
	on := host.Interface{Name: "eth0.7"}
	const all, one = "net.ipv4.conf.all.force_igmp_version", "net.ipv4.conf.eth0/7.force_igmp_version"
	for _, c := range []struct {
		version  int
		settings map[string]int
		want     int
	}{
		{3, map[string]int{all: 0, one: 0}, 0}, {0, map[string]int{all: 0, one: 0}, 0},
		{2, map[string]int{all: 0, one: 0}, 2}, {1, map[string]int{all: 0, one: 0}, 1},
		{2, map[string]int{all: 2, one: 0}, 0}, {2, map[string]int{all: 0, one: 2}, 0},
		{2, map[string]int{all: 0}, 0}, {2, nil, 0},
	} {
		if got := askedIn(doctor.Facts{Settings: c.settings}, on, c.version); got != c.want {
			t.Errorf("IGMPv%d with %v: asked in %d, want %d", c.version, c.settings, got, c.want)
		}
	}
}
