package mcast

import (
	"net/netip"

	"github.com/groupcast/groupcast/mcast/host"
)

// Via is the outgoing interface and the source address of a datagram. The zero
// Via leaves both to the kernel.
type Via struct {
	IfIndex int        // the interface to leave by; 0: as the kernel routes it
	Source  netip.Addr // the source address to carry, one of this host's; the zero Addr: as the kernel chooses
}

// ViaInterface is the [Via] of an interface for a datagram to a group or another
// address. By lo the kernel would take another interface's address as the
// source, or 0.0.0.0 if there is none: lo's own addresses have host scope, and
// the kernel does not choose them for multicast. So for lo the Via names the
// source too.
func ViaInterface(i host.Interface, to netip.Addr) Via {
	via := Via{IfIndex: i.Index}
	if i.Loopback() {
		via.Source = i.Addr(to)
	}
	return via
}

// ViaChoice is the [Via] of a choice of interfaces, with the source address that
// was chosen.
func ViaChoice(c host.Choice, to netip.Addr) Via {
	via := ViaInterface(c.Send, to)
	if c.Source.Is4() == to.Unmap().Is4() && c.Source.IsValid() {
		via.Source = c.Source
	}
	return via
}

// Outgoing is one datagram of SendBatch, with what Send takes.
type Outgoing struct {
	Data []byte
	To   netip.AddrPort
	Via  Via
}
