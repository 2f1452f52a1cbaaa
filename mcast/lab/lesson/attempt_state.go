package lesson

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// State is how far somebody is with an exercise.
type State struct {
	Lesson  string            `json:"lesson"`
	Title   string            `json:"title"`
	Begun   time.Time         `json:"begun"`
	Met     int               `json:"met"`              // expectations, at the last check
	Of      int               `json:"of"`               // expectations
	Checked time.Time         `json:"checked,omitzero"` // when the last check ended; zero: none since the network was built
	Checks  int               `json:"checks"`
	Hints   int               `json:"hints"` // that were shown
	HintsOf int               `json:"hints_of"`
	Cure    bool              `json:"cure,omitempty"` // it was shown
	Resets  int               `json:"resets"`
	Solved  time.Time         `json:"solved,omitzero"` // when all were met for the first time
	First   map[int]time.Time `json:"first,omitempty"` // when an expectation was met for the first time, by its line
}

// Green reports whether the last check met everything.
func (s State) Green() bool { return !s.Checked.IsZero() && s.Met == s.Of }

// Expectation is what a check looks for, and what it saw.
type Expectation struct {
	Line    int      `json:"line"`              // in the text of the lesson, from 1: the same one has the same line
	Text    string   `json:"text"`              // what is expected
	After   string   `json:"after,omitempty"`   // the command that was run for it
	Seen    []string `json:"seen,omitempty"`    // lines of at most 400 bytes
	Met     bool     `json:"met"`               //
	Missing string   `json:"missing,omitempty"` // the program that is not installed, so that it is not known
}

// What a [Note] says.
const (
	NoteBegun  = "begun"
	NoteCheck  = "check" // it ended, and N of Of were met
	NoteMet    = "met"   // an expectation, for the first time
	NoteHint   = "hint"  // number N was shown
	NoteCure   = "cure"  // it was shown
	NoteReset  = "reset"
	NoteSolved = "solved" // for the first time
	NoteEnded  = "ended"
)

// Note is something that happens to an exercise, for a record of it.
type Note struct {
	What  string
	Time  time.Time
	N, Of int
	Line  int    // of the expectation
	Text  string // of the expectation
}

const (
	mostChecks = 2
	mostLine   = 400 // bytes of a line that was seen
)

// checkLimit is how long a check may take; one that waits longer for something by its
// own words has that time and half the limit more.
const checkLimit = 20 * time.Second

func countExpectations(steps []*Step) (n int) {
	for _, s := range steps {
		if s.action.expected() != "" {
			n++
		}
	}
	return n
}

// limit is how long the check may take.
func (a *Attempt) limit() time.Duration {
	limit := checkLimit
	for _, s := range a.lesson.Exercise.Check {
		if e, ok := s.action.(expectStep); ok {
			limit = max(limit, e.within+checkLimit/2)
		}
	}
	return limit
}

// State is how far it is.
func (a *Attempt) State() State {
	a.now.Lock()
	defer a.now.Unlock()
	s := a.state
	s.First = maps.Clone(s.First)
	return s
}

// Last is what the last check found, and a channel that is closed when that or the
// State is another.
func (a *Attempt) Last() ([]Expectation, <-chan struct{}) {
	a.now.Lock()
	defer a.now.Unlock()
	return slices.Clone(a.last), a.changed
}

func (a *Attempt) change(do func(*State)) {
	a.now.Lock()
	defer a.now.Unlock()
	do(&a.state)
	close(a.changed)
	a.changed = make(chan struct{})
}

func (a *Attempt) note(n Note) {
	if a.o.Note != nil {
		n.Time = time.Now()
		a.o.Note(n)
	}
}

// Examine is Check, counted. It ends within 20 s, or what the check says itself.
// Two may be called at once, and the second waits; the error is [ErrBusy] for a
// third. Others are [ErrTooLong], [ErrReset] and [ErrClosed], that of ctx, or the
// reason why the check could not be run. report is called with each expectation
// when it is known; nil: nobody needs it.
func (a *Attempt) Examine(ctx context.Context, report func(Expectation)) ([]Expectation, error) {
	select {
	case a.slots <- struct{}{}:
		defer func() { <-a.slots }()
	default:
		return nil, ErrBusy
	}
	a.now.Lock()
	round, closed := a.round, a.closed
	a.now.Unlock()
	if closed {
		return nil, ErrClosed
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(round, func() { cancel(context.Cause(round)) })()
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	ctx, expire := context.WithTimeoutCause(ctx, a.limit(), ErrTooLong)
	defer expire()
	e := examination{check: a.lesson.Exercise.Check, report: report}
	_, err := a.Check(ctx, e.event)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	if err != nil {
		return nil, cmp.Or(a.killed(), err)
	}
	e.flush()
	a.examined(e.list)
	if e.missing != "" {
		return e.list, fmt.Errorf("it is not known whether all is met: %s is not installed", e.missing)
	}
	return e.list, nil
}

// killed says which host has ended, which a check cannot do without.
func (a *Attempt) killed() error {
	network, done := a.Use()
	defer done()
	for _, h := range a.lesson.Topology.Hosts {
		if _, err := os.Stat(fmt.Sprintf("/proc/%d", network.Host(h.Name).Pid())); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("host %s was killed", h.Name)
		}
	}
	return nil
}

// examined counts a check.
func (a *Attempt) examined(list []Expectation) {
	var notes []Note
	a.change(func(s *State) {
		a.last = slices.Clone(list)
		s.Checks++
		s.Checked, s.Met, s.Of = time.Now(), 0, len(list)
		for _, e := range list {
			if !e.Met {
				continue
			}
			s.Met++
			if _, before := s.First[e.Line]; !before {
				s.First[e.Line] = s.Checked
				notes = append(notes, Note{What: NoteMet, Line: e.Line, Text: e.Text})
			}
		}
		notes = append(notes, Note{What: NoteCheck, N: s.Met, Of: s.Of})
		if s.Met == s.Of && s.Solved.IsZero() {
			s.Solved = s.Checked
			notes = append(notes, Note{What: NoteSolved})
		}
	})
	for _, n := range notes {
		a.note(n)
	}
}

// ErrSolved says that a hint would be too late.
var ErrSolved = errors.New("it is solved: the last check met everything")

// Hint is the next hint, and its number from 1; after the last one that again. The
// error is [ErrSolved] if the last check met everything.
func (a *Attempt) Hint() (number int, text string, err error) {
	fresh := false
	a.change(func(s *State) {
		if s.Green() {
			err = ErrSolved
			return
		}
		if fresh = s.Hints < s.HintsOf; fresh {
			s.Hints++
		}
		number = s.Hints
	})
	if err != nil || number == 0 {
		return 0, "", err
	}
	if fresh {
		a.note(Note{What: NoteHint, N: number, Of: len(a.lesson.Exercise.Hints)})
	}
	return number, a.lesson.Exercise.Hints[number-1], nil
}

// ShowCure is the documented cure, noted.
func (a *Attempt) ShowCure() []Part {
	fresh := false
	a.change(func(s *State) { fresh, s.Cure = !s.Cure, true })
	if fresh {
		a.note(Note{What: NoteCure})
	}
	return a.lesson.Exercise.Cure
}

// examination makes expectations of the events of a check.
type examination struct {
	check   []*Step
	report  func(Expectation)
	list    []Expectation
	after   string       // the last command
	broken  *Expectation // a command that failed, which the next expectation tells
	missing string
}

func (x *examination) event(e Event) {
	if e.Part != nil && e.Part.Step != nil {
		switch s := e.Part.Step.action.(type) {
		case *runStep:
			x.after = s.String()
		case *startStep:
			x.after = s.runStep.String()
		case sayStep:
			x.after = x.text(e.Part.Step)
		}
		return
	}
	o := e.Outcome
	if o == nil || o.Expected == "" {
		return
	}
	this := Expectation{Line: o.Step.Line, Text: o.Expected, After: x.after, Seen: clipped(o.Seen), Met: o.Passed && o.Missing == "", Missing: o.Missing}
	if o.Missing != "" {
		x.missing = o.Missing
	}
	if o.Step.action.expected() == "" { // a command that was to succeed
		x.flush()
		x.broken = &this
		return
	}
	this.Text = x.text(o.Step)
	if x.broken != nil {
		this.Met, this.Seen = false, append(x.broken.Seen, this.Seen...)
		x.broken = nil
	}
	x.add(this)
}

// flush adds a command that failed, and that no expectation came after.
func (x *examination) flush() {
	if x.broken != nil {
		x.add(*x.broken)
		x.broken = nil
	}
}

func (x *examination) add(e Expectation) {
	x.list = append(x.list, e)
	if x.report != nil {
		x.report(e)
	}
}

// text is what a step of the check expects, with the host instead of the name that the
// check has for a program.
func (x *examination) text(s *Step) string {
	text := s.action.expected()
	if say, ok := s.action.(sayStep); ok {
		text = say.who + " reads the line: " + say.line
	}
	in := map[string]int{} // programs of a host
	for _, other := range x.check {
		if start, ok := other.action.(*startStep); ok {
			in[start.host]++
		}
	}
	for _, other := range x.check {
		start, ok := other.action.(*startStep)
		if !ok {
			continue
		}
		if rest, ok := strings.CutPrefix(text, start.name+" on "+start.host+" "); ok && in[start.host] == 1 {
			return start.host + " " + rest
		} else if ok {
			return fmt.Sprintf("%s (%s) %s", start.host, start.command, rest)
		}
	}
	return text
}

func clipped(lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		if len(line) > mostLine {
			line = strings.ToValidUTF8(line[:mostLine], "") + "..."
		}
		out[i] = line
	}
	return out
}
