package rtnl

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Bridge is how a bridge treats groups (IFLA_BR_MCAST_*).
type Bridge struct {
	Snooping bool // it forwards groups to their members only
	Querier  bool // it is to ask who is a member
	IGMP     int  // the version that it asks in; 0: not known
	MLD      int
	Queriers [2]BridgeQuerier // of IPv4 and of IPv6
}

// BridgeQuerier is the querier that a bridge knows of (IFLA_BR_MCAST_QUERIER_STATE,
// since Linux 5.16). For IPv4 the kernel has an address only if there is one, the
// bridge itself included, though the address can be 0.0.0.0. For IPv6 it counts
// itself without an address, but cannot ask then.
type BridgeQuerier struct {
	Addr  netip.Addr // invalid: none was told
	Port  int        // index of the port that it is behind; 0: none
	Other bool       // it is another one than the bridge
	Left  time.Duration
}

// Known reports whether the bridge knows of a querier, itself included.
func (q BridgeQuerier) Known() bool {
	return q.Other || q.Addr.Is4() || q.Addr.Is6() && !q.Addr.IsUnspecified()
}

// Attributes of IFLA_BR_MCAST_QUERIER_STATE (linux/if_bridge.h): three of IPv4, a
// filler, and three of IPv6.
const (
	querierAddress = iota // BRIDGE_QUERIER_IP_ADDRESS - 1
	querierPort
	querierOther
	querierPad
	querierAttributes
)

// ParseBridge reads the IFLA_INFO_DATA of a bridge.
func ParseBridge(b []byte) (bridge Bridge) {
	for kind, v := range Attributes(b) {
		switch kind {
		case unix.IFLA_BR_MCAST_SNOOPING:
			bridge.Snooping = Uint8(v) != 0
		case unix.IFLA_BR_MCAST_QUERIER:
			bridge.Querier = Uint8(v) != 0
		case unix.IFLA_BR_MCAST_IGMP_VERSION:
			bridge.IGMP = int(Uint8(v))
		case unix.IFLA_BR_MCAST_MLD_VERSION:
			bridge.MLD = int(Uint8(v))
		case unix.IFLA_BR_MCAST_QUERIER_STATE:
			for kind, v := range Attributes(v) {
				if family := (int(kind) - 1) / querierAttributes; kind > 0 && family < len(bridge.Queriers) {
					bridge.Queriers[family].set((int(kind)-1)%querierAttributes, v)
				}
			}
		}
	}
	return bridge
}

func (q *BridgeQuerier) set(attribute int, v []byte) {
	switch attribute {
	case querierAddress:
		q.Addr, _ = netip.AddrFromSlice(v)
	case querierPort:
		q.Port = int(Uint32(v))
	case querierOther:
		q.Other, q.Left = true, Ticks(uint32(min(Uint64At(v, 0), 1<<32-1)))
	}
}

// Ticks makes a duration of ticks of USER_HZ, of which a second has 100.
func Ticks(n uint32) time.Duration { return time.Duration(n) * time.Second / 100 }
