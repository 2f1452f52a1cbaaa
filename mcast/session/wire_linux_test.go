package session

import (
	"net/netip"
	"os"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// askedLAN is a LAN where a router asks by IGMPv2, as the switch does, which has no
// address.
func askedLAN() lab.Topology {
	on := func(name, at, n string) lab.Interface {
		return lab.Interface{Name: name, Switch: at, Addrs: labtest.Prefixes("192.168." + n + "/24")}
	}
	return lab.Topology{
		Switches: []lab.Switch{{Name: "lan", Snooping: true, Querier: true, IGMP: 2}, {Name: "far"}},
		Hosts: []lab.Host{
			{Name: "A", Interfaces: []lab.Interface{on("eth0", "lan", "8.10")}},
			{Name: "B", Interfaces: []lab.Interface{on("eth0", "lan", "8.11")}},
			{Name: "R", Router: true, Upstream: "eth1", Interfaces: []lab.Interface{on("eth0", "lan", "8.1"), on("eth1", "far", "9.1")}},
		},
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

// Who asks and what is answered is seen on the wire. Whoever is not allowed to look
// there knows of IGMPv2 only, which the kernel tells.
func TestWires(t *testing.T) {
	if os.Getenv(labtest.InHostEnv) == "" {
		labtest.RunInHost(t, labtest.Build(t, askedLAN()).Host("A"))
		return
	}
	cfg := Config{Group: mcast.DefaultGroup, Interfaces: []string{"eth0"}, Hops: 1, Wires: true}
	begins := time.Now()
	s := startHere(t, cfg)
	seen := func(what string, is func(Interface) bool) Interface {
		t.Helper()
		var on Interface
		labtest.Eventually(t, what, func() bool { on = onEth0(s); return is(on) })
		return on
	}
	on := seen("the own report to leave", func(i Interface) bool { return i.Wire.Reported.Version != 0 })
	if r := on.Wire.Reported; r.Version != 2 || r.Last.Before(begins) || r.Host != labtest.Addr("192.168.8.10") {
		t.Errorf("reported %+v, want IGMPv2, since %v", r, begins)
	}
	on = seen("the router to ask", func(i Interface) bool { return i.Wire.Querier.Addr == labtest.Addr("192.168.8.1") })
	if q := on.Wire.Querier; q.Version != 2 || q.Self || q.Last.Before(begins) || !on.Wire.Unasked.IsZero() {
		t.Errorf("known %+v", on.Wire)
	}
	before := on.Wire.Querier.Last
	seen("the router to ask again", func(i Interface) bool { return i.Wire.Querier.Last.After(before) })

	// What joins later is looked at as well, and what is made again.
	unplug := plug(t, "lan7", "10.7.0.1/24")
	do(t, s, Join{Group: mcast.DefaultGroup, Interface: "lan7"})
	reports := func(i Interface) bool { return i.Name == "lan7" && i.Wire.Reported.Version == 3 }
	labtest.Eventually(t, "a report by lan7", func() bool { return slices.ContainsFunc(s.Snapshot().Interfaces, reports) })
	unplug()
	labtest.Eventually(t, "lan7 to be gone", func() bool {
		return !slices.ContainsFunc(s.Snapshot().Interfaces, func(i Interface) bool { return i.Name == "lan7" })
	})
	unplug = plug(t, "lan7", "10.7.0.1/24")
	labtest.Eventually(t, "a report by lan7, which is back", func() bool { return slices.ContainsFunc(s.Snapshot().Interfaces, reports) })
	s.Close()
	unplug()

	// As nobody, which the kernel asks the thread for.
	start := make(chan *Session)
	go func() {
		runtime.LockOSThread() // and never unlocked
		none := [2]unix.CapUserData{}
		if err := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0]); err != nil {
			t.Error(err)
		}
		s, err := Start(t.Context(), cfg)
		if err != nil {
			t.Error(err)
		}
		start <- s
	}()
	if s = <-start; s == nil {
		return
	}
	defer s.Close()
	on = seen("the kernel to tell of a query of IGMPv2", func(i Interface) bool { return i.Asked == 2 })
	if !s.wires.isOver() || !reflect.DeepEqual(on.Wire, Wire{}) {
		t.Errorf("nobody may look, and %+v is known", on.Wire)
	}
	says(t, s, "joined 224.0.0.114:1234 on eth0")
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

// What a View forgets is still true: that this host has reported, and when somebody
// asked last. Silence counts from then, or since queries can arrive.
func TestWireIsRemembered(t *testing.T) {
	begin := time.Date(2026, 3, 14, 19, 52, 0, 0, time.UTC)
	after := func(min int) time.Time { return begin.Add(time.Duration(min) * time.Minute) }
	group, other := mcast.DefaultGroup.Addr, labtest.Addr("239.9.9.9")
	silent := igmp.Link{Interface: 2, Family: igmp.IGMP, Since: begin}
	asked := silent
	asked.Queriers = []igmp.Querier{{Addr: labtest.Addr("192.168.8.1"), Version: 3, Last: after(3)}}
	asked.Groups = []igmp.Group{{Addr: group, Members: []igmp.Member{{Self: true, Version: 3, Last: after(3)}}}}
	before := newKnown()
	for _, c := range []struct {
		link     igmp.Link
		group    netip.Addr
		works    bool
		now      time.Time
		unasked  time.Time
		reported time.Time
	}{
		{silent, group, true, after(1), begin, time.Time{}},
		{asked, group, true, after(4), time.Time{}, after(3)},
		{silent, group, true, after(9), after(3), after(3)}, // both were silent for long
		{silent, group, false, after(10), time.Time{}, after(3)},
		{silent, group, true, after(11), after(10), after(3)},
		{silent, other, true, after(12), after(10), time.Time{}},
	} {
		next := newKnown()
		w := before.take(next, c.link, c.group, c.works, c.now)
		if !w.Unasked.Equal(c.unasked) || !w.Reported.Last.Equal(c.reported) {
			t.Errorf("at %v: nobody asked since %v, want %v; reported at %v, want %v", c.now, w.Unasked, c.unasked, w.Reported.Last, c.reported)
		}
		before = next
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
