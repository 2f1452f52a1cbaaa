package doctor

import (
	"encoding/binary"
	"net/netip"

	"github.com/groupcast/groupcast/mcast/internal/rtnl"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Of TCA_STATS2 (linux/gen_stats.h), which golang.org/x/sys/unix does not name.
const (
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
	for kind, v := range rtnl.Attributes(b[unix.SizeofIfInfomsg:]) {
		switch kind {
		case unix.IFLA_MASTER:
			link.Master = int(rtnl.Uint32(v))
		case unix.IFLA_LINK:
			link.Parent = int(rtnl.Uint32(v))
		case unix.IFLA_LINK_NETNSID:
			link.Elsewhere = true
		case unix.IFLA_OPERSTATE:
			if state := int(rtnl.Uint8(v)); state < len(operStates) {
				link.OperState = operStates[state]
			}
		case unix.IFLA_STATS64: // rtnl_link_stats64
			link.Sent, link.SendDrops = rtnl.Uint64At(v, 1), rtnl.Uint64At(v, 7)
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
	for k, v := range rtnl.Attributes(b) {
		switch k {
		case unix.IFLA_INFO_KIND:
			kind = rtnl.Text(v)
		case unix.IFLA_INFO_DATA:
			data = v
		}
	}
	if kind != "bridge" {
		return kind, nil
	}
	groups := rtnl.ParseBridge(data)
	querier := groups.Queriers[0]
	if is6 {
		querier = groups.Queriers[1]
	}
	return kind, &Bridge{Ports: []int{}, Snooping: groups.Snooping, Querier: groups.Querier, Heard: querier.Known()}
}

// parseQueue reads a tcmsg and its attributes: of which kind the root queue
// of an interface is, and what it has dropped. It counts for those below it.
func parseQueue(b []byte) (index int, kind string, drops uint64, ok bool) {
	if len(b) < nl.SizeofTcMsg || binary.NativeEndian.Uint32(b[12:]) != queueRoot {
		return 0, "", 0, false
	}
	for attribute, v := range rtnl.Attributes(b[nl.SizeofTcMsg:]) {
		if attribute == nl.TCA_KIND {
			kind = rtnl.Text(v)
		}
		if attribute != nl.TCA_STATS2 {
			continue
		}
		for statistics, v := range rtnl.Attributes(v) {
			if statistics == queueStatistics && len(v) >= queueDropsOffset {
				drops = uint64(rtnl.Uint32(v[queueDropsOffset:]))
			}
		}
	}
	return int(int32(binary.NativeEndian.Uint32(b[4:]))), kind, drops, true
}

// parseDuplicate reads an ifaddrmsg and its attributes; ok only for an address
// that another host was found to have (IFA_F_DADFAILED).
func parseDuplicate(b []byte) (index int, addr netip.Addr, ok bool) {
	if len(b) < unix.SizeofIfAddrmsg || b[2]&unix.IFA_F_DADFAILED == 0 {
		return 0, netip.Addr{}, false
	}
	for kind, v := range rtnl.Attributes(b[unix.SizeofIfAddrmsg:]) {
		if kind == unix.IFA_ADDRESS {
			addr, ok = netip.AddrFromSlice(v)
		}
	}
	return int(binary.NativeEndian.Uint32(b[4:])), addr, ok
}

// parseFamily reads a family of generic netlink.
func parseFamily(b []byte) (id uint16, name string) {
	for kind, v := range rtnl.Attributes(b[min(nl.SizeofGenlmsg, len(b)):]) {
		switch {
		case kind == unix.CTRL_ATTR_FAMILY_ID && len(v) >= 2:
			id = binary.NativeEndian.Uint16(v)
		case kind == unix.CTRL_ATTR_FAMILY_NAME:
			name = rtnl.Text(v)
		}
	}
	return id, name
}

// parseRadio reads which interface an answer of nl80211 is about; 0: none, but a
// device without one.
func parseRadio(b []byte) (index int) {
	for kind, v := range rtnl.Attributes(b[min(nl.SizeofGenlmsg, len(b)):]) {
		if kind == unix.NL80211_ATTR_IFINDEX {
			index = int(rtnl.Uint32(v))
		}
	}
	return index
}
