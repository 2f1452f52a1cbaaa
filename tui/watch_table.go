package tui

import (
	"net/netip"
	"strings"

	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// watchID tells rows apart: a stream, or a group in which nothing was heard.
type watchID struct {
	key   stream.Key
	group netip.AddrPort // the zero AddrPort: a stream
	asked netip.Addr     // the source that is asked for there
}

// watchRow is a row of the table.
type watchRow struct {
	id     watchID
	stream int // in the snapshot; -1: nothing was heard
	group  int // in the snapshot; -1: in none of them
}

// watchTable is the streams, and the groups in which nothing was heard.
type watchTable struct {
	styles *styles
	inks   *watchInks

	snap        *watch.Snapshot
	port        uint16 // of all groups; 0: they have several
	kernel      bool   // some were lost for want of room in a socket
	all         []watchRow
	rows        []watchRow // of them those that match the filter, in order
	order       watchOrder
	filterWords []string

	selected watchID // the first if it is none of them
	at       int     // its position
	first    int     // the row at the top, as last drawn
	shown    int     // rows, as last drawn
	width    int     // as last drawn
	widest   [3]int  // group, sender and interface, of what was drawn at that width
	pen      pen
}

// set gives it another picture.
func (t *watchTable) set(s *watch.Snapshot) {
	t.snap, t.kernel, t.port = s, false, 0
	for i, g := range s.Groups {
		if i == 0 {
			t.port = g.Target.Group.Port
		} else if g.Target.Group.Port != t.port {
			t.port = 0
			break
		}
	}
	t.all = t.all[:0]
	heard := make([]bool, len(s.Groups))
	for i := range s.Streams {
		r := &s.Streams[i]
		t.kernel = t.kernel || r.Numbers.LostKernel > 0
		group := -1
		if r.Group >= 0 && r.Group < len(s.Groups) {
			group, heard[r.Group] = r.Group, true
		}
		t.all = append(t.all, watchRow{watchID{key: r.Key}, i, group})
	}
	for i, g := range s.Groups {
		if !heard[i] {
			t.all = append(t.all, watchRow{watchID{group: g.Target.Group.AddrPort(), asked: g.Target.Group.Source}, -1, i})
		}
	}
	t.arrange()
}

// move moves the selection by rows.
func (t *watchTable) move(by int) {
	if len(t.rows) > 0 {
		t.at = min(max(0, t.at+by), len(t.rows)-1)
		t.selected = t.rows[t.at].id
	}
}

// selectedRow is the selected one.
func (t *watchTable) selectedRow() (r watchRow, ok bool) {
	if len(t.rows) == 0 {
		return r, false
	}
	return t.rows[t.at], true
}

// name is what the user calls the group of a row.
func (t *watchTable) name(r watchRow) string {
	if r.group < 0 {
		return ""
	}
	return clean(t.snap.Groups[r.group].Name)
}

// groupOf is the group of a row.
func (t *watchTable) groupOf(r watchRow) netip.AddrPort {
	if r.stream >= 0 {
		return t.snap.Streams[r.stream].Key.Group
	}
	return t.snap.Groups[r.group].Target.Group.AddrPort()
}

// groupText is the name and the address of the group of a row. Its port is left out
// where all have the same.
func (t *watchTable) groupText(r watchRow) string {
	to := t.groupOf(r)
	text := groupAddr(to, t.port == 0 || to.Port() != t.port)
	if name := t.name(r); name != "" {
		return name + " " + text
	}
	return text
}

// render gives the titles of the columns and the rows around the selected one.
func (t *watchTable) render(width, height int) []string {
	if height <= 0 || width <= 0 || t.snap == nil {
		return nil
	}
	if len(t.rows) == 0 {
		return []string{t.styles.dim.Render(t.styles.cut(" "+t.nothing(), width))}
	}
	rows := make([]string, 0, height)
	titled := height > 2
	if titled {
		height--
	}
	t.shown = height
	t.first = min(max(t.first, t.at-height+1), t.at, max(0, len(t.rows)-height))
	window := t.rows[t.first:min(len(t.rows), t.first+height)]
	columns := t.columns(width, window)
	t.pen.st = t.styles
	if titled {
		t.pen.space(3)
		for _, c := range columns {
			t.pen.cell(t.inks.dim, c.title, c.width, c.right)
			t.pen.space(1)
		}
		rows = append(rows, t.pen.take())
	}
	for i, r := range window {
		rows = append(rows, t.row(r, columns, width, t.first+i == t.at))
	}
	return rows
}

// nothing says why there are no rows.
func (t *watchTable) nothing() string {
	if len(t.all) == 0 {
		return "nothing is watched yet"
	}
	return "no row has " + strings.Join(cleanAll(t.filterWords), " ") + "; esc shows all"
}

func cleanAll(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = clean(w)
	}
	return out
}

// row is one row of the table.
func (t *watchTable) row(r watchRow, columns []watchColumn, width int, selected bool) string {
	p, in := &t.pen, t.inks
	p.plain = selected
	if selected {
		p.row = append(p.row, in.selected.on...)
		p.write(in.dim, t.styles.pointer)
	} else {
		p.space(1)
	}
	mark, style := t.mark(r)
	p.cell(style, mark, 1, false)
	used := 2
	for i, c := range columns {
		p.space(1)
		if r.stream < 0 && i == 1 { // behind the group
			used++
			t.unheard(r, width-used, c.width)
			used = width
			break
		}
		style, text := c.cell(t, r, c.width)
		if c.exact {
			p.write(style, text)
		} else {
			p.cell(style, text, c.width, c.right)
		}
		used += 1 + c.width
	}
	p.space(width - used)
	if selected {
		p.row = append(p.row, in.selected.off...)
	}
	p.plain = false
	return p.take()
}

// mark is the sign of a row, which needs no colour.
func (t *watchTable) mark(r watchRow) (sign string, style ink) {
	switch {
	case r.stream < 0 && t.snap.Groups[r.group].Err != nil:
		return t.styles.fail, t.inks.failure
	case r.stream < 0:
		return t.styles.notJoined, t.inks.warning
	case !t.snap.Streams[r.stream].SilentSince.IsZero():
		return t.styles.silent, t.inks.failure
	case t.snap.Streams[r.stream].Numbers.Ended:
		return t.styles.notJoined, t.inks.dim
	case t.snap.Streams[r.stream].Copied.Notable():
		return t.styles.warn, t.inks.warning
	}
	return t.styles.joined, t.inks.good
}

// unheard is the rest of the row of a group in which nothing was heard.
func (t *watchTable) unheard(r watchRow, width, column int) {
	p, g := &t.pen, &t.snap.Groups[r.group]
	if g.Err != nil {
		p.cell(t.inks.failure, "not joined: "+strings.TrimPrefix(clean(g.Err.Error()), "mcast: "), width, false)
		return
	}
	text := "nothing heard"
	if g.Ever {
		text = "heard before; others needed its row"
	}
	if source := g.Target.Group.Source; source.IsValid() && !g.Ever {
		text += " from " + addrText(source)
	}
	on := clean(strings.Join(g.Joined, ", "))
	if space := max(column, t.styles.cells(text)); on != "" && space+1 < width {
		p.cell(t.inks.warning, text, space, false)
		p.space(1)
		p.cell(t.inks.dim, on, width-space-1, false)
		return
	}
	p.cell(t.inks.warning, text, width, false)
}
