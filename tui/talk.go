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

	lines  *scrollback[chat.Line] // held while the talk is scrolled back
	byID   map[uint64]uint64      // where an own line is, of those that are not waiting
	newest uint64                 // the highest ID of an own line
	group  netip.Addr             // where the talk goes: what came by another says so
	ports  map[netip.Addr]bool
	cache  map[uint64][]string

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

func newTalk(st *styles) *talk {
	t := &talk{styles: st, byID: make(map[uint64]uint64), cache: make(map[uint64][]string)}
	t.lines = newScrollback(talkLines, talkBytes, chat.Line.Size)
	t.lines.kept.letGo = func(n uint64, l chat.Line) {
		t.lines.gone++
		delete(t.cache, n)
		if l.Kind == chat.Own {
			delete(t.byID, l.ID)
		}
	}
	return t
}

// add appends lines; an own one whose ID was seen before replaces that one.
func (t *talk) add(lines ...chat.Line) {
	for _, line := range lines {
		if line.Kind == chat.Own && line.ID != 0 && line.ID <= t.newest {
			t.replace(line)
			continue
		}
		if line.Kind == chat.Own {
			t.newest = line.ID
		}
		t.lines.add(line)
		if !t.lines.held {
			t.index(t.lines.kept.next - 1)
		}
	}
}

// index remembers where own lines are, from number n on.
func (t *talk) index(n uint64) {
	for kept := &t.lines.kept; n < kept.next; n++ {
		if l := kept.at(n); l.Kind == chat.Own {
			t.byID[l.ID] = n
		}
	}
}

// replace puts a newer state of an own line in its place, if it is still there.
func (t *talk) replace(line chat.Line) {
	whole := func(old chat.Line) chat.Line {
		if line.Cut {
			line.Text, line.Cut = old.Text, false
		}
		return line
	}
	if n, ok := t.byID[line.ID]; ok {
		t.lines.kept.replace(n, whole(t.lines.kept.at(n)))
		delete(t.cache, n)
		return
	}
	for w, n := &t.lines.waiting, t.lines.waiting.next; n > w.first; n-- {
		if old := w.at(n - 1); old.Kind == chat.Own && old.ID == line.ID {
			w.replace(n-1, whole(old))
			return
		}
	}
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
	for _, h := range []*history[chat.Line]{&t.lines.kept, &t.lines.waiting} {
		for n := h.first; n < h.next; n++ {
			all = append(all, h.at(n))
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
	if rows, ok := t.cache[n]; ok {
		return rows
	}
	if len(t.cache) >= cachedLines {
		clear(t.cache)
	}
	rows := t.draw(t.lines.kept.at(n))
	t.cache[n] = rows
	return rows
}
