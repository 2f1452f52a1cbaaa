package chat

import "time"

// rateSeconds is how many full seconds a rate in a Snapshot is the mean of.
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

func (r *rate) count(second int64) *uint32 {
	n := int64(len(r.counts))
	return &r.counts[(second%n+n)%n] // before 1970 the remainder is negative
}

// histories are the counts of the full seconds before one moment, of many
// rates in one piece of memory: a snapshot is made for every frame.
type histories struct {
	now  time.Time
	free []uint32
}

func newHistories(now time.Time, rates int) *histories {
	return &histories{now, make([]uint32, rates*HistorySeconds)}
}

// of returns the counts of a rate, oldest first.
func (h *histories) of(r *rate) []uint32 {
	out := h.free[:HistorySeconds:HistorySeconds]
	h.free = h.free[HistorySeconds:]
	first := h.now.Unix() - HistorySeconds
	for i := range out {
		if s := first + int64(i); s <= r.last && s > r.last-int64(len(r.counts)) {
			out[i] = *r.count(s)
		}
	}
	return out
}

// current is the mean of the last full seconds of a history.
func current(history []uint32) float64 {
	var sum float64
	for _, n := range history[len(history)-rateSeconds:] {
		sum += float64(n)
	}
	return sum / rateSeconds
}
