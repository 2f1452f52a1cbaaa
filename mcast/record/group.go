package record

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

var (
	// ErrNoDatagram is of a capture that has no whole UDP datagram.
	ErrNoDatagram = errors.New("the capture has no UDP datagram")
	// ErrNotThere is of a destination that no datagram of the capture has.
	ErrNotThere = errors.New("no datagram of the capture goes there")
)

// Destination is where datagrams of a capture went, and how many.
type Destination struct {
	To          netip.AddrPort
	Datagrams   int
	Bytes       int64 // of payload
	Out         int   // datagrams that are known to have left the host that captured them
	Senders     int   // addresses that they came from
	More        bool  // there were more senders than are counted
	First, Last time.Time
}

// Bounds of the table of Destinations. Datagrams to others are not in it.
const (
	maxDestinations = 4096
	maxSenders      = 65536 // in all
)

// Destinations reads a capture to its end, and tells where its datagrams went:
// the most used first. The error is nil at io.EOF; that of a capture that is cut
// comes with what is before the cut.
func (r *Reader) Destinations() ([]Destination, error) {
	type flow struct {
		to   netip.AddrPort
		from netip.Addr
	}
	seen, flows := map[netip.AddrPort]*Destination{}, map[flow]bool{}
	var err error
	for {
		var p Packet
		if p, err = r.Next(); err != nil {
			break
		}
		d := seen[p.To]
		if d == nil {
			if len(seen) == maxDestinations {
				continue
			}
			d = &Destination{To: p.To, First: p.At, Last: p.At}
			seen[p.To] = d
		}
		d.Datagrams++
		d.Bytes += int64(len(p.Data))
		if p.Out {
			d.Out++
		}
		switch f := (flow{p.To, p.From.Addr()}); {
		case flows[f]:
		case len(flows) == maxSenders:
			d.More = true
		default:
			flows[f] = true
			d.Senders++
		}
		if p.At.Before(d.First) {
			d.First = p.At
		}
		if p.At.After(d.Last) {
			d.Last = p.At
		}
	}
	if err == io.EOF {
		err = nil
	}
	var list []Destination
	for _, d := range seen {
		list = append(list, *d)
	}
	slices.SortFunc(list, func(a, b Destination) int {
		return cmp.Or(cmp.Compare(b.Datagrams, a.Datagrams), a.To.Compare(b.To))
	})
	return list, err
}

// SeveralError is of a capture with several groups, or where it has none with
// several other destinations, of which one is to be chosen.
type SeveralError struct{ Groups []Destination }

func (e *SeveralError) Error() string {
	what := "groups"
	switch first := e.Groups[0].To.Addr(); {
	case !slices.ContainsFunc(e.Groups, func(d Destination) bool { return d.To.Addr() != first }):
		what = "ports of " + first.String()
	case !first.IsMulticast():
		what = "destinations"
	}
	return fmt.Sprintf("the capture has %d %s: which of them?", len(e.Groups), what)
}

// Choose chooses what of a capture is replayed: the destination only, whose port
// 0 is any, or if only is the zero AddrPort the one group that there is, or else
// the one destination. The error is ErrNoDatagram, ErrNotThere, or a
// *SeveralError.
func Choose(list []Destination, only netip.AddrPort) (Destination, error) {
	if len(list) == 0 {
		return Destination{}, ErrNoDatagram
	}
	if only.IsValid() {
		addr := only.Addr().Unmap().WithZone("")
		list = slices.DeleteFunc(slices.Clone(list), func(d Destination) bool {
			return d.To.Addr() != addr || only.Port() != 0 && d.To.Port() != only.Port()
		})
		switch {
		case len(list) == 0 && only.Port() == 0:
			return Destination{}, fmt.Errorf("%s: %w", addr, ErrNotThere)
		case len(list) == 0:
			return Destination{}, fmt.Errorf("%s: %w", netip.AddrPortFrom(addr, only.Port()), ErrNotThere)
		case len(list) > 1:
			return Destination{}, &SeveralError{list}
		}
		return list[0], nil
	}
	groups := slices.Clone(list)
	groups = slices.DeleteFunc(groups, func(d Destination) bool { return !d.To.Addr().IsMulticast() })
	if len(groups) == 0 {
		groups = list
	}
	if len(groups) > 1 {
		return Destination{}, &SeveralError{groups}
	}
	return groups[0], nil
}

// refused are the registered groups that nothing is replayed to: what routers,
// switches and clocks believe, and names that hosts would take for true.
var refused = []string{"all-hosts", "all-routers", "all-snoopers", "dvmrp", "ospf", "ospf-dr", "rip", "ripng", "eigrp", "pim", "vrrp", "igmp", "mld", "hsrp",
	"mdns", "llmnr", "ntp", "ptp-peer", "ptp", "dhcpv6"}

// RefusedError is of a destination that nothing is replayed to.
type RefusedError struct {
	To         netip.Addr
	Registered mcast.Registered // what is at that group; the zero Registered: To is no group
}

func (e *RefusedError) Error() string {
	if e.Registered.Name == "" {
		return fmt.Sprintf("%s is no group: nothing is replayed to a single host", e.To)
	}
	return fmt.Sprintf("nothing is replayed to %s (%s): %s", e.To, e.Registered.Name, e.Registered.Title)
}

// MayReplay refuses destinations with a *RefusedError: what is no group, and
// groups by which routing, names or clocks of a network could be led astray, at
// any port.
func MayReplay(to netip.Addr) error {
	to = to.Unmap().WithZone("")
	if !to.IsMulticast() {
		return &RefusedError{To: to}
	}
	for _, name := range refused {
		r, _ := mcast.FindRegistered(name)
		got, ok := mcast.Group{Addr: to, Port: r.Port}.Registered()
		if ok && got.Name == name {
			return &RefusedError{To: to, Registered: r}
		}
	}
	if alternatePTP(to) {
		r, _ := mcast.FindRegistered("ptp")
		return &RefusedError{To: to, Registered: r}
	}
	return nil
}

// alternatePTP reports whether a group is one of the further three of IEEE 1588
// (IANA: PTP-alternate1 to 3), in which clocks of version 1 have domains of their
// own: 224.0.1.130 to 132, ff0X::182 to 184.
func alternatePTP(to netip.Addr) bool {
	b := to.AsSlice()
	last := b[len(b)-1]
	if to.Is4() {
		return [3]byte(b) == [3]byte{224, 0, 1} && last >= 130 && last <= 132
	}
	return [13]byte(b[2:]) == [13]byte{12: 1} && last >= 0x82 && last <= 0x84
}
