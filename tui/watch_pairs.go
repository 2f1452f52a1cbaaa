package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// pairRows are the pairs, in so many rows at most; of more the worst are shown, and
// how many there are beside them.
func (m *watchModel) pairRows(most int) (rows []string) {
	list := slices.Clone(m.snap.Pairs)
	if len(list) > most {
		slices.SortStableFunc(list, func(a, b watch.Pair) int { return cmp.Compare(pairWorth(b), pairWorth(a)) })
		list = list[:max(0, most-1)]
	}
	for _, p := range list {
		rows = append(rows, m.styles.cut(m.pairRow(p), m.width))
	}
	if more := len(m.snap.Pairs) - len(list); more > 0 && most > 0 {
		rows = append(rows, m.styles.dim.Render(m.styles.cut(fmt.Sprintf("   %s %s more", m.styles.more, count(more, "pair")), m.width)))
	}
	return rows
}

// pairWorth is how much a pair wants to be looked at.
func pairWorth(p watch.Pair) int {
	switch {
	case p.State != stream.PairCompared && p.State != stream.PairWaiting:
		return 4
	case p.LostBoth > 0:
		return 3
	case len(p.Warnings()) > 0:
		return 2
	case p.Lost[0]+p.Lost[1] > 0, p.State == stream.PairWaiting:
		return 1
	}
	return 0
}

// pairRow is one pair in a row.
func (m *watchModel) pairRow(p watch.Pair) string {
	st := m.styles
	mark := st.good.Render(st.joined)
	switch worth := pairWorth(p); {
	case worth >= 3:
		mark = st.failure.Render(st.silent)
	case p.State == stream.PairWaiting:
		mark = st.warning.Render(st.notJoined)
	case worth == 2:
		mark = st.warning.Render(st.warn)
	}
	name := clean(p.Name(&m.snap))
	if p.State != stream.PairCompared {
		return " " + mark + " " + name + "  " + st.warning.Render(clean(p.Text()))
	}
	parts := []string{pairLosses(st, p)}
	if skew := p.SkewText(); skew != "" {
		parts = append(parts, skew)
	}
	for _, w := range p.Warnings() {
		parts = append(parts, st.warning.Render(clean(w)))
	}
	return " " + mark + " " + name + "  " + strings.Join(parts, st.dot)
}

// pairLosses are the losses of each leg, and of both.
func pairLosses(st *styles, p watch.Pair) string {
	lost := func(what string, n uint64) string {
		text := what + " " + st.estimate(thousands(n), false, p.About)
		if n > 0 {
			text += " (" + stream.Digits(100*float64(n)/float64(max(1, p.Compared)), 2) + " %)"
		}
		return text
	}
	parts := []string{lost("A", p.Lost[0]), lost("B", p.Lost[1])}
	if !p.ByContent {
		both := lost("both", p.LostBoth)
		if p.LostBoth > 0 {
			both = st.failure.Render(both)
		}
		parts = append(parts, both)
	}
	return "lost " + strings.Join(parts, ", ")
}

// pairFacts say on the page of a stream how it stands with the pair that it is a leg of.
func (d *watchDetail) pairFacts(width int) (rows []string) {
	for _, p := range d.snap.Pairs {
		for x, g := range p.Groups {
			if g != d.last.Group {
				continue
			}
			rows = append(rows, d.head("Pair"))
			rows = append(rows, d.pair(width, "leg", fmt.Sprintf("%c of %s", 'A'+x, clean(p.Name(d.snap))))...)
			rows = append(rows, d.pair(width, "how", clean(p.Text()))...)
			if p.Compared > 0 {
				rows = append(rows, d.pair(width, "lost", pairLosses(d.styles, p)[len("lost "):]+" of "+thousands(p.Compared))...)
			}
			if skew := p.SkewText(); skew != "" {
				rows = append(rows, d.pair(width, "skew", skew)...)
			}
		}
	}
	return rows
}

// besidePair is that, and what to type next.
func (d *watchDetail) besidePair(width int) []string {
	rows := d.pairFacts(width)
	if len(rows) > 0 {
		rows = append(rows, "")
	}
	return append(rows, d.next(width)...)
}
