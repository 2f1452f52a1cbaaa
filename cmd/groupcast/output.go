package main

import (
	"cmp"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/charmbracelet/x/term"

	"github.com/groupcast/groupcast/cmd/internal/systemd"
)

// onTerminal reports whether a screen can be drawn.
func onTerminal(in io.Reader, out io.Writer) bool {
	return isTerminal(in) && isTerminal(out) && os.Getenv("TERM") != "dumb"
}

// speaksUTF8 reports whether the locale does, as setlocale(3) finds it; without
// any it is taken to.
func speaksUTF8() bool {
	locale := cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_CTYPE"), os.Getenv("LANG"), "UTF-8")
	locale = strings.ToUpper(strings.ReplaceAll(locale, "-", ""))
	return strings.Contains(locale, "UTF8")
}

func isTerminal(stream any) bool {
	if o, ok := stream.(*output); ok {
		stream = o.w
	}
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(f.Fd())
}

// columns is how wide a text is set: as the terminal, but so that it can be
// read; 80 without one.
func columns(out io.Writer) int {
	const least, most, otherwise = 40, 100, 80
	if f, ok := file(out).(*os.File); ok {
		if width, _, err := term.GetSize(f.Fd()); err == nil && width > 0 {
			return min(max(width, least), most)
		}
	}
	return otherwise
}

// rowColumns is how wide a row may be: as the terminal is; 120 without one.
func rowColumns(out io.Writer) int {
	if f, ok := file(out).(*os.File); ok {
		if width, _, err := term.GetSize(f.Fd()); err == nil && width > 0 {
			return width
		}
	}
	return 120
}

// file is what a stream of the program writes to or reads from, so that a
// command has it as its own.
func file[T any](stream T) T {
	if o, ok := any(stream).(*output); ok {
		return o.w.(T)
	}
	return stream
}

// output is standard output or standard error, which goroutines share. What is
// lost on standard output is no success, so the first error ends the command.
type output struct {
	w      io.Writer
	failed func(error)
	json   bool // errors are objects

	journal bool // it is systemd's journal, whose lines begin with how much they matter

	mu    sync.Mutex
	err   error
	begun bool // an object was written
}

// level is what a line on a stream begins with: how much it matters, if systemd's
// journal reads that.
func level(to io.Writer, alarm bool) string {
	switch o, ok := to.(*output); {
	case !ok || !o.journal || o.json:
		return ""
	case alarm:
		return systemd.Warning
	}
	return systemd.Info
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.write(p)
}

func (o *output) writeObject(what object) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.write(objectText(what, !o.begun))
	o.begun = true
}

// write is Write for who has the lock.
func (o *output) write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if err != nil && o.err == nil {
		o.err = err
		o.failed(err)
	}
	return n, err
}

func (o *output) error() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}
