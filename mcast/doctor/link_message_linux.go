package doctor

import (
	"bytes"
	"encoding/binary"
	"iter"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Attributes that golang.org/x/sys/unix does not name: of
// IFLA_BR_MCAST_QUERIER_STATE (linux/if_bridge.h) and of TCA_STATS2
// (linux/gen_stats.h).
const (
	querierAddress   = 1 // BRIDGE_QUERIER_IP_ADDRESS
	querierAddress6  = 5 // BRIDGE_QUERIER_IPV6_ADDRESS
	querierOther6    = 7 // BRIDGE_QUERIER_IPV6_OTHER_TIMER
	queueStatistics  = 3 // TCA_STATS_QUEUE
	queueRoot        = 0xffffffff
	queueDropsOffset = 8 // in gnet_stats_queue: after its length in packets and in bytes
)

// operStates are IFLA_OPERSTATE's, as ip-link(8) has them in small letters.
var operStates = []string{"unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up"}

// parseLink reads an ifinfomsg and its attributes.
func parseLink(b []byte, is6 bool) (index int, link Link, ok bool) {
	if len(b) < unix.SizeofIfInfomsg {
		return 0, Link{}, false
	}
	link.OperState = operStates[0]
	for kind, v := range attributes(b[unix.SizeofIfInfomsg:]) {
		switch kind {
		case unix.IFLA_MASTER:
			link.Master = int(uint32Of(v))
		case unix.IFLA_LINK:
			link.Parent = int(uint32Of(v))
		case unix.IFLA_LINK_NETNSID:
			link.Elsewhere = true
		case unix.IFLA_OPERSTATE:
			if state := int(uint8Of(v)); state < len(operStates) {
				link.OperState = operStates[state]
			}
		case unix.IFLA_STATS64: // rtnl_link_stats64
			link.Sent, link.SendDrops = uint64At(v, 1), uint64At(v, 7)
		case unix.IFLA_LINKINFO:
			link.Kind, link.Bridge = parseLinkInfo(v, is6)
		}
	}
	return int(int32(binary.NativeEndian.Uint32(b[4:]))), link, true
}

// parseLinkInfo reads the kind of an interface and, of a bridge, how it treats
// groups.
func parseLinkInfo(b []byte, is6 bool) (kind string, bridge *Bridge) {
	var data []byte
	for k, v := range attributes(b) {
		switch k {
		case unix.IFLA_INFO_KIND:
			kind = text(v)
		case unix.IFLA_INFO_DATA:
			data = v
		}
	}
	if kind != "bridge" {
		return kind, nil
	}
	bridge = &Bridge{Ports: []int{}}
	for k, v := range attributes(data) {
		switch k {
		case unix.IFLA_BR_MCAST_SNOOPING:
			bridge.Snooping = uint8Of(v) != 0
		case unix.IFLA_BR_MCAST_QUERIER:
			bridge.Querier = uint8Of(v) != 0
		case unix.IFLA_BR_MCAST_QUERIER_STATE:
			bridge.Heard = knowsQuerier(v, is6)
		}
	}
	return kind, bridge
}

// knowsQuerier reads the queriers that a bridge knows of. It has an address for
// IPv4 only if there is one, itself included, though the address can be 0.0.0.0.
// For IPv6 it counts itself without an address, but cannot ask then.
func knowsQuerier(b []byte, is6 bool) bool {
	known := false
	for k, v := range attributes(b) {
		switch {
		case !is6 && k == querierAddress, is6 && k == querierOther6:
			known = true
		case is6 && k == querierAddress6:
			addr, ok := netip.AddrFromSlice(v)
			known = known || ok && !addr.IsUnspecified()
		}
	}
	return known
}

// parseQueue reads a tcmsg and its attributes: what the root queue of an
// interface has dropped. It counts for those below it.
func parseQueue(b []byte) (index int, drops uint64, ok bool) {
	if len(b) < nl.SizeofTcMsg || binary.NativeEndian.Uint32(b[12:]) != queueRoot {
		return 0, 0, false
	}
	for kind, v := range attributes(b[nl.SizeofTcMsg:]) {
		if kind != nl.TCA_STATS2 {
			continue
		}
		for kind, v := range attributes(v) {
			if kind == queueStatistics && len(v) >= queueDropsOffset {
				drops = uint64(uint32Of(v[queueDropsOffset:]))
			}
		}
	}
	return int(int32(binary.NativeEndian.Uint32(b[4:]))), drops, true
}

// parseDuplicate reads an ifaddrmsg and its attributes; ok only for an address
// that another host was found to have (IFA_F_DADFAILED).
func parseDuplicate(b []byte) (index int, addr netip.Addr, ok bool) {
	if len(b) < unix.SizeofIfAddrmsg || b[2]&unix.IFA_F_DADFAILED == 0 {
		return 0, netip.Addr{}, false
	}
	for kind, v := range attributes(b[unix.SizeofIfAddrmsg:]) {
		if kind == unix.IFA_ADDRESS {
			addr, ok = netip.AddrFromSlice(v)
		}
	}
	return int(binary.NativeEndian.Uint32(b[4:])), addr, ok
}

// parseFamily reads a family of generic netlink.
func parseFamily(b []byte) (id uint16, name string) {
	for kind, v := range attributes(b[min(nl.SizeofGenlmsg, len(b)):]) {
		switch {
		case kind == unix.CTRL_ATTR_FAMILY_ID && len(v) >= 2:
			id = binary.NativeEndian.Uint16(v)
		case kind == unix.CTRL_ATTR_FAMILY_NAME:
			name = text(v)
		}
	}
	return id, name
}

// parseRadio reads which interface an answer of nl80211 is about; 0: none, but a
// device without one.
func parseRadio(b []byte) (index int) {
	for kind, v := range attributes(b[min(nl.SizeofGenlmsg, len(b)):]) {
		if kind == unix.NL80211_ATTR_IFINDEX {
			index = int(uint32Of(v))
		}
	}
	return index
}

// attributes walks over netlink attributes, each a length, a type and a value,
// padded to four bytes. It ends at the first that does not fit.
func attributes(b []byte) iter.Seq2[uint16, []byte] {
	const flags = unix.NLA_F_NESTED | unix.NLA_F_NET_BYTEORDER
	return func(yield func(uint16, []byte) bool) {
		for len(b) >= unix.SizeofNlAttr {
			size := int(binary.NativeEndian.Uint16(b))
			if size < unix.SizeofNlAttr || size > len(b) {
				return
			}
			if !yield(binary.NativeEndian.Uint16(b[2:])&^flags, b[unix.SizeofNlAttr:size]) {
				return
			}
			b = b[min((size+3)&^3, len(b)):]
		}
	}
}

func text(b []byte) string { return string(bytes.TrimRight(b, "\x00")) }

func uint8Of(b []byte) uint8 {
	if len(b) < 1 {
		return 0
	}
	return b[0]
}

func uint32Of(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(b)
}

// uint64At is the nth number of a structure of numbers.
func uint64At(b []byte, n int) uint64 {
	if len(b) < 8*(n+1) {
		return 0
	}
	return binary.NativeEndian.Uint64(b[8*n:])
}
