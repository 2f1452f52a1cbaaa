// Package tap takes copies of the packets that one interface receives and sends,
// as they pass before the firewall's input and, on their way out, after it: it joins nothing,
// sends nothing and changes nothing that another host can notice. It needs
// CAP_NET_RAW, which root has, and everybody in a lab. Linux only; elsewhere Open
// fails with errors.ErrUnsupported.
//
// Packets with a VLAN tag are left out: they belong to another interface, which
// can be watched itself.
package tap

import (
	"errors"
	"net"
	"time"
)

// ErrNoInterface says that no interface has that index.
var ErrNoInterface = errors.New("no such interface")

// ErrDown says that the interface was switched off or deleted: the kernel does not
// tell which. Read goes on when it is switched on again.
var ErrDown = errors.New("interface was switched off or deleted")

// Snap is how many bytes of a packet a Tap keeps: all of any IP packet that is
// not an IPv6 jumbogram.
const Snap = 65535

// Packet is a packet from its IP header on. Link and Data are valid until the next
// Read.
type Packet struct {
	At        time.Time        // when the kernel had it, with a monotonic reading
	Interface int              // index
	Out       bool             // it leaves: this host sends it, or passes it on for a container, a bridge's port, a router's other side
	Link      net.HardwareAddr // the source address of its frame; nil: it has none
	Data      []byte
	Size      int // bytes before it was cut to Snap
}

// Stats counts from Open on.
type Stats struct {
	Packets uint64 // that matched the filter, those dropped included
	Drops   uint64 // of them, for which the kernel had no room because Read came too late
}
