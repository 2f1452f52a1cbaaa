package class

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/groupcast/groupcast/mcast/lab"
)

// ErrUndo is an error of [Class.Undo].
var ErrUndo = errors.New("there is nothing to undo: it was undone, or its network is another now")

// maxLog is how many events a board's log has.
const maxLog = 200

// boardLog is the log of a board.
type boardLog struct {
	mu     sync.Mutex
	list   []BoardEvent
	number int64
}

// logged are the kinds of events that a board's log has, and how it says them.
var logged = map[string]string{
	"joined": "sits down", "left": "leaves", "freed": "loses the seat", "reset": "reset", "locked": "nobody is let in", "unlocked": "who has the code is let in",
	"guessed": "locked", "network-failed": "the network could not be built", "network-ended": "the network has ended",
	"check": "check", "hint": "hint", "solved": "solved", "fault": "fault", "undo": "undo",
}

// add takes in an event, and what undoes it.
func (l *boardLog) add(e Event, undo string) {
	text, ok := logged[e.Kind]
	if !ok {
		return
	}
	if e.Text != "" {
		text += ": " + e.Text
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.number++
	if len(l.list) == maxLog {
		l.list = slices.Delete(l.list, 0, 1)
	}
	l.list = append(l.list, BoardEvent{Number: l.number, Time: e.At, Seat: e.Host, Name: e.Name, Text: text, Undo: undo, Fault: e.Kind == "fault" || e.Kind == "undo"})
}

func (l *boardLog) copy() []BoardEvent {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]BoardEvent{}, l.list...)
}

// take takes the undo of an event away; put gives it back.
func (l *boardLog) take(number int64) (seat, undo string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := slices.IndexFunc(l.list, func(e BoardEvent) bool { return e.Number == number && e.Undo != "" })
	if n < 0 {
		return "", "", false
	}
	e := &l.list[n]
	undo, e.Undo = e.Undo, ""
	return e.Seat, undo, true
}

func (l *boardLog) put(number int64, undo string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n := range l.list {
		if l.list[n].Number == number {
			l.list[n].Undo = undo
		}
	}
}

// void takes away what would undo faults of a network that is no more.
func (l *boardLog) void(seat string) { l.undone(seat, func(string) bool { return true }) }

// happened takes away what would undo faults that another fault has ended or replaced.
func (l *boardLog) happened(seat string, f lab.Fault) {
	end, lasts := f.Undo()
	place := f.Words()[1]
	l.undone(seat, func(undo string) bool {
		words := strings.Fields(undo) // a kind, its place, and perhaps a value
		same := words[0] == f.Kind || lasts && words[0] == end.Kind
		switch {
		case words[1] == place:
			return same || f.Kind == "delete" || f.Kind == "make" || f.Kind == "kill"
		case !strings.HasPrefix(words[1], place+"."):
			return false
		}
		return same || f.Kind == "kill"
	})
}

func (l *boardLog) undone(seat string, is func(undo string) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n := range l.list {
		if e := &l.list[n]; e.Seat == seat && e.Undo != "" && is(e.Undo) {
			e.Undo = ""
		}
	}
}

// Fault makes a fault in a network: that of a seat, or "": the shared LAN. Words are as
// [lab.ParseFault] takes them. The error is ErrSeat where there is no such network now,
// ErrOver, or says what is wrong with the words. It is for the teacher alone, which the
// caller sees to.
func (c *Class) Fault(seat string, words []string) error { return c.fault(seat, words, "fault") }

// Undo ends the fault of an event of the board's log. The error is ErrUndo, or as that of
// Fault.
func (c *Class) Undo(event int64) error {
	seat, undo, ok := c.log.take(event)
	if !ok {
		return ErrUndo
	}
	err := c.fault(seat, strings.Fields(undo), "undo")
	if err != nil {
		c.log.put(event, undo)
	}
	return err
}

// faultError is what a lab says of a fault, for a teacher, who made it in a class: each
// process that has passed it on has put "lab: " before it.
type faultError struct{ error }

func (e faultError) Error() string {
	text := e.error.Error()
	for {
		rest, ok := strings.CutPrefix(text, "lab: ")
		if !ok {
			return text
		}
		text = rest
	}
}

func (e faultError) Unwrap() error { return e.error }

func (c *Class) fault(seat string, words []string, kind string) error {
	f, err := lab.ParseFault(words)
	if err != nil {
		return faultError{err}
	}
	n, _, err := c.networkOf(seat)
	if err != nil {
		return err
	}
	s, known := n.stand()
	if !known || s.err != nil {
		return fmt.Errorf("%w with a network now", ErrSeat)
	}
	n.faulting.Lock()
	defer n.faulting.Unlock()
	if err := s.lab.fault(f.Words()); err != nil {
		return faultError{err}
	}
	undo := ""
	if end, ok := f.Undo(); ok {
		undo = end.String()
	}
	c.log.happened(seat, f)
	c.tellWith(Event{Kind: kind, Host: seat, Name: c.nameAt(seat), Text: f.String()}, undo)
	n.poll()
	return nil
}
