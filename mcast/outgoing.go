package mcast

import (
	"net/netip"

	"github.com/groupcast/groupcast/mcast/host"
)

// Via is the way out that a datagram is given. The zero Via leaves it to the
// kernel.
type Via struct {
	IfIndex int        // the interface to leave by; 0: as the kernel routes it
	Source  netip.Addr // the source address to carry, one of this host's; the zero Addr: as the kernel chooses
}

// ViaInterface is the way out by an interface for what is sent to to, a group or
// another address. By lo the kernel would take another interface's address as
// the source, or 0.0.0.0 if there is none: lo's own addresses have host scope,
// and are not chosen for multicast. So there the source is named as well.
func ViaInterface(i host.Interface, to netip.Addr) Via {
	via := Via{IfIndex: i.Index}
	if i.Loopback() {
		via.Source = i.Addr(to)
	}
	return via
}

// Outgoing is one datagram of SendBatch, with what Send takes.
type Outgoing struct {
	Data []byte
	To   netip.AddrPort
	Via  Via
}
