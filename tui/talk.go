package tui

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/chat"
)

const (
	talkLines   = 5000     // lines that can be scrolled back to,
	talkBytes   = 16 << 20 // with so much text
	messageRows = 60       // rows that one message may fill
	cachedLines = 256      // lines whose rows are kept, a few screens
)

// talk is the pane of lines. Only lines on the screen are wrapped.
type talk struct {
	look   *look
	width  int // of the rows, as Resize was told
	height int

	ring        []chat.Line       // line n is at n % talkLines
	bytes       int               // of their texts
	gone        uint64            // the highest ID that was let go
	first, next uint64            // the lines kept: first <= n < next
	byID        map[uint64]uint64 // where a line with an ID is
	ports       map[netip.Addr]bool
	cache       map[uint64][]string

	back   bool   // scrolled back: bottom and hidden say to where
	bottom uint64 // the line at the bottom of the screen
	hidden int    // rows of that line that are below the screen
	seen   uint64 // lines from here on came while it was scrolled back
}

func newTalk(l *look) *talk {
	return &talk{look: l, byID: make(map[uint64]uint64), cache: make(map[uint64][]string)}
}

// Add appends lines; one whose ID was seen before replaces that one.
func (t *talk) Add(lines ...chat.Line) {
	first := t.first
	for _, line := range lines {
		if n, ok := t.byID[line.ID]; ok {
			t.bytes += line.Size() - t.ring[n%talkLines].Size()
			t.ring[n%talkLines] = line
			delete(t.cache, n)
			continue
		}
		if line.ID != 0 && line.ID <= t.gone {
			continue // news of a line that is not kept any more
		}
		n := t.next
		if n == t.first+talkLines {
			t.letGo()
		}
		if n < talkLines {
			t.ring = append(t.ring, line)
		} else {
			t.ring[n%talkLines] = line
		}
		if line.ID != 0 {
			t.byID[line.ID] = n
		}
		t.bytes += line.Size()
		t.next++
		for t.bytes > talkBytes && t.first < t.next-1 {
			t.letGo()
		}
	}
	if t.back && t.first > first {
		if t.bottom < t.first {
			t.bottom, t.hidden = t.first, 0
		}
		t.stopAtTop()
	}
}

// letGo forgets the oldest line.
func (t *talk) letGo() {
	old := &t.ring[t.first%talkLines]
	t.bytes -= old.Size()
	delete(t.byID, old.ID)
	t.gone = max(t.gone, old.ID)
	delete(t.cache, t.first)
	*old = chat.Line{}
	t.first++
}

// Resize tells the pane its size.
func (t *talk) Resize(width, height int) {
	if width == t.width && height == t.height {
		return
	}
	if width != t.width {
		clear(t.cache)
	}
	t.width, t.height = width, height
	if t.back {
		t.hidden = min(t.hidden, len(t.rows(t.bottom))-1)
		t.stopAtTop()
	}
}

// SetLook redraws everything.
func (t *talk) SetLook(l *look) {
	t.look = l
	clear(t.cache)
}

// SetSenders tells who is heard: an address is shown with its port only when
// two senders share it.
func (t *talk) SetSenders(list []chat.Sender) {
	seen, shared := make(map[netip.Addr]bool, len(list)), make(map[netip.Addr]bool)
	for _, s := range list {
		if seen[s.From.Addr()] {
			shared[s.From.Addr()] = true
		}
		seen[s.From.Addr()] = true
	}
	if !maps.Equal(shared, t.ports) {
		clear(t.cache)
	}
	t.ports = shared
}

// New is how many lines came below since the talk was scrolled back.
func (t *talk) New() uint64 {
	if !t.back {
		return 0
	}
	return t.next - min(t.next, max(t.seen, t.bottom+1))
}

// Follow shows the newest line from now on.
func (t *talk) Follow() { t.back = false }

// Scroll moves by rows, up when negative.
func (t *talk) Scroll(by int) {
	if t.next == t.first {
		return
	}
	if !t.back {
		t.back, t.bottom, t.hidden, t.seen = true, t.next-1, 0, t.next
	}
	t.hidden -= by
	for t.hidden < 0 && t.bottom < t.next-1 {
		t.bottom++
		t.hidden += len(t.rows(t.bottom))
	}
	for t.hidden >= len(t.rows(t.bottom)) && t.bottom > t.first {
		t.hidden -= len(t.rows(t.bottom))
		t.bottom--
	}
	t.stopAtTop()
	if t.bottom == t.next-1 && t.hidden <= 0 {
		t.back = false
	}
}

// Top scrolls back as far as there are lines.
func (t *talk) Top() {
	if t.next == t.first {
		return
	}
	if !t.back {
		t.seen = t.next
	}
	t.back, t.bottom, t.hidden = true, t.first, len(t.rows(t.first))
	t.Scroll(0)
}

// stopAtTop keeps the screen full when it is scrolled back to the first line.
func (t *talk) stopAtTop() {
	filled := 0
	for n := t.first; n < t.next; n++ {
		filled += len(t.rows(n))
		if filled < t.height && n < t.next-1 {
			continue
		}
		hidden := max(0, filled-t.height)
		if t.bottom < n || t.bottom == n && t.hidden > hidden {
			t.bottom, t.hidden = n, hidden
		}
		return
	}
}

// Render gives the rows on the screen.
func (t *talk) Render(width, height int) string {
	if t.next == t.first {
		return ""
	}
	n, hidden := t.next-1, 0
	if t.back {
		n = t.bottom
		hidden = min(max(0, t.hidden), len(t.rows(n))-1)
	}
	var parts [][]string
	for left := height; left > 0; n-- {
		rows := t.rows(n)
		rows = rows[:len(rows)-hidden]
		rows = rows[max(0, len(rows)-left):]
		parts = append(parts, rows)
		left -= len(rows)
		hidden = 0
		if n == t.first {
			break
		}
	}
	slices.Reverse(parts)
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
	rows := t.draw(t.ring[n%talkLines])
	t.cache[n] = rows
	return rows
}
