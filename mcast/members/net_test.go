package members

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// network is members in memory, with a clock of its own: what happens depends on the seed
// alone.
type network struct {
	t      testing.TB
	now    time.Time
	random *rand.Rand
	nodes  []*node
	queue  []happening
	seq    uint64
	rooms  []*frame.Room
	cache  map[received]verified
	// link says how a datagram fares between two members. The zero link is perfect.
	link func(from, to *node) link
	// sent is told of each frame that a member sends.
	sent func(n *node, o Out, h frame.Header)
	// loops gives members copies of what they send.
	loops bool
}

// link is how datagrams fare between two members.
type link struct {
	cut     bool
	loss    float64
	double  float64
	late    float64       // of them come up to 5 ms later than others
	delay   time.Duration // at least
	scatter time.Duration // and up to this more
}

// received is a datagram in a room.
type received struct {
	room *frame.Room
	data string
}

type verified struct {
	f   *frame.Frame
	err error
}

// node is one member. Interfaces with the same name are one network segment.
type node struct {
	c      *Conversation
	id     int
	addr   netip.AddrPort
	ways   []Interface
	chosen int
	dead   bool
	ahead  time.Duration // its clock is, of that of the network
	wake   time.Time
	events []Event
	told   func(Event) // instead of events
	frames int
}

// happening is a datagram that arrives, a member that wakes up, or a step of the test.
type happening struct {
	at   time.Time
	seq  uint64
	to   *node
	from *node
	data []byte
	by   int
	step func()
}

func newNetwork(t testing.TB, seed uint64, rooms ...*frame.Room) *network {
	if len(rooms) == 0 {
		rooms = []*frame.Room{frame.OpenRoom("239.1.2.3:1234")}
	}
	return &network{
		t: t, now: time.Unix(1_700_000_000, 0), random: rand.New(rand.NewPCG(seed, 1)), rooms: rooms,
		cache: map[received]verified{},
		link:  func(_, _ *node) link { return link{delay: 100 * time.Microsecond, scatter: 900 * time.Microsecond} },
	}
}

// identity is one for tests.
func identity(n int) frame.Identity {
	var seed [32]byte
	seed[0], seed[1], seed[2], seed[3] = byte(n), byte(n>>8), byte(n>>16), 1
	return frame.NewIdentity(seed)
}

func author(n, run int) frame.Author {
	return frame.NewAuthor(identity(n), [8]byte{byte(run), byte(run >> 8), 7})
}

// decode verifies each distinct datagram once.
func (w *network) decode(r *frame.Room, data []byte) (*frame.Frame, error) {
	if v, ok := w.cache[received{r, string(data)}]; ok {
		return v.f, v.err
	}
	if len(w.cache) > 2000 {
		clear(w.cache)
	}
	f, err := r.Decode(data)
	w.cache[received{r, string(data)}] = verified{f, err}
	return f, err
}

// join adds a member that begins now. With no interfaces it has eth0.
func (w *network) join(change func(*Config), ways ...Interface) *node {
	n := &node{id: len(w.nodes), ways: ways}
	if len(ways) == 0 {
		n.ways = []Interface{{Index: 1, Name: "eth0"}}
	}
	n.chosen = n.ways[0].Index
	n.addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(n.id >> 8), byte(n.id)}), 40000)
	cfg := Config{
		Rooms: w.rooms, Author: author(n.id, 0), Nick: fmt.Sprintf("m%d", n.id),
		Random: rand.New(rand.NewPCG(w.random.Uint64(), 2)), Decode: w.decode,
	}
	if change != nil {
		change(&cfg)
	}
	n.c = New(cfg, w.clock(n))
	n.c.SetInterfaces(w.clock(n), n.ways, n.chosen)
	w.nodes = append(w.nodes, n)
	w.turn(n)
	return n
}

func (w *network) joinAll(n int) {
	for range n {
		w.join(nil)
	}
}

// clock is the time of a member.
func (w *network) clock(n *node) time.Time { return w.now.Add(n.ahead) }

// turn sends what a member has to send, and looks when it wakes up.
func (w *network) turn(n *node) {
	if n.dead {
		return
	}
	asked := n.c.NextDue(w.clock(n))
	outs, next := n.c.Due(w.clock(n))
	if early := asked.Sub(w.clock(n)); early > 0 && len(outs) > 0 {
		w.t.Fatalf("%d frames are due now, and were to be asked for in %v", len(outs), early)
	}
	next = next.Add(-n.ahead)
	for _, o := range outs {
		w.send(n, o)
	}
	for _, e := range n.c.Events() {
		if n.told != nil {
			n.told(e)
		} else {
			n.events = append(n.events, e)
		}
	}
	if next.Before(n.wake) || !n.wake.After(w.now) {
		n.wake = next
		w.push(happening{at: next, to: n})
	}
}

func (w *network) send(n *node, o Out) {
	n.frames++
	if w.sent != nil {
		h, err := frame.Parse(o.Data)
		if err != nil {
			w.t.Fatalf("a member sends %v", err)
		}
		w.sent(n, o, h)
	}
	by := cmp.Or(o.IfIndex, n.chosen)
	var segment string
	for _, i := range n.ways {
		if i.Index == by {
			segment = i.Name
		}
	}
	for _, to := range w.nodes {
		if to == n {
			if w.loops {
				w.push(happening{at: w.now, to: n, from: n, data: o.Data, by: by})
			}
			continue
		}
		if to.dead {
			continue
		}
		for _, i := range to.ways {
			if i.Name == segment {
				w.carry(n, to, i.Index, o.Data)
			}
		}
	}
}

func (w *network) carry(from, to *node, by int, data []byte) {
	l := w.link(from, to)
	if l.cut || l.loss > 0 && w.random.Float64() < l.loss {
		return
	}
	copies := 1
	if l.double > 0 && w.random.Float64() < l.double {
		copies = 2
	}
	for range copies {
		delay := l.delay
		if l.scatter > 0 {
			delay += time.Duration(w.random.Int64N(int64(l.scatter)))
		}
		if l.late > 0 && w.random.Float64() < l.late {
			delay += time.Duration(w.random.Int64N(int64(5 * time.Millisecond)))
		}
		w.push(happening{at: w.now.Add(delay), to: to, from: from, data: data, by: by})
	}
}

// inject brings a datagram to one member.
func (w *network) inject(to *node, from netip.AddrPort, data []byte) Outcome {
	o := to.c.Receive(w.clock(to), Datagram{Data: data, From: from, IfIndex: to.chosen})
	w.turn(to)
	return o
}

// after runs a step later.
func (w *network) after(d time.Duration, step func()) {
	w.push(happening{at: w.now.Add(d), step: step})
}

// run lets time pass.
func (w *network) run(d time.Duration) {
	end := w.now.Add(d)
	for len(w.queue) > 0 && !w.queue[0].at.After(end) {
		h := w.pop()
		w.now = h.at
		switch {
		case h.step != nil:
			h.step()
		case h.to.dead:
		case h.data != nil:
			h.to.c.Receive(w.clock(h.to), Datagram{Data: h.data, From: h.from.addr, IfIndex: h.by})
			w.turn(h.to)
		case h.at.Equal(h.to.wake):
			w.turn(h.to)
		}
	}
	w.now = end
}

// say says a line, and waits with the rest of the talk if that is too fast.
func (w *network) say(n *node, text string) frame.Name {
	w.t.Helper()
	name, again, err := n.c.Say(w.clock(n), text, 0, 0)
	for errors.Is(err, ErrTooFast) {
		w.run(again.Sub(w.clock(n)))
		name, again, err = n.c.Say(w.clock(n), text, 0, 0)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.turn(n)
	return name
}

func (h *happening) before(o *happening) bool {
	if !h.at.Equal(o.at) {
		return h.at.Before(o.at)
	}
	return h.seq < o.seq
}

func (w *network) push(h happening) {
	w.seq++
	h.seq = w.seq
	w.queue = append(w.queue, h)
	q := w.queue
	for i := len(q) - 1; i > 0 && q[i].before(&q[(i-1)/2]); i = (i - 1) / 2 {
		q[i], q[(i-1)/2] = q[(i-1)/2], q[i]
	}
}

func (w *network) pop() happening {
	q := w.queue
	first, last := q[0], len(q)-1
	q[0], q[last] = q[last], happening{}
	q = q[:last]
	w.queue = q
	for i := 0; ; {
		least := i
		for j := 2*i + 1; j <= 2*i+2 && j < len(q); j++ {
			if q[j].before(&q[least]) {
				least = j
			}
		}
		if least == i {
			return first
		}
		q[i], q[least] = q[least], q[i]
		i = least
	}
}

// eventsOf is the events of one type.
func eventsOf[E Event](n *node) (list []E) {
	for _, e := range n.events {
		if e, ok := e.(E); ok {
			list = append(list, e)
		}
	}
	return list
}
