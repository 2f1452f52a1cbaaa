package doctor

import (
	"net/netip"
	"slices"
	"time"
)

// twins are senders with one address and different ports. They may be two
// programs of one host, or two hosts with the same address. A datagram to each
// goes to one host alone, the one that answers ARP: if it says that nobody is
// at that port, and that very port goes on to send, then another host does.
//
// It is no sign that all of them are refused, as by a firewall that rejects;
// so one must be heard that is not. Nor is it one behind a router, where
// addresses may be translated. What is taken for a second host in error is a
// program whose socket is connected to the group, beside one whose is not.
type twins struct {
	heard map[netip.AddrPort]*twin
	asked int
}

type twin struct {
	ifIndex int
	times   int
	last    time.Time
	asked   time.Time // zero: not yet
	refused time.Time
	after   int // datagrams heard since it was asked, or refused
}

const (
	twinRecent = 10 * time.Second // it must have been heard lately to be asked
	mostAsked  = 16
	leastTwice = 2
)

func newTwins() *twins { return &twins{heard: map[netip.AddrPort]*twin{}} }

// hear notes a datagram of another host on this network.
func (t *twins) hear(d received) {
	w := t.heard[d.from]
	if w == nil {
		if len(t.heard) >= mostSenders {
			return
		}
		w = &twin{}
		t.heard[d.from] = w
	}
	w.ifIndex, w.last = d.ifIndex, d.at
	w.times++
	// By the kernel's clock: what was under way when it ended does not count.
	if !w.asked.IsZero() && d.at.After(w.asked) && d.at.After(w.refused) {
		w.after++
	}
}

// next returns one to ask now, and by which interface.
func (t *twins) next(now time.Time) (to netip.AddrPort, ifIndex int, ok bool) {
	if t.asked >= mostAsked {
		return to, 0, false
	}
	count := map[place]int{}
	for from, w := range t.heard {
		if w.talks(now) {
			count[place{from.Addr(), w.ifIndex}]++
		}
	}
	for from, w := range t.heard {
		if w.asked.IsZero() && w.talks(now) && count[place{from.Addr(), w.ifIndex}] > 1 && (!ok || from.Compare(to) < 0) {
			to, ifIndex, ok = from, w.ifIndex, true
		}
	}
	if ok {
		t.asked++
		t.heard[to].asked = now
		t.heard[to].after = 0
	}
	return to, ifIndex, ok
}

// place is an address on an interface.
type place struct {
	addr    netip.Addr
	ifIndex int
}

func (w *twin) talks(now time.Time) bool {
	return w.times >= leastTwice && now.Sub(w.last) < twinRecent
}

// refuse notes that the host said that nobody is at that port.
func (t *twins) refuse(from netip.AddrPort, at time.Time) {
	if w := t.heard[from]; w != nil && w.refused.IsZero() {
		w.refused, w.after = at, 0
	}
}

// list is those that talk although they were refused, while another of the
// same address talks and was not.
func (t *twins) list() []netip.AddrPort {
	answered := map[netip.Addr]bool{}
	for from, w := range t.heard {
		if w.refused.IsZero() && !w.asked.IsZero() && w.after >= leastTwice {
			answered[from.Addr()] = true
		}
	}
	out := []netip.AddrPort{}
	for from, w := range t.heard {
		if !w.refused.IsZero() && w.after >= leastTwice && answered[from.Addr()] {
			out = append(out, from)
		}
	}
	slices.SortFunc(out, netip.AddrPort.Compare)
	return out
}
