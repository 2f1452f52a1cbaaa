package members

// window remembers which numbers were seen: the highest one, and which of the [Window]
// before it. What is older counts as seen (RFC 6479: a ring of words, of which the
// oldest is cleared as a whole).
type window struct {
	high uint64
	bits [Window/64 + 1]uint64
}

func (w *window) word(n uint64) *uint64 { return &w.bits[n/64%uint64(len(w.bits))] }

func (w *window) has(n uint64) bool {
	switch {
	case n > w.high:
		return false
	case w.high-n >= Window:
		return true
	}
	return *w.word(n)&(1<<(n%64)) != 0
}

// set remembers a number, unless it is older than the window.
func (w *window) set(n uint64) {
	if n > w.high {
		w.raise(n)
	}
	if w.high-n < Window {
		*w.word(n) |= 1 << (n % 64)
	}
}

// raise moves the window up to a number, which is not seen by that.
func (w *window) raise(n uint64) {
	if n <= w.high {
		return
	}
	first, last := w.high/64+1, n/64
	if last-first >= uint64(len(w.bits)) { // also of none: it is huge then
		if last >= first {
			clear(w.bits[:])
		}
	} else {
		for i := first; i <= last; i++ {
			w.bits[i%uint64(len(w.bits))] = 0
		}
	}
	w.high = n
}

// narrow is a window of 64 numbers, for those that one member alone gets.
type narrow struct{ high, bits uint64 }

func (w *narrow) has(n uint64) bool {
	switch {
	case n > w.high:
		return false
	case w.high-n >= 64:
		return true
	}
	return w.bits&(1<<(w.high-n)) != 0
}

func (w *narrow) set(n uint64) {
	if n > w.high {
		w.bits <<= min(n-w.high, 64)
		w.high = n
	}
	if w.high-n < 64 {
		w.bits |= 1 << (w.high - n)
	}
}
