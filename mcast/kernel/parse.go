package kernel

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// Bounds of what [Parse] keeps. A trace of one datagram has 20 to 60 events.
const (
	maxText   = 4 << 20 // bytes that are read
	maxEvents = 4096
	maxFrames = 64
	maxLine   = 1024 // bytes of a line; longer ones are skipped
)

// Event is one event of a trace.
type Event struct {
	At     time.Duration // of the trace's clock
	PID    int           // thread id, as the kernel counts outside PID namespaces
	CPU    int
	Name   string   // net_dev_queue
	Fields string   // dev=eth0 skbaddr=00000000a9fad4fb len=59; printable ASCII only
	Stack  []string // functions, the innermost first, without the event's own
}

// Field returns the value of NAME=VALUE in the fields, which ends at a space or
// a comma, or "".
func (e Event) Field(name string) string {
	for rest := e.Fields; rest != ""; {
		i := strings.Index(rest, name+"=")
		if i < 0 {
			return ""
		}
		value := rest[i+len(name)+1:]
		if i > 0 && rest[i-1] != ' ' {
			rest = value
			continue
		}
		if end := strings.IndexAny(value, " ,"); end >= 0 {
			value = value[:end]
		}
		return value
	}
	return ""
}

// word returns the word after the words of before, such as "dev " in a route.
func (e Event) word(before string) string {
	_, rest, ok := strings.Cut(" "+e.Fields, " "+before)
	if !ok {
		return ""
	}
	value, _, _ := strings.Cut(rest, " ")
	return value
}

// function is the innermost frame: where the event lies. Of netif_rx it is the
// caller, which says more: dev_loopback_xmit, veth_xmit.
func (e Event) function() string {
	for _, frame := range e.Stack {
		if e.Name != "netif_rx" || !strings.Contains(frame, "netif_rx") {
			return frame
		}
	}
	return ""
}

// Trace is the text of ftrace, read.
type Trace struct {
	Events  []Event
	Skipped int // lines that are neither an event, a frame nor a heading, or beyond a bound
	Lost    int // events that the kernel overwrote before they were read
}

// Parse reads what the file trace of tracefs holds with options/stacktrace on.
// It takes lines as they are printed and trusts none: a process chooses its own
// name, which may look like an event. The name is skipped by its width.
//
// The error is the reader's. Lines that are no trace are counted in Skipped.
func Parse(r io.Reader) (Trace, error) {
	var t Trace
	var open bool // a stack may follow, or goes on
	in := bufio.NewReaderSize(io.LimitReader(r, maxText), maxLine)
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = in.ReadSlice('\n')
			}
			line, open = nil, false
			t.Skipped++
		}
		if len(line) > 0 {
			open = t.line(bytes.TrimSuffix(line, []byte("\n")), open)
		}
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return t, err
		}
	}
}

// line takes one line, and reports whether frames of a stack may follow.
func (t *Trace) line(line []byte, open bool) bool {
	text := string(line)
	switch {
	case len(line) == 0, line[0] == '#':
		return false
	case strings.HasPrefix(text, "CPU:"):
		t.lostLine(text)
		return false
	case strings.HasPrefix(text, " => "):
		return t.frame(text[len(" => "):], open)
	}
	e, ok := parseEvent(text)
	switch {
	case !ok:
		t.Skipped++
		return false
	case e.Name == stackTrace:
		if n := len(t.Events); n > 0 && t.Events[n-1].Stack == nil && t.Events[n-1].PID == e.PID {
			return true
		}
		t.Skipped++
		return false
	case len(t.Events) >= maxEvents:
		t.Skipped++
		return false
	}
	t.Events = append(t.Events, e)
	return false
}

// stackTrace is the name of the entry that follows an event.
const stackTrace = "<stack trace>"

// frame adds a function to the stack of the last event.
func (t *Trace) frame(name string, open bool) bool {
	name, _, _ = strings.Cut(name, "+0x") // with options/sym-offset
	last := len(t.Events) - 1
	if !open || last < 0 || !isSymbol(name) || len(t.Events[last].Stack) >= maxFrames {
		t.Skipped++
		return open
	}
	e := &t.Events[last]
	if len(e.Stack) == 0 && strings.HasPrefix(name, "trace_event_") {
		e.Stack = make([]string, 0, 16)
		return true
	}
	e.Stack = append(e.Stack, plainName(name))
	return true
}

// plainName leaves out what a compiler adds to the name of a part that it has
// split off or made special: .constprop.0, .part.0, .isra.0.
func plainName(name string) string {
	name, _, _ = strings.Cut(name, ".")
	return name
}

// isSymbol reports whether it is a name of C, or of a part that a compiler made.
func isSymbol(s string) bool {
	if s == "" || len(s) > 128 || s[0] == '.' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(c == '_' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return false
		}
	}
	return true
}

// lostLine reads "CPU:1 [LOST 33 EVENTS]".
func (t *Trace) lostLine(text string) {
	_, rest, ok := strings.Cut(text, "[LOST ")
	number, _, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 0 || n > 1<<30 || t.Lost > 1<<30 {
		t.Skipped++
		return
	}
	t.Lost += n
}

// nameWidth is the width of the column with the process's name, right-aligned.
// A name has at most 15 bytes, so that the hyphen behind it stands here, whatever
// bytes the name has.
const nameWidth = 16

// parseEvent reads a line such as
//
//	python3-13293   [001] b.... 53426.683276: net_dev_queue: dev=eth0 skbaddr=00000000a9fad4fb len=59
func parseEvent(line string) (e Event, ok bool) {
	if len(line) <= nameWidth || line[nameWidth] != '-' {
		return e, false
	}
	pid, rest := cutWord(line[nameWidth+1:])
	cpu, rest := cutWord(rest)
	_, rest = cutWord(rest) // irqs off, need resched, softirq, preempt depth
	at, rest := cutWord(rest)
	var err1, err2, err3 error
	e.PID, err1 = strconv.Atoi(pid)
	e.CPU, err2 = strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(cpu, "["), "]"))
	e.At, err3 = clock(strings.TrimSuffix(at, ":"))
	if err1 != nil || err2 != nil || err3 != nil || e.PID < 0 || e.CPU < 0 || !strings.HasPrefix(cpu, "[") || !strings.HasSuffix(at, ":") {
		return e, false
	}
	if rest == stackTrace {
		e.Name = stackTrace
		return e, true
	}
	name, fields, ok := strings.Cut(rest, ":")
	if !ok || !isSymbol(name) {
		return e, false
	}
	e.Name, e.Fields = name, printable(strings.TrimPrefix(fields, " "))
	return e, true
}

// cutWord returns the first word, and what follows it without leading spaces.
func cutWord(s string) (word, rest string) {
	word, rest, _ = strings.Cut(strings.TrimLeft(s, " "), " ")
	return word, strings.TrimLeft(rest, " ")
}

// clock reads seconds with six places, as the clocks mono, boot and local are
// printed.
func clock(s string) (time.Duration, error) {
	whole, part, ok := strings.Cut(s, ".")
	seconds, err1 := strconv.ParseUint(whole, 10, 32)
	micros, err2 := strconv.ParseUint(part, 10, 32)
	if !ok || err1 != nil || err2 != nil || len(part) != 6 {
		return 0, strconv.ErrSyntax
	}
	return time.Duration(seconds)*time.Second + time.Duration(micros)*time.Microsecond, nil
}

// printable replaces everything but printable ASCII: a field may hold the name of
// an interface, and nearly every byte is allowed in one.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}
