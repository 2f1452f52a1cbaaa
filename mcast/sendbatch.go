package mcast

import "net/netip"

// Outgoing is one datagram of SendBatch, with what Send takes.
type Outgoing struct {
	Data []byte
	To   netip.AddrPort
	Via  Via
}
