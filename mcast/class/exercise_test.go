package class

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// stateOf is how an exercise stands now.
func stateOf(t *testing.T, x *Exercise) ExerciseState {
	t.Helper()
	synctest.Wait()
	s, _, err := x.Next(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What a student does with an exercise is on the page, on the board, with the teacher, and
// in the results.
func TestExercise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, b := openCopies(t, 2, anExercise())
		token, s := mustJoin(t, c, Applicant{Name: "=Ada"})
		x := s.at.Exercise()
		x.Check()
		const early = "The check could not be run: the network is still being built."
		if got := stateOf(t, x); got.Busy != "build" || got.Said != early || got.Task[0] != "Mend it." || got.Hints == nil || got.Expectations == nil {
			t.Errorf("before it is built: %+v", got)
		}
		time.Sleep(2 * time.Second)
		if got := stateOf(t, x); got.Busy != "" || got.Said != "" {
			t.Errorf("then: %+v", got)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait() // what is due at this instant is news, too
		_, version, _ := x.Next(t.Context(), 0)
		news := make(chan error)
		go func() {
			_, _, err := x.Next(t.Context(), version)
			news <- err
		}()
		synctest.Wait()
		x.Hint()
		if err := <-news; err != nil {
			t.Error(err)
		}
		synctest.Wait() // the order may be done before the hint is heard
		if got := stateOf(t, x); got.Busy != "" || !slices.Equal(got.Hints, []string{"one"}) {
			t.Errorf("a hint: %+v", got)
		}
		b.last().change(func(s *lesson.State) { s.Met = 1 })
		x.Check()
		x.Check()
		x.Check()
		if got := stateOf(t, x); got.Busy != "check" || !slices.Equal(got.Hints, []string{"one"}) {
			t.Errorf("a check: %+v", got)
		}
		time.Sleep(6 * time.Second)
		if got := stateOf(t, x); got.Busy != "" || len(got.Expectations) != 2 || !got.Expectations[0].Met || got.Expectations[0].Seen[0] != "\ufffd[2Jseen" || got.Progress != (Progress{Met: 1, Of: 2, Checks: 1, Hints: 1, HintsOf: 3, Seconds: 18}) {
			t.Errorf("checked: %+v", got)
		}
		x.Reset()
		time.Sleep(2 * time.Second)
		if got := stateOf(t, x); len(got.Expectations) != 0 || got.Progress.Met != 0 || got.Progress.Resets != 1 {
			t.Errorf("reset: %+v", got)
		}
		b.last().change(func(s *lesson.State) { s.Met = 2 })
		x.Check()
		time.Sleep(6 * time.Second)
		board := c.Board()
		solved := Progress{Met: 2, Of: 2, Checks: 2, Hints: 1, HintsOf: 3, Resets: 1, Solved: true, Seconds: 25}
		if got := board.Seats[0].Progress; got == nil || *got != solved || board.Lesson != "article" || board.Title != "A title" || !board.Private || board.Seats[1].Progress != nil {
			t.Errorf("the board: %+v, %+v", board, got)
		}
		time.Sleep(time.Hour)
		if got := stateOf(t, x).Progress; got != solved {
			t.Errorf("an hour later: %+v", got)
		}
		want := Result{Seat: "S1", Name: "=Ada", Lesson: "article", Met: 2, Of: 2, Passed: true, Checks: 2, Hints: 1, Resets: 1, Seconds: 25, Begun: s.at.since}
		if got := c.Results(); len(got) != 1 || got[0] != want {
			t.Errorf("%+v", got)
		}
		if err := c.Leave(token); err != nil {
			t.Fatal(err)
		}
		if _, _, err := x.Next(t.Context(), 0); err != io.EOF {
			t.Errorf("who left is told %v", err)
		}
		x.Check()
		x.Hint()
		x.Reset()
		mustJoin(t, c, Applicant{Name: "Bob"})
		mustJoin(t, c, Applicant{Name: "Cy"})
		_ = c.Free("S1")
		_, s = mustJoin(t, c, Applicant{Name: "=ada"})
		time.Sleep(3 * time.Second)
		if got := c.Results(); len(got) != 3 || got[0] != want || got[1].Name != "Bob" || got[2].Seconds != 0 || got[2].Of != 2 {
			t.Errorf("%+v", got)
		}
		if got := stateOf(t, s.at.Exercise()); got.Progress.Checks != 2 || !slices.Equal(got.Hints, []string{"one"}) || !got.Progress.Solved {
			t.Errorf("who sits there again: %+v", got)
		}
		events := []string{
			"joined S1 =Ada: ", "hint S1 =Ada: 1 of 3", "check S1 =Ada: 1 of 2 met", "reset S1 =Ada: ", "check S1 =Ada: 2 of 2 met",
			"solved S1 =Ada: after 25s, with 1 hint",
		}
		if got := happened(c); !slices.Equal(got[:len(events)], events) {
			t.Errorf("%q", got)
		}
		log := c.Board().Log
		if e := log[5]; e.Number != 6 || e.Seat != "S1" || e.Name != "=Ada" || e.Text != "solved: after 25s, with 1 hint" || e.Undo != "" {
			t.Errorf("the log: %+v", e)
		}
	})
}

// Two checks run at once, and the others wait: a reset comes between.
func TestChecksTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, b := openCopies(t, 20, anExercise())
		c.checks = make(chan struct{}, 2)
		var all []*Exercise
		for n := range 20 {
			_, s := mustJoin(t, c, Applicant{Name: fmt.Sprint("Student ", n)})
			all = append(all, s.at.Exercise())
		}
		time.Sleep(20 * time.Second)
		for _, x := range all {
			x.Check()
		}
		last := all[19]
		last.Reset()
		time.Sleep(2 * time.Second)
		if got := stateOf(t, last); got.Progress.Resets != 1 || got.Busy != "check" {
			t.Errorf("it is reset: %+v", got)
		}
		time.Sleep(50 * time.Second)
		for n, x := range all {
			if got := stateOf(t, x); got.Progress.Checks != 1 || got.Said != "" {
				t.Errorf("%d: %+v", n, got)
			}
		}
		if _, most := b.atOnce(); most != 2 {
			t.Errorf("%d checks ran at once", most)
		}
	})
}

// What a network says of itself, and does not, is told in words that are safe to show; and
// a student cannot fill the teacher's terminal.
func TestExerciseFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, b := openCopies(t, 1, anExercise())
		_, s := mustJoin(t, c, Applicant{Name: "Ada"})
		x := s.at.Exercise()
		time.Sleep(2 * time.Second)
		l := b.last()
		l.mu.Lock()
		l.fails = errors.New("lab: host \x1b[2JA was killed" + strings.Repeat("!", 1000))
		l.mu.Unlock()
		x.Check()
		time.Sleep(6 * time.Second)
		if got := stateOf(t, x); !strings.HasPrefix(got.Said, "The check could not be run: host \ufffd[2JA was killed!!!") || len(got.Said) > 400 || got.Busy != "" {
			t.Errorf("%+v", got)
		}
		x.Hint()
		if got := stateOf(t, x); !strings.HasPrefix(got.Said, "There is no hint now: host") {
			t.Errorf("%+v", got)
		}
		l.mu.Lock()
		l.fails = nil
		l.mu.Unlock()
		for range 1000 {
			x.Reset()
			l.change(func(s *lesson.State) { s.Resets++ }) // by the shell
			time.Sleep(10 * time.Millisecond)
		}
		if n := len(happened(c)); n < 5 || n > 20 {
			t.Errorf("%d lines in 10 s", n)
		}
		if got := stateOf(t, x).Progress.Resets; got < 1003 || got > 1020 {
			t.Errorf("%d resets", got)
		}
	})
}

// There is a record for who sits down, and not without end: who did nothing goes first.
func TestResultsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := openCopies(t, 1, anExercise())
		c.mu.Lock()
		for n := range 3 * maxRecords {
			r := c.recordOf("S1", fmt.Sprint("Student ", n))
			r.here = n == 1
			if n < 10 {
				r.takes(lesson.State{}, lesson.State{Checks: 1, Of: 2})
			}
		}
		c.mu.Unlock()
		got := c.Results()
		if len(got) != maxRecords || got[9].Name != "Student 9" || got[9].Checks != 1 || got[10].Name == "Student 10" {
			t.Errorf("%d results: %+v", len(got), got[:11])
		}
	})
}
