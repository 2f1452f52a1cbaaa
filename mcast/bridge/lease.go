package bridge

import "time"

// Lease decides which bridge of a site leads: the one that has renewed the site's entry
// in a [Register]. It has no clock and asks nothing itself, and compares no two clocks. It
// is not safe for concurrent use.
type Lease struct {
	name string
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

// Step says what to ask now. After an Ask that is not AskNothing it asks nothing more
// until Answered is called.
func (l *Lease) Step(now time.Time) Ask { return Ask{} }

// Answered takes the answer to the last Ask.
func (l *Lease) Answered(now time.Time, e Entry, err error) {}

// Holds says whether this bridge led at that time.
func (l *Lease) Holds(at time.Time) bool { return true }
