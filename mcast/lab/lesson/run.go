package lesson

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
)

// Options are how to run a lesson.
type Options struct {
	Program string         // the path of groupcast
	Wait    time.Duration  // how long to wait for what is expected, where the lesson does not say; 0: 5 s
	Report  func(Event)    // called with each event, in order
	Built   func(*lab.Lab) // called once the network is there, which is gone when Run returns; nil: nobody asks
	Step    func() error   // called before each step that acts; its error ends the lesson. nil: no pause

	Made   func(host *lab.Node, name string) // called with each interface that is made, see [lab.UpWatched]; nil: nobody looks
	Begins func(*Step)                       // called when a step that acts begins, after its pause; nil: nobody asks
}

// Event is something that happens in a lesson. One of its fields is set.
type Event struct {
	Part    *Part    // a paragraph or a question to be read, or a step that begins
	Outcome *Outcome // the result of a step that has ended
}

// Outcome is the result of a step.
type Outcome struct {
	Step     *Step
	Expected string   // in words; "": the step expects nothing
	Seen     []string // the lines that decided it
	Passed   bool
	Took     time.Duration
}

// Result counts the expectations of a lesson.
type Result struct {
	Passed, Failed int
}

// Run builds the lesson's network and does what the lesson says. A failed
// expectation is in the Result, and the steps after it are still done. The
// error says why the lesson could not be run, or it is that of [Options.Step] or
// of ctx. When Run returns, every process of the lesson has ended.
func Run(ctx context.Context, l Lesson, o Options) (Result, error) {
	network, err := lab.UpWatched(ctx, l.Topology, o.Made)
	if err != nil {
		return Result{}, err
	}
	r := &runner{lab: network, path: o.Program, wait: o.Wait, programs: map[string]*program{}, counters: map[string]map[string]uint64{}}
	if r.wait <= 0 {
		r.wait = usualWait
	}
	defer r.end()
	if o.Built != nil {
		o.Built(network)
	}
	for _, h := range l.Topology.Hosts {
		r.hosts = append(r.hosts, h.Name)
	}
	var result Result
	for i := range l.Parts {
		part := &l.Parts[i]
		o.Report(Event{Part: part})
		if part.Step == nil {
			continue
		}
		if part.Step.Acts() {
			if o.Step != nil {
				if err := o.Step(); err != nil {
					return result, err
				}
			}
			if err := r.mark(part.Step.action); err != nil {
				return result, err
			}
			if o.Begins != nil {
				o.Begins(part.Step)
			}
		}
		start := time.Now()
		seen, err := part.Step.action.do(ctx, r)
		if ctx.Err() != nil {
			return result, ctx.Err()
		}
		failure, failed := errors.AsType[unmet](err)
		if err != nil && !failed {
			return result, fmt.Errorf("lesson %s, line %d: %w", l.Name, part.Step.Line, err)
		}
		out := Outcome{Step: part.Step, Expected: part.Step.action.expected(), Seen: seen, Passed: !failed, Took: time.Since(start)}
		if failed && out.Expected == "" {
			out.Expected = failure.Error()
		}
		switch {
		case failed:
			result.Failed++
		case out.Expected != "":
			result.Passed++
		}
		o.Report(Event{Outcome: &out})
	}
	return result, nil
}

// usualWait is how long a step waits for what it expects.
const usualWait = 5 * time.Second

// runner is a lesson that runs.
type runner struct {
	lab      *lab.Lab
	hosts    []string
	path     string // of groupcast
	wait     time.Duration
	started  []*program
	last     *program                     // that was run to its end
	programs map[string]*program          // those that go on, by name
	counters map[string]map[string]uint64 // of each host, before the last step that did something
}

// end ends all processes of the lesson.
func (r *runner) end() {
	r.lab.Close()
	for _, p := range r.started {
		<-p.ended
	}
}

// action is what a step does. The lines it returns are what it saw. The error
// is an unmet expectation, or the reason why it cannot be done.
type action interface {
	do(ctx context.Context, r *runner) (seen []string, err error)
	expected() string // in words; "": nothing
}

// check is an action that changes nothing: it sees whether something is so.
type check interface {
	action
	checks()
}

// unmet is the error of an expectation that was not met.
type unmet string

func (u unmet) Error() string { return string(u) }

// mark remembers how things are before a step that does something, so that
// the steps after it see what it has changed. A silent step checks what the
// step before it has changed, so it leaves the mark where it is.
func (r *runner) mark(do action) error {
	if _, ok := do.(silentStep); ok {
		return nil
	}
	for _, p := range r.programs {
		p.out.mark()
	}
	for _, h := range r.hosts {
		c, err := readCounters(r.lab.Host(h))
		if err != nil {
			return err
		}
		r.counters[h] = c
	}
	return nil
}

// waitFor tries until it holds, the time is over or ctx ends.
func waitFor(ctx context.Context, within time.Duration, holds func() (bool, error)) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := holds()
		if ok || err != nil {
			return ok, err
		}
		select {
		case <-ctx.Done():
			return false, nil
		case <-tick.C:
		}
	}
}
