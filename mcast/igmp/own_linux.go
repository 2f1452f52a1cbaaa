package igmp

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/internal/procfs"
	"github.com/groupcast/groupcast/mcast/internal/rtnl"
	"golang.org/x/sys/unix"
)

// ReadOwn reads what this host says itself, in the network namespace of the
// calling thread. It needs no privileges. Own.Unknown lists what cannot be read;
// the error is that nothing can.
func ReadOwn() (Own, error) {
	o := Own{At: time.Now()}
	ipv4, err4 := host.IGMP()
	ipv6, err6 := host.MLD()
	err6 = procfs.Absent(err6) // a kernel without IPv6
	if err4 != nil && (err6 != nil || ipv6 == nil) {
		return Own{}, fmt.Errorf("igmp: groups of this host: %w", errors.Join(err4, err6))
	}
	for _, read := range []struct {
		what string
		err  error
	}{{"the IPv4 groups of this host", err4}, {"the IPv6 groups of this host", err6}} {
		if read.err != nil {
			o.unknown(read.what, read.err)
		}
	}
	o.addGroups(ipv4)
	o.addGroups(ipv6)
	o.addTraffic(os.DirFS("/"))
	bridges, err := readBridges()
	if err != nil {
		o.unknown("bridges of this host", err)
	}
	o.Bridges = bridges
	return o, nil
}

// Bounds of what is read of bridges.
const (
	maxLinks       = 65_536
	maxMDB         = 1024 // messages, of up to 32 KiB each
	maxBridgeGroup = 16_384
)

// readBridges reads the bridges and what they know of groups.
func readBridges() ([]Bridge, error) {
	messages, err := rtnl.NewRequest(unix.RTM_GETLINK, make([]byte, unix.SizeofIfInfomsg)).DumpSome(unix.NETLINK_ROUTE, maxLinks)
	if err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	names, bridges := map[int]string{}, map[int]*Bridge{}
	for _, b := range messages {
		index, name, bridge := parseBridge(b)
		names[index] = name
		if bridge != nil {
			bridges[index] = bridge
		}
	}
	if len(bridges) > 0 {
		body := make([]byte, sizeofBrPortMsg)
		body[0] = unix.AF_BRIDGE
		messages, err = rtnl.NewRequest(unix.RTM_GETMDB, body).DumpSome(unix.NETLINK_ROUTE, maxMDB)
	}
	for _, b := range messages {
		if err == nil && len(bridges) > 0 {
			parseMDB(b, bridges, names)
		}
	}
	var list []Bridge
	for _, index := range slices.Sorted(maps.Keys(bridges)) {
		bridge := bridges[index]
		slices.SortFunc(bridge.Routers, func(a, b BridgeRouter) int { return a.Port - b.Port })
		slices.SortFunc(bridge.Groups, func(a, b BridgeGroup) int {
			return cmp.Or(a.Addr.Compare(b.Addr), a.Port-b.Port, a.VLAN-b.VLAN, a.Source.Compare(b.Source))
		})
		list = append(list, *bridge)
	}
	if err == nil && slices.ContainsFunc(list, func(b Bridge) bool { return len(b.Groups) == maxBridgeGroup }) {
		err = fmt.Errorf("no more than the first %d groups are read", maxBridgeGroup)
	}
	if errors.Is(err, syscall.EOPNOTSUPP) {
		return list, errors.New("their members: this kernel does not report them")
	}
	if err != nil {
		return list, fmt.Errorf("their members: %w", err)
	}
	return list, nil
}

// parseBridge reads an ifinfomsg and its attributes; the bridge is nil for what is
// none.
func parseBridge(b []byte) (index int, name string, bridge *Bridge) {
	if len(b) < unix.SizeofIfInfomsg {
		return 0, "", nil
	}
	index = int(int32(rtnl.Uint32(b[4:])))
	var kind string
	var data []byte
	for k, v := range rtnl.Attributes(b[unix.SizeofIfInfomsg:]) {
		switch k {
		case unix.IFLA_IFNAME:
			name = rtnl.Text(v)
		case unix.IFLA_LINKINFO:
			for k, v := range rtnl.Attributes(v) {
				switch k {
				case unix.IFLA_INFO_KIND:
					kind = rtnl.Text(v)
				case unix.IFLA_INFO_DATA:
					data = v
				}
			}
		}
	}
	if kind != "bridge" {
		return index, name, nil
	}
	groups := rtnl.ParseBridge(data)
	bridge = &Bridge{Index: index, Name: name, Snooping: groups.Snooping, Querier: groups.Querier, IGMP: groups.IGMP, MLD: groups.MLD}
	for i, family := range []Family{IGMP, MLD} {
		if q := groups.Queriers[i]; groups.Snooping && q.Known() {
			bridge.Queriers = append(bridge.Queriers, BridgeQuerier{Family: family, Addr: q.Addr, Port: q.Port, Self: !q.Other, Left: q.Left})
		}
	}
	return index, name, bridge
}

// Structures and attributes of linux/if_bridge.h, which golang.org/x/sys/unix does
// not name.
const (
	sizeofBrPortMsg  = 8  // struct br_port_msg: the family, and the index of the bridge
	sizeofBrMDBEntry = 28 // struct br_mdb_entry

	mdbaMDB, mdbaRouter      = 1, 2
	mdbaEntry, mdbaEntryInfo = 1, 1
	mdbaRouterPort           = 1

	eattrTimer, eattrSources, eattrMode, eattrSource = 1, 2, 3, 4
	srcEntry, srcAddress, srcTimer                   = 1, 1, 2
	routerTimer, routerType                          = 1, 2
	routerPermanent                                  = 2 // MDB_RTR_TYPE_PERM
)

// parseMDB reads what RTM_GETMDB tells of a bridge.
func parseMDB(b []byte, bridges map[int]*Bridge, names map[int]string) {
	if len(b) < sizeofBrPortMsg {
		return
	}
	bridge := bridges[int(int32(rtnl.Uint32(b[4:])))]
	if bridge == nil {
		return
	}
	for kind, v := range rtnl.Attributes(b[sizeofBrPortMsg:]) {
		switch kind {
		case mdbaMDB:
			for kind, v := range rtnl.Attributes(v) {
				if kind != mdbaEntry {
					continue
				}
				for kind, v := range rtnl.Attributes(v) {
					if g, ok := parseBridgeGroup(v); ok && kind == mdbaEntryInfo && len(bridge.Groups) < maxBridgeGroup {
						g.Name = names[g.Port]
						bridge.Groups = append(bridge.Groups, g)
					}
				}
			}
		case mdbaRouter:
			for kind, v := range rtnl.Attributes(v) {
				if r, ok := parseBridgeRouter(v); ok && kind == mdbaRouterPort {
					r.Name = names[r.Port]
					bridge.Routers = append(bridge.Routers, r)
				}
			}
		}
	}
}

// parseBridgeGroup reads a br_mdb_entry and its attributes: index, state, flags,
// VLAN, address and protocol; ok only for IP.
func parseBridgeGroup(b []byte) (g BridgeGroup, ok bool) {
	if len(b) < sizeofBrMDBEntry {
		return BridgeGroup{}, false
	}
	const permanent = 1 // MDB_PERMANENT
	g.Port, g.Permanent, g.VLAN = int(int32(rtnl.Uint32(b))), b[4] == permanent, int(rtnl.Uint16(b[6:]))
	switch uint16(b[24])<<8 | uint16(b[25]) {
	case unix.ETH_P_IP:
		g.Addr = netip.AddrFrom4([4]byte(b[8:]))
	case unix.ETH_P_IPV6:
		g.Addr = netip.AddrFrom16([16]byte(b[8:]))
	default:
		return BridgeGroup{}, false
	}
	for kind, v := range rtnl.Attributes(b[sizeofBrMDBEntry:]) {
		switch kind {
		case eattrTimer:
			g.Left = rtnl.Ticks(rtnl.Uint32(v))
		case eattrSource:
			g.Source, _ = netip.AddrFromSlice(v)
		case eattrMode:
			if g.Mode = Exclude; rtnl.Uint8(v) != 0 {
				g.Mode = Include
			}
		case eattrSources:
			for kind, v := range rtnl.Attributes(v) {
				if s, ok := parseBridgeSource(v); ok && kind == srcEntry {
					g.Sources = append(g.Sources, s)
				}
			}
		}
	}
	return g, true
}

func parseBridgeSource(b []byte) (s BridgeSource, ok bool) {
	for kind, v := range rtnl.Attributes(b) {
		switch kind {
		case srcAddress:
			s.Addr, ok = netip.AddrFromSlice(v)
		case srcTimer:
			s.Left = rtnl.Ticks(rtnl.Uint32(v))
		}
	}
	return s, ok
}

// parseBridgeRouter reads the index of a port and its attributes.
func parseBridgeRouter(b []byte) (r BridgeRouter, ok bool) {
	if len(b) < 4 {
		return BridgeRouter{}, false
	}
	r.Port = int(int32(rtnl.Uint32(b)))
	for kind, v := range rtnl.Attributes(b[4:]) {
		switch kind {
		case routerTimer:
			r.Left = rtnl.Ticks(rtnl.Uint32(v))
		case routerType:
			r.Permanent = rtnl.Uint8(v) == routerPermanent
		}
	}
	return r, true
}
