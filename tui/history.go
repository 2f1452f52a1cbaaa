package tui

// history keeps the newest of what comes: at most limit things, of at most
// budget bytes together, but always the last one.
type history[T any] struct {
	limit, budget int
	size          func(T) int     // of one of them, in bytes
	letGo         func(uint64, T) // called with each that is let go; may be nil

	ring        []T    // number n is at n % limit
	first, next uint64 // kept are first <= n < next
	bytes       int
}

// len is the number of values that are kept.
func (h *history[T]) len() int { return int(h.next - h.first) }

// at is the one with that number, which must be kept.
func (h *history[T]) at(n uint64) T { return h.ring[n%uint64(h.limit)] }

// add appends one, and lets the oldest go.
func (h *history[T]) add(v T) {
	if h.len() == h.limit {
		h.drop()
	}
	if len(h.ring) < h.limit {
		h.ring = append(h.ring, v)
	} else {
		h.ring[h.next%uint64(h.limit)] = v
	}
	h.bytes += h.size(v)
	h.next++
	for h.bytes > h.budget && h.len() > 1 {
		h.drop()
	}
}

// lower puts the newest in the place of number n, and what was there and later one
// higher. It tells of each that it moves where that is now.
func (h *history[T]) lower(n uint64, moved func(v T, n uint64)) {
	v := h.at(h.next - 1)
	for at := h.next - 1; at > n; at-- {
		one := h.at(at - 1)
		h.ring[at%uint64(h.limit)] = one
		moved(one, at)
	}
	h.ring[n%uint64(h.limit)] = v
	moved(v, n)
}

// replace puts another in the place of number n.
func (h *history[T]) replace(n uint64, v T) {
	at := &h.ring[n%uint64(h.limit)]
	h.bytes += h.size(v) - h.size(*at)
	*at = v
}

func (h *history[T]) drop() {
	at := &h.ring[h.first%uint64(h.limit)]
	old := *at
	var none T
	*at = none
	h.bytes -= h.size(old)
	if h.letGo != nil {
		h.letGo(h.first, old)
	}
	h.first++
}

// clear forgets all. Numbers go on.
func (h *history[T]) clear() {
	for h.first < h.next {
		h.drop()
	}
}

// scrollback is a history that can be held: what comes then waits, in as much
// room again, and what is kept stays.
type scrollback[T any] struct {
	kept    history[T]
	waiting history[T]
	held    bool
	gone    uint64  // let go in all
	put     func(T) // adds to kept
}

func newScrollback[T any](limit, budget int, size func(T) int) *scrollback[T] {
	s := &scrollback[T]{
		kept:    history[T]{limit: limit, budget: budget, size: size},
		waiting: history[T]{limit: limit, budget: budget, size: size},
	}
	s.kept.letGo, s.put = func(uint64, T) { s.gone++ }, s.kept.add
	return s
}

// add appends one, or lets it wait.
func (s *scrollback[T]) add(v T) {
	if s.held {
		s.waiting.add(v)
	} else {
		s.put(v)
	}
}

// hold lets what comes wait.
func (s *scrollback[T]) hold() { s.held = true }

// waitingCount is the number of values that came since hold.
func (s *scrollback[T]) waitingCount() uint64 { return s.waiting.next }

// release appends what waits. When some of it had to be let go, then all that
// was kept before is let go too: no gap is left in the middle.
func (s *scrollback[T]) release() {
	s.held = false
	if lost := s.waiting.first; lost > 0 {
		s.kept.clear()
		s.gone += lost
	}
	for n := s.waiting.first; n < s.waiting.next; n++ {
		s.put(s.waiting.at(n))
	}
	s.waiting = history[T]{limit: s.waiting.limit, budget: s.waiting.budget, size: s.waiting.size}
}
