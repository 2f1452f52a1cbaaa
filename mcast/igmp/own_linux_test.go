package igmp_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/igmp/igmptest"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// own is what any user reads in a host.
func own(t *testing.T, node *lab.Node) (o igmp.Own) {
	t.Helper()
	labtest.Unprivileged(t, node, func() (err error) {
		o, err = igmp.ReadOwn()
		return err
	})
	return o
}

func ownOn(t *testing.T, node *lab.Node, name string) igmp.OwnInterface {
	t.Helper()
	o := own(t, node)
	i := slices.IndexFunc(o.Interfaces, func(on igmp.OwnInterface) bool { return on.Name == name })
	if i < 0 {
		t.Fatalf("no %s in %+v", name, o)
	}
	return o.Interfaces[i]
}

func group(on igmp.OwnInterface, addr string) igmp.OwnGroup {
	i := slices.IndexFunc(on.Groups, func(g igmp.OwnGroup) bool { return g.Addr == netip.MustParseAddr(addr) })
	if i < 0 {
		return igmp.OwnGroup{}
	}
	return on.Groups[i]
}

func TestOwnWithoutPrivileges(t *testing.T) {
	topology := labtest.PingLAN(2)
	for i := range topology.Hosts {
		on := &topology.Hosts[i].Interfaces[0]
		on.Addrs = append(on.Addrs, labtest.Prefix([]string{"fe80::10/64", "fe80::11/64", "fe80::12/64"}[i]))
	}
	topology.Hosts[2].IGMP = 2
	l := labtest.Build(t, topology)
	p, r := l.Host("P"), l.Host("R1")
	labtest.Member(t, r, labtest.Group("239.1.2.3:5000"))

	at := ownOn(t, r, "eth0")
	if at.Version != 3 || at.Why != "version 3: the default, also if no query was heard" {
		t.Errorf("speaks version %d, %q", at.Version, at.Why)
	}
	if g := group(at, "239.1.2.3"); g.Users != 1 || g.Reporting {
		t.Errorf("the group that it joined is %+v", g)
	}
	if forced := ownOn(t, l.Host("R2"), "eth0"); forced.Version != 2 || !strings.Contains(forced.Why, "force_igmp_version says so") {
		t.Errorf("a host that is to speak version 2 speaks %d, %q", forced.Version, forced.Why)
	}
	labtest.Eventually(t, "reports of its own addresses are counted", func() bool {
		at = ownOn(t, r, "eth0")
		return at.MLD.Known && at.MLD.ReportsV2 > 0
	})

	// P asks, so slowly that the timers are seen.
	heard := at.MLD.Queries
	before := own(t, r).IPv4
	for _, q := range []igmp.Message{
		{Family: igmp.IGMP, Kind: igmp.Query, Version: 3, From: labtest.Addr("192.168.1.10"), MaxResponse: 10 * time.Second},
		{Family: igmp.MLD, Kind: igmp.Query, Version: 2, From: labtest.Addr("fe80::10"), MaxResponse: 10 * time.Second},
	} {
		labtest.Frames(t, p, framed(igmptest.Packet(t, q)))
	}
	labtest.Eventually(t, "the MLD query is counted", func() bool { return ownOn(t, r, "eth0").MLD.Queries == heard+1 })
	if g := group(ownOn(t, r, "eth0"), "239.1.2.3"); g.Reporting {
		t.Error("a general query of IGMPv3 starts a timer that is seen: what is said of it is wrong")
	}
	labtest.Eventually(t, "the IGMP query is counted", func() bool { return own(t, r).IPv4.In > before.In })
	labtest.Frames(t, p, framed(igmptest.Packet(t, igmp.Message{
		Family: igmp.IGMP, Kind: igmp.Query, Version: 2, From: labtest.Addr("192.168.1.10"), MaxResponse: 10 * time.Second,
	})))
	labtest.Eventually(t, "the query of IGMPv2 is believed", func() bool { return ownOn(t, r, "eth0").Version == 2 })
	at = ownOn(t, r, "eth0")
	if at.Why != "version 2: a query of IGMPv2 was heard lately" {
		t.Errorf("why it speaks version 2: %q", at.Why)
	}
	if g := group(at, "239.1.2.3"); !g.Reporting || g.Due > 10*time.Second {
		t.Errorf("after a query of IGMPv2 the group is %+v, want a timer of 10 s at the most", g)
	}

	bridgeOfOwn(t, l)
}

// bridgeOfOwn makes P a switch of its own, and looks at what that knows.
func bridgeOfOwn(t *testing.T, l *lab.Lab) {
	t.Helper()
	p, r := l.Host("P"), l.Host("R1")
	if err := p.AddBridge("br0", "eth0"); err != nil {
		t.Fatal(err)
	}
	port := labtest.Device(t, p, "eth0").Index
	labtest.Member(t, r, labtest.Group("239.1.2.4:5000"))
	labtest.Frames(t, r, framed(igmptest.Packet(t, igmp.Message{
		Family: igmp.IGMP, Kind: igmp.Query, Version: 2, From: labtest.Addr("192.168.1.11"), MaxResponse: 10 * time.Second,
	})))
	var bridge igmp.Bridge
	find := func() int {
		o := own(t, p)
		if len(o.Bridges) != 1 {
			t.Fatalf("%d bridges, unknown %v; want one", len(o.Bridges), o.Unknown)
		}
		bridge = o.Bridges[0]
		return slices.IndexFunc(bridge.Groups, func(g igmp.BridgeGroup) bool { return g.Addr == labtest.Addr("239.1.2.4") })
	}
	labtest.Eventually(t, "the bridge knows the group and the querier", func() bool {
		return find() >= 0 && len(bridge.Queriers) > 0 && len(bridge.Routers) > 0
	})
	if bridge.Name != "br0" || !bridge.Snooping || bridge.Querier {
		t.Errorf("the bridge is %+v, want br0, which snoops and does not ask", bridge)
	}
	if g := bridge.Groups[find()]; g.Port != port || g.Name != "eth0" || g.Permanent || g.Left <= 0 || g.Left > 260*time.Second || g.Mode != "" {
		t.Errorf("the group is %+v, want it behind eth0 for 260 s at the most, in no mode, which a bridge of IGMPv2 does not tell", g)
	}
	q := bridge.Queriers[0]
	if q.Family != igmp.IGMP || q.Addr != labtest.Addr("192.168.1.11") || q.Port != port || q.Self || q.Left <= 0 {
		t.Errorf("the querier is %+v, want R1 behind eth0", q)
	}
	if r := bridge.Routers[0]; r.Port != port || r.Name != "eth0" || r.Permanent || r.Left <= 0 {
		t.Errorf("the router's port is %+v, want eth0, for a time", r)
	}
}
