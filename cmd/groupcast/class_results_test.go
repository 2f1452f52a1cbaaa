package main

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// hostileNames are those that a spreadsheet or a terminal may take for something else.
var hostileNames = []string{`=HYPERLINK("http://x")`, "+1", "-1", "@SUM(A1)", "\t=1", "a;=1", "a,+1", "＝1", "\x1b[2J", `"quo"ted`, "two\nlines", "Ada -1"}

// Results are rows that no spreadsheet computes, and objects.
func TestClassResultsText(t *testing.T) {
	t.Parallel()
	var list []class.Result
	for _, name := range hostileNames {
		list = append(list, class.Result{Seat: "S1", Name: name, Lesson: "article", Met: 1, Of: 2, Hints: 3, Seconds: 412})
	}
	list[0].Passed = true
	rows, err := csv.NewReader(strings.NewReader(string(resultsCSV(list)))).ReadAll()
	if err != nil || len(rows) != len(list)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if want := []string{"seat", "name", "lesson", "step", "of", "passed", "hints", "seconds"}; !slices.Equal(rows[0], want) {
		t.Errorf("the columns are %q, want %q", rows[0], want)
	}
	if want := []string{"S1", `'=HYPERLINK("http://x")`, "article", "1", "2", "true", "3", "412"}; !slices.Equal(rows[1], want) {
		t.Errorf("a row is %q, want %q", rows[1], want)
	}
	for n, row := range rows[1:] {
		for _, cell := range strings.FieldsFunc(row[1], func(r rune) bool { return r == ';' || r == ',' }) {
			if strings.ContainsAny(cell[:1], "=+-@\t\r") || strings.HasPrefix(cell, "＝") || strings.ContainsRune(cell, '\x1b') {
				t.Errorf("%q is the cell %q", hostileNames[n], cell)
			}
		}
	}
	if got := rows[len(rows)-1][1]; got != "Ada -1" {
		t.Errorf("a name that is no formula is %q", got)
	}
	objects := string(resultsJSON(list[:1]))
	if want := `{"type":"result","schema":1,"seat":"S1","name":"=HYPERLINK(\"http://x\")","lesson":"article","step":1,"of":2,"passed":true,"hints":3,"seconds":412}` + "\n"; objects != want {
		t.Errorf("an object is\n%swant\n%s", objects, want)
	}
}

// A file of results is new, the user's alone, always whole, and that of this class.
func TestClassResultsFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "monday.csv")
	f, err := openResults(name)
	if err != nil {
		t.Fatal(err)
	}
	read := func(want string) {
		t.Helper()
		text, err := os.ReadFile(name)
		info, e := os.Lstat(name)
		if err != nil || e != nil || info.Mode() != 0o600 || strings.Count(string(text), "\n") == 0 || !strings.Contains(string(text), want) {
			t.Errorf("the file is %v with %q, %v %v; want %q in it", info.Mode(), text, err, e, want)
		}
	}
	read("seat,name")
	one := []class.Result{{Seat: "S1", Name: "Ada", Lesson: "article"}}
	if changed, err := f.write(one); err != nil || !changed {
		t.Error(changed, err)
	}
	read("S1,Ada,article,0,0,false,0,0\n")
	before, _ := os.Lstat(name)
	if changed, err := f.write(one); err != nil || changed {
		t.Error(changed, err)
	}
	if after, _ := os.Lstat(name); !os.SameFile(before, after) {
		t.Error("it was written anew with nothing new in it")
	}

	victim := filepath.Join(dir, "victim")
	if err := errors.Join(os.WriteFile(victim, []byte("mine"), 0o600), os.Remove(name), os.Symlink(victim, name)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.write(nil); !errors.Is(err, errReplaced) {
		t.Errorf("behind a link it writes: %v", err)
	}
	for _, there := range []string{name, victim, dir + "/there.csv"} {
		_ = os.WriteFile(dir+"/there.csv", []byte("theirs"), 0o600)
		if _, err := openResults(there); err == nil || !strings.Contains(err.Error(), "exists already") || hint(err) == "" {
			t.Errorf("%s: %v, want that it exists, with a hint", there, err)
		}
	}
	if text, _ := os.ReadFile(victim); string(text) != "mine" {
		t.Errorf("the file of another has %q", text)
	}
	for bad, want := range map[string]string{dir + "/no/x.csv": "no such file", "/dev/full.csv/x.csv": "no such file"} {
		if _, err := openResults(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", bad, err, want)
		}
	}
	left, _ := filepath.Glob(dir + "/.groupcast-*")
	if len(left) > 0 {
		t.Errorf("it leaves %q", left)
	}
}

// fakeResults is a class that has results.
type fakeResults struct {
	mu      sync.Mutex
	changed chan struct{}
	list    []class.Result
}

func (f *fakeResults) Changed() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.changed
}

func (f *fakeResults) Results() []class.Result {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.list)
}

func (f *fakeResults) add(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if name != "" {
		f.list = append(f.list, class.Result{Seat: "S1", Name: name})
	}
	close(f.changed)
	f.changed = make(chan struct{})
}

// Results are kept at once where little was changed before, within a minute else, and at
// the end. That they cannot be kept is said once.
func TestClassResultsKept(t *testing.T) {
	name := filepath.Join(t.TempDir(), "r.json")
	synctest.Test(t, func(t *testing.T) {
		var errs strings.Builder
		r := &classRun{resultsTo: name}
		k, err := r.keeps(&errs)
		if err != nil {
			t.Fatal(err)
		}
		f := &fakeResults{changed: make(chan struct{})}
		has := func(when string, names ...string) {
			t.Helper()
			synctest.Wait()
			text, err := os.ReadFile(name)
			if err != nil || strings.Count(string(text), "\n") != len(names) || slices.ContainsFunc(names, func(n string) bool { return !strings.Contains(string(text), n) }) {
				t.Errorf("%s the file has %q, %v; want %q", when, text, err, names)
			}
		}
		if !k.follow(f)() {
			t.Error(k.last)
		}
		if _, err := os.Stat(name); err == nil {
			t.Error("a class that nobody came to leaves a file")
		}
		if k, err = r.keeps(&errs); err != nil {
			t.Fatal(err)
		}
		end := k.follow(f)
		time.Sleep(2 * time.Second)
		f.add("Ada")
		has("at once", "Ada")
		f.add("Bob")
		time.Sleep(58 * time.Second)
		has("58 s later", "Ada")
		time.Sleep(2 * time.Second)
		has("60 s later", "Ada", "Bob")
		time.Sleep(time.Hour)
		f.add("") // something else
		time.Sleep(2 * time.Second)
		f.add("Carol")
		has("after something else", "Ada", "Bob", "Carol")
		f.add("Dan")
		if !end() {
			t.Error(k.last)
		}
		has("at the end", "Ada", "Bob", "Carol", "Dan")

		if err := os.WriteFile(name, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		end = k.follow(f)
		for range 3 {
			f.add("Eve")
			time.Sleep(2 * time.Minute)
		}
		if end() || strings.Count(errs.String(), "the results are not kept, and the class goes on") != 1 {
			t.Errorf("it says %q", errs.String())
		}
		if text, _ := os.ReadFile(name); string(text) != "mine" {
			t.Errorf("the file of somebody else has %q", text)
		}
	})
}

// At the end it is said where the results are: on the terminal, where a file could not
// keep them.
func TestClassOutcome(t *testing.T) {
	t.Parallel()
	list := []class.Result{{Seat: "S1", Name: "Ada", Lesson: "article", Met: 1, Of: 2}}
	file := &resultsKeeper{file: &resultsFile{name: "/r.csv"}}
	for _, tt := range []struct {
		file        *resultsKeeper
		kept, quiet bool
		says        string
		table       bool
	}{
		{nil, true, false, "solved by 0 of 1 student\n", true},
		{nil, true, true, "", false},
		{file, true, false, "the results are in /r.csv\n", false},
		{file, true, true, "", false},
		{file, false, false, "could not be kept in /r.csv, and are these\n", true},
		{file, false, true, "could not be kept in /r.csv, and are these\n", true},
	} {
		var out strings.Builder
		p := &classPrinter{out: &out, quiet: tt.quiet, run: &classRun{cfg: class.Config{Lesson: &lesson.Lesson{}}, results: tt.file}}
		p.outcome(list, tt.kept)
		if got := out.String(); !strings.Contains(got, tt.says) || tt.says == "" && got != "" || strings.Contains(got, "1 of 2") != tt.table {
			t.Errorf("%+v: %q", tt, got)
		}
	}
}
