package lesson

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
)

// Errors of an [Attempt].
var (
	ErrNoExercise = errors.New("it has no exercise")
	ErrBusy       = errors.New("two checks are running already")
	ErrReset      = errors.New("the network was built anew meanwhile")
	ErrTooLong    = errors.New("the check took too long")
	ErrClosed     = errors.New("the exercise has ended")
)

// Attempt is an exercise that somebody is at: the network is there, with the fault in
// it. Its methods may be called by several goroutines.
type Attempt struct {
	lesson Lesson
	o      Options
	slots  chan struct{} // of checks that run or wait
	turn   chan struct{} // of the check that runs

	mu      sync.Mutex   // held while steps are done, and while the network is built
	network sync.RWMutex // held for reading while others use the network; for writing to replace it
	r       *runner

	now      sync.Mutex // guards what follows
	state    State
	last     []Expectation
	round    context.Context // until the network is built anew, or the end
	endRound context.CancelCauseFunc
	changed  chan struct{} // closed when state or last is another
	closed   bool
}

// Begin builds the network of an exercise and makes its fault. The error is
// [ErrNoExercise], or says why it could not be built. Options.Report receives the
// steps of the fault, and Options.Note what becomes of the exercise.
func Begin(ctx context.Context, l Lesson, o Options) (*Attempt, error) {
	if l.Exercise == nil {
		return nil, ErrNoExercise
	}
	o.Step, o.Begins = nil, nil
	a := &Attempt{lesson: l, o: o, slots: make(chan struct{}, mostChecks), turn: make(chan struct{}, 1), changed: make(chan struct{})}
	a.round, a.endRound = context.WithCancelCause(context.Background())
	a.state = State{Lesson: l.Name, Title: l.Title, Begun: time.Now(), Of: countExpectations(l.Exercise.Check), HintsOf: len(l.Exercise.Hints), First: map[int]time.Time{}}
	if err := a.build(ctx); err != nil {
		return nil, err
	}
	a.note(Note{What: NoteBegun, Of: a.state.Of})
	return a, nil
}

// build builds the network, with the fault. The caller holds mu, or is Begin.
func (a *Attempt) build(ctx context.Context) error {
	watched := watchPackets(a.lesson.Exercise.steps(), a.o.Frames)
	network, err := lab.UpPoliced(ctx, a.lesson.Topology, a.o.Packets, watched.made(a.o.Made))
	if err != nil {
		watched.end()
		return err
	}
	r := newRunner(network, a.lesson, a.o)
	r.packets = watched
	for _, s := range a.lesson.Exercise.Setup {
		if err := r.part(ctx, &Part{Step: s}); err != nil {
			r.end()
			return err
		}
	}
	if r.result.Failed > 0 {
		r.end()
		return errors.New("the fault could not be made")
	}
	a.r = r
	return nil
}

// Lab is the network. It lives until Close or Reset.
func (a *Attempt) Lab() *lab.Lab {
	l, done := a.Use()
	done()
	return l
}

// Use is Lab, for a network that is not replaced until done is called.
func (a *Attempt) Use() (l *lab.Lab, done func()) {
	a.network.RLock()
	return a.r.lab, a.network.RUnlock
}

// Check sees whether the exercise is solved: it does the steps of the check, whose
// programs end with it. report is called with each event, in order. The error says why
// it could not be checked. It changes nothing in the State: [Attempt.Examine] does.
func (a *Attempt) Check(ctx context.Context, report func(Event)) (Result, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.r
	before, started := maps.Clone(r.programs), len(r.started)
	defer func() {
		for _, p := range r.started[started:] {
			if p.cmd != nil { // it is a process
				_ = p.cmd.Signal(syscall.SIGKILL)
			}
			<-p.ended
		}
		r.programs, r.started, r.last = before, r.started[:started], nil
	}()
	r.result, r.o.Report = Result{}, report
	for _, s := range a.lesson.Exercise.Check {
		if err := r.part(ctx, &Part{Step: s}); err != nil {
			return r.result, err
		}
	}
	return r.result, nil
}

// Do does parts of the exercise as a student would: its cure, or what does not cure it.
func (a *Attempt) Do(ctx context.Context, parts []Part, report func(Event)) (Result, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.r.result, a.r.o.Report = Result{}, report
	for i := range parts {
		if err := a.r.part(ctx, &parts[i]); err != nil {
			return a.r.result, err
		}
	}
	return a.r.result, nil
}

// Quietly calls do while no step is done and the network stays; it is false, and do is
// not called, while a check is at work.
func (a *Attempt) Quietly(do func(*lab.Lab)) bool {
	if !a.mu.TryLock() {
		return false
	}
	defer a.mu.Unlock()
	do(a.r.lab)
	return true
}

// Waits says how long a step waits for what it expects, from now on.
func (a *Attempt) Waits(within time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.o.Wait, a.r.wait = within, within
}

// Reset ends the network, with every process in it, and builds it anew, with the
// fault. A check that is at work ends with [ErrReset]. If the network cannot be built,
// the error says why, and another Reset may do it.
func (a *Attempt) Reset(ctx context.Context) error {
	a.now.Lock()
	if a.closed {
		a.now.Unlock()
		return ErrClosed
	}
	a.endRound(ErrReset)
	a.now.Unlock()

	a.mu.Lock()
	defer a.mu.Unlock()
	a.network.Lock()
	defer a.network.Unlock()
	a.now.Lock()
	closed := a.closed
	a.round, a.endRound = context.WithCancelCause(context.Background())
	a.now.Unlock()
	if closed {
		return ErrClosed
	}
	a.r.end()
	if err := a.build(ctx); err != nil {
		return fmt.Errorf("the network could not be built anew: %w", err)
	}
	a.change(func(s *State) { s.Resets, s.Met, s.Checked, a.last = s.Resets+1, 0, time.Time{}, nil })
	a.note(Note{What: NoteReset})
	return nil
}

// Close ends the network, and every process in it.
func (a *Attempt) Close() {
	a.now.Lock()
	first := !a.closed
	a.closed = true
	a.endRound(ErrClosed)
	a.now.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.r.end()
	if first {
		a.change(func(*State) {})
		a.note(Note{What: NoteEnded})
	}
}
