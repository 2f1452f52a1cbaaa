package browse

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/record"
)

// Bounds of what a capture can make the Totals hold. Datagrams beyond them are in
// the sums alone.
const (
	MaxDestinations = 4096
	MaxSenders      = 8192 // who was heard in which group by which interface
	MaxPorts        = 16   // of each
)

// Totals is what is known of a whole capture.
type Totals struct {
	Packets      int // all of them, with those that are no datagrams
	Datagrams    uint64
	Bytes        uint64    // of payload
	Out          uint64    // of the datagrams, those that left the recording host
	First, Last  time.Time // the earliest and the latest; the zero Time: no datagram has one
	Synthesised  uint64    // of the datagrams, those whose headers groupcast made up
	Lost         uint64    // packets or datagrams that are not in the capture, as it says itself
	Skipped      []record.Skipped
	OtherLinks   []string      // of packets that were skipped for theirs
	Destinations []Destination // where datagrams went, the most used first
	Senders      []Sender      // by address, group and interface
	More         bool          // of these two there were more than are counted
	Interfaces   []string      // in the order in which they are seen; number 1 is the first

	Done bool  // the capture was read to its end
	Err  error // why it was not: io.ErrUnexpectedEOF of one that is cut
}

// Destination is where datagrams went.
type Destination struct {
	To        netip.AddrPort
	Datagrams uint64
	Bytes     uint64
}

// Sender is a host that sent to a group, or to a host, as it was seen at one interface.
type Sender struct {
	Addr      netip.Addr
	To        netip.AddrPort
	IfIndex   int // as in [Datagram]
	Interface string
	Out       bool // it left by the interface: the recording host had sent it
	Ports     []uint16
	MorePorts bool
	Datagrams uint64
	Bytes     uint64
	First     time.Time
	Last      time.Time
	Hops      int // of the latest
}

type senderKey struct {
	addr    netip.Addr
	to      netip.AddrPort
	ifIndex int
	out     bool
}

// counting adds datagrams up.
type counting struct {
	Totals
	byPacket uint64 // lost, as packets say
	to       map[netip.AddrPort]*Destination
	from     map[senderKey]*Sender
}

func newCounting() *counting {
	return &counting{to: map[netip.AddrPort]*Destination{}, from: map[senderKey]*Sender{}}
}

func (c *counting) add(d *Datagram) {
	size := uint64(len(d.Data))
	c.Datagrams++
	c.Bytes += size
	c.byPacket += d.Lost
	widen(&c.First, &c.Last, d.At)
	if d.Out {
		c.Out++
	}
	if d.Synthesised {
		c.Synthesised++
	}
	if d.IfIndex > len(c.Interfaces) {
		c.Interfaces = append(c.Interfaces, d.Interface)
	}
	to := c.to[d.To]
	if to == nil && len(c.to) < MaxDestinations {
		to = &Destination{To: d.To}
		c.to[d.To] = to
	}
	if to != nil {
		to.Datagrams++
		to.Bytes += size
	}
	key := senderKey{d.From.Addr(), d.To, d.IfIndex, d.Out}
	from := c.from[key]
	if from == nil && len(c.from) < MaxSenders {
		from = &Sender{Addr: key.addr, To: key.to, IfIndex: key.ifIndex, Interface: d.Interface, Out: d.Out, First: d.At, Last: d.At}
		c.from[key] = from
	}
	if c.More = c.More || from == nil || to == nil; from == nil {
		return
	}
	from.Datagrams++
	from.Bytes += size
	from.Hops = d.Hops
	widen(&from.First, &from.Last, d.At)
	switch port := d.From.Port(); {
	case slices.Contains(from.Ports, port):
	case len(from.Ports) < MaxPorts:
		from.Ports = append(from.Ports, port)
	default:
		from.MorePorts = true
	}
}

// widen makes a span of time have one more in it. A Simple Packet Block has none.
func widen(first, last *time.Time, at time.Time) {
	if at.IsZero() {
		return
	}
	if first.IsZero() || at.Before(*first) {
		*first = at
	}
	if last.IsZero() || at.After(*last) {
		*last = at
	}
}

// snapshot is a copy of what is counted until now.
func (c *counting) snapshot(r *record.Reader) Totals {
	t := c.Totals
	t.Skipped, t.OtherLinks = r.Skipped(), r.OtherLinks()
	t.Packets = int(t.Datagrams)
	for _, s := range t.Skipped {
		t.Packets += s.Count
	}
	t.Lost = max(c.byPacket, r.Dropped())
	t.Interfaces = slices.Clone(c.Interfaces)
	for _, d := range c.to {
		t.Destinations = append(t.Destinations, *d)
	}
	slices.SortFunc(t.Destinations, func(a, b Destination) int {
		return cmp.Or(cmp.Compare(b.Datagrams, a.Datagrams), a.To.Compare(b.To))
	})
	for _, s := range c.from {
		one := *s
		one.Ports = slices.Clone(s.Ports)
		t.Senders = append(t.Senders, one)
	}
	slices.SortFunc(t.Senders, func(a, b Sender) int {
		return cmp.Or(a.Addr.Compare(b.Addr), a.To.Compare(b.To), cmp.Compare(a.IfIndex, b.IfIndex))
	})
	return t
}
