package doctor

import (
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// conflicts finds an address that two hosts have (RFC 5227). Its candidates are
// senders with one address and different ports: they may be two programs of one
// host, or two hosts. A datagram to each of them goes to one host alone, the one
// that answers ARP. If that host says that nobody is at the port, and the very
// port goes on to send, then another host sends from it.
//
// It is no conflict if all candidates of an address are refused, as by a firewall
// that rejects; so at least one must be heard that is not refused. Senders behind
// a router are no candidates, for addresses may be translated there. A program
// whose socket is connected to the group, beside one whose socket is not, is
// taken for a second host in error.
type conflicts struct {
	heard *lru.Map[netip.AddrPort, candidate]
	asked int
}

// candidate is one sender of an address.
type candidate struct {
	ifIndex int
	times   int
	last    time.Time
	asked   time.Time // zero: not yet
	refused time.Time
	after   int // datagrams heard since it was asked, or refused
}

const (
	lastHeardWithin = 10 * time.Second // a candidate is asked only if it was heard lately
	mostAsked       = 16               // candidates
	minHeard        = 2                // datagrams that show that a candidate sends
)

func newConflicts() *conflicts {
	return &conflicts{heard: lru.New[netip.AddrPort, candidate](maxEvidence)}
}

// hear notes a datagram of another host of this network.
func (c *conflicts) hear(d Received) {
	s, _ := c.heard.Ensure(d.From)
	s.ifIndex, s.last = d.IfIndex, d.At
	s.times++
	// By the kernel's clock, so that what was under way then does not count.
	if !s.asked.IsZero() && d.At.After(s.asked) && d.At.After(s.refused) {
		s.after++
	}
}

// next returns a sender to ask now, and the interface to ask it by.
func (c *conflicts) next(now time.Time) (to netip.AddrPort, ifIndex int, ok bool) {
	if c.asked >= mostAsked {
		return to, 0, false
	}
	count := map[hostOn]int{}
	for from, s := range c.heard.All() {
		if s.isHeard(now) {
			count[hostOn{from.Addr(), s.ifIndex}]++
		}
	}
	for from, s := range c.heard.All() {
		if s.asked.IsZero() && s.isHeard(now) && count[hostOn{from.Addr(), s.ifIndex}] > 1 && (!ok || from.Compare(to) < 0) {
			to, ifIndex, ok = from, s.ifIndex, true
		}
	}
	if ok {
		c.asked++
		s := c.heard.Peek(to)
		s.asked, s.after = now, 0
	}
	return to, ifIndex, ok
}

// hostOn is an address on an interface.
type hostOn struct {
	addr    netip.Addr
	ifIndex int
}

func (s *candidate) isHeard(now time.Time) bool {
	return s.times >= minHeard && now.Sub(s.last) < lastHeardWithin
}

// refuse notes that the host said that nobody is at that port.
func (c *conflicts) refuse(from netip.AddrPort, at time.Time) {
	if s := c.heard.Peek(from); s != nil && s.refused.IsZero() {
		s.refused, s.after = at, 0
	}
}

// list is the candidates that send although they were refused, while another of
// the same address sends and was not refused.
func (c *conflicts) list() []netip.AddrPort {
	answered := map[netip.Addr]bool{}
	for from, s := range c.heard.All() {
		if s.refused.IsZero() && !s.asked.IsZero() && s.after >= minHeard {
			answered[from.Addr()] = true
		}
	}
	out := []netip.AddrPort{}
	for from, s := range c.heard.All() {
		if !s.refused.IsZero() && s.after >= minHeard && answered[from.Addr()] {
			out = append(out, from)
		}
	}
	slices.SortFunc(out, netip.AddrPort.Compare)
	return out
}
