package class

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/mcast/lab/lesson/desk"
)

// copies are networks of students, one for each who sits down.
type copies struct {
	t     complainer
	takes time.Duration // to build one

	mu       sync.Mutex
	fails    error
	all      []*fakeCopy
	building int
	most     int // that were built at once
	checking int
	checked  int // that were checked at once, at most
}

// fakeCopy is a network of one student, with an exercise.
type fakeCopy struct {
	*fakeLab
	of *copies

	mu      sync.Mutex
	fails   error
	state   lesson.State
	found   []lesson.Expectation
	changed chan struct{}
}

func (c *copies) build(ctx context.Context) (laboratory, error) {
	c.mu.Lock()
	c.building++
	c.most = max(c.most, c.building)
	c.mu.Unlock()
	select {
	case <-time.After(c.takes):
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.building--
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if c.fails != nil {
		return nil, c.fails
	}
	l := &fakeCopy{fakeLab: newLab(c.t), of: c, state: lesson.State{Of: 2, HintsOf: 3, Begun: time.Now()}, changed: make(chan struct{})}
	c.all = append(c.all, l)
	return l, nil
}

// last is the network that was built last.
func (c *copies) last() *fakeCopy {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.all) == 0 {
		c.t.Fatalf("no network was built")
	}
	return c.all[len(c.all)-1]
}

func (c *copies) count() int { return len(c.list()) }

func (c *copies) list() []*fakeCopy {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.all)
}

// atOnce is how many networks were built at once, and how many checks ran.
func (c *copies) atOnce() (built, checked int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.most, c.checked
}

// left is how many networks are still there.
func (c *copies) left() (n int) {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.all {
		select {
		case <-l.over:
		default:
			n++
		}
	}
	return n
}

func (f *fakeCopy) order(ctx context.Context, order string) error {
	c := f.of
	if order == desk.CheckOrder {
		c.mu.Lock()
		c.checking++
		c.checked = max(c.checked, c.checking)
		c.mu.Unlock()
		defer func() { c.mu.Lock(); c.checking--; c.mu.Unlock() }()
		select {
		case <-time.After(5 * time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	f.mu.Lock()
	fails := f.fails
	f.mu.Unlock()
	if fails != nil {
		return fails
	}
	switch order {
	case desk.CheckOrder:
		f.change(func(s *lesson.State) {
			s.Checks, s.Checked = s.Checks+1, time.Now()
			if s.Met == s.Of && s.Solved.IsZero() {
				s.Solved = time.Now()
			}
			f.found = nil
			for n := range s.Of {
				f.found = append(f.found, lesson.Expectation{Line: n + 1, Text: fmt.Sprint("expectation ", n), Met: n < s.Met, Seen: []string{"\x1b[2Jseen"}})
			}
		})
	case desk.HintOrder:
		f.change(func(s *lesson.State) { s.Hints = min(s.Hints+1, s.HintsOf) })
	case desk.ResetOrder:
		f.fakeLab.mu.Lock()
		runs := f.runs
		f.fakeLab.mu.Unlock()
		for _, r := range runs {
			r.exit(hostEnded)
		}
		f.change(func(s *lesson.State) { s.Resets, s.Met, s.Checked, f.found = s.Resets+1, 0, time.Time{}, nil })
	}
	return nil
}

// change changes how the exercise stands.
func (f *fakeCopy) change(do func(*lesson.State)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do(&f.state)
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *fakeCopy) follow(ctx context.Context, heard func(lesson.State, []lesson.Expectation)) error {
	for {
		f.mu.Lock()
		s, found, changed := f.state, f.found, f.changed
		f.mu.Unlock()
		heard(s, found)
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-f.over:
			return errors.New("it has ended")
		}
	}
}

// openCopies is a class whose students have networks of their own, of two hosts, where
// they are at an exercise if there is a lesson. It is over at the end of the bubble.
func openCopies(t testing.TB, seats int, l *lesson.Lesson) (*Class, *copies) {
	t.Helper()
	b := &copies{t: t, takes: time.Second}
	cfg := Config{Topology: lab.Article, Lesson: l, Private: true, Seats: seats}.withDefaults()
	places, err := cfg.places()
	if err != nil {
		t.Fatal(err)
	}
	c := newClass(cfg, nil, b.build, places, "K7MQ4R")
	t.Cleanup(func() {
		c.Close()
		if n := b.left(); n > 0 {
			t.Errorf("%d networks outlive the class", n)
		}
	})
	return c, b
}

// anExercise has two expectations and three hints.
func anExercise() *lesson.Lesson {
	return &lesson.Lesson{Name: "article", Title: "A title", Topology: lab.Article, Exercise: &lesson.Exercise{Task: []string{"Mend it."}, Hints: []string{"one", "two", "three"}}}
}
