package igmp_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/igmp/igmptest"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// watching is a Watcher in a host, and what it has told.
type watching struct {
	*igmp.Watcher
	t    testing.TB
	told []igmp.Event
}

func watch(t testing.TB, node *lab.Node, names ...string) *watching {
	t.Helper()
	o := igmp.Options{}
	for _, name := range names {
		o.Interfaces = append(o.Interfaces, labtest.Device(t, node, name))
	}
	w := &watching{t: t}
	labtest.In(t, node, func() (err error) {
		w.Watcher, err = igmp.Watch(t.Context(), o.Meeting(20*time.Millisecond))
		return err
	})
	t.Cleanup(func() { w.Close() })
	return w
}

// until waits for an event, and returns it.
func (w *watching) until(what string, is func(igmp.Event) bool) igmp.Event {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), labtest.Patience)
	defer cancel()
	for {
		events, err := w.Next(ctx)
		if err != nil {
			w.t.Fatalf("waiting for %s: %v; told %v", what, err, w.told)
		}
		w.told = append(w.told, events...)
		if i := slices.IndexFunc(events, is); i >= 0 {
			return events[i]
		}
	}
}

func joins(group string) func(igmp.Event) bool {
	return func(e igmp.Event) bool {
		return e.Kind == igmp.MemberJoined && e.Group == netip.MustParseAddr(group)
	}
}

func is(kind igmp.EventKind, f igmp.Family) func(igmp.Event) bool {
	return func(e igmp.Event) bool { return e.Kind == kind && e.Family == f }
}

// hasTold reports whether an event was told until now.
func (w *watching) hasTold(is func(igmp.Event) bool) bool { return slices.ContainsFunc(w.told, is) }

// link is an interface in a family, as it is known now.
func (w *watching) link(f igmp.Family) igmp.Link {
	w.t.Helper()
	links := w.Snapshot().Links
	i := slices.IndexFunc(links, func(l igmp.Link) bool { return l.Family == f })
	if i < 0 {
		w.t.Fatalf("no link of %s in %v", f, links)
	}
	return links[i]
}

// sight waits until it is known how much of a family is seen. Now and then it does
// again what may help.
func (w *watching) sight(f igmp.Family, again func()) igmp.Link {
	w.t.Helper()
	for end := time.Now().Add(labtest.Patience); ; {
		k := w.link(f)
		if k.Sight != igmp.SightUnknown {
			return k
		}
		if time.Now().After(end) {
			w.t.Fatalf("the sight of %s stays unknown: %s", f, k.Why)
		}
		ctx, cancel := context.WithTimeout(w.t.Context(), 200*time.Millisecond)
		if _, err := w.Next(ctx); err != nil {
			again()
		}
		cancel()
	}
}

// snooping is a LAN whose switch keeps groups to their members, and asks for them:
// P is a host like any other, R's port gets all, and M2 speaks IGMPv2 and MLDv1.
func snooping(querier bool) lab.Topology {
	on := func(n string) []lab.Interface {
		return []lab.Interface{{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("192.168.8."+n+"/24", "fe80::"+n+"/64")}}
	}
	return lab.Topology{
		Switches: []lab.Switch{{Name: "lan", Snooping: true, Querier: querier}},
		Hosts: []lab.Host{
			{Name: "P", Interfaces: on("10")},
			{Name: "R", Interfaces: on("1"), Router: true, Flood: true},
			{Name: "M2", Interfaces: on("12"), IGMP: 2, Sysctls: map[string]string{"net.ipv6.conf.all.force_mld_version": "1"}},
			{Name: "M3", Interfaces: on("13")},
		},
	}
}

// A snooping switch keeps the reports of older versions to the ports of routers
// (RFC 4541, section 2.1.1). Those of IGMPv3 go everywhere on a Linux bridge.
func TestWatchOnASnoopingSwitch(t *testing.T) {
	l := labtest.Build(t, snooping(true))
	p, r := watch(t, l.Host("P"), "eth0"), watch(t, l.Host("R"), "eth0")

	labtest.Member(t, l.Host("M2"), labtest.Group("239.1.1.2:5000"))
	old := r.until("an IGMPv2 report at the router's port", joins("239.1.1.2"))
	if old.Version != 2 || old.Self || old.Host != labtest.Addr("192.168.8.12") || old.Sight != igmp.SightAll {
		t.Errorf("told %+v, want 192.168.8.12 in IGMPv2, seen as all are", old)
	}

	before := time.Now()
	labtest.Member(t, l.Host("M3"), labtest.Group("239.1.1.3:5000"))
	for _, w := range []*watching{p, r} {
		e := w.until("an IGMPv3 report", joins("239.1.1.3"))
		took := e.At.Sub(before)
		t.Logf("known %v after the join began, told after %v", took, time.Since(before))
		if took < 0 || took > labtest.Patience {
			t.Errorf("the report was at %v, the join began at %v", e.At, before)
		}
		if e.Version != 3 || e.Self || e.Host != labtest.Addr("192.168.8.13") || e.Mode != igmp.Exclude || len(e.Link) != 6 {
			t.Errorf("told %+v, want 192.168.8.13 in IGMPv3, to all sources", e)
		}
	}
	if p.hasTold(joins("239.1.1.2")) {
		t.Error("the IGMPv2 report came to a port without a router")
	}

	labtest.Member(t, l.Host("P"), labtest.Group("239.1.1.4:5000"))
	if own := p.until("the own report", joins("239.1.1.4")); !own.Self || own.Host != labtest.Addr("192.168.8.10") {
		t.Errorf("told %+v, want this host itself", own)
	}
	if c := p.link(igmp.IGMP).Counters; c.OwnReports == 0 || c.ReportsOfOthers == 0 {
		t.Errorf("counts %+v, want reports of both", c)
	}
	if lost := p.Losses(); lost != (igmp.Losses{}) {
		t.Errorf("lost %+v", lost)
	}
}

// What is kept back is known by the host that had to report and was not heard: any
// neighbour over IPv6, and a host that sends to 224.0.0.251.
func TestWatchKnowsWhatIsKeptBack(t *testing.T) {
	l := labtest.Build(t, snooping(false))
	p, r := l.Host("P"), l.Host("R")
	m2 := labtest.Addr("fe80::12")
	heard := labtest.Socket(t, l.Host("M2"), mcast.Config{Addr: labtest.Addr("::"), Port: 5000})
	says := labtest.Socket(t, p, mcast.Config{Addr: labtest.Addr("::")})
	eth0 := labtest.Device(t, p, "eth0")
	var mac net.HardwareAddr
	labtest.In(t, l.Host("M2"), func() error {
		i, err := net.InterfaceByName("eth0")
		if err == nil {
			mac = i.HardwareAddr
		}
		return err
	})
	meet := func() { // anew, so that the neighbour proves that it is there
		probeNeighbour(t, p, eth0.Index, m2, mac)
		if err := says.Send([]byte("hello"), netip.AddrPortFrom(m2.WithZone("eth0"), 5000), mcast.ViaInterface(eth0, m2)); err != nil {
			t.Fatal(err)
		}
		labtest.Hears(t, heard, "hello")
	}

	// M2 sends to a group that it is a member of, too.
	mdns := labtest.Group("224.0.0.251:5353")
	labtest.Talker(t, l.Host("M2"), mdns, "announcement")
	labtest.Member(t, l.Host("M2"), mdns)

	// R asks. At the first query of MLD the switch still floods the answers.
	families := []igmp.Family{igmp.MLD, igmp.IGMP}
	queries := [][]byte{
		framed(igmptest.Packet(t, igmp.Message{Family: igmp.MLD, Kind: igmp.Query, Version: 1, From: labtest.Addr("fe80::1"), MaxResponse: 100 * time.Millisecond})),
		framed(igmptest.Packet(t, igmp.Message{Family: igmp.IGMP, Kind: igmp.Query, Version: 2, From: labtest.Addr("192.168.8.1"), MaxResponse: 100 * time.Millisecond})),
	}
	for try := 1; ; try++ {
		meet()
		w := watch(t, p, "eth0")
		labtest.Eventually(t, "M2 sends to 224.0.0.251", func() bool { return w.Heard() > 0 })
		ask := func() { labtest.Frames(t, r, queries...) }
		ask()
		own := 0
		for _, f := range families {
			k := w.sight(f, func() { meet(); ask() }) // a query that came before M2 was known asked nobody
			t.Logf("try %d: %s %s: %s", try, f, k.Sight, k.Why)
			if k.Sight == igmp.SightOwn {
				own++
			}
		}
		w.Close()
		if own == len(families) {
			return
		}
		if try == 5 {
			t.Fatal("a host that had to report, and was not heard, proves nothing")
		}
	}
}

// framed is a packet in an Ethernet frame to its group.
func framed(ip []byte) []byte {
	to := []byte{1, 0, 0x5e, ip[17] & 0x7f, ip[18], ip[19]}
	kind := []byte{8, 0}
	if ip[0]>>4 == 6 {
		to, kind = append([]byte{0x33, 0x33}, ip[36:40]...), []byte{0x86, 0xdd}
	}
	return slices.Concat(to, []byte{2, 0, 0, 0, 0, 9}, kind, ip)
}

// probeNeighbour lets a host ask a neighbour whether it is there: it alone, since a
// switch that has forgotten its groups does not bring it what all are asked.
func probeNeighbour(t *testing.T, node *lab.Node, index int, addr netip.Addr, mac net.HardwareAddr) {
	t.Helper()
	labtest.In(t, node, func() error {
		return netlink.NeighSet(&netlink.Neigh{LinkIndex: index, IP: addr.AsSlice(), HardwareAddr: mac, State: netlink.NUD_PROBE})
	})
	labtest.Eventually(t, "the neighbour answers", func() (answered bool) {
		labtest.In(t, node, func() error {
			list, err := netlink.NeighList(index, netlink.FAMILY_V6)
			answered = slices.ContainsFunc(list, func(n netlink.Neigh) bool {
				return n.IP.Equal(addr.AsSlice()) && n.State&netlink.NUD_REACHABLE != 0
			})
			return err
		})
		return answered
	})
}

// An interface is followed through all that happens to it, and the others go on.
func TestWatchFollowsInterfaces(t *testing.T) {
	topology := labtest.PingLAN(1)
	topology.Hosts[0].Interfaces = append(topology.Hosts[0].Interfaces, lab.Interface{Name: "eth1", Switch: "lan"})
	l := labtest.Build(t, topology)
	p := l.Host("P")
	w := watch(t, p, "eth0", "eth1")
	was := labtest.Device(t, p, "eth0")

	t.Run("forged", func(t *testing.T) {
		good := igmptest.Packet(t, igmp.Message{
			Family: igmp.IGMP, Kind: igmp.Report, Version: 3, From: labtest.Addr("192.168.1.10"),
			Records: []igmp.Record{{Type: igmp.ToExclude, Group: labtest.Addr("239.6.6.6")}},
		})
		wrong, endless := slices.Clone(good), slices.Clone(good[24:])
		wrong[24+3]++
		endless[6], endless[7] = 255, 255 // records
		from, to := labtest.Addr("192.168.1.10"), labtest.Addr("224.0.0.22")
		far := igmptest.Packet(t, igmp.Message{Family: igmp.IGMP, Kind: igmp.Query, Version: 3, From: labtest.Addr("192.168.1.11"), Hops: 2})
		// A bridge drops what is cut or has a wrong checksum, so these leave P.
		labtest.Frames(t, p,
			framed(wrong),
			framed(igmptest.IPv4(from, to, 1, endless)),
			framed(good[:len(good)-4]),
			framed(good[:20]),
		)
		labtest.Frames(t, l.Host("R1"), framed(far))
		var c igmp.Counters
		labtest.Eventually(t, "all are counted", func() bool {
			for _, k := range w.Snapshot().Links {
				if k.Interface == was.Index && k.Family == igmp.IGMP {
					c = k.Counters
				}
			}
			return c.Bad["hops"] == 1 && c.Bad["cut"]+c.Bad["checksum"] == 4
		})
		if c.Bad["checksum"] != 1 {
			t.Errorf("counted %v, want one wrong checksum and three that are cut", c.Bad)
		}
		if w.hasTold(joins("239.6.6.6")) {
			t.Error("a forged report made a member")
		}
	})

	t.Run("dropped by the firewall", func(t *testing.T) {
		labtest.In(t, p, dropIGMP)
		q := igmp.Message{Family: igmp.IGMP, Kind: igmp.Query, Version: 3, From: labtest.Addr("192.168.1.11"), MaxResponse: 100 * time.Millisecond}
		labtest.Frames(t, l.Host("R1"), framed(igmptest.Packet(t, q)))
		w.until("the query that the firewall drops", is(igmp.QuerierAppeared, igmp.IGMP))
	})

	if err := p.Link("eth0").SetDown(); err != nil {
		t.Fatal(err)
	}
	down := w.until("eth0 is down", is(igmp.InterfaceDown, 0))
	if down.Interface != was.Index || down.Why != "eth0: down" {
		t.Errorf("told %+v", down)
	}
	if err := p.Link("eth0").SetUp(); err != nil {
		t.Fatal(err)
	}
	w.until("eth0 is up", is(igmp.InterfaceUp, 0))
	if err := p.Link("eth0").Delete(); err != nil {
		t.Fatal(err)
	}
	if gone := w.until("eth0 is gone", is(igmp.InterfaceGone, 0)); gone.Interface != was.Index {
		t.Errorf("told %+v, want eth0", gone)
	}
	labtest.Member(t, l.Host("R1"), labtest.Group("239.2.2.2:5000"))
	if e := w.until("a report on eth1", joins("239.2.2.2")); e.Interface != labtest.Device(t, p, "eth1").Index {
		t.Errorf("told %+v, want eth1", e)
	}
	labtest.Plug(t, p, "eth0")
	now := labtest.Device(t, p, "eth0")
	if back := w.until("eth0 is back", is(igmp.InterfaceBack, 0)); back.Interface != now.Index || now.Index == was.Index {
		t.Errorf("told %+v, want interface %d", back, now.Index)
	}
	labtest.Member(t, p, labtest.Group("239.2.2.3:5000"))
	if e := w.until("the own report on the new eth0", joins("239.2.2.3")); e.Interface != now.Index || !e.Self {
		t.Errorf("told %+v, want this host on interface %d", e, now.Index)
	}
	if links := w.Snapshot().Links; len(links) != 4 {
		t.Errorf("%d links are known, want two interfaces in two families", len(links))
	}

	w.Close()
	for {
		if _, err := w.Next(t.Context()); errors.Is(err, net.ErrClosed) {
			break
		} else if err != nil {
			t.Fatalf("after Close: %v, want net.ErrClosed", err)
		}
	}
}

// dropIGMP drops all IGMP that comes in.
func dropIGMP() error {
	c, err := nftables.New()
	if err != nil {
		return err
	}
	table := c.AddTable(&nftables.Table{Family: nftables.TableFamilyIPv4, Name: "no-igmp"})
	chain := c.AddChain(&nftables.Chain{
		Name: "in", Table: table, Type: nftables.ChainTypeFilter, Hooknum: nftables.ChainHookInput, Priority: nftables.ChainPriorityFilter,
	})
	c.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: unix.NFT_REG_1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: unix.NFT_REG_1, Data: []byte{unix.IPPROTO_IGMP}},
		&expr.Verdict{Kind: expr.VerdictDrop},
	}})
	return c.Flush()
}

func TestWatchRefuses(t *testing.T) {
	p := labtest.Build(t, labtest.PingLAN(0)).Host("P")
	eth0 := labtest.Device(t, p, "eth0")
	labtest.Unprivileged(t, p, func() error {
		if _, err := igmp.Watch(t.Context(), igmp.Options{Interfaces: []host.Interface{eth0}}); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("without CAP_NET_RAW: %v, want fs.ErrPermission", err)
		}
		return nil
	})
	labtest.In(t, p, func() error {
		for _, list := range [][]host.Interface{nil, {{Index: 1 << 20, Name: "eth7"}}, {eth0, {}}} {
			if _, err := igmp.Watch(t.Context(), igmp.Options{Interfaces: list}); !errors.Is(err, host.ErrNoInterface) {
				t.Errorf("%v: %v, want host.ErrNoInterface", list, err)
			}
		}
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	var w *igmp.Watcher
	labtest.In(t, p, func() (err error) {
		w, err = igmp.Watch(ctx, igmp.Options{Interfaces: []host.Interface{eth0}})
		return err
	})
	cancel()
	for err := error(nil); !errors.Is(err, net.ErrClosed); _, err = w.Next(t.Context()) {
		if err != nil {
			t.Fatalf("when its context ends: %v, want net.ErrClosed", err)
		}
	}
	w.Close()
}

// One interface more is looked at like the first, and one that is looked at already
// is left as it is.
func TestWatchOneMore(t *testing.T) {
	l := labtest.Build(t, snooping(false))
	p := l.Host("P")
	w := watch(t, p, "eth0")
	labtest.Plug(t, p, "lan7")
	lan7 := labtest.Device(t, p, "lan7")
	labtest.In(t, p, func() error {
		for range 2 {
			if err := w.Add(lan7); err != nil {
				return err
			}
		}
		if err := w.Add(host.Interface{Index: 9999, Name: "gone0"}); !errors.Is(err, host.ErrNoInterface) {
			t.Errorf("an interface that is not there: %v", err)
		}
		return nil
	})
	group := labtest.Group("239.1.1.7:5000")
	c := labtest.Socket(t, p, mcast.Config{Port: group.Port})
	labtest.In(t, p, func() error { return c.Join(group, lan7) })
	e := w.until("a report by lan7", joins("239.1.1.7"))
	if e.Interface != lan7.Index || !e.Self {
		t.Errorf("told %+v", e)
	}
	link, there := w.Look(lan7.Index, igmp.IGMP, group.Addr, labtest.Addr("239.9.9.9"))
	if !there || len(link.Groups) != 1 || link.Groups[0].Addr != group.Addr || len(link.Groups[0].Members) != 1 {
		t.Errorf("it is known %+v", link)
	}
	if link, there := w.Look(lan7.Index, igmp.IGMP); !there || link.Groups != nil {
		t.Errorf("without groups it is %+v", link)
	}
	if _, there := w.Look(9999, igmp.IGMP); there {
		t.Error("an interface that nobody looks at is known")
	}
	w.Close()
	if err := w.Add(lan7); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}
