package bridge

import (
	"errors"
	"sync"
	"time"
)

// How a [Lease] is kept.
const (
	leaseRenewEvery = 500 * time.Millisecond  // a leader renews
	leaseHolds      = time.Second             // a renewal lets it lead, from when it was begun
	leaseWatchEvery = 100 * time.Millisecond  // a standby looks
	takenAfter      = 1500 * time.Millisecond // without a renewal another bridge takes over
)

// Lease decides which bridge of a site leads: the one that renews the site's entry in a
// [Register]. It has no clock and asks nothing itself. No two clocks are compared: a leader
// counts from the beginning of its own last renewal (1 s), and a standby from when it saw
// the entry change (1.5 s). So two never lead at once.
//
// Times must have a monotonic reading, or a clock that is set makes two leaders. Its
// methods can be called from several goroutines, Step and Answered from one.
type Lease struct {
	name string

	mu       sync.Mutex
	unwanted bool      // this bridge cannot lead now
	asked    Ask       // that is not answered yet
	askedAt  time.Time // when it was
	next     time.Time // nothing is asked before

	leading     bool
	revision    uint64    // of the own entry
	from, until time.Time // it led between them, last

	seen      Entry
	seenSince time.Time // zero: nothing was seen
}

// NewLease makes the Lease of the bridge with that name.
func NewLease(name string) *Lease { return &Lease{name: name} }

// AskKind is a call of a [Register].
type AskKind int

// The calls of a Register.
const (
	AskNothing AskKind = iota
	AskGet
	AskUpdate
	AskDelete
)

// Ask is what a Lease wants to be asked of its Register.
type Ask struct {
	Kind     AskKind
	Revision uint64 // of AskUpdate and AskDelete
}

// Want says whether this bridge can lead. One that cannot lets go at once, so that another
// takes over without waiting.
func (l *Lease) Want(now time.Time, want bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if want == !l.unwanted {
		return
	}
	l.unwanted, l.next = !want, now
	if !want && now.Before(l.until) {
		l.until = now
	}
}

// Step says what to ask now. After an Ask that is not AskNothing it asks nothing more
// until Answered is called.
func (l *Lease) Step(now time.Time) Ask {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked.Kind != AskNothing || now.Before(l.next) {
		return Ask{}
	}
	switch {
	case l.leading && l.unwanted:
		l.asked = Ask{AskDelete, l.revision}
	case l.leading:
		l.asked = Ask{AskUpdate, l.revision}
	case l.unwanted, l.seenSince.IsZero():
		l.asked = Ask{Kind: AskGet}
	case l.seen.Revision == 0, l.seen.Holder == l.name, now.Sub(l.seenSince) >= takenAfter:
		l.asked = Ask{AskUpdate, l.seen.Revision}
	default:
		l.asked = Ask{Kind: AskGet}
	}
	l.askedAt = now
	return l.asked
}

// Answered takes the answer to the last Ask. For AskUpdate e.Revision is the new one.
func (l *Lease) Answered(now time.Time, e Entry, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	asked := l.asked
	l.asked = Ask{}
	l.next = l.askedAt.Add(leaseWatchEvery)
	switch {
	case asked.Kind == AskGet && err == nil:
		l.saw(now, e)
	case asked.Kind == AskUpdate && err == nil:
		l.took(now, e.Revision)
	case asked.Kind == AskUpdate && errors.Is(err, ErrChanged):
		// Who has it is not known: this bridge itself, if the answer to a call was lost.
		l.leading, l.seenSince, l.next = false, time.Time{}, now
	case asked.Kind == AskDelete && (err == nil || errors.Is(err, ErrChanged)):
		l.leading, l.seenSince = false, time.Time{}
	}
}

// took notes that the own entry was renewed.
func (l *Lease) took(now time.Time, revision uint64) {
	l.leading, l.revision = true, revision
	l.saw(now, Entry{l.name, revision})
	if l.unwanted {
		l.next = now // give it back
		return
	}
	if !now.Before(l.until) {
		l.from = now
	}
	l.until = l.askedAt.Add(leaseHolds)
	l.next = l.askedAt.Add(leaseRenewEvery)
}

// saw notes an entry. The time since the last change goes on if it is the same.
func (l *Lease) saw(now time.Time, e Entry) {
	if l.seenSince.IsZero() || e != l.seen {
		l.seen, l.seenSince = e, now
	}
}

// Holds says whether this bridge led at that time.
func (l *Lease) Holds(at time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !at.Before(l.from) && at.Before(l.until)
}

// Kept says whether this bridge led last, and does not give the lease back: no other is
// known to have it, though it may not be renewed.
func (l *Lease) Kept() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.leading && !l.unwanted
}

// Leader is the name of the bridge that leads as far as is known; "": nobody.
func (l *Lease) Leader() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen.Holder
}
