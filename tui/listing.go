package tui

import (
	"sort"
	"strings"
)

// listing is a list that grows at its end, a row for each thing. It follows
// the newest until a row is selected; then it stays where it is, and what
// comes waits.
type listing[T any] struct {
	styles *styles
	head   func(st *styles, width int) string // the row above the others; nil: none

	row   func(st *styles, v T, width int) string
	words func(T) string // what the filter looks at

	scrollback  *scrollback[T]
	filter      string
	filterWords []string // the words of the filter, in lower case
	matches     []uint64 // with a filter, the numbers kept that match
	scanned     uint64   // numbers below are in matches, if they match
	below       uint64   // came while held, and match

	frozen   bool
	followed bool // before it was frozen
	picked   bool
	selected uint64 // its number, while held; else the newest is selected
	end      int    // while held, the position behind the last row on the screen

	first, above, visible int // as last drawn: the position of the first row, rows above it, rows
}

// newListing makes a listing that keeps the newest limit things, of at most
// budget bytes together as size tells, and as much again while it is held.
func newListing[T any](limit, budget int, size func(T) int, row func(st *styles, v T, width int) string, words func(T) string) *listing[T] {
	return &listing[T]{row: row, words: words, scrollback: newScrollback(limit, budget, size)}
}

// add appends one, or lets it wait.
func (l *listing[T]) add(v T) {
	l.scrollback.add(v)
	if !l.scrollback.held {
		l.scan()
	} else if l.match(v) {
		l.below++
	}
}

// last is the newest value, if it can be replaced. While the list is held, the
// values on the screen cannot.
func (l *listing[T]) last() (v T, ok bool) {
	h := l.growing()
	if h.len() == 0 {
		return v, false
	}
	return h.at(h.next - 1), true
}

// replaceLast puts another in its place.
func (l *listing[T]) replaceLast(v T) {
	h := l.growing()
	n := h.next - 1
	old := h.at(n)
	h.replace(n, v)
	if l.scrollback.held {
		if l.match(old) {
			l.below--
		}
		if l.match(v) {
			l.below++
		}
		return
	}
	if i := len(l.matches) - 1; i >= 0 && l.matches[i] == n {
		l.matches = l.matches[:i]
	}
	l.scanned = min(l.scanned, n)
	l.scan()
}

func (l *listing[T]) growing() *history[T] {
	if l.scrollback.held {
		return &l.scrollback.waiting
	}
	return &l.scrollback.kept
}

// len is the number of rows that can be seen: with a filter, of those that match.
func (l *listing[T]) len() int {
	if l.filter == "" {
		return l.scrollback.kept.len()
	}
	return len(l.matches)
}

// newBelow is the number of values that came while the list was held; with a
// filter, of those that match.
func (l *listing[T]) newBelow() uint64 { return l.below }

// setFilter shows only the rows that have every word of the filter, in capital
// or small letters.
func (l *listing[T]) setFilter(filter string) {
	l.filter = strings.TrimSpace(filter)
	l.filterWords = filterWords(l.filter)
	l.matches, l.scanned, l.below = nil, 0, 0
	l.scan()
	for n := l.scrollback.waiting.first; n < l.scrollback.waiting.next; n++ {
		if l.match(l.scrollback.waiting.at(n)) {
			l.below++
		}
	}
	l.end = l.len()
}

func (l *listing[T]) match(v T) bool {
	return len(l.filterWords) == 0 || hasWords(l.words(v), l.filterWords)
}

// scan brings matches up to date, by what came and went since the last time.
func (l *listing[T]) scan() {
	if l.filter == "" {
		return
	}
	kept := &l.scrollback.kept
	gone := 0
	for gone < len(l.matches) && l.matches[gone] < kept.first {
		gone++
	}
	l.matches = l.matches[gone:]
	for n := max(l.scanned, kept.first); n < kept.next; n++ {
		if l.match(kept.at(n)) {
			l.matches = append(l.matches, n)
		}
	}
	l.scanned = kept.next
}

// number is the number of the row at a position, which must exist.
func (l *listing[T]) number(position int) uint64 {
	if l.filter == "" {
		return l.scrollback.kept.first + uint64(position)
	}
	return l.matches[position]
}

// position is that of the selected row or, if the filter hides it, of the row
// before.
func (l *listing[T]) position() int {
	n := l.len()
	if !l.scrollback.held {
		return n - 1
	}
	return max(0, sort.Search(n, func(i int) bool { return l.number(i) > l.selected })-1)
}

// selectedValue is the selected one.
func (l *listing[T]) selectedValue() (v T, ok bool) {
	if !l.picked || l.len() == 0 {
		return v, false
	}
	return l.scrollback.kept.at(l.number(l.position())), true
}

// hold lets the list stay where it is.
func (l *listing[T]) hold() {
	if l.scrollback.held {
		return
	}
	l.end = l.len()
	l.selected = l.scrollback.kept.next // or the last that there is
	l.scrollback.hold()
}

// follow shows the newest from now on, unless the list is frozen.
func (l *listing[T]) follow() {
	if l.frozen || !l.scrollback.held {
		return
	}
	l.scrollback.release()
	l.below = 0
	l.scan()
}

// move moves the selection by rows, up when negative. The first move selects
// the newest. Moving up holds the list, and moving down from the last row lets
// it follow again.
func (l *listing[T]) move(by int) {
	n := l.len()
	switch {
	case by == 0:
		return
	case n == 0:
		l.follow()
		return
	case !l.picked:
		l.picked = true
		l.selected = l.scrollback.kept.next
		if by > 0 {
			return
		}
		by++
	case by > 0 && l.position() == n-1:
		l.follow()
		return
	}
	l.hold()
	l.selected = l.number(min(max(0, l.position()+by), n-1))
}

// top selects the oldest.
func (l *listing[T]) top() {
	if l.len() == 0 {
		return
	}
	l.hold()
	l.picked, l.selected = true, l.number(0)
}

// pick selects the row at a position, if there is one.
func (l *listing[T]) pick(position int) {
	if position < 0 || position >= l.len() {
		return
	}
	l.hold()
	l.picked, l.selected = true, l.number(position)
}

// rewind shows the oldest, and selects none.
func (l *listing[T]) rewind() {
	l.hold()
	l.picked, l.end = false, 0
}

// newest follows again; a frozen list goes to its last row.
func (l *listing[T]) newest() {
	l.selected, l.end = l.scrollback.kept.next, l.len()
	l.follow()
}

// freeze holds the list whatever is selected, until it is switched off: then
// it follows the newest, if it did so before.
func (l *listing[T]) freeze(on bool) {
	if on == l.frozen {
		return
	}
	if on {
		l.followed = !l.scrollback.held
		l.hold()
	}
	l.frozen = on
	if !on && l.followed {
		l.follow()
	}
}

// selectNewest selects the newest row when none is; false: there is none.
func (l *listing[T]) selectNewest() bool {
	if l.len() == 0 {
		return false
	}
	if !l.picked {
		l.move(-1)
	}
	l.hold()
	return true
}

// click selects the row on the screen, counted from 0 at the top of what was
// drawn, and holds the list. It reports whether that one was selected before.
func (l *listing[T]) click(row int) (again bool) {
	row -= l.above
	if row < 0 || row >= l.visible || l.first+row >= l.len() {
		return false
	}
	again = l.picked && l.position() == l.first+row
	l.hold()
	l.picked, l.selected = true, l.number(l.first+row)
	return again
}
