package class

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// Result is what a student has done with an exercise. It holds no address, no key and
// nothing that was said.
type Result struct {
	Seat    string
	Name    string
	Lesson  string
	Met, Of int  // expectations, the most that a check has met
	Passed  bool // all were met
	Checks  int
	Hints   int
	Resets  int
	Seconds int // from sitting down until it was solved; until the last check where it was not
	Begun   time.Time
}

// record is the result of one student at one seat, who may have had several networks there.
type record struct {
	mu      sync.Mutex
	seat    string
	name    string
	same    string // the name, as sameName has it
	lesson  string
	begun   time.Time
	here    bool         // the student sits there
	before  tally        // in networks that are no more
	now     lesson.State // of the one that is
	most    int          // expectations that were met
	solved  time.Time
	checked time.Time
}

type tally struct{ checks, hints, resets int }

// takes takes in a state that follows another one, and returns what happened meanwhile.
func (r *record) takes(was, s lesson.State) (events []Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = s
	add := func(kind, text string, args ...any) {
		events = append(events, Event{Kind: kind, Text: fmt.Sprintf(text, args...)})
	}
	if s.Resets > was.Resets {
		add("reset", "")
	}
	if s.Hints > was.Hints {
		add("hint", "%d of %d", s.Hints, s.HintsOf)
	}
	if s.Checks > was.Checks {
		r.most, r.checked = max(r.most, s.Met), time.Now()
		add("check", "%d of %d met", s.Met, s.Of)
	}
	if !s.Solved.IsZero() && r.solved.IsZero() {
		r.solved = s.Solved
		add("solved", "after %s, with %s", s.Solved.Sub(r.begun).Round(time.Second), ofHints(r.hints()))
	}
	return events
}

func ofHints(n int) string {
	switch n {
	case 0:
		return "no hint"
	case 1:
		return "1 hint"
	}
	return fmt.Sprintf("%d hints", n)
}

// rebuilt says that the next state is that of another network. The caller holds no lock
// of it.
func (r *record) rebuilt() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before = tally{r.before.checks + r.now.Checks, r.hints(), r.before.resets + r.now.Resets + 1}
	r.now = lesson.State{Of: r.now.Of, HintsOf: r.now.HintsOf}
}

// hints are those that were shown: in another network the first again. The caller holds
// r.mu.
func (r *record) hints() int { return max(r.before.hints, r.now.Hints) }

// progress is how far it is.
func (r *record) progress(now time.Time) Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := Progress{
		Met: r.now.Met, Of: r.now.Of, Checks: r.before.checks + r.now.Checks, Hints: r.hints(), HintsOf: r.now.HintsOf,
		Resets: r.before.resets + r.now.Resets, Solved: !r.solved.IsZero(),
	}
	if p.Solved {
		now = r.solved
	}
	p.Seconds = seconds(now.Sub(r.begun))
	return p
}

// seconds are whole ones, none below zero: another process has read the clock.
func seconds(d time.Duration) int { return int(max(0, d).Seconds()) }

func (r *record) result() Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.begun
	switch {
	case !r.solved.IsZero():
		last = r.solved
	case !r.checked.IsZero():
		last = r.checked
	}
	return Result{
		Seat: r.seat, Name: r.name, Lesson: r.lesson, Met: r.most, Of: r.now.Of, Passed: !r.solved.IsZero(),
		Checks: r.before.checks + r.now.Checks, Hints: r.hints(), Resets: r.before.resets + r.now.Resets, Seconds: seconds(last.Sub(r.begun)), Begun: r.begun,
	}
}

// leaves says that the student sits there no more.
func (r *record) leaves() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.here = false
}

// idle reports whether nobody needs it: the student left, and has done nothing.
func (r *record) idle() (idle, here bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.here && r.before.checks+r.now.Checks+r.hints() == 0, r.here
}

// maxRecords bounds results. One is added with each student who sits down.
const maxRecords = 2048

// recordOf is that of a student who sits down: who was at that seat before by that name
// goes on. The caller holds c.mu.
func (c *Class) recordOf(seat, name string) *record {
	same := sameName(name)
	for _, r := range c.records {
		if r.seat == seat && r.same == same {
			r.mu.Lock()
			r.here = true
			r.mu.Unlock()
			r.rejoined()
			return r
		}
	}
	if len(c.records) >= maxRecords {
		c.forgetRecord()
	}
	r := &record{seat: seat, name: name, same: same, lesson: c.cfg.Lesson.Name, begun: time.Now(), here: true}
	c.records = append(c.records, r)
	return r
}

// rejoined is rebuilt, without a reset.
func (r *record) rejoined() {
	r.rebuilt()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before.resets--
}

// forgetRecord makes room: for one who left and did nothing, or else for the first who
// left. The caller holds c.mu, and there are more records than seats.
func (c *Class) forgetRecord() {
	left := -1
	for n, r := range c.records {
		idle, here := r.idle()
		if idle {
			left = n
			break
		}
		if !here && left < 0 {
			left = n
		}
	}
	if left >= 0 {
		c.records = slices.Delete(c.records, left, left+1)
	}
}

// Results are those of everybody who was at the exercise, in the order in which they sat
// down; none where there is no exercise.
func (c *Class) Results() []Result {
	c.mu.Lock()
	list := slices.Clone(c.records)
	c.mu.Unlock()
	results := make([]Result, len(list))
	for n, r := range list {
		results[n] = r.result()
	}
	return results
}
