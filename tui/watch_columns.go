package tui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// watchColumn is one column of the table of streams. Its cells are written by a pen.
type watchColumn struct {
	title       string
	least, most int // cells
	rank        int // the lowest come first, as far as there is room
	right       bool
	exact       bool // what it holds has as many cells as the column
	cell        func(t *watchTable, r watchRow, width int) (ink, string)
	width       int // that it got
}

// watchInks are the styles of the table.
type watchInks struct {
	dim, good, warning, failure, accent, bold, selected ink

	senders []ink
}

func newWatchInks(st *styles) watchInks {
	in := watchInks{
		dim: st.dim.ink, good: st.good.ink, warning: st.warning.ink, failure: st.failure.ink,
		accent: st.accent.ink, bold: st.bold.ink, selected: st.selected.ink,
	}
	for _, s := range st.senders {
		in.senders = append(in.senders, s.ink)
	}
	return in
}

// heardCell is a cell that only streams have.
func heardCell(of func(t *watchTable, s *watch.Stream, width int) (ink, string)) func(*watchTable, watchRow, int) (ink, string) {
	return func(t *watchTable, r watchRow, width int) (ink, string) {
		if r.stream < 0 {
			return ink{}, ""
		}
		return of(t, &t.snap.Streams[r.stream], width)
	}
}

// countCell is a cell of a number that only numbers tell.
func countCell(of func(n *stream.Numbers) uint64) func(*watchTable, watchRow, int) (ink, string) {
	return heardCell(func(t *watchTable, s *watch.Stream, width int) (ink, string) {
		n := of(&s.Numbers)
		switch {
		case !numbersKnown(&s.Numbers):
			return t.inks.dim, "-"
		case n > 0:
			return t.inks.warning, short(n, width)
		}
		return ink{}, "0"
	})
}

// columns are those that there is room for, around those rows. A narrow terminal
// keeps who, how many, what was lost, and when.
func (t *watchTable) columns(width int, window []watchRow) []watchColumn {
	if t.width != width {
		t.width, t.widest = width, [3]int{15, 15, 4}
	}
	w := &t.widest // it only grows, so that columns stay where they are
	for _, r := range window {
		w[0] = max(w[0], t.styles.cells(t.groupText(r)))
		if r.stream >= 0 {
			s := &t.snap.Streams[r.stream]
			w[1], w[2] = max(w[1], len(rowFrom(&s.Row))), max(w[2], t.styles.cells(clean(s.Interface)))
		}
	}
	all := []watchColumn{
		{title: "GROUP", least: max(15, min(w[0], width/5)), most: min(w[0], max(24, width/3)), cell: groupCell},
		{title: "FROM", least: max(15, min(w[1], width/6)), most: min(w[1], max(22, width/4)), rank: 1, cell: heardCell(streamFromCell)},
		{title: "ON", least: min(w[2], 5), most: min(w[2], 15), rank: 5, cell: heardCell(onCell)},
		{title: "/s", least: 7, most: 7, right: true, cell: heardCell(rateCell)},
		{title: "Mb/s", least: 6, most: 6, rank: 4, right: true, cell: heardCell(bitsCell)},
		{title: "LOST", least: 8, most: 10, right: true, cell: heardCell(lostCell)},
		{title: "KERNEL", least: 7, most: 7, rank: 2, right: true, cell: countCell(func(n *stream.Numbers) uint64 { return n.LostKernel })},
		{title: "DUP", least: 5, most: 5, rank: 7, right: true, cell: countCell(func(n *stream.Numbers) uint64 { return n.Duplicates })},
		{title: "LATE", least: 5, most: 5, rank: 7, right: true, cell: countCell(func(n *stream.Numbers) uint64 { return n.Reordered })},
		{title: "JITTER ", least: 8, most: 8, rank: 6, right: true, cell: heardCell(jitterCell)},
		{title: "NUMBERS", least: 9, most: 9, rank: 2, cell: heardCell(formatCell)},
		{title: "60 s", least: max(6, min(width/12, 20)), most: 60, rank: 3, exact: true, cell: heardCell(sparkCell)},
		{title: "LAST", least: 8, most: watchLastRoomy, rank: 1, cell: heardCell(lastCell)},
	}
	if !t.kernel {
		all = slices.DeleteFunc(all, func(c watchColumn) bool { return c.title == "KERNEL" })
	}
	return spread(all, width-3)
}

// spread picks columns by their rank as long as their least widths fit, and gives
// what is left to the picked ones, in the same order.
func spread(all []watchColumn, width int) []watchColumn {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(all[a].rank, all[b].rank) })
	rest := width + 1
	picked := order[:0:0]
	for _, i := range order {
		if rest -= all[i].least + 1; rest < 0 && len(picked) > 0 {
			rest += all[i].least + 1
			break
		}
		all[i].width = all[i].least
		picked = append(picked, i)
	}
	for _, i := range picked {
		more := min(max(0, rest), max(0, all[i].most-all[i].least))
		all[i].width, rest = all[i].width+more, rest-more
	}
	if rest < 0 { // not even the first one fits
		all[picked[0]].width = max(0, width)
	}
	slices.Sort(picked)
	out := make([]watchColumn, len(picked))
	for n, i := range picked {
		out[n] = all[i]
	}
	return out
}

// groupCell keeps what tells groups apart: of one with a name the name, before its
// port and the head of its address.
func groupCell(t *watchTable, r watchRow, width int) (ink, string) {
	text, name, st := t.groupText(r), t.name(r), t.styles
	if st.cells(text) <= width {
		return ink{}, text
	}
	bare := addrText(t.groupOf(r).Addr())
	if name == "" {
		return ink{}, st.middle(bare, width)
	}
	if space := width - st.cells(name) - 1; space >= 5 {
		return ink{}, name + " " + st.tail(bare, space)
	}
	return ink{}, st.cut(name, width)
}

// streamFromCell is the sender, without the zone, which another column has.
func streamFromCell(t *watchTable, s *watch.Stream, width int) (ink, string) {
	text := rowFrom(&s.Row)
	if s.From.Addr().Zone() != "" {
		text = strings.Replace(text, "%"+clean(s.From.Addr().Zone()), "", 1)
	}
	if len(text) > width {
		sub := ""
		if s.Sub > 0 {
			sub = " #" + strconv.Itoa(s.Sub+1)
		}
		text = t.styles.middle(addrText(s.Host().WithZone("")), width-len(sub)) + sub
	}
	return t.inks.sender(t.styles, s.Key), text
}

func onCell(t *watchTable, s *watch.Stream, width int) (ink, string) {
	return t.inks.dim, t.styles.cut(clean(s.Interface), width)
}

func rateCell(t *watchTable, s *watch.Stream, width int) (ink, string) {
	if !(s.Rate > 0) && !s.SilentSince.IsZero() {
		return t.inks.failure, "0"
	}
	return ink{}, plainRate(s.Rate, width)
}

func bitsCell(_ *watchTable, s *watch.Stream, _ int) (ink, string) { return ink{}, megabits(s.Bits) }

func lostCell(t *watchTable, s *watch.Stream, width int) (ink, string) {
	n := &s.Numbers
	if !numbersKnown(n) {
		return t.inks.dim, "-"
	}
	text := t.styles.estimateIn(n.Lost, n.AtLeast, n.About, width)
	if n.Lost > 0 {
		return t.inks.warning, text
	}
	return ink{}, text
}

func jitterCell(t *watchTable, s *watch.Stream, _ int) (ink, string) {
	switch n := &s.Numbers; {
	case n.Jitter <= 0:
		return t.inks.dim, "- "
	case !n.Sent:
		return ink{}, jitterText(n.Jitter) + "*"
	default:
		return ink{}, jitterText(n.Jitter) + " "
	}
}

func formatCell(t *watchTable, s *watch.Stream, width int) (ink, string) {
	if s.Numbers.Format == stream.Unnumbered {
		return t.inks.dim, "none"
	}
	return ink{}, t.styles.cut(formatName(s.Numbers.Format), width)
}

func sparkCell(t *watchTable, s *watch.Stream, width int) (ink, string) {
	return t.inks.good, t.styles.minute(s.History, width)
}

func lastCell(t *watchTable, s *watch.Stream, width int) (ink, string) {
	text := lastText(s, t.snap.At, width)
	switch {
	case !s.SilentSince.IsZero():
		return t.inks.failure, text
	case text == "now":
		return ink{}, text
	}
	return t.inks.dim, text
}

// sender is the ink of one sender, the same as everywhere.
func (in *watchInks) sender(st *styles, k stream.Key) ink {
	return in.senders[st.senderColour(k.From.Addr())]
}
