package mcast

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

// Datagram is one UDP datagram that arrived, with what the kernel said about
// how it came (IP_PKTINFO and IP_RECVTTL, ip(7)).
type Datagram struct {
	At      time.Time      // when the kernel took it in, where it tells (Linux); else when it was read
	From    netip.AddrPort // who says to have sent it
	To      netip.Addr     // the destination in its header: a group, an address of this host, or a broadcast address
	IfIndex int            // the interface it arrived by; for an own copy the one it was sent by. 0: unknown
	Hops    int            // the TTL left; 0: unknown
	Data    []byte         // the payload, valid until the next Read on the same Conn

	Truncated bool // it was longer than Config.ReadSize, and the rest is lost
	Stray     bool // for a group that this Conn has not joined where it came by: another program has
}

// Membership is one joined group on one interface.
type Membership struct {
	Group
	Interface host.Interface // the zero Interface: where the kernel chose, on a system that does not tell
}

// BatchSize is how many datagrams a Read returns at the most, and the size of
// slice worth giving it.
const BatchSize = 64
