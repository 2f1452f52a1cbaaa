package mesh

import (
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
)

// A question to another member is nobody's here, and one that is shorter than its answer
// has none.
func TestQuestionsWithoutAnswer(t *testing.T) {
	s := newSim(t, 60, 0)
	answered := map[[8]byte]int{}
	s.sent = func(n *node, o members.Out) {
		if f, err := s.decode(s.room, o.Data); err == nil && n.id == 0 {
			if p, ok := f.Body.(*frame.Probe); ok && p.Echo != nil {
				answered[*p.Echo]++
			}
		}
	}
	s.enterAll(2, nil)
	s.run(10 * time.Second)
	e, from := s.nodes[0].eng, &frame.Frame{}
	from.Stream = s.nodes[1].conv.Stream()
	self := s.nodes[0].conv.Self().Ref
	size := s.room.Size(&frame.Probe{Nonce: [8]byte{1}, To: self, Fill: fill})
	for n, tt := range []struct {
		to    frame.Ref
		size  int
		times int
	}{{self, size, 1}, {frame.Ref{9}, size, 0}, {self, size - fill, 0}, {self, size, 1}} {
		nonce := [8]byte{byte(n), 0xff}
		e.takeProbe(from, &frame.Probe{Nonce: nonce, To: tt.to, Fill: fill}, tt.size, e.now)
		s.run(3 * time.Second)
		if answered[nonce] != tt.times {
			t.Errorf("question %d, of %d bytes: answered %d times, want %d", n, tt.size, answered[nonce], tt.times)
		}
	}
}

// What a member reported at its end is not replaced by what it told before.
func TestReportedRowStays(t *testing.T) {
	s := newSim(t, 61, 0)
	s.enterAll(2, nil)
	s.run(10 * time.Second)
	e := s.nodes[0].eng
	p := e.peers[s.nodes[1].conv.Self().Ref]
	ref := frame.Ref{7}
	for _, step := range []struct {
		highest uint64
		final   bool
		want    uint64
	}{{5, false, 5}, {10, true, 10}, {20, false, 10}, {30, true, 30}} {
		e.takeRow(p, &frame.Row{Ref: ref, Highest: step.highest, Distinct: step.highest + 1, Age: 1000, Ago: 1}, 0, step.final, e.now)
		if r := p.told.rows[ref]; r == nil || r.row.Highest != step.want {
			t.Fatalf("after %+v: %+v", step, r)
		}
	}
}

// Reports of those who were never heard take little room, and none from members.
func TestUnheardReportsAreBounded(t *testing.T) {
	s := newSim(t, 62, 0)
	s.enterAll(3, nil)
	s.run(10 * time.Second)
	e := s.nodes[0].eng
	for n := range 3 * maxUnproven {
		f := &frame.Frame{}
		f.Stream = author(1000+n, 0).Stream
		e.takeReport(f, &frame.Report{Nick: "x"}, e.now)
	}
	unheard, heard := 0, 0
	for _, p := range e.order {
		if p.heard {
			heard++
		} else {
			unheard++
		}
	}
	if heard != 2 || unheard != maxUnproven || len(e.peers) != len(e.order) {
		t.Errorf("%d are heard, %d others have reported, of %d", heard, unheard, len(e.peers))
	}
}

// Rows that cannot be true, or are of a stream that was ours, are left out.
func TestRowsThatAreLeftOut(t *testing.T) {
	s := newSim(t, 63, 0)
	s.enterAll(2, nil)
	s.run(10 * time.Second)
	e := s.nodes[0].eng
	p := e.peers[s.nodes[1].conv.Self().Ref]
	e.own.was = frame.Ref{8}
	rows, wrong := len(p.told.rows), e.stats.wrong
	bad := []frame.Row{
		{Ref: p.ref, Highest: 5, Distinct: 6, Age: 1000, Ago: 1},              // that it hears itself
		{Ref: frame.Ref{8}, Highest: 5, Distinct: 6, Age: 1000, Ago: 1},       // us, as we were
		{Ref: frame.Ref{9}, Highest: 5, Distinct: 6, Age: 1000, Ago: 1002},    // last before it first did
		{Ref: e.own.ref, Highest: e.own.next, Distinct: 1, Age: 1000, Ago: 1}, // what we did not send yet
		{Ref: frame.Ref{10}, Highest: 5, Distinct: 6, Age: 1 << 50, Ago: 1},   // for longer than there is anything
		{Ref: frame.Ref{9}, Highest: 5, Distinct: 6, Age: 1000, Ago: 1 << 40},
	}
	for _, r := range bad {
		e.takeRow(p, &r, 0, false, e.now)
	}
	if got := e.stats.wrong - wrong; got != uint64(len(bad)) || len(p.told.rows) != rows {
		t.Errorf("%d of %d are left out, and there are %d rows, %d before", got, len(bad), len(p.told.rows), rows)
	}
}
