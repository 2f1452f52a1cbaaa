package chat

import "time"

// rateSeconds is how many full seconds Snapshot.Rate is the mean of.
const rateSeconds = 3

// rate counts datagrams per second of the clock that they were read by.
type rate struct {
	counts [HistorySeconds + 2]uint32 // by second, modulo the length
	last   int64                      // the latest second counted, in Unix time
}

// add counts a datagram. The one before may have a slightly later time; a
// clock that was set back starts the history anew.
func (r *rate) add(at time.Time) {
	s := at.Unix()
	if s > r.last+int64(len(r.counts)) || s < r.last-1 {
		r.counts = [len(r.counts)]uint32{}
		r.last = s
	}
	for r.last < s {
		r.last++
		*r.count(r.last) = 0
	}
	*r.count(s)++
}

// history returns the counts of the full seconds before now, oldest first.
func (r *rate) history(now time.Time) []uint32 {
	out := make([]uint32, HistorySeconds)
	first := now.Unix() - HistorySeconds
	for i := range out {
		if s := first + int64(i); s <= r.last && s > r.last-int64(len(r.counts)) {
			out[i] = *r.count(s)
		}
	}
	return out
}

func (r *rate) count(second int64) *uint32 {
	n := int64(len(r.counts))
	return &r.counts[(second%n+n)%n] // before 1970 the remainder is negative
}

func mean(counts []uint32) float64 {
	var sum float64
	for _, n := range counts {
		sum += float64(n)
	}
	return sum / float64(len(counts))
}
