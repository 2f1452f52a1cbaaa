// Package desk is an exercise that several people are at: the screen that started it,
// and other terminals of the same user, which give it orders by the console of its lab.
// It writes down what becomes of the exercise, sees what a student changes in the hosts,
// and checks again. It has no terminal and no words of its own for one: News are values.
package desk

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/changes"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/mcast/lab/lesson/progress"
)

// Kind is the kind of a lab that is an exercise: see [lab.Remote.Kind].
const Kind = "exercise"

// The orders that other terminals give: see [Ask].
const (
	StateOrder = "state" // nothing but its state
	CheckOrder = "check" // see whether it is solved
	WatchOrder = "watch" // and again when something changes, until it is
	HintOrder  = "hint"  // the next hint
	ResetOrder = "reset" // build the network anew
	CureOrder  = "cure"  // note that the solution was shown

	// FollowOrder tells the state, and again whenever it changes, until who gives the order
	// hangs up: see [Follow].
	FollowOrder = "follow"
)

// News is what an exercise says about an order. One of its fields is set, but for what
// [Follow] hears.
type News struct {
	State       *lesson.State       `json:",omitempty"`
	Expectation *lesson.Expectation `json:",omitempty"`
	Change      *HostChange         `json:",omitempty"`
	Hint        *Hint               `json:",omitempty"`
	Same        bool                `json:",omitempty"` // with State: a check found what the last one did
	Reset       bool                `json:",omitempty"` // the network was built anew
	Failed      string              `json:",omitempty"` // why a check of a watch could not be run

	// Expectations are, beside State, what the last check found, in its order.
	Expectations []lesson.Expectation `json:",omitempty"`
}

// Hint is one of the hints of an exercise.
type Hint struct {
	N, Of int // from 1
	Text  string
}

// HostChange is what a student changed in a host.
type HostChange struct {
	Host string
	changes.Change
}

// Desk is an exercise that runs in this process. Its methods may be called by several
// goroutines once Attempt is set.
type Desk struct {
	Name     string // of the lab
	Lesson   lesson.Lesson
	Attempt  *lesson.Attempt
	Complain func(error) // called once if the progress cannot be kept
	run      string

	resetting sync.Mutex // held while an order builds the network anew

	mu       sync.Mutex // guards what follows
	file     progress.File
	broken   bool // the progress cannot be kept, which was said
	watchers int
	held     []error // complaints while a screen is shown
	holding  bool
}

// Remember opens the record of the user, and returns the last run of this exercise if it was left
// half done.
func (x *Desk) Remember() (before progress.Run) {
	x.run = rand.Text()
	dir, err := progress.Dir()
	if err != nil {
		x.unkept(err)
		return before
	}
	x.file = progress.Open(dir)
	running, _ := lab.Running()
	last, ok := progress.LastOf(PastRuns(nil), x.Lesson.Name)
	others := slices.DeleteFunc(running, func(n string) bool { return n == x.Name })
	if ok && last.Solved.IsZero() && last.Checks+last.Hints > 0 && !slices.Contains(others, last.Lab) {
		return last
	}
	return before
}

// unkept says once that the progress is not kept. The exercise goes on.
func (x *Desk) unkept(err error) {
	if x.broken {
		return
	}
	x.broken = true
	err = &mcast.Advised{Err: fmt.Errorf("your progress is not kept, and the exercise goes on: %w", err), Advice: "set XDG_STATE_HOME to a directory that can be written to"}
	if x.holding {
		x.held = append(x.held, err)
		return
	}
	x.Complain(err)
}

// Note writes down what becomes of the exercise.
func (x *Desk) Note(n lesson.Note) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.file.Name() == "" {
		return
	}
	e := progress.Of(x.run, n)
	if n.What == lesson.NoteBegun {
		e.Exercise, e.Lab = x.Lesson.Name, x.Name
	}
	if err := x.file.Append(e); err != nil {
		x.unkept(err)
	}
}

// Order carries out an order of another terminal, for [lab.Service].
func (x *Desk) Order(ctx context.Context, words []string, tell func(any) error) error {
	state := func() error {
		s := x.Attempt.State()
		return tell(News{State: &s})
	}
	switch words[0] {
	case StateOrder:
		return state()
	case CheckOrder:
		_, err := x.Attempt.Examine(ctx, func(e lesson.Expectation) { _ = tell(News{Expectation: &e}) })
		if err != nil {
			return err
		}
		return state()
	case WatchOrder:
		return x.watch(ctx, func(n News) error { return tell(n) })
	case FollowOrder:
		return x.follow(ctx, func(n News) error { return tell(n) })
	case HintOrder:
		n, text, err := x.Attempt.Hint()
		if errors.Is(err, lesson.ErrSolved) {
			return state()
		}
		if err != nil {
			return err
		}
		_ = tell(News{Hint: &Hint{n, len(x.Lesson.Exercise.Hints), text}})
		return state()
	case ResetOrder:
		if !x.resetting.TryLock() {
			return errors.New("the network is being built anew already")
		}
		defer x.resetting.Unlock()
		if err := x.Attempt.Reset(context.WithoutCancel(ctx)); err != nil {
			return err
		}
		return state()
	case CureOrder:
		x.Attempt.ShowCure()
		return state()
	}
	return fmt.Errorf("%q is no order of this version", words[0])
}

// watchPause is the time between two looks into the hosts. mostWatchers bounds them.
const (
	watchPause   = 2 * time.Second
	mostWatchers = 4
)

// watch checks, and again when something changed in the hosts, until all is met. It
// tells what changed, and each expectation that became met or unmet.
func (x *Desk) watch(ctx context.Context, tell func(News) error) error {
	x.mu.Lock()
	x.watchers++
	many := x.watchers > mostWatchers
	x.mu.Unlock()
	defer func() { x.mu.Lock(); x.watchers--; x.mu.Unlock() }()
	if many {
		return fmt.Errorf("%d watches are at work already", mostWatchers)
	}
	known := map[int]bool{} // expectations that were told, by line
	resets := x.Attempt.State().Resets
	var before map[string]changes.Snapshot
	x.look(&before)
	due, again := true, false
	tick := time.NewTicker(watchPause)
	defer tick.Stop()
	for {
		if due {
			_, err := x.Attempt.Examine(ctx, nil)
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case errors.Is(err, lesson.ErrReset), errors.Is(err, lesson.ErrBusy):
			case err != nil:
				due, again = false, false
				if err := tell(News{Failed: err.Error()}); err != nil {
					return err
				}
			default:
				due = false
			}
		}
		last, changed := x.Attempt.Last()
		s := x.Attempt.State()
		if s.Resets != resets {
			resets, due, before = s.Resets, true, nil
			if err := tell(News{Reset: true}); err != nil {
				return err
			}
		}
		news := false
		for _, e := range last {
			if was, told := known[e.Line]; !told || was != e.Met {
				known[e.Line], news = e.Met, true
				if err := tell(News{Expectation: &e}); err != nil {
					return err
				}
			}
		}
		if news {
			if err := tell(News{State: &s}); err != nil {
				return err
			}
		} else if again && !due {
			if err := tell(News{State: &s, Same: true}); err != nil {
				return err
			}
		}
		again = again && due
		if s.Green() && !due {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
			continue
		case <-tick.C:
		}
		was := before
		if !x.look(&before) || was == nil {
			continue
		}
		for _, h := range x.Lesson.Topology.Hosts {
			for _, c := range ofInterest(changes.Diff(was[h.Name], before[h.Name])) {
				due, again = true, true
				if err := tell(News{Change: &HostChange{h.Name, c}}); err != nil {
					return err
				}
			}
		}
	}
}

// ofInterest leaves out the sysctls that a new interface brings, and that a deleted one
// takes along: nobody set them.
func ofInterest(list []changes.Change) []changes.Change {
	return slices.DeleteFunc(slices.Clone(list), func(c changes.Change) bool {
		return c.Kind == changes.Sysctl && c.Way != changes.Changed && slices.ContainsFunc(list, func(l changes.Change) bool {
			return l.Kind == changes.Link && l.Way == c.Way && strings.Contains(c.Name, ".conf."+l.Name+".")
		})
	})
}

// look takes a snapshot of each host, but not while a check is at work: its programs
// are in the hosts then.
func (x *Desk) look(at *map[string]changes.Snapshot) bool {
	return x.Attempt.Quietly(func(l *lab.Lab) {
		all := map[string]changes.Snapshot{}
		for _, h := range l.Topology().Hosts {
			s, _ := changes.Read(l.Host(h.Name)) // what cannot be read is not compared
			all[h.Name] = s
		}
		*at = all
	})
}

// Ask gives an exercise of another process an order, and returns its state.
func Ask(ctx context.Context, r *lab.Remote, order string, heard func(News)) (s lesson.State, err error) {
	known := false
	err = r.Order(ctx, []string{order}, func(b json.RawMessage) {
		var n News
		if json.Unmarshal(b, &n) != nil {
			return // of another version
		}
		if n.State != nil {
			s, known = *n.State, true
		}
		if heard != nil {
			heard(n)
		}
	})
	if err == nil && !known {
		err = fmt.Errorf("%s does not answer as this version does", r.Name())
	}
	return s, err
}

// StateOf is the state of an exercise of another process.
func StateOf(ctx context.Context, r *lab.Remote) (lesson.State, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return Ask(ctx, r, StateOrder, nil)
}

// PastRuns are the user's exercises. complaint is called with an error of reading
// them; it may be nil.
func PastRuns(complaint func(error)) []progress.Run {
	if complaint == nil {
		complaint = func(error) {}
	}
	dir, err := progress.Dir()
	if err != nil {
		complaint(err)
		return nil
	}
	list, _, err := progress.Open(dir).Read()
	if err != nil {
		complaint(err)
	}
	runs, _ := progress.Runs(list)
	return runs
}

// Hold keeps complaints back while a screen is shown, until the function that it returns
// is called.
func (x *Desk) Hold() (release func()) {
	x.mu.Lock()
	x.holding = true
	x.mu.Unlock()
	return func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.holding = false
		for _, err := range x.held {
			x.Complain(err)
		}
		x.held = nil
	}
}
