package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/watch"
)

// watchCSV writes the objects of streams as rows of a file.
type watchCSV struct {
	file   string // "": none
	to     io.Writer
	opened *os.File // to, unless that is standard output
	size   int64    // of the whole rows in it
	failed error    // why no more is written,
	why    string   // the same without the file's name
}

// open makes the file, or takes out for it where that is "-". One that exists is not
// overwritten. The error is one of the command line.
func (c *watchCSV) open(out io.Writer) (err error) {
	switch c.file {
	case "":
		return nil
	case "-":
		c.to = out
	default:
		if c.opened, err = os.OpenFile(c.file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666); err != nil {
			return usageError{c.unmade(err)}
		}
		c.to = c.opened
	}
	names, _ := columnsOf(reflect.ValueOf(jsonStream{}))
	if c.rows([][]string{names}) == nil {
		return nil
	}
	if c.opened != nil {
		_ = c.opened.Close()
		_ = os.Remove(c.file) // it is this command's own, and has not one row
	}
	return usageError{c.advised(fmt.Errorf("--csv %s: %s", chat.CleanRow(c.file), c.why), c.failed)}
}

// unmade is the error of a file that cannot be made, with what to do.
func (c *watchCSV) unmade(err error) error {
	why, advice := err, "name a file that can be made, such as --csv /tmp/rows.csv"
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		why = path.Err
	}
	info, statErr := os.Stat(c.file)
	switch {
	case statErr != nil:
	case info.IsDir():
		why, advice = errors.New("a directory"), "name a file in it: --csv "+shellWord(strings.TrimSuffix(c.file, "/")+"/rows.csv")
	case !info.Mode().IsRegular():
		why, advice = errNoFile, "to write to a pipe or a device, use standard output: --csv - >"+shellWord(c.file)
	case errors.Is(err, fs.ErrExist):
		why, advice = errors.New("the file exists, and is not overwritten"), "name another, or remove it first"
	}
	return &mcast.Advised{Err: fmt.Errorf("--csv %s: %w", chat.CleanRow(c.file), why), Advice: advice}
}

// advised is an error with what to do about its cause, which is less than a recording
// can do: there is one file of rows.
func (c *watchCSV) advised(err, cause error) error {
	switch {
	case errors.Is(cause, syscall.ENOSPC):
		return &mcast.Advised{Err: err, Advice: "make room, or name a file on another disk (df -h lists them)"}
	case errors.Is(cause, syscall.EFBIG):
		return &mcast.Advised{Err: err, Advice: "this shell limits the size of files (ulimit -f)"}
	}
	return err
}

// write adds a row for each stream. An error is told once: nothing is written any
// more after it, and the file ends with a whole row.
func (c *watchCSV) write(s watch.Snapshot, of func(watch.Snapshot, watch.Stream) jsonStream) error {
	if c.to == nil || c.failed != nil {
		return nil
	}
	var rows [][]string
	for _, one := range s.Streams {
		_, values := columnsOf(reflect.ValueOf(of(s, one)))
		rows = append(rows, values)
	}
	return c.rows(rows)
}

func (c *watchCSV) rows(rows [][]string) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.WriteAll(rows) // into memory, which does not fail
	n, err := c.to.Write(b.Bytes())
	if err != nil {
		return c.fail(err, n)
	}
	c.size += int64(n)
	return nil
}

// fail ends the writing, after what was written of rows that did not fit.
func (c *watchCSV) fail(err error, written int) error {
	if written > 0 && c.opened != nil {
		_ = c.opened.Truncate(c.size)
	}
	cause := plainCause(err)
	c.why = cause.Error()
	c.failed = c.advised(fmt.Errorf("--csv %s: %w: no more rows are written, the watch goes on", chat.CleanRow(c.file), cause), err)
	return c.failed
}

// close ends the file; the error is one that was not told before.
func (c *watchCSV) close() error {
	if c.to = nil; c.opened == nil {
		return nil
	}
	err := c.opened.Close()
	c.opened = nil
	if err != nil && c.failed == nil {
		c.why = plainCause(err).Error()
		c.failed = c.advised(fmt.Errorf("--csv %s: %s", chat.CleanRow(c.file), c.why), err)
		return c.failed
	}
	return nil
}

// columnsOf are the fields of an object by their names in JSON, those of embedded
// objects with it, but for the type, which is the same in all rows, and the schema.
func columnsOf(v reflect.Value) (names, values []string) {
	for n := range v.NumField() {
		field := v.Type().Field(n)
		if field.Anonymous {
			more, of := columnsOf(v.Field(n))
			names, values = append(names, more...), append(values, of...)
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "type" || name == "schema" {
			continue
		}
		names, values = append(names, name), append(values, cellOf(v.Field(n).Interface()))
	}
	return names, values
}

// cellOf is a value as a row has it. A spreadsheet takes what begins with = + - or @
// for a formula: names come from a list of the user's, and so get an apostrophe.
func cellOf(value any) string {
	switch v := value.(type) {
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.Format(time.RFC3339Nano)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		if v != "" && strings.ContainsRune("=+-@\t\r", rune(v[0])) {
			return "'" + v
		}
		return v
	}
	return fmt.Sprint(value)
}
