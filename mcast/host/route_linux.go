package host

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"syscall"

	"github.com/groupcast/groupcast/mcast/internal/rtnl"
	"golang.org/x/sys/unix"
)

// rtmMatch asks RTM_GETROUTE for the route that matched, and for its table,
// instead of for the decision (RTM_F_FIB_MATCH, RTM_F_LOOKUP_TABLE in
// linux/rtnetlink.h). rtcfLocal marks a decision that delivers a copy on this
// host (RTCF_LOCAL in linux/in_route.h).
const (
	rtmMatch  = 0x2000 | 0x1000
	rtcfLocal = 0x80000000
)

func routeTo(to netip.AddrPort, opt RouteOptions) (Route, error) {
	chosen, err := chosenInterface(to.Addr(), opt)
	if err != nil {
		return Route{}, err
	}
	var q lookup
	switch {
	case opt.Join && chosen != 0: // needs no route, not even an interface that is up
		return Route{IfIndex: chosen}, nil
	case opt.Join:
		q = joinLookup(to.Addr())
	default:
		q = lookup{
			dst: to.Addr(), oif: chosen, source: opt.Source, uid: uint32(os.Geteuid()),
			protocol: unix.IPPROTO_UDP, sourcePort: opt.SourcePort, port: to.Port(),
		}
	}
	answer, err := q.ask(0)
	if err != nil {
		return Route{}, err
	}
	r := Route{Source: answer.source, LoopsBack: answer.flags&rtcfLocal != 0}
	if len(answer.hops) > 0 {
		r.IfIndex = answer.hops[0].ifIndex
	}
	if opt.Source.IsValid() {
		r.Source = opt.Source // the answer for IPv6 has the kernel's own choice
	}
	if to.Addr().Is6() && !opt.Join && !r.Source.IsValid() {
		return Route{}, syscall.EADDRNOTAVAIL
	}
	// The kernel has no route to show when it needed none: an interface that
	// was chosen carries an IPv4 group without one.
	if m, err := q.ask(rtmMatch); err == nil {
		r.Match = Match{Found: true, Dst: m.dst, Gateway: m.gatewayBy(r.IfIndex), Table: m.table}
	}
	if to.Addr().Is6() {
		// Copies that a route for more than groups makes are forwarded, and
		// so lost, instead of delivered.
		r.LoopsBack = r.Match.Dst.Addr().IsMulticast() && joinedIPv6(to.Addr().WithZone(""), r.IfIndex)
	}
	return r, nil
}

// lookup is a question to the routing tables.
type lookup struct {
	dst              netip.Addr
	oif              int // 0: any interface
	source           netip.Addr
	uid              uint32
	protocol         byte // 0: none for IPv6, UDP for IPv4
	sourcePort, port uint16
}

// joinLookup is what the kernel looks up for a join without an interface: the
// group, for no protocol, and as root, whoever joins.
func joinLookup(group netip.Addr) lookup {
	q := lookup{dst: group, uid: rootUID()}
	if group.Is6() {
		return q
	}
	// For IPv4 the question must be about a protocol: ICMP, TCP or UDP. A rule
	// for one of them shows in that the answers differ; the third is right then.
	icmp, tcp := q, q
	icmp.protocol, tcp.protocol = unix.IPPROTO_ICMP, unix.IPPROTO_TCP
	a, errA := icmp.ask(0)
	b, errB := tcp.ask(0)
	if errors.Is(errA, errB) && slices.Equal(a.hops, b.hops) {
		return icmp
	}
	return q
}

// rootUID is the machine's root as this user namespace calls it, which is not
// 0 where the namespace was made without privileges. There root has no name,
// and stat(2) gives one that no routing rule can have.
func rootUID() uint32 {
	var file unix.Stat_t
	if unix.Stat("/proc/version", &file) != nil {
		return 0
	}
	return file.Uid
}

// ask sends an RTM_GETROUTE.
func (q lookup) ask(flags uint32) (routeAnswer, error) {
	body := make([]byte, unix.SizeofRtMsg)
	body[0] = unix.AF_INET
	if q.dst.Is6() {
		body[0] = unix.AF_INET6
	}
	body[1] = uint8(q.dst.BitLen())
	if q.source.IsValid() {
		body[2] = uint8(q.source.BitLen())
	}
	binary.NativeEndian.PutUint32(body[8:], flags)
	req := rtnl.NewRequest(unix.RTM_GETROUTE, body)
	req.Add(unix.RTA_DST, q.dst.AsSlice())
	req.Add(unix.RTA_UID, binary.NativeEndian.AppendUint32(nil, q.uid))
	if q.oif != 0 {
		req.Add(unix.RTA_OIF, binary.NativeEndian.AppendUint32(nil, uint32(q.oif)))
	}
	if q.source.IsValid() {
		req.Add(unix.RTA_SRC, q.source.AsSlice())
	}
	if q.protocol != 0 {
		req.Add(unix.RTA_IP_PROTO, []byte{q.protocol})
	}
	if q.sourcePort != 0 {
		req.Add(unix.RTA_SPORT, binary.BigEndian.AppendUint16(nil, q.sourcePort))
	}
	if q.port != 0 {
		req.Add(unix.RTA_DPORT, binary.BigEndian.AppendUint16(nil, q.port))
	}
	answer, err := req.Ask(unix.NETLINK_ROUTE)
	if err != nil {
		return routeAnswer{}, err
	}
	return parseRoute(answer)
}

// joinedIPv6 reports whether anyone on this host has joined an IPv6 group on
// an interface. The answer to RTM_GETROUTE tells it for IPv4 only.
func joinedIPv6(group netip.Addr, ifIndex int) bool {
	body := make([]byte, unix.SizeofIfAddrmsg)
	body[0] = unix.AF_INET6
	list, _ := rtnl.NewRequest(unix.RTM_GETMULTICAST, body).Dump(unix.NETLINK_ROUTE)
	return slices.ContainsFunc(list, func(b []byte) bool {
		index, joined := parseJoined(b)
		return index == ifIndex && joined == group
	})
}

// parseJoined reads an ifaddrmsg about a group that is joined; the zero Addr
// when it is none.
func parseJoined(b []byte) (ifIndex int, group netip.Addr) {
	if len(b) < unix.SizeofIfAddrmsg {
		return 0, netip.Addr{}
	}
	for kind, v := range rtnl.Attributes(b[unix.SizeofIfAddrmsg:]) {
		if kind == unix.IFA_MULTICAST {
			group, _ = netip.AddrFromSlice(v)
		}
	}
	return int(binary.NativeEndian.Uint32(b[4:])), group
}

// routeAnswer is what an RTM_NEWROUTE message says that we ask for.
type routeAnswer struct {
	flags  uint32
	table  int
	dst    netip.Prefix
	source netip.Addr
	hops   []nextHop // where it can lead: several for a multipath route
}

// nextHop is a way to go on: an interface, and the gateway on it, if any.
type nextHop struct {
	ifIndex int
	gateway netip.Addr
}

// gatewayBy is the gateway of the next hop that leads by an interface.
func (a routeAnswer) gatewayBy(ifIndex int) netip.Addr {
	for _, hop := range a.hops {
		if hop.ifIndex == ifIndex {
			return hop.gateway
		}
	}
	return netip.Addr{}
}

// parseRoute reads an rtmsg and its attributes (rtnetlink(7)).
func parseRoute(b []byte) (routeAnswer, error) {
	if len(b) < unix.SizeofRtMsg {
		return routeAnswer{}, fmt.Errorf("netlink: route message of %d bytes: %w", len(b), syscall.EBADMSG)
	}
	a := routeAnswer{
		table: int(b[4]),
		flags: binary.NativeEndian.Uint32(b[8:12]),
	}
	dst := netip.IPv4Unspecified()
	if b[0] == unix.AF_INET6 {
		dst = netip.IPv6Unspecified()
	}
	var hop nextHop
	for kind, v := range rtnl.Attributes(b[unix.SizeofRtMsg:]) {
		switch kind {
		case unix.RTA_DST:
			dst, _ = netip.AddrFromSlice(v)
		case unix.RTA_PREFSRC:
			a.source, _ = netip.AddrFromSlice(v)
		case unix.RTA_GATEWAY, unix.RTA_VIA:
			hop.gateway = gateway(kind, v)
		case unix.RTA_OIF:
			hop.ifIndex = int(rtnl.Uint32(v))
		case unix.RTA_TABLE:
			a.table = int(rtnl.Uint32(v))
		case unix.RTA_MULTIPATH:
			a.hops = parseNextHops(v)
		}
	}
	if hop.ifIndex != 0 {
		a.hops = append(a.hops, hop)
	}
	a.dst, _ = dst.Prefix(int(b[1]))
	return a, nil
}

// parseNextHops reads rtnexthops: each a length, flags, hops, an interface
// index, and attributes.
func parseNextHops(b []byte) []nextHop {
	var hops []nextHop
	for len(b) >= unix.SizeofRtNexthop {
		size := int(binary.NativeEndian.Uint16(b))
		if size < unix.SizeofRtNexthop || size > len(b) {
			break
		}
		hop := nextHop{ifIndex: int(binary.NativeEndian.Uint32(b[4:]))}
		for kind, v := range rtnl.Attributes(b[unix.SizeofRtNexthop:size]) {
			if kind == unix.RTA_GATEWAY || kind == unix.RTA_VIA {
				hop.gateway = gateway(kind, v)
			}
		}
		hops = append(hops, hop)
		b = b[min((size+3)&^3, len(b)):]
	}
	return hops
}

// gateway reads an RTA_GATEWAY, which is an address, or an RTA_VIA, where its
// family stands before it: an IPv4 route by an IPv6 router (RFC 5549).
func gateway(kind uint16, v []byte) netip.Addr {
	if kind == unix.RTA_VIA {
		v = v[min(2, len(v)):]
	}
	addr, _ := netip.AddrFromSlice(v)
	return addr
}
