// Package mesh measures who hears whom: each of several members sends numbered datagrams to
// a group, counts what it receives of each other one, and learns what the others have
// counted.
package mesh

import (
	"net/netip"
	"time"
)

// Report is what is known of a measurement: at its end, or so far.
type Report struct {
	Group   netip.AddrPort // that members talk in; numbered datagrams go to the port after it
	Sealed  bool           // the members have a passphrase; the numbered datagrams are open all the same
	Began   time.Time
	Ended   time.Time // zero: it goes on
	MaxLoss float64   // per cent that a pair may lose
	Members []Member  // the first is this program; then in the order of their names
	Pairs   []Pair    // each ordered pair of members, rows by who hears
	Missing []string  // names that were expected and never came
	Expect  int       // how many members were expected, with this one; 0: not said
	Strays  uint64    // numbered datagrams from an address that is no member's
	Unsent  uint64    // own datagrams that this host could not send
	Skipped uint64    // own datagrams that were left out because this program was stopped
	Left    struct {  // pairs that are left out of Pairs; there are more than MaxPairs
		Well, NotKnown int
	}
}

// Member is a program that measures, or did.
type Member struct {
	Name        string // safe to show
	Fingerprint string // of its key
	Addr        netip.Addr
	Self        bool
	First, Last time.Time     // that it was heard, by this program's clock
	Gone        bool          // it said so, or was not heard for long
	Left        bool          // it said so
	Done        bool          // its final report is here, whole
	Rate        float64       // datagrams a second that it sends
	Interfaces  []string      // as it names them
	Clock       time.Duration // that its clock is ahead; shown from 5 s
}

// Knowledge is how a pair's numbers are known.
type Knowledge string

// How they are known.
const (
	NotKnown   Knowledge = ""              // the one that hears has told nothing, or is no member that measures
	Measured   Knowledge = "measured"      // by this program, or told in its rows
	AllWell    Knowledge = "all well"      // by the sum of its rows: it hears all, and lost nothing
	NotAsked   Knowledge = "not asked for" // a source that it did not join
	HeardNever Knowledge = "never heard"   // its rows were told whole, and this one is not among them
)

// Pair is what one member received of another.
type Pair struct {
	By, From   int // indexes in Report.Members
	Known      Knowledge
	Sent       uint64 // that should have come: from the first that came to the last known to be sent
	Received   uint64 // each once
	Duplicates uint64
	Reordered  uint64
	Spread     time.Duration // of delays: how much later than the fastest one, p95 or so; -1: not known
	Silence    time.Duration // the longest between two of them
	SilenceAt  time.Time     // when that began, by this program's clock; zero: there was none longer than a second
	SilentFor  time.Duration // now, or at the end; 0: it is heard
	SilentAt   time.Time     // that the last one came then; zero: it is heard
	Interface  string        // that it is heard by, as the one that hears names it
	Hops       int           // that were left of the datagrams' TTL; -1: not known
	Since      time.Time     // that it was first heard
	Told       time.Time     // when the one that hears said so

	Unicast Unicast    // the way back, apart
	Line    []Interval // loss over time, as this program measured or was told; oldest first
}

// Lost is how many did not come, and per mille of those sent; -1: not known.
func (p Pair) Lost() (n uint64, permille int) {
	switch {
	case p.Known == NotKnown || p.Known == NotAsked:
		return 0, -1
	case p.Sent == 0 && p.Known == HeardNever:
		return 0, 1000
	case p.Sent == 0:
		return 0, 0
	}
	n = p.Sent - min(p.Sent, p.Received)
	return n, int((1000*n + p.Sent/2) / p.Sent)
}

// Unicast is what signed probes between two members have shown.
type Unicast struct {
	Sent, Answered uint64
	RoundTrip      time.Duration // the median, or 0
	Refused        bool          // by ICMP
}

// Interval is a pair's loss in a time.
type Interval struct {
	At       time.Time
	Sent     uint32
	Received uint32
}

// Hole is a pair that lost more than it may, for people: "db2 does not hear web1 on eth1
// since 03:12".
type Hole struct {
	By, From int // By -1: nobody hears it
	Text     string
}
