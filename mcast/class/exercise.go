package class

import (
	"context"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/mcast/lab/lesson/desk"
)

// ExerciseState is how an exercise stands, as its page shows it.
type ExerciseState struct {
	Lesson       string               `json:"lesson"`
	Title        string               `json:"title"`
	Task         []string             `json:"task"`         // paragraphs
	Hints        []string             `json:"hints"`        // that were shown
	Expectations []lesson.Expectation `json:"expectations"` // of the last check; before the first, none
	Progress     Progress             `json:"progress"`
	Busy         string               `json:"busy,omitempty"` // what is at work: "check", "hint", "reset" or "build"
	Said         string               `json:"said,omitempty"` // why the last of them could not be done
}

// Exercise is what a student is at. Its methods can be called from several goroutines.
type Exercise struct {
	class   *Class
	place   string
	name    string
	lesson  *lesson.Lesson
	network *network // set before it is used
	record  *record
	ctx     context.Context
	cancel  context.CancelFunc
	working sync.WaitGroup
	orders  *rate.Limiter
	tells   *rate.Limiter // lines for the teacher

	mu      sync.Mutex // before that of the record
	state   lesson.State
	list    []lesson.Expectation
	fresh   bool // the next state is the first of another network
	busy    map[string]bool
	said    string
	version int64
	changed chan struct{}
	closed  bool
}

// Orders of one student, and lines for the teacher that one student may cause.
const (
	orderInterval = time.Second
	ordersAtOnce  = 3
	tellInterval  = 5 * time.Second
	tellsAtOnce   = 10
)

func newExercise(c *Class, place, name string, r *record) *Exercise {
	x := &Exercise{
		class: c, place: place, name: name, lesson: c.cfg.Lesson, record: r, fresh: true, busy: map[string]bool{}, version: 1, changed: make(chan struct{}),
		orders: rate.NewLimiter(rate.Every(orderInterval), ordersAtOnce), tells: rate.NewLimiter(rate.Every(tellInterval), tellsAtOnce),
	}
	x.ctx, x.cancel = context.WithCancel(context.Background())
	return x
}

// change changes something that a page shows.
func (x *Exercise) change(do func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	do()
	x.version++
	close(x.changed)
	x.changed = make(chan struct{})
	x.class.changes.wake()
}

// close ends what is at work, and every Next.
func (x *Exercise) close() {
	x.change(func() { x.closed = true })
	x.cancel()
}

// Next waits until it stands otherwise than at the version seen, and returns how, and its
// version; seen 0 is at once. The error is that of ctx, or io.EOF: the seat was given
// back, or the class is over.
func (x *Exercise) Next(ctx context.Context, seen int64) (ExerciseState, int64, error) {
	for {
		_, known := x.network.stand()
		x.mu.Lock()
		version, changed, closed := x.version, x.changed, x.closed
		var s ExerciseState
		if version != seen {
			s = x.stateNow(known)
		}
		x.mu.Unlock()
		switch {
		case closed:
			return ExerciseState{}, seen, io.EOF
		case version != seen:
			return s, version, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ExerciseState{}, seen, ctx.Err()
		}
	}
}

// stateNow is how it stands. The caller holds x.mu.
func (x *Exercise) stateNow(built bool) ExerciseState {
	p := x.record.progress(time.Now())
	e := x.lesson.Exercise
	s := ExerciseState{
		Lesson: x.lesson.Name, Title: x.lesson.Title, Task: e.Task, Hints: e.Hints[:min(p.Hints, len(e.Hints))],
		Expectations: append([]lesson.Expectation{}, x.list...), Progress: p, Said: x.said,
	}
	if s.Hints == nil {
		s.Hints = []string{}
	}
	if !built {
		s.Busy = buildWord
	}
	for _, word := range []string{desk.HintOrder, desk.CheckOrder, desk.ResetOrder} {
		if x.busy[word] {
			s.Busy = word
		}
	}
	return s
}

const buildWord = "build"

// heard takes in how the network says that the exercise stands, and what the last check
// found.
func (x *Exercise) heard(s lesson.State, found []lesson.Expectation) {
	turned := false
	x.change(func() { turned = !x.closed && x.stands(s, found) })
	if turned {
		x.network.turned()
	}
}

// stands takes in a state, and reports whether the network is another. The caller holds
// x.mu.
func (x *Exercise) stands(s lesson.State, found []lesson.Expectation) (turned bool) {
	was := x.state
	if x.fresh {
		was = lesson.State{}
	}
	turned = !x.fresh && s.Resets != was.Resets
	x.fresh, x.state, x.list = false, s, safe(found)
	for _, e := range x.record.takes(was, s) {
		x.tell(e)
	}
	return turned
}

// safe is what a check found, safe to show: students write what it has seen.
func safe(found []lesson.Expectation) []lesson.Expectation {
	list := make([]lesson.Expectation, len(found))
	for n, e := range found {
		list[n] = e
		list[n].Seen = make([]string, len(e.Seen))
		for i, line := range e.Seen {
			list[n].Seen[i] = harmlessAll(strings.ReplaceAll(line, "\t", "    "))
		}
	}
	return list
}

// tell says what happened, but not without end.
func (x *Exercise) tell(e Event) {
	if e.Kind == "solved" || x.tells.Allow() {
		e.Host, e.Name = x.place, x.name
		x.class.tell(e)
	}
}

// begins says that the network is another, whose exercise begins anew.
func (x *Exercise) begins() {
	x.change(func() {
		if !x.fresh {
			x.record.rebuilt()
			x.tell(Event{Kind: "reset"})
		}
		x.fresh, x.state, x.list = true, lesson.State{}, nil
	})
}
