package mesh

import "time"

// MaxIntervals is how many there are in a timeline at most.
const MaxIntervals = 240

// line is loss over time: when it is full, each two intervals become one.
type line struct {
	from  at // 0: nothing was added
	step  at
	cells []lineCell
}

type lineCell struct{ sent, received uint32 }

// newLine is another timeline, of those that are counted.
func (e *Engine) newLine() *line {
	e.lines++
	return &line{}
}

func (e *Engine) dropLine(l *line) {
	if l != nil {
		e.lines--
	}
}

// add counts what was sent evenly in a time, and received at its end or, with some sent,
// in the same measure.
func (l *line) add(from, to at, sent, received uint64) {
	if l == nil {
		return
	}
	if l.from == 0 {
		l.from, l.step = from, time.Second
	}
	from = max(from, l.from)
	to = max(to, from)
	for (to-l.from)/l.step >= MaxIntervals {
		l.halve()
	}
	first, last := int((from-l.from)/l.step), int((to-l.from)/l.step)
	for len(l.cells) <= last {
		l.cells = append(l.cells, lineCell{})
	}
	if sent == 0 {
		first = last
	}
	n := uint64(last - first + 1)
	sent, received = min(sent, 1<<32), min(received, 1<<32) // numbers may lie
	for i := range n {
		c := &l.cells[first+int(i)]
		c.sent = add32(c.sent, sent*(i+1)/n-sent*i/n)
		c.received = add32(c.received, received*(i+1)/n-received*i/n)
	}
}

func add32(a uint32, n uint64) uint32 { return uint32(min(uint64(a)+n, 1<<32-1)) }

func (l *line) halve() {
	l.step *= 2
	n := 0
	for i := 0; i < len(l.cells); i += 2 {
		c := l.cells[i]
		if i+1 < len(l.cells) {
			c.sent = add32(c.sent, uint64(l.cells[i+1].sent))
			c.received = add32(c.received, uint64(l.cells[i+1].received))
		}
		l.cells[n] = c
		n++
	}
	l.cells = l.cells[:n]
}

// intervals is what is known, without the times in which nothing was sent.
func (l *line) intervals(wall func(at) time.Time) []Interval {
	if l == nil {
		return nil
	}
	list := make([]Interval, 0, len(l.cells))
	for i, c := range l.cells {
		if c.sent > 0 {
			list = append(list, Interval{At: wall(l.from + at(i)*l.step), Sent: c.sent, Received: min(c.sent, c.received)})
		}
	}
	return list
}
