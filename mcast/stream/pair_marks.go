package stream

import "time"

// pairMarks remember how far a pair was when, so that it is judged 2 s later.
type pairMarks struct {
	list [32]pairMark
	n    int
}

type pairMark struct {
	clock time.Duration
	upTo  uint64
}

// due is how far a pair was 2 s ago; false: it is judged so far already.
func (m *pairMarks) due(clock time.Duration) (upTo uint64, some bool) {
	k := 0
	for k < m.n && clock-m.list[k].clock >= pairTime {
		k++
	}
	if k == 0 {
		return 0, false
	}
	upTo = m.list[k-1].upTo
	m.n = copy(m.list[:], m.list[k:m.n])
	return upTo, true
}

// add remembers how far it is now.
func (m *pairMarks) add(clock time.Duration, upTo uint64) {
	if m.n == len(m.list) || m.n > 0 && clock-m.list[m.n-1].clock < pairTime/25 {
		return
	}
	m.list[m.n] = pairMark{clock, upTo}
	m.n++
}
