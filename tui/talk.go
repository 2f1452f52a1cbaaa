package tui

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/chat"
)

const (
	talkLines   = 5000    // lines that can be scrolled back to,
	talkBytes   = 4 << 20 // with so much text
	messageRows = 60      // rows that one message may fill
	cachedLines = 256     // lines whose rows are kept, a few screens
)

// talk is the pane of lines. Only lines on the screen are wrapped.
type talk struct {
	styles *styles
	width  int // of the rows, as resize was told
	height int

	lines     *scrollback[*talkLine] // held while the talk is scrolled back
	byID      map[uint64]*talkLine   // of those that are not waiting
	newest    uint64                 // the highest ID of a line,
	newestOwn uint64                 // and of an own one
	group     netip.Addr             // where the talk goes: what came by another says so
	ports     map[netip.Addr]bool
	cache     map[*talkLine][]string

	scrolledBack bool // scrolled back: bottom and hidden say to where
	frozen       bool // and to stay so
	cleared      bool
	bottom       uint64   // the line at the bottom of the screen
	hidden       int      // rows of that line that are below the screen
	seen         uint64   // lines from here on came while it was scrolled back
	rowLines     []uint64 // the line of each row that was rendered last

	past   func(chat.Line) []string // what stands at the right end of a recording's lines; nil: they are of now
	marked marking
	query  string // what is looked for, in lower case; "": nothing
}

// talkLine is a line and its number, which grows when a repaired one takes its place
// before it.
type talkLine struct {
	chat.Line
	n uint64
}

func newTalk(st *styles) *talk {
	t := &talk{styles: st, byID: make(map[uint64]*talkLine), cache: make(map[*talkLine][]string)}
	t.lines = newScrollback(talkLines, talkBytes, func(l *talkLine) int { return l.Size() })
	t.lines.put = t.put
	t.lines.kept.letGo = func(_ uint64, l *talkLine) {
		t.lines.gone++
		delete(t.cache, l)
		if t.byID[l.ID] == l {
			delete(t.byID, l.ID)
		}
	}
	return t
}

// add appends lines, or puts a repaired one in its place; one whose ID was seen before
// replaces that one.
func (t *talk) add(lines ...chat.Line) (heard uint64) {
	for _, line := range lines {
		if line.ID != 0 && line.ID <= t.newest && t.replace(line) {
			continue
		}
		t.newest = max(t.newest, line.ID)
		if line.Kind == chat.Own && line.ID != 0 {
			if line.ID <= t.newestOwn {
				continue // the one that it replaces was let go
			}
			t.newestOwn = line.ID
		}
		if line.Kind == chat.Heard && !line.Earlier {
			heard++
		}
		t.lines.add(&talkLine{Line: line})
	}
	return heard
}

// put appends a line or puts it where it belongs. What that moves is pointers, from there
// to the end: most repairs are recent.
func (t *talk) put(l *talkLine) {
	kept := &t.lines.kept
	kept.add(l)
	l.n = kept.next - 1
	n := t.place(l)
	if l.ID != 0 {
		t.byID[l.ID] = l
	}
	if n == l.n {
		return
	}
	kept.lower(n, func(l *talkLine, n uint64) { l.n = n })
	for _, at := range []*uint64{&t.bottom, &t.seen, &t.marked.anchor, &t.marked.at} {
		if *at >= n {
			*at++
		}
	}
}

// place is the number that the last line should have: that of the line before which it
// says that it belongs. Members send again what a newcomer lacks author by author; so an
// earlier line also goes before the earlier ones of others, back to what was said since,
// that are later by the clocks of their authors. The lines of one run of a member keep their order.
func (t *talk) place(l *talkLine) uint64 {
	n := l.n
	if younger := t.byID[l.Before]; l.Before != 0 && younger != nil && younger.n >= t.first() {
		n = younger.n
	}
	if !l.Earlier {
		return n
	}
	for at := n; at > t.first(); at-- {
		switch other := t.lines.kept.at(at - 1); {
		case other.Kind != chat.Heard && other.Kind != chat.Own:
		case !other.Earlier, other.Run == l.Run, !other.At.After(l.At):
			return n
		default:
			n = at - 1
		}
	}
	return n
}

// replace puts a newer state of a line in its place; false: it is not there.
func (t *talk) replace(line chat.Line) bool {
	newer := func(old *talkLine) *talkLine {
		l := &talkLine{Line: line, n: old.n}
		if line.Cut {
			l.Text, l.Cut = old.Text, false
		}
		return l
	}
	if old := t.byID[line.ID]; old != nil {
		l := newer(old)
		t.lines.kept.replace(old.n, l)
		t.byID[line.ID] = l
		delete(t.cache, old)
		return true
	}
	for w, n := &t.lines.waiting, t.lines.waiting.next; n > w.first; n-- {
		if old := w.at(n - 1); old.ID == line.ID {
			w.replace(n-1, newer(old))
			return true
		}
	}
	return false
}

// clear forgets all lines.
func (t *talk) clear() {
	t.lines.release()
	t.lines.kept.clear()
	t.lines.gone, t.cleared = 0, true
	t.scrolledBack, t.marked = false, marking{}
}

// allLines are all that can be scrolled to.
func (t *talk) allLines() []chat.Line {
	all := make([]chat.Line, 0, t.lines.kept.len()+t.lines.waiting.len())
	for _, h := range []*history[*talkLine]{&t.lines.kept, &t.lines.waiting} {
		for n := h.first; n < h.next; n++ {
			all = append(all, h.at(n).Line)
		}
	}
	return all
}

func (t *talk) empty() bool   { return t.lines.kept.len() == 0 }
func (t *talk) first() uint64 { return t.lines.kept.first }
func (t *talk) last() uint64  { return t.lines.kept.next - 1 } // there must be one

// resize tells the pane its size.
func (t *talk) resize(width, height int) {
	if width == t.width && height == t.height {
		return
	}
	if width != t.width {
		clear(t.cache)
	}
	t.width, t.height = width, height
	if t.scrolledBack && !t.empty() {
		t.hidden = min(t.hidden, len(t.rows(t.bottom))-1)
		t.stopAtTop()
	}
}

// setStyles redraws everything.
func (t *talk) setStyles(st *styles) {
	t.styles = st
	clear(t.cache)
}

// setGroup says where the talk goes.
func (t *talk) setGroup(g netip.Addr) {
	if g != t.group {
		t.group = g
		clear(t.cache)
	}
}

// setSenders takes in who is heard. An address is shown with its port only if
// its host sends from several.
func (t *talk) setSenders(list []chat.Sender) {
	shared := make(map[netip.Addr]bool)
	for _, s := range list {
		if portCount(s) != "" {
			shared[s.Addr] = true
		}
	}
	if !maps.Equal(shared, t.ports) {
		clear(t.cache)
	}
	t.ports = shared
}

// topAt scrolls so that line n is the first on the screen, if there is enough below.
func (t *talk) topAt(n uint64) {
	t.stay()
	t.bottom, t.hidden = n, 0
	filled := len(t.rows(n))
	for filled < t.height && t.bottom < t.last() {
		t.bottom++
		filled += len(t.rows(t.bottom))
	}
	t.hidden = max(0, filled-t.height)
	t.stopAtTop()
}

// gone is the number of older lines that were let go.
func (t *talk) gone() uint64 { return t.lines.gone }

// render gives the rows on the screen.
func (t *talk) render(width, height int) string {
	t.rowLines = t.rowLines[:0]
	if t.empty() {
		return ""
	}
	n, hidden := t.last(), 0
	if t.scrolledBack {
		n = t.bottom
		hidden = min(max(0, t.hidden), len(t.rows(n))-1)
	}
	var parts [][]string
	for left := height; left > 0; n-- {
		rows := t.rows(n)
		rows = rows[:len(rows)-hidden]
		rows = rows[max(0, len(rows)-left):]
		parts = append(parts, t.highlight(n, rows))
		for range rows {
			t.rowLines = append(t.rowLines, n)
		}
		left -= len(rows)
		hidden = 0
		if n == t.first() {
			break
		}
	}
	slices.Reverse(parts)
	slices.Reverse(t.rowLines)
	return strings.Join(slices.Concat(parts...), "\n")
}

// rows are the rows of line n at the pane's width; at least one.
func (t *talk) rows(n uint64) []string {
	l := t.lines.kept.at(n)
	if rows, ok := t.cache[l]; ok {
		return rows
	}
	if len(t.cache) >= cachedLines {
		clear(t.cache)
	}
	rows := t.draw(l.Line)
	t.cache[l] = rows
	return rows
}
