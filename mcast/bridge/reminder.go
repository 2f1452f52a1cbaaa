package bridge

import "time"

// How often what goes on is told: a second after it began, and then ever more seldom.
const (
	remindFirst = time.Second
	remindLeast = 10 * time.Second
	remindMost  = 10 * time.Minute
)

// reminder tells now and then how often something has happened.
type reminder struct {
	count int // ever
	told  int // of them, the last time
	due   time.Time
	wait  time.Duration
}

func (r *reminder) add(now time.Time) {
	if r.due.IsZero() {
		r.due = now.Add(remindFirst)
	}
	r.count++
}

// take returns the count when it is to be told.
func (r *reminder) take(now time.Time) (count int, due bool) {
	if r.count == r.told || now.Before(r.due) {
		return 0, false
	}
	r.told = r.count
	r.wait = min(max(6*r.wait, remindLeast), remindMost)
	r.due = now.Add(r.wait)
	return r.count, true
}
