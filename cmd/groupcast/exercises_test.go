package main

import (
	"bytes"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// Each exercise is not solved at its start, nor by what is wrong, and it is by its cure.
func TestExercises(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	exercises := slices.DeleteFunc(slices.Concat(lesson.All(), lesson.Scenes()), func(l lesson.Lesson) bool { return l.Exercise == nil })
	together(t, exercises, func(l lesson.Lesson) string { return l.Name }, func(t *testing.T, l lesson.Lesson) {
		var said bytes.Buffer
		p := &lessonPrinter{out: &said, ok: "ok  ", failed: "FAIL"}
		a, err := lesson.Begin(t.Context(), l, lesson.Options{Program: program, Run: inLesson, Report: p.event, Need: true, Wait: labtest.Patience})
		if err != nil {
			t.Fatalf("%v\n%s", err, said.String())
		}
		defer a.Close()
		check := func(solved bool, when string) {
			if !solved {
				a.Waits(redWait)
				defer a.Waits(labtest.Patience)
			}
			r, err := a.Check(t.Context(), p.event)
			if err != nil || (r.Failed == 0) != solved {
				t.Errorf("%s: solved %v, want %v; %+v, %v", when, r.Failed == 0, solved, r, err)
			}
		}
		do := func(parts []lesson.Part, what string) {
			if r, err := a.Do(t.Context(), parts, p.event); err != nil || r.Failed > 0 {
				t.Errorf("%s: %+v, %v", what, r, err)
			}
		}
		check(false, "at the start")
		do(l.Exercise.Wrong, "what is wrong")
		check(false, "after what is wrong")
		do(l.Exercise.Cure, "the cure")
		check(true, "after the cure")
		if t.Failed() {
			t.Log(said.String())
		}
	})
}

// redWait is how long a check waits that is not to be met: a busy host can only make
// it longer.
const redWait = 1500 * time.Millisecond
