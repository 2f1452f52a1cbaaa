package bridge

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
)

// frameSim is LANs with members and plain peers, bridges and a hub, in a time of its own.
// The clocks of sites are hours apart.
type frameSim struct {
	t       testing.TB
	rnd     *rand.Rand
	now     time.Time
	start   time.Time
	events  simEvents
	order   int
	loss    float64 // of each copy in a LAN
	lans    []*fsLAN
	members []*fsMember
	bridges []*fsBridge
	hub     fsHub
	cache   map[string]fsVerified
	open    *frame.Room
	sealed  *frame.Room

	repairs int            // frames sent into LANs whose name was sent there before
	frames  int            // sent into LANs
	relayed int            // RELAYs that were kept
	why     map[string]int // at the doors of bridges
	said    map[string]*fsMember
}

type fsVerified struct {
	f   *frame.Frame
	err error
}

type fsLAN struct {
	n     int
	ahead time.Duration // the site's clock
	plain []*fsPlain
	sent  map[string]bool // frames that were sent into it
}

// fsPlain is a program that knows no frames.
type fsPlain struct {
	addr netip.AddrPort
	got  map[string]int
}

type fsMember struct {
	c      *members.Conversation
	id     int
	lan    *fsLAN
	addr   netip.AddrPort
	sealed bool
	dead   bool
	wake   time.Time
	lines  map[string]int // that a TEXT or RELAY brought
	plain  map[string]int // that came on the plain port from bridges
	names  map[frame.Name]time.Time
	sites  map[frame.Ref]string
	reach  map[frame.Name]members.Heard
	lost   int
}

type fsBridge struct {
	*FrameCarrier
	lan    *fsLAN
	site   string
	addr   netip.AddrPort
	name   string
	leads  bool
	dead   bool
	cut    bool // from the hub
	wake   time.Time
	spool  []Parcel
	read   int // of the hub's history
	last   map[*fsBridge]time.Time
	most   int // frames sent in one go
	onSend func(data []byte)
}

// fsHub keeps what is kept once, by its bytes.
type fsHub struct {
	kept []Parcel
	has  map[string]bool
}

const fsOpen = "239.1.2.3:1234"

func newFrameSim(t testing.TB, seed uint64, sites int) *frameSim {
	start := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	s := &frameSim{
		t: t, rnd: rand.New(rand.NewPCG(seed, 30)), now: start, start: start, hub: fsHub{has: map[string]bool{}},
		cache: map[string]fsVerified{}, open: frame.OpenRoom(fsOpen), sealed: frame.SealedRoom(frame.RoomKey{7}, fsOpen), why: map[string]int{},
		said: map[string]*fsMember{},
	}
	for n := range sites {
		s.lans = append(s.lans, &fsLAN{n: n, ahead: time.Duration(n) * 5 * time.Hour, sent: map[string]bool{}})
		s.bridge(n, true)
	}
	return s
}

func (s *frameSim) after(d time.Duration, do func()) {
	s.order++
	heap.Push(&s.events, simEvent{s.now.Add(d), s.order, do})
}

func (s *frameSim) run(d time.Duration) {
	end := s.now.Add(d)
	for len(s.events) > 0 && !s.events[0].at.After(end) {
		e := heap.Pop(&s.events).(simEvent)
		s.now = e.at
		e.do()
	}
	s.now = end
}

func (s *frameSim) some(most time.Duration) time.Duration {
	return time.Duration(s.rnd.Int64N(int64(most) + 1))
}

// decode verifies each distinct datagram once.
func (s *frameSim) decode(r *frame.Room, data []byte) (*frame.Frame, error) {
	key := fmt.Sprint(r.Tag()) + string(data)
	v, ok := s.cache[key]
	if !ok {
		if len(s.cache) > 20000 {
			clear(s.cache)
		}
		v.f, v.err = r.Decode(data)
		s.cache[key] = v
	}
	return v.f, v.err
}

func fsIdentity(n int) frame.Identity {
	return frame.NewIdentity([32]byte{byte(n), byte(n >> 8), 30})
}

func (s *frameSim) address(lan int, host int, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(lan), byte(host >> 8), byte(host)}), port)
}

// member adds one that begins now.
func (s *frameSim) member(lan int, sealed bool) *fsMember {
	m := &fsMember{
		id: len(s.members) + 1, lan: s.lans[lan], sealed: sealed,
		lines: map[string]int{}, plain: map[string]int{}, names: map[frame.Name]time.Time{}, sites: map[frame.Ref]string{}, reach: map[frame.Name]members.Heard{},
	}
	m.addr = s.address(lan, m.id+10, 40000)
	room := s.open
	if sealed {
		room = s.sealed
	}
	m.c = members.New(members.Config{
		Rooms: []*frame.Room{room}, Author: frame.NewAuthor(fsIdentity(m.id), [8]byte{byte(m.id), 1}), Nick: fmt.Sprint("m", m.id),
		Random: rand.New(rand.NewPCG(s.rnd.Uint64(), 2)), Decode: s.decode,
		Kept: func(f *frame.Frame) { m.names[frame.Name{Stream: f.Stream, Number: f.Number}] = s.now },
		Frames: func(_ time.Time, f *frame.Frame, _ members.Datagram) {
			if b, ok := f.Body.(*frame.Sites); ok {
				for _, o := range b.Others {
					for _, r := range o.Here {
						m.sites[r] = o.Site
					}
				}
			}
		},
	}, s.clock(m.lan))
	s.members = append(s.members, m)
	s.turn(m)
	return m
}

func (s *frameSim) clock(l *fsLAN) time.Time { return s.now.Add(l.ahead) }

func (s *frameSim) turn(m *fsMember) {
	if m.dead {
		return
	}
	outs, next := m.c.Due(s.clock(m.lan))
	for _, o := range outs {
		s.send(m.lan, m.addr, o.Data, m, nil)
	}
	for _, e := range m.c.Events() {
		switch e := e.(type) {
		case members.Said:
			m.lines[e.Text]++
		case members.Relayed:
			m.lines[e.Text]++
		case members.Heard:
			m.reach[e.Name] = e
		case members.Lost:
			m.lost += e.Lines
		}
	}
	next = next.Add(-m.lan.ahead)
	if next.Before(m.wake) || !m.wake.After(s.now) {
		m.wake = next
		s.after(next.Sub(s.now), func() { s.turn(m) })
	}
}

// say says a line, in the open room as plain text, too.
func (s *frameSim) say(m *fsMember, text string) bool {
	_, _, err := m.c.Say(s.clock(m.lan), text, 0, 0)
	if err != nil {
		return false
	}
	s.said[text] = m
	if !m.sealed {
		s.sendPlain(m.lan, m.addr, []byte(text), nil)
	}
	s.turn(m)
	return true
}

// plainPeer adds one.
func (s *frameSim) plainPeer(lan int) *fsPlain {
	l := s.lans[lan]
	p := &fsPlain{addr: s.address(lan, 200+len(l.plain), 5000), got: map[string]int{}}
	l.plain = append(l.plain, p)
	return p
}

// send puts a frame on a LAN.
func (s *frameSim) send(l *fsLAN, from netip.AddrPort, data []byte, by *fsMember, bridge *fsBridge) {
	s.frames++
	if h, err := frame.Parse(data); err == nil && frame.SpaceOf(h.Number) == frame.Kept {
		if l.sent[string(data)] {
			s.repairs++
		}
		l.sent[string(data)] = true
	}
	arrives := func(do func()) {
		if s.rnd.Float64() >= s.loss {
			s.after(100*time.Microsecond+s.some(900*time.Microsecond), do)
		}
	}
	for _, m := range s.members {
		if m.lan == l && m != by && !m.dead {
			arrives(func() {
				m.c.Receive(s.clock(l), members.Datagram{Data: data, From: from, IfIndex: 1})
				s.turn(m)
			})
		}
	}
	for _, b := range s.bridges {
		if b.lan == l && !b.dead {
			if b == bridge { // by loopback
				s.after(50*time.Microsecond, func() { s.hear(b, from, data) })
				continue
			}
			arrives(func() { s.hear(b, from, data) })
		}
	}
}

// sendPlain puts plain text on a LAN. The bridge that leads carries it, as a Carrier does.
func (s *frameSim) sendPlain(l *fsLAN, from netip.AddrPort, data []byte, bridge *fsBridge) {
	for _, p := range l.plain {
		if p.addr != from {
			p.got[string(data)]++
		}
	}
	for _, m := range s.members {
		if m.lan == l && m.addr != from && from.Port() == Mark {
			m.plain[string(data)]++
		}
	}
	for _, b := range s.bridges {
		if b.lan != l || b.dead || from.Port() == Mark {
			continue
		}
		s.after(100*time.Microsecond+s.some(900*time.Microsecond), func() {
			if !b.leads || b.dead {
				return
			}
			if !b.cut {
				for _, to := range s.bridges {
					if to.site != b.site {
						s.deliver(b, to, func() {
							if to.leads {
								s.sendPlain(to.lan, to.addr, data, to)
							}
						})
					}
				}
			}
			buf := slices.Clone(data)
			v := b.Plain(s.clock(l), mcast.Datagram{From: from, To: simGroup.Addr, Data: buf, Size: len(buf), IfIndex: 3}, b.leads)
			clear(buf)
			s.does(b, v)
		})
	}
}

func (s *frameSim) hear(b *fsBridge, from netip.AddrPort, data []byte) {
	if b.dead {
		return
	}
	buf := slices.Clone(data) // the reader's buffer is used again
	v := b.Heard(s.clock(b.lan), mcast.Datagram{At: s.clock(b.lan), From: from, To: simGroup.Addr, Data: buf, Size: len(buf), IfIndex: 3}, b.leads)
	clear(buf)
	s.why[b.site+" lan "+string(v.Why)]++
	s.does(b, v)
}

// fsSite is the name of a site.
func fsSite(n int) string { return fmt.Sprint("room-", n+1) }

// bridge adds one at a LAN. What the hub kept before comes to it as earlier.
func (s *frameSim) bridge(lan int, leads bool) *fsBridge {
	n := len(s.bridges) + 1
	b := &fsBridge{
		lan: s.lans[lan], site: fsSite(lan), addr: s.address(lan, n, Mark), name: fmt.Sprintf("%016x", n), leads: leads, last: map[*fsBridge]time.Time{},
	}
	b.FrameCarrier = NewFrameCarrier(FrameCarrierConfig{
		Group: simGroup, Site: b.site, Bridge: b.name, Nick: b.site, Identity: fsIdentity(1000 + n),
		Random: rand.New(rand.NewPCG(s.rnd.Uint64(), 3)), Rate: DefaultRate, Burst: DefaultBurst, Decode: s.decode,
	}, s.clock(b.lan))
	b.SetInterface(s.clock(b.lan), 3, "eth0")
	s.bridges = append(s.bridges, b)
	for _, p := range s.hub.kept {
		p.Earlier = true
		if v := b.Arrived(s.clock(b.lan), p, leads); len(v.Send)+len(v.Keep)+len(v.Pass) > 0 || v.Why != Held {
			s.t.Errorf("of the history: %+v", v)
		}
	}
	b.read = len(s.hub.kept)
	s.due(b)
	return b
}

func (s *frameSim) due(b *fsBridge) {
	if b.dead {
		return
	}
	v, next := b.Due(s.clock(b.lan), b.leads)
	s.does(b, v)
	_ = next
}

// does what a verdict says, and looks when the bridge wakes up.
func (s *frameSim) does(b *fsBridge, v FrameVerdict) {
	b.most = max(b.most, len(v.Send))
	for _, data := range v.Send {
		if b.onSend != nil {
			b.onSend(data)
		}
		s.send(b.lan, b.addr, data, nil, b)
	}
	for _, p := range v.Keep {
		if h, _ := frame.Parse(p.Data); h.Kind == frame.KindRelay && h.Stream == b.conv.Stream() {
			s.relayed++
		}
		if b.spool = append(b.spool, p); !b.cut {
			s.flush(b)
		}
	}
	for _, p := range v.Pass {
		if !b.cut {
			s.give(b, p)
		}
	}
	next := b.NextDue(s.clock(b.lan)).Add(-b.lan.ahead)
	if next.Before(b.wake) || !b.wake.After(s.now) {
		b.wake = next
		s.after(max(0, next.Sub(s.now)), func() { s.due(b) })
	}
}

// flush gives the hub what waits.
func (s *frameSim) flush(b *fsBridge) {
	for _, p := range b.spool {
		if !s.hub.has[string(p.Data)] {
			s.hub.has[string(p.Data)] = true
			s.hub.kept = append(s.hub.kept, p)
		}
		s.give(b, p)
	}
	b.spool = nil
}

// give brings a parcel to all bridges, in order.
func (s *frameSim) give(b *fsBridge, p Parcel) {
	for _, to := range s.bridges {
		s.deliver(b, to, func() { s.arrive(to, p) })
	}
}

func (s *frameSim) arrive(to *fsBridge, p Parcel) {
	v := to.Arrived(s.clock(to.lan), p, to.leads)
	s.why[to.site+" sites "+string(v.Why)]++
	s.does(to, v)
}

func (s *frameSim) deliver(b, to *fsBridge, do func()) {
	if b.cut || to.cut || to.dead {
		return
	}
	at := s.now.Add(5*time.Millisecond + s.some(10*time.Millisecond))
	if at.Before(b.last[to]) {
		at = b.last[to]
	}
	b.last[to] = at
	s.after(at.Sub(s.now), func() {
		if !to.dead && !to.cut {
			do()
		}
	})
}

// heal joins a bridge with the hub: it gives what waits, and reads what it missed.
func (s *frameSim) heal(b *fsBridge) {
	b.cut = false
	s.flush(b)
	missed := s.hub.kept[min(b.read, len(s.hub.kept)):]
	for i, p := range missed {
		s.after(10*time.Millisecond+time.Duration(i/64)*5*time.Millisecond, func() { s.arrive(b, p) })
	}
}

// cutOff parts a bridge from the hub.
func (s *frameSim) cutOff(b *fsBridge) { b.cut, b.read = true, len(s.hub.kept) }
