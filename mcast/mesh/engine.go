package mesh

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/internal/lru"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/stream"
)

// Bounds: nothing here grows with what strangers send.
const (
	MaxPeers    = members.MaxMembers // others that are measured, or were
	MaxRate     = 1000               // datagrams a second of one member
	maxTold     = 65536              // rows of others; beyond it only lossy ones, twice as many
	surelyTold  = 64                 // of them, rows that one member may tell whatever others do
	maxUnknown  = 64                 // of them, of one member about streams that are not known
	maxLines    = 4096               // timelines of others' pairs
	maxAnswers  = 64                 // answers to probes that wait
	maxNonces   = 1024               // that are remembered
	maxAddrs    = 1024               // addresses of which it is known what probes brought
	maxSpeaking = 4                  // addresses that one member sends from
	maxUnheard  = 256                // streams that are no member's, or not yet
)

// Times, in numbers of docs/protocol.md.
const (
	startAfter  = 500 * time.Millisecond // numbered datagrams begin, when who is here is known
	statsFirst  = time.Second            // at least, to the first STATS
	silentTime  = 30 * time.Second       // after which a row is not in the sum of those that are heard
	settleTime  = time.Second            // after which what an author says that it sent has come, or is lost
	refreshTime = 250 * time.Millisecond
	othersEnd   = 5 * time.Second  // that the others may end later, and still have their end in the report
	reportTime  = 10 * time.Second // that reports may take, beside 100 ms for each member
	stoppedTime = time.Second      // late: this program was stopped
)

// DefaultRate is how many datagrams a second a member sends, and DefaultSize how long
// they are in bytes.
const (
	DefaultRate = 10.0
	DefaultSize = 64
)

// Config is what a member that measures starts with.
type Config struct {
	Group   netip.AddrPort
	Sealed  bool
	Rate    float64 // datagrams a second, at most MaxRate; 0: DefaultRate
	Size    int     // of them, in bytes, at least stream.HeaderSize; 0: DefaultSize
	MaxLoss float64 // per cent that a pair may lose
	Expect  int     // how many members are expected, with this one; 0: not said
	Names   []string
	// Sources are those that the group is joined for. None: all are heard.
	Sources []netip.Addr
	// Ours reports whether an address is this host's. nil: this program counts as one
	// of the Sources.
	Ours func(netip.Addr) bool
	// Random is for waits and for nonces, which nobody may guess: a rand.ChaCha8 with
	// a seed of crypto/rand.
	Random *rand.Rand
	// OnLink reports whether an address is of a network of an interface. nil: no one
	// but link-local ones is.
	OnLink   func(a netip.Addr, ifIndex int) bool
	NoProbes bool // no unicast is sent, nor answered
	// Clean makes text of the network safe to show. nil: what is not printable ASCII is
	// replaced.
	Clean func(string) string
}

// Datagram is one that arrived on the port of frames and is no frame.
type Datagram struct {
	Data    []byte
	Size    int // that it had; 0: Data is all of it
	From    netip.AddrPort
	IfIndex int
	TTL     int           // that it came with, 0: not known
	Age     time.Duration // for how long it waited to be read; negative: 0
}

// Outcome is what became of a datagram.
type Outcome uint8

// The outcomes.
const (
	NotNumbered Outcome = iota // another beginning
	Counted
	Again   // a number that came before, or is too old to tell
	Own     // our own, by loopback
	Late    // after our report, and not counted
	Held    // a number that no sender can have reached by now, unless the next one says so too
	Unknown // of a stream that is no member's
	Stray   // of a member's stream, from an address that is not the member's
	Damaged
	Newer
	outcomes
)

// at is a time since an hour before the engine began: no time is 0, which stands for
// never.
type at = time.Duration

const forever at = math.MaxInt64

// Engine is one member's part in a measurement. Two goroutines must not use it at once.
// The times that it is given have a monotonic reading.
type Engine struct {
	cfg    Config
	conv   *members.Conversation
	start  time.Time
	latest time.Time
	now    at
	next   at
	stop   span // when this program was stopped last

	own     own
	peers   map[frame.Ref]*peer
	order   []*peer
	unheard *lru.Map[frame.Ref, unheard] // numbered datagrams of streams that are no member's, or not yet
	strays  uint64
	count   [outcomes]uint64
	rows    int // told, of all
	lines   int

	refreshed at
	stats     stats
	ending    ending
	probes    probes
}

// unheard is what came of a stream of which no HELLO came yet.
type unheard struct {
	from netip.AddrPort
	n    uint64
	hear hearing
}

// span is a time from one moment to another.
type span struct{ from, to at }

// New begins a measurement. Its Frame is to be the Frames of the Config of the
// Conversation that is given to Use, whose Bits have BitMesh.
func New(cfg Config, now time.Time) *Engine {
	if cfg.Rate <= 0 || math.IsNaN(cfg.Rate) {
		cfg.Rate = DefaultRate
	}
	cfg.Rate = min(cfg.Rate, MaxRate)
	if cfg.Size == 0 {
		cfg.Size = DefaultSize
	}
	cfg.Size = max(cfg.Size, stream.HeaderSize)
	if cfg.Clean == nil {
		cfg.Clean = ascii
	}
	return &Engine{
		cfg: cfg, start: now, latest: now, now: time.Hour, peers: map[frame.Ref]*peer{},
		unheard: lru.New[frame.Ref, unheard](maxUnheard), probes: newProbes(),
	}
}

// Use takes in the conversation that the members are known by.
func (e *Engine) Use(c *members.Conversation) { e.conv = c }

// ascii replaces what is not printable ASCII.
func ascii(s string) string {
	b := []rune(s)
	for i, r := range b {
		if r < ' ' || r > '~' {
			b[i] = '?'
		}
	}
	return string(b[:min(len(b), 64)])
}

// begin takes in the time. Who comes much later than something was due was stopped, and
// judges no silence of that time.
func (e *Engine) begin(now time.Time) at {
	t := now.Sub(e.start) + time.Hour
	if t < e.now {
		return e.now
	}
	if e.next != 0 && t-e.next > stoppedTime {
		e.stop = span{e.next, t}
		e.next = 0
	}
	e.now, e.latest = t, now
	return t
}

// wall is the time of a clock, as of when it was given last.
func (e *Engine) wall(t at) time.Time { return e.latest.Add(t - e.now) }

// crowd is how many members measure, with this one.
func (e *Engine) crowd() int {
	n := 1
	for _, p := range e.order {
		if p.listed && !p.gone {
			n++
		}
	}
	return n
}

func perMember(least, each time.Duration, members int) at { return max(least, at(members)*each) }

func (e *Engine) interval() at { return perMember(2*time.Second, 100*time.Millisecond, e.crowd()) }

func (e *Engine) within(most at) at { return at(e.cfg.Random.Float64() * float64(most)) }

// Due returns the numbered datagrams that are to be sent now to the group, on the port
// of frames, and when to ask again at the latest. It queues frames in the Conversation:
// ask that after it.
func (e *Engine) Due(now time.Time) ([]members.Out, time.Time) {
	t := e.begin(now)
	e.refresh(t)
	outs, due := e.sendOwn(t)
	due = min(due, e.sendStats(t), e.end(t), e.probe(t), e.refreshed+refreshTime)
	e.next = max(due, t)
	return outs, e.wall(e.next)
}

// Receive takes in a datagram that arrived on the port of frames and is no frame.
func (e *Engine) Receive(now time.Time, d Datagram) Outcome {
	o := e.receive(e.begin(now), &d)
	e.count[o]++
	return o
}

func (e *Engine) receive(t at, d *Datagram) Outcome {
	h, err := stream.ParseHeader(d.Data, max(d.Size, len(d.Data)))
	switch err {
	case nil:
	case stream.ErrNotOurs:
		return NotNumbered
	case stream.ErrNewer:
		return Newer
	default:
		return Damaged
	}
	ref := refOf(h.Stream)
	if e.own.is(ref) {
		return Own
	}
	p := e.peers[ref]
	arrived := max(t-max(0, d.Age), 1)
	if p == nil || !p.heard {
		e.strays++
		u, _ := e.unheard.Ensure(ref)
		if u.n++; u.n == 1 {
			u.from, u.hear.line = plain(d.From), &line{}
		}
		if u.from == plain(d.From) && !e.ending.frozen {
			u.hear.take(arrived, &h, d.IfIndex, d.TTL, e.stop)
		}
		return Unknown
	}
	if !p.speaks(d.From) {
		e.strays++
		return Stray
	}
	if e.ending.frozen {
		return Late
	}
	if p.hear.line == nil && !p.hear.begun {
		p.hear.line = &line{}
	}
	return p.hear.take(arrived, &h, d.IfIndex, d.TTL, e.stop)
}

// NotSent takes in how many of the datagrams that Due gave could not be sent. They count
// as lost at those who hear the others: nothing else is true of the way to them.
func (e *Engine) NotSent(n int) { e.own.unsent += uint64(max(0, n)) }

// Outcomes is how many datagrams there were of each Outcome.
func (e *Engine) Outcomes(o Outcome) uint64 {
	if o >= outcomes {
		return 0
	}
	return e.count[o]
}
