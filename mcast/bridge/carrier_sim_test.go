package bridge

import (
	"container/heap"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

var simGroup = mcast.Group{Addr: netip.MustParseAddr("239.1.2.3"), Port: 1234}

// simT is a test, also one of rapid.
type simT interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// A sim is LANs, bridges, hubs and reflectors in a time of its own.
type sim struct {
	t      simT
	rnd    *rand.Rand
	now    time.Time
	start  time.Time
	events simEvents
	order  int

	lans    []*simLAN
	bridges []*simBridge
	relays  []*simRelay
	leads   map[string][]simTerm // of hub and site

	link, jitter time.Duration // between sites
	sends        int           // into LANs, all
	cap          int           // of sends: above it, it is a storm
	lossReports  float64
	findings     []Finding
	probes       int
}

type simLAN struct {
	n     int
	heard map[string]int // payload: copies that a program there hears
	last  map[string]time.Time
}

// simTerm is a time in which a bridge leads.
type simTerm struct {
	bridge   *simBridge
	from, to time.Time
}

type simBridge struct {
	*Carrier
	hub     int
	site    string
	lan     *simLAN
	addr    netip.Addr
	last    map[*simBridge]time.Time // what was sent to it arrives, in order
	why     map[Why]int
	arrived map[Why]int
	read    time.Time // what was put on its socket is read then, in order
	off     bool
}

// A simRelay reflects what it hears on a LAN into others.
type simRelay struct {
	from   *simLAN
	to     *simLAN
	socket netip.AddrPort // its own, on to
	twin   netip.AddrPort // its own, on from: it does not hear itself
	router bool           // it keeps the sources
	filter func([]byte) bool
	off    bool
}

type simEvent struct {
	at    time.Time
	order int
	do    func()
}

type simEvents []simEvent

func (e simEvents) Len() int { return len(e) }
func (e simEvents) Less(i, j int) bool {
	return e[i].at.Before(e[j].at) || e[i].at.Equal(e[j].at) && e[i].order < e[j].order
}
func (e simEvents) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *simEvents) Push(x any)   { *e = append(*e, x.(simEvent)) }
func (e *simEvents) Pop() any {
	old := *e
	x := old[len(old)-1]
	*e = old[:len(old)-1]
	return x
}

func newSim(t simT, seed uint64, lans int) *sim {
	start := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	s := &sim{
		t: t, rnd: rand.New(rand.NewPCG(seed, 25)), now: start, start: start,
		leads: map[string][]simTerm{}, link: 5 * time.Millisecond, jitter: 2 * time.Millisecond, cap: 200_000,
	}
	for n := range lans {
		s.lans = append(s.lans, &simLAN{n: n, heard: map[string]int{}, last: map[string]time.Time{}})
	}
	return s
}

func (s *sim) after(d time.Duration, do func()) {
	s.order++
	heap.Push(&s.events, simEvent{s.now.Add(d), s.order, do})
}

// run goes on for d.
func (s *sim) run(d time.Duration) {
	s.t.Helper()
	end := s.now.Add(d)
	for len(s.events) > 0 && !s.events[0].at.After(end) {
		e := heap.Pop(&s.events).(simEvent)
		s.now = e.at
		e.do()
		if s.sends > s.cap {
			s.t.Fatalf("a storm: %d datagrams after %v", s.sends, s.now.Sub(s.start))
		}
	}
	s.now = end
}

func (s *sim) some(most time.Duration) time.Duration {
	return time.Duration(s.rnd.Int64N(int64(most) + 1))
}

// join adds a bridge of a site at a LAN. The first of a hub and a site leads.
func (s *sim) join(hub int, site string, lan int, change func(*CarrierConfig)) *simBridge {
	n := len(s.bridges) + 1
	addr := netip.AddrFrom4([4]byte{10, byte(lan), 0, byte(n)})
	cfg := CarrierConfig{
		Group: simGroup, Site: site, Bridge: fmt.Sprintf("%016x", n), Addrs: []netip.Addr{addr},
		First: uint64(s.now.UnixNano()), Rate: DefaultRate, Burst: DefaultBurst, Nonce: s.rnd.Uint64,
	}
	if change != nil {
		change(&cfg)
	}
	b := &simBridge{
		Carrier: NewCarrier(cfg), hub: hub, site: site, lan: s.lans[lan], addr: cfg.Addrs[0],
		last: map[*simBridge]time.Time{}, why: map[Why]int{}, arrived: map[Why]int{},
	}
	s.bridges = append(s.bridges, b)
	key := fmt.Sprint(hub, site)
	if len(s.leads[key]) == 0 {
		s.leads[key] = []simTerm{{b, s.now, s.now.Add(1e6 * time.Hour)}}
	}
	s.after(s.some(TickEvery), func() { s.tick(b) })
	return b
}

func (s *sim) leading(b *simBridge, at time.Time) bool {
	for _, term := range s.leads[fmt.Sprint(b.hub, b.site)] {
		if term.bridge == b && !at.Before(term.from) && at.Before(term.to) {
			return true
		}
	}
	return false
}

// silent is true if nobody led the site for a part of that time.
func (s *sim) silent(hub int, site string, from, to time.Time) bool {
	for _, term := range s.leads[fmt.Sprint(hub, site)] {
		if !from.Before(term.from) && to.Before(term.to) {
			return false
		}
	}
	return true
}

// lead gives the site's lease to b after a gap.
func (s *sim) lead(b *simBridge, gap time.Duration) {
	key := fmt.Sprint(b.hub, b.site)
	terms := s.leads[key]
	terms[len(terms)-1].to = s.now
	s.leads[key] = append(terms, simTerm{b, s.now.Add(gap), s.now.Add(1e6 * time.Hour)})
}

func (s *sim) tick(b *simBridge) {
	if !b.off {
		s.take(b, b.Tick(s.now, s.leading(b, s.now)))
	}
	s.after(TickEvery, func() { s.tick(b) })
}

// relay adds a reflector.
func (s *sim) relay(from, to int, change func(*simRelay)) *simRelay {
	n := len(s.relays) + 1
	socket := func(lan int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(lan), 1, byte(n)}), uint16(40000+n))
	}
	r := &simRelay{from: s.lans[from], to: s.lans[to], socket: socket(to), twin: socket(from)}
	if change != nil {
		change(r)
	}
	s.relays = append(s.relays, r)
	return r
}

// relayBoth adds one in both directions.
func (s *sim) relayBoth(a, b int, change func(*simRelay)) []*simRelay {
	there, back := s.relay(a, b, change), s.relay(b, a, change)
	there.twin, back.twin = back.socket, there.socket
	return []*simRelay{there, back}
}

// say sends a program's datagram.
func (s *sim) say(lan int, host byte, payload string) {
	s.send(s.lans[lan], netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(lan), 2, host}), 5000), []byte(payload), nil)
}

// send puts a datagram on a LAN.
func (s *sim) send(lan *simLAN, from netip.AddrPort, data []byte, not *simRelay) {
	s.sends++
	if _, ok := ParseProbe(data); !ok {
		lan.heard[string(data)]++
		lan.last[string(data)] = s.now
	} else {
		s.probes++
	}
	for _, b := range s.bridges {
		if b.lan == lan && !b.off {
			at := s.now.Add(20*time.Microsecond + s.some(30*time.Microsecond))
			read := at.Add(s.some(100 * time.Microsecond))
			if read.Before(b.read) {
				read = b.read
			}
			b.read = read
			s.after(read.Sub(s.now), func() { s.hear(b, at, from, data) })
		}
	}
	for _, r := range s.relays {
		if r.from != lan || r.off || r == not || from == r.twin || from == r.socket || r.filter != nil && !r.filter(data) {
			continue
		}
		source := r.socket
		if r.router {
			source = from
		}
		s.after(60*time.Microsecond+s.some(500*time.Microsecond), func() {
			// A router knows by the interface what it has brought itself.
			s.send(r.to, source, data, s.back(r))
		})
	}
}

// back is the other direction of r.
func (s *sim) back(r *simRelay) *simRelay {
	for _, o := range s.relays {
		if o.from == r.to && o.to == r.from && o.socket == r.twin {
			return o
		}
	}
	return nil
}

func (s *sim) hear(b *simBridge, at time.Time, from netip.AddrPort, data []byte) {
	// The reader's buffer is used again after Heard.
	buf := append([]byte(nil), data...)
	v := b.Heard(s.now, mcast.Datagram{At: at, From: from, To: simGroup.Addr, Data: buf, Size: len(buf)}, s.leading(b, at))
	b.why[v.Why]++
	s.take(b, v)
	clear(buf)
}

// take does what a Verdict says.
func (s *sim) take(b *simBridge, v Verdict) {
	if v.Message != nil {
		m := *v.Message
		m.Data = append([]byte(nil), m.Data...)
		s.each(b, func(to *simBridge) {
			v := to.Arrived(s.now, m, s.leading(to, s.now))
			to.arrived[v.Why]++
			s.take(to, v)
		})
	}
	if v.Why == Resent {
		s.send(b.lan, netip.AddrPortFrom(b.addr, Mark), v.Data, nil)
	}
	if v.Probe != nil {
		s.send(b.lan, netip.AddrPortFrom(b.addr, Mark), v.Probe, nil)
	}
	if v.Report != nil && s.rnd.Float64() >= s.lossReports {
		r := *v.Report
		s.each(b, func(to *simBridge) { s.take(to, to.Reported(s.now, r, s.leading(to, s.now))) })
	}
	s.findings = append(s.findings, v.Findings...)
}

// each brings something to all bridges of the hub, in order.
func (s *sim) each(b *simBridge, do func(to *simBridge)) {
	for _, to := range s.bridges {
		if to.hub != b.hub || to.off {
			continue
		}
		at := s.now.Add(s.link + s.some(s.jitter))
		if at.Before(b.last[to]) {
			at = b.last[to]
		}
		b.last[to] = at
		s.after(at.Sub(s.now), func() {
			if !to.off {
				do(to)
			}
		})
	}
}

// named is a payload with a number of its own.
func named(n int) string { return string(binary.BigEndian.AppendUint64([]byte("d"), uint64(n))) }
