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

	// Whole runs what stands beside the lesson, too: what is done by hand, and what
	// proves the answers. A program that it needs and that is not installed is told in the
	// Outcome, or an error with Need.
	Whole, Need bool

	// Stay is called when all is done, while the network is still there; its error is
	// that of Run. nil: the network ends at once.
	Stay func(Result) error

	Made   func(host *lab.Node, name string) // called with each interface that is made, see [lab.UpWatched]; nil: nobody looks
	Note   func(Note)                        // of an exercise: called with what becomes of it; nil: nobody asks
	Begins func(*Step)                       // called when a step that acts begins, after its pause; nil: nobody asks

	// Packets is how many frames a second a switch takes from each host of an exercise, see
	// [lab.UpPoliced]; 0: any number.
	Packets int

	// Frames is called with each frame on the wires that steps packet name, of the lesson or
	// of the exercise, those of a wire in their order, by several goroutines; Run has called
	// it with all when it returns. nil: nobody asks.
	Frames func(Frame)

	// Listing is the program, with its arguments, that the command listing with these
	// words after it stands for. Only texts of [ParseListing] ask for it.
	Listing func(words []string) []string

	// Run runs a command of groupcast, its words without the first, to its end in a
	// host, and returns what it printed on both outputs, and its status. It is asked
	// for each such command, and returns nil for one that is to be a process of
	// Program; nil: they all are. It may run until the lab has ended.
	Run func(host *lab.Node, args []string) func() (printed []byte, status int)
}

// Event is something that happens in a lesson. One of its fields is set.
type Event struct {
	Part     *Part     // a paragraph, a prediction or a drawing, or a step that begins
	Outcome  *Outcome  // the result of a step that has ended
	Question *Question // a question with its answer, whose proof begins; with Options.Whole
}

// Outcome is the result of a step.
type Outcome struct {
	Step     *Step
	Expected string   // in words; "": the step expects nothing
	Seen     []string // the lines that decided it
	Passed   bool
	Packet   *Packet // that a step packet waited for; nil: none
	Missing  string  // the program that is not installed here, for which the step, or the one it checks, was not done; "": none
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
	watched := watchPackets(l.Steps(), o.Frames)
	defer watched.end()
	network, err := lab.UpWatched(ctx, l.Topology, watched.made(o.Made))
	if err != nil {
		return Result{}, err
	}
	r := newRunner(network, l, o)
	r.packets = watched
	defer r.end()
	if o.Built != nil {
		o.Built(network)
	}
	for i := range l.Parts {
		if err := r.part(ctx, &l.Parts[i]); err != nil {
			return r.result, err
		}
	}
	if o.Whole {
		if err := r.rest(ctx, l); err != nil {
			return r.result, err
		}
	}
	if o.Stay != nil {
		return r.result, o.Stay(r.result)
	}
	return r.result, nil
}

// rest does what stands beside the lesson.
func (r *runner) rest(ctx context.Context, l Lesson) error {
	for i := range l.ByHand {
		if err := r.part(ctx, &l.ByHand[i]); err != nil {
			return err
		}
	}
	for i := range l.Questions {
		q := &l.Questions[i]
		r.o.Report(Event{Question: q})
		for _, s := range q.Proof {
			if err := r.part(ctx, &Part{Step: s}); err != nil {
				return err
			}
		}
	}
	return nil
}

// part does a part of a text, and reports it.
func (r *runner) part(ctx context.Context, part *Part) error {
	r.o.Report(Event{Part: part})
	step := part.Step
	if step == nil {
		return nil
	}
	if step.Acts() {
		if r.o.Step != nil {
			if err := r.o.Step(); err != nil {
				return err
			}
		}
		if err := r.mark(step.action); err != nil {
			return err
		}
		if r.o.Begins != nil {
			r.o.Begins(step)
		}
	}
	start := time.Now()
	if step.Acts() {
		r.missing = ""
	}
	_, r.starting = step.action.(*startStep)
	r.packet = nil
	var seen []string
	var err error
	if r.missing == "" {
		seen, err = step.action.do(ctx, r)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if lacks, ok := errors.AsType[*missingTool](err); ok && !r.o.Need {
		r.missing, err = lacks.name, nil
	}
	failure, failed := errors.AsType[unmet](err)
	if err != nil && !failed {
		return fmt.Errorf("lesson %s, line %d: %w", r.name, step.Line, err)
	}
	out := Outcome{Step: step, Expected: step.action.expected(), Seen: seen, Passed: !failed, Packet: r.packet, Missing: r.missing, Took: time.Since(start)}
	if failed && out.Expected == "" {
		out.Expected = failure.Error()
	}
	switch {
	case failed:
		r.result.Failed++
	case out.Expected != "" && r.missing == "":
		r.result.Passed++
	}
	r.o.Report(Event{Outcome: &out})
	return nil
}

// missingTool is a program that is not installed here.
type missingTool struct{ name string }

func (m *missingTool) Error() string { return m.name + " is not installed" }

// usualWait is how long a step waits for what it expects.
const usualWait = 5 * time.Second

func newRunner(network *lab.Lab, l Lesson, o Options) *runner {
	r := &runner{
		lab: network, o: o, name: l.Name, path: o.Program, run: o.Run, wait: o.Wait,
		packets: &packets{}, programs: map[string]*program{}, counters: map[string]map[string]uint64{},
	}
	if r.wait <= 0 {
		r.wait = usualWait
	}
	if r.o.Report == nil {
		r.o.Report = func(Event) {}
	}
	for _, h := range l.Topology.Hosts {
		r.hosts = append(r.hosts, h.Name)
	}
	return r
}

// runner is a lesson that runs.
type runner struct {
	lab      *lab.Lab
	o        Options
	name     string // of the lesson
	result   Result
	missing  string // the program that the last step that acts needs, and that is not here
	packets  *packets
	starting bool    // the step before this one started a program
	packet   *Packet // that the step waited for
	hosts    []string
	path     string // of groupcast
	run      func(host *lab.Node, args []string) func() ([]byte, int)
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
	r.packets.end()
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
// the steps after it see what it has changed. A silent or a once step checks what the
// step before it has changed, so it leaves the mark where it is. So does a start that
// follows a start: whether the first program has printed its first line is chance.
func (r *runner) mark(do action) error {
	switch do.(type) {
	case silentStep, onceStep:
		return nil
	case *startStep:
		if r.starting {
			return nil
		}
	}
	r.packets.mark = time.Now()
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
