package echo

import (
	"net/netip"
	"sync/atomic"
	"time"
)

// Config says what a Responder answers. The zero value is right for a server
// that anybody can reach.
type Config struct {
	// Unlimited answers a unicast source as often as it asks, for benchmarks on
	// networks of one's own. Peers on the server's own port and on service
	// ports are limited nevertheless: they may be servers that echo. In a group
	// it means nothing.
	Unlimited bool
	// PerSource is how many answers a second one source gets, with a fifth of a
	// second's worth at once. 0: DefaultPerSource.
	PerSource float64
	// Total is the same for all sources of a group together. 0: DefaultTotal.
	Total float64
	// Log, if set, is told of every datagram, by the goroutine that serves. It
	// must not keep it waiting.
	Log func(Event)

	shutOut time.Duration // how long a source that floods is not heard; 0: floodTime. For tests
}

// Kind is what happened to a datagram.
type Kind string

// The kinds of events. Each Received is followed by a Written or an
// Unanswered.
const (
	Received   Kind = "received"
	Written    Kind = "written"
	Unanswered Kind = "unanswered"
)

// Event is what Config.Log is told.
type Event struct {
	At     time.Time // of a Received when the kernel took it in, else when it was decided
	Kind   Kind
	Peer   netip.AddrPort
	Bytes  int    // of payload
	Reason Reason // of an Unanswered
	Err    error  // of one that Failed
}

// Stats counts since New. Each request is an answer, or counted for the reason
// that it is none: they add up, when nothing is under way.
type Stats struct {
	Requests uint64 // datagrams read
	Answers  uint64 // answers that the kernel took
	Bytes    uint64 // of payload of the answers

	// Not answered, by Reason.
	NoReturn, Cut, Broadcast, Unicast, Stray, ServicePort, OffLink uint64
	Loop, RateLimited, TotalLimited, Failed                        uint64

	// Flooding is how many sources the kernel keeps out at present, and
	// Filtered how many datagrams it dropped while it kept some out, nearly all
	// of them theirs. They are no Requests. Linux only.
	Flooding int
	Filtered uint64
	// PeerErrors counts errors about one peer that a read was told.
	PeerErrors uint64
}

// Responder answers datagrams with themselves. Its methods may be called at
// the same time from several goroutines.
type Responder struct {
	cfg                      Config
	requests, answers, bytes atomic.Uint64
	peerErrors, filtered     atomic.Uint64
	flooding                 atomic.Int64
	unanswered               [reasons]atomic.Uint64
}

// New returns a Responder that serves nothing yet.
func New(cfg Config) *Responder { return &Responder{cfg: cfg} }

// Stats returns the counters so far, of all that it serves.
func (r *Responder) Stats() Stats {
	why := func(reason Reason) uint64 { return r.unanswered[reason].Load() }
	return Stats{
		Requests: r.requests.Load(), Answers: r.answers.Load(), Bytes: r.bytes.Load(),
		NoReturn: why(NoReturn), Cut: why(Cut), Broadcast: why(Broadcast), Unicast: why(Unicast), Stray: why(Stray),
		ServicePort: why(ServicePort), OffLink: why(OffLink),
		Loop: why(Loop), RateLimited: why(RateLimited), TotalLimited: why(TotalLimited), Failed: why(Failed),
		Flooding: int(r.flooding.Load()), Filtered: r.filtered.Load(), PeerErrors: r.peerErrors.Load(),
	}
}

// log tells of a datagram; most servers have nobody to tell.
func (r *Responder) log(e Event) {
	if r.cfg.Log != nil {
		r.cfg.Log(e)
	}
}
