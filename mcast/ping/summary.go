package ping

import (
	"net/netip"
	"time"
)

// Kind is the kind of an [Event].
type Kind string

// The kinds of events.
const (
	KindSent      Kind = "sent"      // a request left by one of the ways
	KindReply     Kind = "reply"     // it was answered in time
	KindDuplicate Kind = "duplicate" // it was answered again by the same responder
	KindLate      Kind = "late"      // it was answered after it had been given up
	KindChanged   Kind = "changed"   // an answer that is not equal to the request
	KindLost      Kind = "lost"      // a responder's answer did not come in time
	KindError     Kind = "error"     // the system refused it, or somebody on the way sent an ICMP error
)

// Event is something that happened to a request.
type Event struct {
	Kind    Kind
	At      time.Time
	Seq     uint64         // of the request, from 1; 0: not known
	From    netip.AddrPort // the responder; who was asked, if sent or error; the zero AddrPort, if lost: nobody is known that could answer
	IfIndex int            // the interface that the request left by where one was chosen, else the one the answer came by; 0: unknown
	Size    int            // bytes of payload
	Hops    int            // TTL that the answer had left; 0: unknown
	RTT     time.Duration  // from just before the send to when the kernel had the answer; of answers only
	Err     error          // of an error: the cause can be tested with errors.Is
}

// Summary holds the counts of a run.
type Summary struct {
	Sent       uint64            // requests, each counted once however many interfaces it left by
	Unanswered uint64            // requests that nobody answered in time
	Responders []Responder       // in order of their appearance; a host is the first, whether or not it answered
	Errors     map[string]uint64 // errors by their text; at most 64 texts, and OtherErrors
	Foreign    uint64            // datagrams that are no answer to a request
	Unlisted   uint64            // answers of responders that came after the first MaxResponders
	Took       time.Duration
}

// MaxResponders is the number of responders that are counted separately.
const MaxResponders = 1024

// OtherErrors is the key in Summary.Errors of the errors past the first 64 texts,
// and of those that came faster than they were counted.
const OtherErrors = "other errors"

const maxErrors = 64

// Responder is an address and port that replies, on one interface. A host that is
// asked by two interfaces is two responders.
//
// Sent is the sum of Received, Lost and the requests that still wait. A request to
// a host is Lost if it met an error, which Summary.Errors counts, or if it was
// only answered Late or Changed.
type Responder struct {
	From    netip.Addr
	Port    uint16
	IfIndex int // as in Event

	Sent       uint64 // requests since the first that it answered; to a host all
	Received   uint64 // answered in time, with the same bytes
	Lost       uint64 // not answered in time
	Duplicates uint64 // further answers to a request
	Late       uint64 // answers after the request was given up
	Changed    uint64 // answers that differ from the request
	Hops       int    // TTL that the last answer had left; 0: unknown

	// Of the answers that were received; 0 if there were none. P50 and P99 are
	// within 3 % of the exact quantiles.
	Min, Avg, Max, StdDev, P50, P99 time.Duration

	RTTs      []time.Duration       // the last 64 at most, the newest at the end
	Histogram [histogramSize]uint64 // see HistogramBounds
}

// AddrPort is From and Port.
func (r Responder) AddrPort() netip.AddrPort { return netip.AddrPortFrom(r.From, r.Port) }
