package mesh

import (
	"container/heap"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/stream"
)

// sim is members that measure, in memory, with a clock of its own: what happens depends
// on the seed alone.
type sim struct {
	t        testing.TB
	now      time.Time
	random   *rand.Rand
	room     *frame.Room
	nodes    []*node
	queue    queue
	seq      uint64
	cache    map[string]verified
	unsigned bool                           // frames are neither signed nor verified: that takes most of the time
	frames   [2]map[frame.Name]*frame.Frame // passing ones, the latest and those before, and kept ones
	loss     float64
	double   float64
	late     float64 // of datagrams come up to 5 ms later
	cut      func(from, to *node) bool
	sent     func(from *node, o members.Out)
	truth    map[[2]*node]*truth
}

// truth is what the network did with the numbered datagrams between two.
type truth struct {
	begun       bool
	first, last uint64 // last: that was sent
	came        uint64
	twice       uint64
	lastCame    time.Time
}

type verified struct {
	f   *frame.Frame
	err error
}

type node struct {
	id     int
	name   string
	addr   netip.AddrPort
	conv   *members.Conversation
	eng    *Engine
	dead   bool
	paused bool
	last   *Report // of one that ended, and went
	wake   time.Time
	out    map[frame.Kind]int
}

type happening struct {
	at   time.Time
	seq  uint64
	to   *node
	from netip.AddrPort
	data []byte // nil: it wakes up
}

type queue []happening

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].at.Before(q[j].at) || q[i].at.Equal(q[j].at) && q[i].seq < q[j].seq
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(happening)) }
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	old[len(old)-1] = happening{}
	*q = old[:len(old)-1]
	return x
}

func newSim(t testing.TB, seed uint64, loss float64) *sim {
	return &sim{
		t: t, now: time.Unix(1_700_000_000, 0), random: rand.New(rand.NewPCG(seed, 1)), loss: loss,
		room: frame.OpenRoom("239.1.2.3:1234"), cache: map[string]verified{}, truth: map[[2]*node]*truth{},
	}
}

// encode makes a frame that only decode can read.
func (s *sim) encode(r *frame.Room, a frame.Author, number uint64, b frame.Body) ([]byte, error) {
	if s.frames[0] == nil || len(s.frames[0]) >= 2000 {
		kept := map[frame.Name]*frame.Frame{}
		for _, m := range s.frames {
			for name, f := range m {
				if frame.SpaceOf(name.Number) == frame.Kept {
					kept[name] = f
				}
			}
		}
		s.frames[1], s.frames[0] = s.frames[0], kept
	}
	data := append([]byte{0xfe, 'M', 'C', 1, byte(b.Kind()), 0}, make([]byte, 130)...)
	binary.BigEndian.PutUint16(data[6:], r.Tag())
	copy(data[8:], a.Stream[:])
	binary.BigEndian.PutUint64(data[24:], number)
	h, err := frame.Parse(data)
	key := a.Public()
	s.frames[0][frame.Name{Stream: a.Stream, Number: number}] = &frame.Frame{Header: h, Author: key[:], Body: b, Bytes: data}
	return data, err
}

func (s *sim) decode(r *frame.Room, data []byte) (*frame.Frame, error) {
	if s.unsigned {
		h, err := frame.Parse(data)
		for _, m := range s.frames {
			if f := m[frame.Name{Stream: h.Stream, Number: h.Number}]; f != nil {
				return f, err
			}
		}
		return nil, frame.ErrSignature
	}
	if v, ok := s.cache[string(data)]; ok {
		return v.f, v.err
	}
	if len(s.cache) > 1000 {
		clear(s.cache)
	}
	f, err := r.Decode(data)
	s.cache[string(data)] = verified{f, err}
	return f, err
}

func author(n, run int) frame.Author {
	return frame.NewAuthor(frame.NewIdentity([32]byte{byte(n), byte(n >> 8), 3}), [8]byte{byte(run), 9})
}

// enter adds a member.
func (s *sim) enter(change func(*Config)) *node {
	n := &node{id: len(s.nodes), out: map[frame.Kind]int{}}
	n.name = fmt.Sprintf("host%d", n.id)
	n.addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(n.id >> 8), byte(n.id + 1)}), 40000)
	cfg := Config{
		Group: netip.MustParseAddrPort("239.1.2.3:1234"), Random: rand.New(rand.NewPCG(s.random.Uint64(), 2)),
		OnLink: func(netip.Addr, int) bool { return true },
	}
	if change != nil {
		change(&cfg)
	}
	n.eng = New(cfg, s.now)
	talk := members.Config{
		Rooms: []*frame.Room{s.room}, Author: author(n.id, 0), Nick: n.name, Bits: frame.BitMesh,
		Random: rand.New(rand.NewPCG(s.random.Uint64(), 3)), Decode: s.decode, Frames: n.eng.Frame,
	}
	if s.unsigned {
		talk.Encode = s.encode
	}
	n.conv = members.New(talk, s.now)
	n.conv.SetInterfaces(s.now, []members.Interface{{Index: 2, Name: "eth1"}}, 2)
	n.eng.Use(n.conv)
	s.nodes = append(s.nodes, n)
	s.turn(n)
	return n
}

func (s *sim) enterAll(n int, change func(*Config)) {
	for range n {
		s.enter(change)
	}
}

func (s *sim) push(h happening) {
	s.seq++
	h.seq = s.seq
	heap.Push(&s.queue, h)
}

func (s *sim) turn(n *node) {
	if n.dead || n.paused {
		return
	}
	outs, next := n.eng.Due(s.now)
	frames, due := n.conv.Due(s.now)
	n.conv.Events()
	if due.Before(next) {
		next = due
	}
	for _, o := range append(outs, frames...) {
		s.send(n, o)
	}
	if next.Before(n.wake) || !n.wake.After(s.now) {
		n.wake = next
		s.push(happening{at: next, to: n})
	}
}

func (s *sim) send(n *node, o members.Out) {
	if s.sent != nil {
		s.sent(n, o)
	}
	h, err := stream.ParseHeader(o.Data, len(o.Data))
	numbered := err == nil
	if !numbered {
		f, err := frame.Parse(o.Data)
		if err != nil {
			s.t.Fatalf("%v is sent", err)
		}
		n.out[f.Kind]++
	}
	for _, to := range s.nodes {
		if to == n || to.dead || o.To.IsValid() && to.addr != o.To {
			continue
		}
		lost := s.cut != nil && s.cut(n, to) && !o.To.IsValid() || s.random.Float64() < s.loss
		copies := 1
		switch {
		case lost:
			copies = 0
		case s.random.Float64() < s.double:
			copies = 2
		}
		if numbered && !h.End {
			s.account(n, to, h.Number, copies)
		}
		for range copies {
			d := 100*time.Microsecond + time.Duration(s.random.Int64N(int64(900*time.Microsecond)))
			if s.random.Float64() < s.late {
				d += time.Duration(s.random.Int64N(int64(5 * time.Millisecond)))
			}
			s.push(happening{at: s.now.Add(d), to: to, from: n.addr, data: o.Data})
		}
	}
}

func (s *sim) account(from, to *node, number uint64, copies int) {
	key := [2]*node{from, to}
	w := s.truth[key]
	if w == nil {
		w = &truth{}
		s.truth[key] = w
	}
	w.last = number
	if copies == 0 {
		return
	}
	if !w.begun {
		w.begun, w.first = true, number
	}
	w.came++
	w.twice += uint64(copies - 1)
	w.lastCame = s.now
}

func (s *sim) run(d time.Duration) {
	end := s.now.Add(d)
	for len(s.queue) > 0 && !s.queue[0].at.After(end) {
		h := heap.Pop(&s.queue).(happening)
		s.now = h.at
		switch {
		case h.to.dead || h.to.paused || h.to.last != nil:
		case h.data != nil:
			s.give(h.to, h.from, h.data)
		case h.at.Equal(h.to.wake):
			s.turn(h.to)
		}
	}
	s.now = end
}

// give brings a datagram to a member.
func (s *sim) give(to *node, from netip.AddrPort, data []byte) Outcome {
	if len(data) > 3 && data[1] == 'G' {
		return to.eng.Receive(s.now, Datagram{Data: data, From: from, IfIndex: 2, TTL: 1})
	}
	to.conv.Receive(s.now, members.Datagram{Data: data, From: from, IfIndex: 2})
	if to.conv.NextDue(s.now).Before(to.wake) {
		s.turn(to)
	}
	return NotNumbered
}

// end ends the measurement at all, and waits until it is over.
func (s *sim) end() time.Duration {
	s.t.Helper()
	from := s.now
	for _, n := range s.nodes {
		if !n.dead {
			n.eng.End(s.now)
			s.turn(n)
		}
	}
	for range 1000 {
		over := true
		for _, n := range s.nodes {
			if !n.dead && n.last == nil && n.eng.Over() { // as the command does
				n.last = new(n.eng.Report(s.now, true))
				for _, o := range n.conv.Leave(s.now) {
					s.send(n, o)
				}
			}
			over = over && (n.dead || n.last != nil)
		}
		if over {
			return s.now.Sub(from)
		}
		s.run(100 * time.Millisecond)
	}
	s.t.Fatal("the measurement does not end")
	return 0
}

// report is what a member knows, and where the others are in it.
func (s *sim) report(n *node) (Report, map[string]int) {
	r := n.eng.Report(s.now, true)
	if n.last != nil {
		r = *n.last
	}
	at := map[string]int{}
	for i, m := range r.Members {
		at[m.Name] = i
	}
	return r, at
}

func (r Report) pair(by, from int) Pair {
	for _, p := range r.Pairs {
		if p.By == by && p.From == from {
			return p
		}
	}
	return Pair{}
}

// known is how many pairs of all are known to a member.
func (s *sim) known(n *node) (known int) {
	for _, p := range n.eng.Report(s.now, false).Pairs {
		if p.Known != NotKnown {
			known++
		}
	}
	return known
}
