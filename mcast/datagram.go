package mcast

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

// Datagram is one UDP datagram that arrived, with its destination, interface
// and TTL as the kernel told them (IP_PKTINFO and IP_RECVTTL, ip(7)).
type Datagram struct {
	At      time.Time      // when the kernel received it (Linux, see SetDetail), or when it was read
	From    netip.AddrPort // the source in its header, which may be forged
	To      netip.Addr     // the destination in its header: a group, an address of this host, or a broadcast address
	IfIndex int            // the interface it arrived by; of a loopback copy, the one it was sent by. 0: unknown
	Hops    int            // the TTL left; 0: unknown
	Data    []byte         // the payload, valid until the next Read on the same Conn
	Size    int            // the length of the payload in bytes, also of one that was cut (Linux and Windows; elsewhere that of Data)
	// Drops is how many datagrams the kernel had dropped when it queued this one,
	// because the socket's receive buffer was full or a checksum wrong: a total
	// since the socket was opened, 0 until the first, which begins again at 0 after
	// 2^32-1 (SO_RXQ_OVFL, socket(7)). The difference of two datagrams is what was
	// dropped between them. Only with Config.TellDrops.
	Drops uint32

	Truncated bool // it was longer than Config.ReadSize, and the rest is lost
	Stray     bool // it came by another program's membership: this Conn has not joined the group on that interface
}

// Membership is one joined group on one interface.
type Membership struct {
	Group
	Interface host.Interface // the zero Interface: the kernel chose, and the system does not tell which
}

// BatchSize is how many datagrams a Read returns at the most, and the size of
// slice worth giving it.
const BatchSize = 64
