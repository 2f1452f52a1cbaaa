package mesh

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/stream"
)

func ofRef(r frame.Ref) uint64 { return binary.BigEndian.Uint64(r[:]) }

// What is forged, replayed or lies changes nothing in the report of others; a member
// spoils what it tells itself, and no more; and nothing grows.
func TestForged(t *testing.T) {
	s := newSim(t, 8, 0)
	s.enterAll(4, nil)
	victim, liar := s.nodes[0], s.nodes[3]
	var replay [][]byte // frames and datagrams of another measurement
	old := newSim(t, 9, 0)
	old.sent = func(_ *node, o members.Out) { replay = append(replay, o.Data) }
	old.enterAll(3, nil)
	for i, n := range old.nodes { // other people, at the addresses of those who are here
		n.conv = members.New(members.Config{
			Rooms: []*frame.Room{old.room}, Author: author(100+i, 1), Nick: "ghost", Bits: frame.BitMesh,
			Random: rand.New(rand.NewPCG(1, uint64(i))), Frames: n.eng.Frame,
		}, old.now)
		n.eng.Use(n.conv)
	}
	old.run(8 * time.Second)
	old.end()

	s.run(10 * time.Second)
	from1 := s.nodes[1].addr
	ref1 := s.nodes[1].conv.Self().Ref
	number := func(id frame.Ref, n uint64, end bool) []byte {
		data := make([]byte, 64)
		stream.Header{Stream: ofRef(id), Number: n, End: end}.Put(data)
		return data
	}
	next := s.nodes[1].eng.own.next
	for _, c := range []struct {
		what string
		data []byte
		from netip.AddrPort
		want Outcome
	}{
		{"from another address", number(ref1, next, false), netip.MustParseAddrPort("10.0.0.99:40000"), Stray},
		{"from another port", number(ref1, next, false), netip.AddrPortFrom(from1.Addr(), 40001), Stray},
		{"of nobody", number(frame.Ref{7}, next, false), from1, Unknown},
		{"of this program", number(victim.conv.Self().Ref, 5, false), victim.addr, Own},
		{"a number of the future", number(ref1, 1<<40, false), from1, Held},
		{"an end in the future", number(ref1, 1<<40, true), from1, Held},
		{"a number out of range", number(ref1, 1<<63, false), from1, Damaged},
		{"one that came before", number(ref1, next-3, false), from1, Again},
		{"a wrong checksum", append(number(ref1, next, false), 0), from1, Damaged},
		{"no number", []byte("hello"), from1, NotNumbered},
	} {
		if o := victim.eng.Receive(s.now, Datagram{Data: c.data, From: c.from, IfIndex: 2}); o != c.want {
			t.Errorf("%s: %d, want %d", c.what, o, c.want)
		}
	}
	for i := range 20_000 { // streams, and what they claim
		victim.eng.Receive(s.now, Datagram{Data: number(frame.Ref{1, byte(i), byte(i >> 8)}, uint64(i), false), From: from1})
	}
	for i, data := range replay {
		s.give(victim, netip.AddrPortFrom(from1.Addr(), uint16(41000+i%3)), data)
		if i%50 == 0 {
			s.run(100 * time.Millisecond)
		}
	}

	// The last member tells numbers that cannot be, of itself, of this one and of nobody.
	stats := func(b *frame.Stats) {
		b.Interfaces = []string{"eth9"}
		if err := liar.conv.Pass(s.now, b); err != nil {
			t.Fatal(err)
		}
		s.turn(liar)
		s.run(10 * time.Millisecond)
	}
	row := func(ref frame.Ref, high uint64) frame.Row {
		return frame.Row{Ref: ref, Highest: high, Distinct: 1, Ago: 10, Age: 20}
	}
	for i := range 200 {
		var rows []frame.Row
		for j := range 30 {
			rows = append(rows, row(frame.Ref{9, byte(i), byte(j)}, 1))
		}
		stats(&frame.Stats{Rows: rows})
	}
	stats(&frame.Stats{Rows: []frame.Row{row(victim.conv.Self().Ref, 1<<50)}, Sent: 1 << 61})
	stats(&frame.Stats{Rows: []frame.Row{{Ref: ref1, Highest: 10, Distinct: 1, Ago: 30, Age: 20}}})
	if k := victim.eng.peers[liar.conv.Self().Ref].told; k.rows[victim.conv.Self().Ref].row.Highest == 1<<50 || len(k.rows) > maxUnknown+4 {
		t.Errorf("of the liar %d rows are kept", len(k.rows))
	}
	stats(&frame.Stats{Rows: []frame.Row{row(ref1, 1<<50)}})

	s.run(3 * time.Second)
	e := victim.eng
	if len(e.order) > 3+3 || e.unheard.Len() > maxUnheard {
		t.Errorf("%d peers, %d streams that are nobody's", len(e.order), e.unheard.Len())
	}
	r, at := s.report(victim)
	if len(r.Members) != 4 {
		t.Errorf("members: %+v", r.Members)
	}
	if r.Strays < 20_000 {
		t.Errorf("%d strays", r.Strays)
	}
	for _, p := range r.Pairs {
		if lost, _ := p.Lost(); p.By != at["host3"] && (lost != 0 || p.Known != Measured || p.SilentFor != 0) {
			t.Errorf("%s hears %s: %+v", r.Members[p.By].Name, r.Members[p.From].Name, p)
		}
	}
	if p := r.pair(at["host3"], at["host1"]); p.Sent < 1<<49 {
		t.Errorf("the row that lies is %+v", p) // it is the liar's own
	}
	s.nodes = slices.DeleteFunc(s.nodes, func(n *node) bool { return n == liar })
	s.end()
	for _, n := range s.nodes {
		r, _ := s.report(n)
		if len(r.Members) != 4 {
			t.Errorf("%s: members: %+v", n.name, r.Members)
		}
	}
}

// Probes prove the way back, within the budgets: also those of a thousand identities
// which claim one address.
func TestProbes(t *testing.T) {
	s := newSim(t, 10, 0)
	type sent struct {
		at   time.Time
		to   netip.AddrPort
		size int
	}
	var all []sent
	s.sent = func(n *node, o members.Out) {
		if o.To.IsValid() {
			if n.id == 0 {
				all = append(all, sent{s.now, o.To, len(o.Data)})
			}
			if len(o.Data) > 165 {
				t.Errorf("a probe of %d bytes", len(o.Data))
			}
		}
	}
	s.enterAll(5, nil)
	s.run(20 * time.Second)
	r, at := s.report(s.nodes[0])
	for i := 1; i < 5; i++ {
		u := r.pair(0, at[s.nodes[i].name]).Unicast
		if u.Answered < 10 || u.Sent > 20 || u.Sent-u.Answered > 1 || u.RoundTrip <= 0 || u.RoundTrip > 5*time.Millisecond || u.Refused {
			t.Errorf("the way back to %s: %+v", s.nodes[i].name, u)
		}
	}

	// Nobody answers there. Strangers say that they are there, and that they hear us.
	victim := netip.MustParseAddr("192.0.2.9")
	all = nil
	e := s.nodes[0].eng
	e.cfg.OnLink = func(a netip.Addr, _ int) bool { return a != victim }
	begun := s.now
	var authors []frame.Author
	for i := range 15 {
		authors = append(authors, author(500+i, 0))
	}
	passing := frame.FirstPassing
	addrOf := func(int) netip.Addr { return victim }
	hello := func() {
		self := s.nodes[0].conv.Self().Ref
		own := s.nodes[0].passing()
		for i, a := range authors {
			ask := &frame.Probe{Nonce: [8]byte{byte(i), byte(passing), 1}, To: self, Fill: fill}
			for _, b := range []frame.Body{
				&frame.Hello{
					Nick: fmt.Sprint("x", i), Interfaces: []string{"eth0"}, Bits: frame.BitMesh, Heard: 1,
					Digest: []frame.Entry{{Ref: a.Stream.Ref()}, {Ref: self, Passing: own, Ago: 1}},
				}, ask,
			} {
				n := passing
				if b == ask {
					n = n - frame.FirstPassing + frame.FirstDirect
				}
				data, err := s.room.Encode(a, n, b)
				if err != nil {
					t.Fatal(err)
				}
				s.give(s.nodes[0], netip.AddrPortFrom(addrOf(i), uint16(1000+i)), data)
			}
		}
		passing++
	}
	for range 35 {
		hello()
		s.run(2 * time.Second)
	}
	n := 0
	for _, p := range all {
		if p.to.Addr() == victim {
			n++
		}
	}
	// Three, and one each minute.
	live := 0
	for _, p := range e.order {
		if p.asks() {
			live++
		}
	}
	t.Logf("%d identities could be asked, %d probes went to them", live-4, n)
	if took := s.now.Sub(begun); n < 3 || n > 3+int(took/time.Minute) {
		t.Errorf("%d probes went to the victim in %v", n, took)
	}
	if len(e.probes.answers) > maxAnswers {
		t.Errorf("%d answers wait", len(e.probes.answers))
	}

	// They claim an address each: all addresses together have one budget.
	all, begun = nil, s.now
	e.cfg.OnLink = func(a netip.Addr, _ int) bool { return a.Is4() && a.As4()[0] == 10 }
	addrOf = func(i int) netip.Addr { return netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}) }
	for range 30 {
		hello()
		s.run(2 * time.Second)
	}
	n = 0
	for _, p := range all {
		if p.to.Addr().As4()[0] == 198 {
			n++
		}
	}
	apart := time.Duration(e.conv.Crowd()) * 100 * time.Millisecond
	if n < 2 || n > 1+int(s.now.Sub(begun)/apart) {
		t.Errorf("%d probes went to many addresses, one in %v may", n, apart)
	}

	// A refusal stops it.
	e.Refused(s.now, s.nodes[2].addr)
	all = nil
	s.run(time.Minute)
	for _, p := range all {
		if p.to == s.nodes[2].addr {
			t.Fatal("asked all the same")
		}
	}
	r, at = s.report(s.nodes[0])
	if !r.pair(0, at["host2"]).Unicast.Refused {
		t.Error("the refusal is not told")
	}
}

// No answer is longer than its question, in an open room and in a sealed one.
func TestAnswerIsNoLonger(t *testing.T) {
	echo := [8]byte{2}
	for _, r := range []*frame.Room{frame.OpenRoom("239.1.2.3:1234"), frame.SealedRoom(frame.RoomKey{1}, "239.1.2.3:1234")} {
		question := r.Size(&frame.Probe{Nonce: [8]byte{1}, To: frame.Ref{3}, Fill: fill})
		answer := r.Size(&frame.Probe{Nonce: [8]byte{1}, Echo: &echo, Held: maxHeld, To: frame.Ref{3}})
		if answer > question || question > 181 {
			t.Errorf("a question has %d bytes, its answer %d", question, answer)
		}
	}
}

// passing is the passing number that a member has reached.
func (n *node) passing() uint64 {
	return uint64(n.out[frame.KindHello] + n.out[frame.KindStats] + n.out[frame.KindNeed])
}
