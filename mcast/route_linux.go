package mcast

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// rtmFIBMatch asks RTM_GETROUTE for the route that matched instead of for the
// decision (RTM_F_FIB_MATCH); rtcfLocal marks a decision that delivers a copy
// on this host (RTCF_LOCAL). Both are in linux/rtnetlink.h and linux/in_route.h.
const (
	rtmFIBMatch = 0x2000
	rtcfLocal   = 0x80000000
)

func routeTo(g Group, opt RouteOptions) (Route, error) {
	if !g.Addr.Is4() {
		return Route{}, fmt.Errorf("IPv6 groups: %w", errors.ErrUnsupported)
	}
	answer, err := getRoute(g, opt, 0)
	if err != nil {
		return Route{}, err
	}
	r := Route{
		Source:    answer.source,
		LoopsBack: answer.flags&rtcfLocal != 0,
	}
	if len(answer.hops) > 0 {
		r.IfIndex = answer.hops[0].ifIndex
	}
	if !r.Source.IsValid() {
		r.Source = opt.Source
	}
	// The kernel has no route to show when it needed none: an interface that
	// was chosen carries a group without one.
	if m, err := getRoute(g, opt, rtmFIBMatch); err == nil {
		r.Match = Match{Found: true, Dst: m.dst, Gateway: m.gatewayBy(r.IfIndex), Table: m.table}
	}
	return r, nil
}

func getRoute(g Group, opt RouteOptions, flags uint32) (routeAnswer, error) {
	req := nl.NewNetlinkRequest(unix.RTM_GETROUTE, 0)
	msg := &nl.RtMsg{RtMsg: unix.RtMsg{
		Family:  unix.AF_INET,
		Dst_len: uint8(g.Addr.BitLen()),
		Flags:   flags,
	}}
	req.AddData(msg)
	req.AddData(nl.NewRtAttr(unix.RTA_DST, g.Addr.AsSlice()))
	if opt.Join {
		// A join asks for no protocol, as nobody in particular. The request
		// must name a protocol and takes UDP if it does not; rules for ICMP
		// are the rarer ones.
		req.AddData(nl.NewRtAttr(unix.RTA_IP_PROTO, []byte{unix.IPPROTO_ICMP}))
		req.AddData(nl.NewRtAttr(unix.RTA_UID, nl.Uint32Attr(0)))
	} else {
		req.AddData(nl.NewRtAttr(unix.RTA_IP_PROTO, []byte{unix.IPPROTO_UDP}))
		req.AddData(nl.NewRtAttr(unix.RTA_DPORT, binary.BigEndian.AppendUint16(nil, g.Port)))
		if opt.SourcePort != 0 {
			req.AddData(nl.NewRtAttr(unix.RTA_SPORT, binary.BigEndian.AppendUint16(nil, opt.SourcePort)))
		}
		if opt.IfIndex != 0 {
			req.AddData(nl.NewRtAttr(unix.RTA_OIF, nl.Uint32Attr(uint32(opt.IfIndex))))
		}
		if opt.Source.IsValid() {
			msg.Src_len = uint8(opt.Source.BitLen())
			req.AddData(nl.NewRtAttr(unix.RTA_SRC, opt.Source.AsSlice()))
		}
	}
	replies, err := req.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWROUTE)
	if err != nil {
		return routeAnswer{}, err
	}
	if len(replies) == 0 {
		return routeAnswer{}, syscall.ENODATA
	}
	return parseRoute(replies[0])
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
	var hop nextHop
	for kind, v := range attributes(b[unix.SizeofRtMsg:]) {
		switch kind {
		case unix.RTA_DST:
			dst, _ = netip.AddrFromSlice(v)
		case unix.RTA_PREFSRC:
			a.source, _ = netip.AddrFromSlice(v)
		case unix.RTA_GATEWAY:
			hop.gateway, _ = netip.AddrFromSlice(v)
		case unix.RTA_OIF:
			hop.ifIndex = int(uint32Of(v))
		case unix.RTA_TABLE:
			a.table = int(uint32Of(v))
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
		for kind, v := range attributes(b[unix.SizeofRtNexthop:size]) {
			if kind == unix.RTA_GATEWAY {
				hop.gateway, _ = netip.AddrFromSlice(v)
			}
		}
		hops = append(hops, hop)
		b = b[min((size+3)&^3, len(b)):]
	}
	return hops
}

// attributes walks over rtattrs, each a length, a type and a value, padded to
// four bytes. It ends at the first that does not fit. (The netlink library's
// own walk panics there.)
func attributes(b []byte) iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		for len(b) >= unix.SizeofRtAttr {
			size := int(binary.NativeEndian.Uint16(b))
			if size < unix.SizeofRtAttr || size > len(b) {
				return
			}
			if !yield(binary.NativeEndian.Uint16(b[2:]), b[unix.SizeofRtAttr:size]) {
				return
			}
			b = b[min((size+3)&^3, len(b)):]
		}
	}
}

func uint32Of(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(b)
}
