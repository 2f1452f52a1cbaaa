package progress

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func at(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

func begun(run, exercise string, minute int) Event {
	e := Of(run, lesson.Note{What: lesson.NoteBegun, Time: at(minute), Of: 2})
	e.Exercise, e.Lab = exercise, exercise
	return e
}

func noted(run, what string, minute, n, of int) Event {
	return Of(run, lesson.Note{What: what, Time: at(minute), N: n, Of: of, Line: n, Text: fmt.Sprint("expectation ", n)})
}

func TestRuns(t *testing.T) {
	runs, orphans := Runs([]Event{
		begun("one", "article", 0),
		noted("one", lesson.NoteMet, 1, 1, 0),
		noted("one", lesson.NoteCheck, 1, 1, 2),
		noted("one", lesson.NoteHint, 2, 2, 3),
		begun("two", "macvlan", 3),
		noted("one", lesson.NoteReset, 4, 0, 0),
		noted("one", lesson.NoteMet, 5, 1, 0), // it was before
		noted("one", lesson.NoteMet, 5, 2, 0),
		noted("one", lesson.NoteCheck, 5, 2, 2),
		noted("one", lesson.NoteSolved, 5, 0, 0),
		noted("one", lesson.NoteCheck, 7, 1, 2), // broken again
		noted("one", lesson.NoteEnded, 9, 0, 0),
		noted("three", lesson.NoteCheck, 9, 0, 2),
	})
	if len(runs) != 2 || orphans != 1 {
		t.Fatalf("%d runs, %d events of none: %+v", len(runs), orphans, runs)
	}
	one := runs[0]
	if one.Checks != 3 || one.Hints != 2 || one.Resets != 1 || one.Met != 1 || one.Of != 2 || !one.Ended || one.Solved != at(5) || one.Minutes() != 5 {
		t.Errorf("the first: %+v", one)
	}
	if len(one.First) != 2 || one.First[0].Time != at(1) || one.First[1].Text != "expectation 2" {
		t.Errorf("first met: %+v", one.First)
	}
	if two := runs[1]; two.Ended || !two.Solved.IsZero() || two.Of != 2 || two.Minutes() != 0 {
		t.Errorf("the second, which was killed: %+v", two)
	}
	if last, ok := LastOf(runs, "macvlan"); !ok || last.ID != "two" {
		t.Errorf("the last of macvlan: %+v, %v", last, ok)
	}
}

// What somebody wrote into the file is counted, and keeps nobody from the rest.
func TestHostileFile(t *testing.T) {
	f := Open(t.TempDir())
	if err := f.Append(begun("one", "article", 0)); err != nil {
		t.Fatal(err)
	}
	hostile := []string{
		"garbage", `{"run":"x"}`, `{"time":"2026-11-30T12:00:00Z","run":"x","what":"begun"}`, "\xff\xfe", strings.Repeat("x", 100_000),
		`{"time":"2026-11-30T12:00:00Z","run":"x","what":"check","n":-1}`, `[]`, `{"time":"2026-11-30T12:00:00Z","run":"x","what":"met","text":"` + strings.Repeat("y", 500) + `"}`,
	}
	file, err := os.OpenFile(f.Name(), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(file, "%s\n\n  \n{\"time\":", strings.Join(hostile, "\n")) // and a line that was cut
	file.Close()
	if err := f.Append(noted("one", lesson.NoteCheck, 1, 1, 2)); err != nil {
		t.Fatal(err)
	}
	list, skipped, err := f.Read()
	if err != nil || len(list) != 2 || skipped != len(hostile)+1 {
		t.Errorf("%d events, %d skipped, %v; want 2 and %d", len(list), skipped, err, len(hostile)+1)
	}
	if info, err := os.Stat(f.Name()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestFileIsBounded(t *testing.T) {
	f := Open(filepath.Join(t.TempDir(), "made"))
	long := strings.Repeat("ä", 1000)
	for run := 0; ; run++ { // until the first has gone
		for n := range 20 {
			e := begun(fmt.Sprint("run", run), "article", n)
			if n > 0 {
				e = noted(fmt.Sprint("run", run), lesson.NoteMet, n, n, 0)
				e.Text = long
			}
			if err := f.Append(e); err != nil {
				t.Fatal(err)
			}
		}
		info, err := os.Stat(f.Name())
		if err != nil || info.Size() > MaxSize {
			t.Fatalf("%d bytes, %v", info.Size(), err)
		}
		if run < 100 || run%10 > 0 {
			continue
		}
		list, skipped, err := f.Read()
		runs, orphans := Runs(list)
		if err != nil || skipped != 0 || orphans != 0 || runs[len(runs)-1].ID != fmt.Sprint("run", run) {
			t.Fatalf("%d skipped, %d of no run, %v", skipped, orphans, err)
		}
		if runs[0].ID != "run0" {
			break
		}
	}
	entries, err := os.ReadDir(filepath.Dir(f.Name()))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the file: %v, %v", entries, err)
	}
}

// Several exercises write at once, also while one drops what is old.
func TestFileOfSeveral(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for n := range 50 {
				if err := Open(dir).Append(begun(fmt.Sprint(w, "-", n), "article", n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	list, skipped, err := Open(dir).Read()
	if err != nil || len(list) != 400 || skipped != 0 {
		t.Errorf("%d events, %d skipped, %v; want 400", len(list), skipped, err)
	}
}

func TestFileThatIsNone(t *testing.T) {
	dir := t.TempDir()
	if list, skipped, err := Open(dir).Read(); len(list) != 0 || skipped != 0 || err != nil {
		t.Errorf("no file: %v, %d, %v", list, skipped, err)
	}
	if err := os.Symlink("/dev/null", Open(dir).Name()); err != nil {
		t.Fatal(err)
	}
	if err := Open(dir).Append(begun("one", "article", 0)); err == nil {
		t.Error("it writes to where a link leads")
	}
	if _, _, err := Open("/dev/null/nothing").Read(); err == nil {
		t.Error("no directory: no error")
	}
	if err := Open("/dev/null/nothing").Append(begun("one", "article", 0)); err == nil {
		t.Error("no directory: it writes")
	}
}
