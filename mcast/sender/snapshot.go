package sender

import (
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// Snapshot is how it stands with a sender.
type Snapshot struct {
	At, Began time.Time // Began is zero before Run
	Last      time.Time // when the last datagram was sent, without those that say the end
	Ended     bool
	Totals
	Latest  time.Duration // a datagram was sent so long after it was due, at the most
	Streams []Counts      // in the order of Config.Streams
	Causes  []Cause       // of what was refused
}

// Totals are counts of datagrams.
type Totals struct {
	Sent    uint64 // the kernel took them
	Bytes   uint64 // of payload, of those
	Refused uint64 // the kernel did not take them
	Skipped uint64 // they were overdue by more than pace.Overdue, and not made
}

// Counts are those of one stream.
type Counts struct {
	Group mcast.Group
	ID    uint64 // of its header
	Totals
	Rate float64 // datagrams a second, from the first to the last; 0: of fewer than two it is not known
	Err  error   // why the latest that was refused was; nil: none was
}

// Cause is an error, and how often it came.
type Cause struct {
	Err       error
	Datagrams uint64
}

// Rate is how many datagrams a second were sent of all streams; 0: that is not known,
// as there are streams with one datagram only.
func (s Snapshot) Rate() float64 { return SumOfRates(s.Streams) }

// SumOfRates is the same of some streams.
func SumOfRates(list []Counts) (sum float64) {
	for _, c := range list {
		if c.Rate == 0 && c.Sent > 0 {
			return 0
		}
		sum += c.Rate
	}
	return sum
}

// rate counts intervals, of which there is one less than datagrams.
func (st *state) rate() float64 {
	took := st.last - st.first
	if took <= 0 || st.sent < 2 {
		return 0
	}
	return float64(st.sent-1) / took.Seconds()
}

// Snapshot tells how it stands. It may be called at any time.
func (s *Sender) Snapshot() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	snap := Snapshot{
		At: time.Now(), Began: s.began, Last: s.last, Ended: s.ended,
		Streams: make([]Counts, len(s.streams)), Causes: slices.Clone(s.causes),
	}
	for i := range s.streams {
		st := &s.streams[i]
		c := Counts{Group: s.cfg.Streams[i].Group, ID: st.id, Rate: st.rate(), Err: st.err}
		c.Sent, c.Refused, c.Bytes = st.sent, st.refused, st.sent*uint64(s.cfg.Size)
		if s.schedule != nil {
			c.Skipped = s.schedule.Skipped(i)
		}
		snap.Sent += c.Sent
		snap.Bytes += c.Bytes
		snap.Refused += c.Refused
		snap.Skipped += c.Skipped
		snap.Streams[i] = c
	}
	if s.schedule != nil {
		snap.Latest = s.schedule.Latest()
	}
	return snap
}
