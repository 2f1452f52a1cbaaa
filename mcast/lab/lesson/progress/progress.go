// Package progress keeps a record of the exercises that a user was at: what was met
// and when, hints, checks and resets. [Open] names the file, [File.Append] writes an
// event, and [Read] reads all of them. [Runs] is pure: it sums events up.
//
// The file is of one user, who can write anything into it. It is a record to learn
// from, and no proof.
package progress

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"time"
	"unicode/utf8"

	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// Event is a line of the file.
type Event struct {
	Time time.Time `json:"time"`
	Run  string    `json:"run"` // of the same start, random
	What string    `json:"what"`

	Exercise string `json:"exercise,omitempty"` // the name of the lesson; of the event begun
	Lab      string `json:"lab,omitempty"`      // the name that it ran under; of the event begun
	N        int    `json:"n,omitempty"`
	Of       int    `json:"of,omitempty"`
	Line     int    `json:"line,omitempty"` // of the expectation, in the lesson
	Text     string `json:"text,omitempty"` // of the expectation
}

const (
	mostLine = 4 << 10 // bytes of an event
	mostText = 400     // bytes of a text in it
	mostName = 64
	mostRuns = 4096

	// MaxSize is how many bytes the file may have before the oldest runs are dropped.
	MaxSize = 1 << 20
)

// Of is the event of a note.
func Of(run string, n lesson.Note) Event {
	return Event{Time: n.Time, Run: run, What: n.What, N: n.N, Of: n.Of, Line: n.Line, Text: n.Text}
}

// Parse reads events, one a line. Lines that are none are counted and skipped.
func Parse(r io.Reader) (list []Event, skipped int, err error) {
	lines := bufio.NewReaderSize(r, mostLine)
	for {
		line, err := lines.ReadSlice('\n')
		long := false
		for err == bufio.ErrBufferFull {
			long = true
			_, err = lines.ReadSlice('\n')
		}
		if len(bytes.TrimSpace(line)) > 0 || long {
			e, ok := parseEvent(line)
			if ok && !long {
				list = append(list, e)
			} else {
				skipped++
			}
		}
		if err == io.EOF {
			return list, skipped, nil
		}
		if err != nil {
			return list, skipped, err
		}
	}
}

func parseEvent(line []byte) (e Event, ok bool) {
	if !utf8.Valid(line) || json.Unmarshal(line, &e) != nil {
		return e, false
	}
	whole := func(n int) bool { return n >= 0 && n < 1<<20 }
	ok = e.Run != "" && len(e.Run) <= mostName && e.What != "" && len(e.What) <= mostName && len(e.Exercise) <= mostName &&
		len(e.Lab) <= mostName && len(e.Text) <= mostText && whole(e.N) && whole(e.Of) && whole(e.Line) &&
		e.Time.Year() >= 2000 && e.Time.Year() < 3000 && (e.What != lesson.NoteBegun || e.Exercise != "")
	return e, ok
}

// Run is an exercise from its start to its end.
type Run struct {
	ID       string // random
	Exercise string // the name of the lesson
	Lab      string // the name that it ran under
	Begun    time.Time
	Last     time.Time // the last event
	Ended    bool      // it was ended, and not killed
	Checks   int
	Hints    int
	Cure     bool // the cure was shown
	Resets   int
	Met, Of  int // expectations, at the last check
	Solved   time.Time
	First    []First // when which expectation was met first
}

// First is when an expectation was met for the first time.
type First struct {
	Line int
	Text string
	Time time.Time
}

// Minutes is how long it took: until it was solved, or else until the last event.
func (r Run) Minutes() float64 {
	end := r.Last
	if !r.Solved.IsZero() {
		end = r.Solved
	}
	return max(0, end.Sub(r.Begun).Minutes())
}

// Runs sums events up, in the order of their beginnings in the list. Events of a run
// whose beginning is not there are left out, and counted.
func Runs(list []Event) (runs []Run, orphans int) {
	at := map[string]int{}
	for _, e := range list {
		i, known := at[e.Run]
		if e.What == lesson.NoteBegun && !known {
			if len(runs) == mostRuns {
				orphans++
				continue
			}
			at[e.Run] = len(runs)
			runs = append(runs, Run{ID: e.Run, Exercise: e.Exercise, Lab: e.Lab, Begun: e.Time, Last: e.Time, Of: e.Of})
			continue
		}
		if !known {
			orphans++
			continue
		}
		runs[i].apply(e)
	}
	return runs, orphans
}

func (r *Run) apply(e Event) {
	if e.Time.After(r.Last) {
		r.Last = e.Time
	}
	switch e.What {
	case lesson.NoteCheck:
		r.Checks++
		r.Met, r.Of = min(e.N, e.Of), e.Of
	case lesson.NoteMet:
		for _, f := range r.First {
			if f.Line == e.Line {
				return
			}
		}
		if len(r.First) < 64 {
			r.First = append(r.First, First{e.Line, e.Text, e.Time})
		}
	case lesson.NoteHint:
		r.Hints = max(r.Hints, e.N)
	case lesson.NoteCure:
		r.Cure = true
	case lesson.NoteReset:
		r.Resets++
		r.Met = 0
	case lesson.NoteSolved:
		if r.Solved.IsZero() {
			r.Solved = e.Time
		}
	case lesson.NoteEnded:
		r.Ended = true
	}
}

// LastOf is the last run of an exercise.
func LastOf(runs []Run, exercise string) (last Run, ok bool) {
	for _, r := range runs {
		if r.Exercise == exercise {
			last, ok = r, true
		}
	}
	return last, ok
}
