package host_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// mainByEth0 is host A with a default route by eth0, and another by eth1 in
// table 100, for rules to lead to.
func mainByEth0(t *testing.T) *lab.Node {
	t.Helper()
	a := labtest.Build(t, routed(lab.Route{Dst: labtest.Prefix("0.0.0.0/0"), Via: labtest.Addr("192.168.8.1"), Dev: "eth0"})).Host("A")
	eth1 := labtest.Device(t, a, "eth1")
	change(t, a, func(h *netlink.Handle) error {
		return h.RouteAdd(&netlink.Route{Dst: labtest.IPNet("0.0.0.0/0"), LinkIndex: eth1.Index, Gw: net.IPv4(169, 254, 0, 1), Table: 100})
	})
	return a
}

func rule(family int, say func(*netlink.Rule)) *netlink.Rule {
	r := netlink.NewRule()
	r.Family, r.Priority, r.Table = family, 100, 100
	say(r)
	return r
}

// A join is nobody's and of no protocol; a send is the user's, and has ports.
// Rules that look at these part the two.
func TestRouteToFollowsRules(t *testing.T) {
	const byMain, byRule = "default route via 192.168.8.1", "default route via 169.254.0.1 in table 100"
	joinAsRoot := "eth0"
	if rootHere(t) {
		joinAsRoot = "eth1"
	}
	tests := []struct {
		rule       string // as ip-rule(8) says it
		say        func(*netlink.Rule)
		join, send string
		because    string // of the send
	}{
		{"ipproto udp", func(r *netlink.Rule) { r.IPProto = unix.IPPROTO_UDP }, "eth0", "eth1", byRule},
		{"ipproto tcp", func(r *netlink.Rule) { r.IPProto = unix.IPPROTO_TCP }, "eth0", "eth0", byMain},
		{"ipproto icmp", func(r *netlink.Rule) { r.IPProto = unix.IPPROTO_ICMP }, "eth0", "eth0", byMain},
		{"not ipproto udp", func(r *netlink.Rule) { r.IPProto, r.Invert = unix.IPPROTO_UDP, true }, "eth1", "eth0", byMain},
		{"not ipproto icmp", func(r *netlink.Rule) { r.IPProto, r.Invert = unix.IPPROTO_ICMP, true }, "eth1", "eth1", byRule},
		{"dport 1234", func(r *netlink.Rule) { r.Dport = netlink.NewRulePortRange(1234, 1234) }, "eth0", "eth1", byRule},
		{"dport 1", func(r *netlink.Rule) { r.Dport = netlink.NewRulePortRange(1, 1) }, "eth0", "eth0", byMain},
		{"uidrange 0-0", func(r *netlink.Rule) { r.UIDRange = netlink.NewRuleUIDRange(0, 0) }, joinAsRoot, "eth1", byRule},
		{"to 224.0.0.0/24", func(r *netlink.Rule) { r.Dst = labtest.IPNet("224.0.0.0/24") }, "eth1", "eth1", byRule},
		{"from 192.168.8.164", func(r *netlink.Rule) { r.Src = labtest.IPNet("192.168.8.164/32") }, "eth0", "eth0", byMain},
		{"iif lo", func(r *netlink.Rule) { r.IifName = "lo" }, "eth1", "eth1", byRule},
		{"fwmark 7", func(r *netlink.Rule) { r.Mark = 7 }, "eth0", "eth0", byMain},
		{"not fwmark 7", func(r *netlink.Rule) { r.Mark, r.Invert = 7, true }, "eth1", "eth1", byRule},
		{"tos 16", func(r *netlink.Rule) { r.Tos = 16 }, "eth0", "eth0", byMain},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			a := mainByEth0(t)
			change(t, a, func(h *netlink.Handle) error { return h.RuleAdd(rule(unix.AF_INET, tt.say)) })
			joined, sent := compare(t, a, mcast.DefaultGroup, host.RouteOptions{})
			if joined.dev != tt.join || sent.dev != tt.send {
				t.Errorf("joined on %q, sent by %q; want %q and %q", joined.dev, sent.dev, tt.join, tt.send)
			}
			if got := because(t, a, mcast.DefaultGroup); got != tt.because {
				t.Errorf("because of %q, want %q", got, tt.because)
			}
		})
	}
}

// rootHere tells whether user 0 of the tests' user namespace is the machine's.
func rootHere(t *testing.T) bool {
	t.Helper()
	file, err := os.Stat("/proc/version")
	if err != nil {
		t.Fatal(err)
	}
	return file.Sys().(*syscall.Stat_t).Uid == 0
}

// What a socket was told counts for its sends.
func TestRouteToKnowsTheSocket(t *testing.T) {
	a := mainByEth0(t)
	change(t, a, func(h *netlink.Handle) error {
		return h.RuleAdd(rule(unix.AF_INET, func(r *netlink.Rule) { r.Sport = netlink.NewRulePortRange(5000, 5000) }))
	})
	eth1, tun0 := labtest.Device(t, a, "eth1"), labtest.Device(t, a, "tun0")
	for _, tt := range []struct {
		name   string
		opt    host.RouteOptions
		dev    string
		source string
	}{
		{"nothing", host.RouteOptions{}, "eth0", "192.168.8.164"},
		{"a port that a rule looks for", host.RouteOptions{SourcePort: 5000}, "eth1", "169.254.167.41"},
		{"another port", host.RouteOptions{SourcePort: 5001}, "eth0", "192.168.8.164"},
		{"a source address", host.RouteOptions{Source: labtest.Addr("10.8.0.2")}, "tun0", "10.8.0.2"},
		{"a source address, past the rule", host.RouteOptions{Source: labtest.Addr("10.8.0.2"), SourcePort: 5000}, "tun0", "10.8.0.2"},
		{"an interface", host.RouteOptions{IfIndex: eth1.Index}, "eth1", "169.254.167.41"},
		{"an interface and another's address", host.RouteOptions{IfIndex: tun0.Index, Source: labtest.Addr("192.168.8.164")}, "tun0", "192.168.8.164"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, sent := compare(t, a, mcast.DefaultGroup, tt.opt)
			if sent.dev != tt.dev || sent.source != labtest.Addr(tt.source) {
				t.Errorf("sent by %q from %s, want %q from %s", sent.dev, sent.source, tt.dev, tt.source)
			}
		})
	}
}

// A multipath route spreads by a hash of the addresses, and of the ports once
// the host says so. A join over IPv4 then has a hash that nobody can ask for,
// of no protocol.
func TestRouteToMultipath(t *testing.T) {
	both := func(a, b int) []*netlink.NexthopInfo { return []*netlink.NexthopInfo{{LinkIndex: a}, {LinkIndex: b}} }
	for _, tt := range []struct {
		name  string
		route func(h *netlink.Handle, eth0, eth1 int) error
		group string
	}{
		{"IPv4", func(h *netlink.Handle, eth0, eth1 int) error {
			return h.RouteAdd(&netlink.Route{Dst: labtest.IPNet("224.0.0.0/4"), Scope: netlink.SCOPE_LINK, MultiPath: both(eth0, eth1)})
		}, "239.1.2.3"},
		{"IPv4 nexthop objects", func(_ *netlink.Handle, eth0, eth1 int) error {
			return nexthopRoute("224.0.0.0/4", unix.RT_TABLE_MAIN, eth0, eth1)
		}, "239.1.2.3"},
		{"IPv6 nexthop objects", func(_ *netlink.Handle, eth0, eth1 int) error {
			return nexthopRoute("ff05::/16", unix.RT_TABLE_LOCAL, eth0, eth1)
		}, "ff05::114"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := labtest.Build(t, twoStacks()).Host("A")
			eth0, eth1 := labtest.Device(t, a, "eth0"), labtest.Device(t, a, "eth1")
			change(t, a, func(h *netlink.Handle) error { return tt.route(h, eth0.Index, eth1.Index) })
			byGroup, byPort := map[string]int{}, map[string]int{}
			g := mcast.Group{Addr: labtest.Addr(tt.group), Port: mcast.DefaultPort}
			for range 24 {
				joined, _ := compare(t, a, g, host.RouteOptions{})
				byGroup[joined.dev]++
				g.Addr = g.Addr.Next()
			}
			for _, version := range []string{"ipv4", "ipv6"} {
				if err := a.Sysctl("net."+version+".fib_multipath_hash_policy", "1"); err != nil {
					t.Fatal(err)
				}
			}
			for port := range uint16(24) {
				sent := compareSend(t, a, g, host.RouteOptions{SourcePort: 5000 + port})
				byPort[sent.dev]++
			}
			if len(byGroup) != 2 || len(byPort) != 2 {
				t.Errorf("24 groups were joined on %v, 24 ports sent by %v; want both interfaces", byGroup, byPort)
			}
		})
	}
}

// nexthopRoute makes a route by nexthop objects (ip-nexthop(8)), one for each
// interface, and by a group of them if they are several.
func nexthopRoute(dst string, table uint8, ifIndexes ...int) error {
	p, family := netip.MustParsePrefix(dst), uint8(unix.AF_INET)
	if p.Addr().Is6() {
		family = unix.AF_INET6
	}
	const nhaID, nhaGroup, nhaOIF, rtaNHID = 1, 2, 5, 30 // linux/nexthop.h, linux/rtnetlink.h
	add := func(family uint8, id uint32, kind int, value []byte) error {
		req := nl.NewNetlinkRequest(unix.RTM_NEWNEXTHOP, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
		req.AddRawData([]byte{family, 0, unix.RTPROT_BOOT, 0, 0, 0, 0, 0}) // nhmsg
		req.AddRawData(nl.NewRtAttr(nhaID, nl.Uint32Attr(id)).Serialize())
		req.AddRawData(nl.NewRtAttr(kind, value).Serialize())
		_, err := req.Execute(unix.NETLINK_ROUTE, 0)
		return err
	}
	var group []byte
	id := uint32(0)
	for _, i := range ifIndexes {
		id++
		if err := add(family, id, nhaOIF, nl.Uint32Attr(uint32(i))); err != nil {
			return err
		}
		group = append(binary.NativeEndian.AppendUint32(group, id), 0, 0, 0, 0)
	}
	if len(ifIndexes) > 1 {
		id++
		if err := add(unix.AF_UNSPEC, id, nhaGroup, group); err != nil {
			return err
		}
	}
	req := nl.NewNetlinkRequest(unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	req.AddData(&nl.RtMsg{RtMsg: unix.RtMsg{
		Family: family, Dst_len: uint8(p.Bits()), Table: table, Protocol: unix.RTPROT_BOOT, Type: unix.RTN_UNICAST,
	}})
	req.AddData(nl.NewRtAttr(unix.RTA_DST, p.Addr().AsSlice()))
	req.AddData(nl.NewRtAttr(rtaNHID, nl.Uint32Attr(id)))
	_, err := req.Execute(unix.NETLINK_ROUTE, 0)
	return err
}
