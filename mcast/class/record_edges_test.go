package class

import (
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// A result has the most that a check has met, whatever a later one met, and the hints that
// were seen, each once, in however many networks.
func TestResultOfSeveralNetworks(t *testing.T) {
	begun := time.Now().Add(-time.Minute)
	r := &record{seat: "S1", name: "Ada", lesson: "article", begun: begun, here: true}
	was := lesson.State{}
	step := func(s lesson.State) {
		s.Of, s.HintsOf = 4, 3
		r.takes(was, s)
		was = s
	}
	step(lesson.State{Checks: 1, Met: 3, Hints: 2})
	step(lesson.State{Checks: 2, Met: 1, Hints: 2})
	if got := r.result(); got.Met != 3 || got.Of != 4 || got.Checks != 2 || got.Hints != 2 || got.Passed {
		t.Errorf("after a check that met less: %+v", got)
	}
	if p := r.progress(time.Now()); p.Met != 1 || p.Checks != 2 || p.Hints != 2 || p.Solved {
		t.Errorf("how far it is: %+v", p)
	}
	r.rebuilt()
	was = lesson.State{}
	step(lesson.State{Checks: 1, Met: 2, Hints: 1})
	if got := r.result(); got.Met != 3 || got.Checks != 3 || got.Hints != 2 || got.Resets != 1 {
		t.Errorf("in another network, with the first hint again: %+v", got)
	}
	step(lesson.State{Checks: 2, Met: 4, Hints: 3, Solved: begun.Add(50 * time.Second)})
	if got := r.result(); got.Met != 4 || got.Checks != 4 || got.Hints != 3 || !got.Passed || got.Seconds != 50 {
		t.Errorf("solved: %+v", got)
	}
	r.rejoined()
	was = lesson.State{}
	step(lesson.State{Checks: 1, Met: 0})
	if got := r.result(); got.Met != 4 || got.Checks != 5 || got.Hints != 3 || got.Resets != 1 || !got.Passed || got.Seconds != 50 {
		t.Errorf("once more: %+v", got)
	}
}
