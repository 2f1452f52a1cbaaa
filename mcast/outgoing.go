package mcast

import "net/netip"

// Via is the way out that a datagram is given. The zero Via leaves it to the
// kernel.
type Via struct {
	IfIndex int        // the interface to leave by; 0: as the kernel routes it
	Source  netip.Addr // the source address to carry, one of this host's; the zero Addr: as the kernel chooses
}

// Outgoing is one datagram of SendBatch, with what Send takes.
type Outgoing struct {
	Data []byte
	To   netip.AddrPort
	Via  Via
}
