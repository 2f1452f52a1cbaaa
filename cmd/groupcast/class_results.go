package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/class"
)

// jsonClassResult is the outcome of a student's exercise. Fields are only added.
type jsonClassResult struct {
	jsonHead        // result
	Seat     string `json:"seat"`    // its name
	Name     string `json:"name"`    // of the student
	Lesson   string `json:"lesson"`  // its name
	Step     int    `json:"step"`    // expectations that were met, the most that a check has met
	Of       int    `json:"of"`      // how many there are
	Passed   bool   `json:"passed"`  // all were met
	Hints    int    `json:"hints"`   // that were shown
	Seconds  int    `json:"seconds"` // from the beginning until it was solved, or until the last check
}

func resultOf(r class.Result, head jsonHead) jsonClassResult {
	return jsonClassResult{head, chat.CleanRow(r.Seat), chat.CleanRow(r.Name), chat.CleanRow(r.Lesson), r.Met, r.Of, r.Passed, r.Hints, r.Seconds}
}

// resultColumns are those of CSV: the fields of the object.
var resultColumns = []string{"seat", "name", "lesson", "step", "of", "passed", "hints", "seconds"}

// resultsCSV are results as CSV (RFC 4180), in UTF-8.
func resultsCSV(list []class.Result) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(resultColumns)
	for _, r := range list {
		o := resultOf(r, jsonHead{})
		_ = w.Write([]string{
			noFormula(o.Seat), noFormula(o.Name), noFormula(o.Lesson), strconv.Itoa(o.Step), strconv.Itoa(o.Of), strconv.FormatBool(o.Passed),
			strconv.Itoa(o.Hints), strconv.Itoa(o.Seconds),
		})
	}
	w.Flush()
	return b.Bytes()
}

// aFormula is where a spreadsheet would begin one: at the beginning of a cell, and behind
// what some take for the end of a cell. The last four are the wide forms, which some take, too.
var aFormula = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("(^|[;,\t\r\n])([=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")
})

// noFormula keeps a spreadsheet from computing what a student is called.
func noFormula(text string) string { return aFormula().ReplaceAllString(text, "$1'$2") }

// resultsJSON are results as objects, one a line. They have no time: it is that of the file.
func resultsJSON(list []class.Result) []byte {
	var b bytes.Buffer
	for n, r := range list {
		b.Write(objectText(resultOf(r, jsonHead{Type: "result"}), n == 0))
	}
	return b.Bytes()
}

// resultsFile is where --results keeps what students have done.
type resultsFile struct {
	name string
	text func([]class.Result) []byte
	last []byte
	own  fs.FileInfo // the file as it was written last
}

// resultsFormats are by the ending of a file's name.
var resultsFormats = map[string]func([]class.Result) []byte{".csv": resultsCSV, ".json": resultsJSON, ".jsonl": resultsJSON}

// checkResults says what is wrong with the name of a file for results.
func checkResults(name string) error {
	if resultsFormats[strings.ToLower(filepath.Ext(name))] == nil {
		return usageError{&mcast.Advised{
			Err: fmt.Errorf("--results %s: the ending of the name says the format", chat.CleanRow(name)), Advice: ".csv for a spreadsheet, or .json for an object a line",
		}}
	}
	return nil
}

// openResults makes the file, which has to be new.
func openResults(name string) (*resultsFile, error) {
	bad := func(err error) error {
		return fmt.Errorf("--results %s: %w", chat.CleanRow(name), cause(err))
	}
	full, err := filepath.Abs(name)
	if err != nil {
		return nil, bad(err)
	}
	f, err := os.OpenFile(full, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // which follows no symbolic link
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, &mcast.Advised{
			Err:    fmt.Errorf("--results %s: the file exists already, and may be the results of another class", chat.CleanRow(name)),
			Advice: "name a new file, or move that one away",
		}
	case err != nil:
		return nil, &mcast.Advised{Err: bad(err), Advice: "name a file in a directory that is there and can be written to"}
	}
	r := &resultsFile{name: full, text: resultsFormats[strings.ToLower(filepath.Ext(name))]}
	if r.own, err = f.Stat(); err == nil {
		err = f.Close()
	}
	if err == nil {
		_, err = r.write(nil) // a file system that cannot do this is found out now, and not at the end
	}
	if err != nil {
		os.Remove(full)
		return nil, bad(err)
	}
	return r, nil
}

var errReplaced = errors.New("something else has changed or replaced the file")

// write keeps results, and reports whether they have changed. The file always has all of one
// list. A file that is not as this class has left it is left alone.
func (r *resultsFile) write(list []class.Result) (changed bool, err error) {
	text := r.text(list)
	if r.last != nil && bytes.Equal(text, r.last) {
		return false, nil
	}
	now, err := os.Lstat(r.name)
	if err != nil || !r.isOwn(now) {
		return true, errReplaced
	}
	if err := replaceFile(r.name, text); err != nil {
		return true, cause(err)
	}
	if now, err = os.Lstat(r.name); err != nil {
		return true, cause(err)
	}
	r.last, r.own = append([]byte{}, text...), now
	return true, nil
}

// isOwn reports whether a file is still what was written last. A new file may have the
// number of one that was removed.
func (r *resultsFile) isOwn(f fs.FileInfo) bool {
	return os.SameFile(f, r.own) && f.Mode().IsRegular() && f.Size() == r.own.Size() && f.ModTime().Equal(r.own.ModTime())
}

// printResults prints them as a table.
func printResults(out io.Writer, list []class.Result) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer t.Flush()
	fmt.Fprintln(t, "SEAT\tNAME\tMET\tHINTS\tTIME")
	for _, r := range list {
		passed := ""
		if r.Passed {
			passed = ", solved"
		}
		fmt.Fprintf(t, "%s\t%s\t%d of %d%s\t%d\t%s\n", chat.CleanRow(r.Seat), chat.CleanRow(r.Name), r.Met, r.Of, passed, r.Hints, clockText(r.Seconds))
	}
}

// clockText is a number of seconds, as people read it.
func clockText(seconds int) string { return fmt.Sprintf("%d:%02d", seconds/60, seconds%60) }
