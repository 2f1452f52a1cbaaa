package class

import "time"

// Drawing for one program takes at most a tenth of a processor, in the long run. The
// first of it is free: a screen is drawn at once.
const (
	drawingShare = 10
	drawingFree  = 50 * time.Millisecond
)

// budget is how much of a processor may be used to draw for a program.
type budget struct {
	credit time.Duration // below 0: what was drawn in advance
	last   time.Time     // when the credit was reckoned
}

func newBudget(now time.Time) *budget { return &budget{drawingFree, now} }

// spend takes the time that something was drawn in from the budget, and returns how long
// nothing may be drawn now.
func (b *budget) spend(now time.Time, drawn time.Duration) (rest time.Duration) {
	b.credit = min(drawingFree, b.credit+now.Sub(b.last)/drawingShare) - drawn
	b.last = now
	return max(0, -b.credit*drawingShare)
}

// What is drawn before the time is looked at: so many bytes, and so many sequences. One of
// two bytes (RIS) can take milliseconds on the largest screen.
const (
	drawnAtOnce     = 256
	sequencesAtOnce = 32
)

// atOnce is what is drawn first of something, and the rest.
func atOnce(b []byte) (first, rest []byte) {
	n, sequences := 0, 0
	for ; n < min(len(b), drawnAtOnce); n++ {
		if b[n] != '\x1b' {
			continue
		}
		if sequences++; sequences > sequencesAtOnce {
			break
		}
	}
	return b[:n], b[n:]
}
