package members

import "math/bits"

// loss counts which of the last 64 passing numbers of a stream came here. Bit n stands
// for the highest one minus n.
type loss struct {
	high  uint64
	first uint64 // the number that it was first heard with
	got   uint64
	other uint64 // left by another interface, as their author says, and are not missed
}

func (l *loss) heard(n uint64) {
	if l.first == 0 {
		l.first, l.high = n, n
	}
	if n > l.high {
		l.got <<= min(n-l.high, 64)
		l.other <<= min(n-l.high, 64)
		l.high = n
	}
	if l.high-n < 64 {
		l.got |= 1 << (l.high - n)
	}
}

// elsewhere takes in which numbers before n left by another interface: bit i stands
// for n - 1 - i.
func (l *loss) elsewhere(n, mask uint64) {
	if mask != 0 && l.high >= n && l.high-n+1 < 64 {
		l.other |= mask << (l.high - n + 1)
	}
}

// counts is how many of them were lost, of how many.
func (l *loss) counts() (missed, all int) {
	if l.first == 0 {
		return 0, 0
	}
	span := min(l.high-l.first+1, 64)
	asked := ^uint64(0) >> (64 - span)
	return bits.OnesCount64(asked &^ l.got &^ l.other), bits.OnesCount64(asked &^ (l.other &^ l.got))
}

// leastCounted is of how many frames a rate is told at least.
const leastCounted = 5

// perMille is how many of them were lost; -1: not known, of fewer than five.
func (l *loss) perMille() int {
	missed, all := l.counts()
	if all < leastCounted {
		return -1
	}
	return missed * 1000 / all
}
