package echo

import (
	"net/netip"
	"sync/atomic"
	"time"
)

// Config is the configuration of a [Responder]. The zero value is right for a
// server that anybody can reach.
type Config struct {
	// Unlimited answers a unicast source as often as it asks, for benchmarks on
	// networks of one's own. In a group it means nothing. Peers on the server's
	// own port and on service ports are limited nevertheless: they may be servers
	// that echo.
	//
	// The loop rule holds for all peers. It never concerns a client whose
	// payloads differ, by a sequence number for instance. A client that sends the
	// same few payloads again and again, at least four times a second, is like a
	// loop: it gets no answer for 250 ms, and again after each 5 s. One that does
	// so more slowly gets none to every 20th. So such a client must not wait for
	// an answer for ever.
	Unlimited bool
	// PerSource is how many answers a second one source gets, with a fifth of a
	// second's worth at once. 0: DefaultPerSource.
	PerSource float64
	// Total is the same for all sources of a group together. 0: DefaultTotal.
	Total float64
	// Log, if set, is called for each Event, by the goroutine that serves. While
	// it runs nobody is served.
	Log func(Event)

	shutOut time.Duration // how long a source that floods is shut out; 0: floodTime. For tests
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

// Event is an argument of Config.Log.
type Event struct {
	At     time.Time // Received: when the kernel received the datagram; else the time of the decision
	Kind   Kind
	Peer   netip.AddrPort
	Bytes  int    // size of the payload
	Reason Reason // Unanswered only
	Err    error  // Failed only: the error of the send
}

// Stats counts since [New]. Each request has an answer or is counted by the
// Reason for which it has none. While no request is under way, the two add up
// to Requests.
type Stats struct {
	Requests uint64 // datagrams read
	Answers  uint64 // answers that the kernel took
	Bytes    uint64 // of payload of the answers

	// Not answered, by Reason.
	NoReturn, Cut, Broadcast, Unicast, Stray, ServicePort, OffLink uint64
	Loop, RateLimited, TotalLimited, Failed, NoRoom, Unresolved    uint64

	// Flooding is the number of sources that the kernel's filter shuts out at
	// present. Filtered is the number of datagrams that the socket dropped while
	// there was a filter, nearly all of them by the filter; they are no Requests.
	// Linux only.
	Flooding int
	Filtered uint64
	// UnresolvedSources is the number of sources that the answers counted as
	// Unresolved were for, at most 1,024.
	UnresolvedSources int
	// PeerErrors counts reads that failed because of one peer, such as an ICMP
	// error.
	PeerErrors uint64
}

// Responder answers datagrams with themselves. Its methods may be called at
// the same time from several goroutines.
type Responder struct {
	cfg                      Config
	requests, answers, bytes atomic.Uint64
	peerErrors, filtered     atomic.Uint64
	flooding                 atomic.Int64
	unresolvedSources        atomic.Int64
	unanswered               [reasons]atomic.Uint64
}

// New returns a Responder. [Responder.Serve] makes it serve.
func New(cfg Config) *Responder { return &Responder{cfg: cfg} }

// Stats returns the counters so far, of all calls of Serve together.
func (r *Responder) Stats() Stats {
	why := func(reason Reason) uint64 { return r.unanswered[reason].Load() }
	return Stats{
		Requests: r.requests.Load(), Answers: r.answers.Load(), Bytes: r.bytes.Load(),
		NoReturn: why(NoReturn), Cut: why(Cut), Broadcast: why(Broadcast), Unicast: why(Unicast), Stray: why(Stray),
		ServicePort: why(ServicePort), OffLink: why(OffLink),
		Loop: why(Loop), RateLimited: why(RateLimited), TotalLimited: why(TotalLimited), Failed: why(Failed),
		NoRoom: why(NoRoom), Unresolved: why(Unresolved), UnresolvedSources: int(r.unresolvedSources.Load()),
		Flooding: int(r.flooding.Load()), Filtered: r.filtered.Load(), PeerErrors: r.peerErrors.Load(),
	}
}

// refuse counts a datagram without an answer.
func (r *Responder) refuse(peer netip.AddrPort, size int, reason Reason, err error) {
	r.unanswered[reason].Add(1)
	if r.cfg.Log != nil {
		r.log(Event{At: time.Now(), Kind: Unanswered, Peer: peer, Bytes: size, Reason: reason, Err: err})
	}
}

// log calls Config.Log, which most servers leave nil.
func (r *Responder) log(e Event) {
	if r.cfg.Log != nil {
		r.cfg.Log(e)
	}
}
