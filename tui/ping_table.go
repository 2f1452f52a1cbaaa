package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast/ping"
)

// pingTable is the table of responders.
type pingTable struct {
	styles   *styles
	list     []PingResponder
	selected responderKey // the first if it is none of them
	first    int          // the row at the top, as last drawn
}

// set gives it other rows.
func (t *pingTable) set(list []PingResponder) { t.list = list }

// at is the position of the selected row.
func (t *pingTable) at() int {
	return max(0, slices.IndexFunc(t.list, func(r PingResponder) bool { return r.key() == t.selected }))
}

// move moves the selection by rows.
func (t *pingTable) move(by int) {
	if len(t.list) > 0 {
		t.selected = t.list[min(max(0, t.at()+by), len(t.list)-1)].key()
	}
}

// selectedRow is the selected one.
func (t *pingTable) selectedRow() (r PingResponder, ok bool) {
	if len(t.list) == 0 {
		return r, false
	}
	return t.list[t.at()], true
}

// render gives the titles of the columns and the rows around the selected one.
func (t *pingTable) render(width, height int) string {
	st := t.styles
	if height <= 0 || width <= 0 {
		return ""
	}
	columns := t.columns(width - 1)
	rows := make([]string, 0, height)
	if height > 1 {
		rows = append(rows, st.dim.Render(st.fit(" "+columnTitles(st, columns), width)))
		height--
	}
	at := t.at()
	t.first = min(max(t.first, at-height+1), at, max(0, len(t.list)-height))
	for i := t.first; i < min(len(t.list), t.first+height); i++ {
		row := columnRow(st, columns, t.list[i])
		if i == at {
			row = st.selected.Render(st.fit(st.pointer+ansi.Strip(row), width))
		} else {
			row = st.fit(" "+row, width)
		}
		rows = append(rows, row)
	}
	return strings.Join(rows, "\n")
}

func (t *pingTable) columns(width int) []column[PingResponder] {
	from := 17
	for _, r := range t.list {
		from = max(from, len(r.From.String()))
	}
	took := func(title string, rank int, of func(PingResponder) time.Duration) column[PingResponder] {
		return column[PingResponder]{title, 8, rank, true, func(_ *styles, r PingResponder, _ int) string { return pingTime(r, of(r)) }}
	}
	return fitting([]column[PingResponder]{
		{"responder", min(from, max(17, width/3)), 0, false, func(st *styles, r PingResponder, space int) string {
			return st.sender(r.From.Addr()).Render(st.tail(clean(r.From.String()), space))
		}},
		{"by", 8, 6, false, func(st *styles, r PingResponder, space int) string {
			return st.dim.Render(st.cut(clean(r.Interface), space))
		}},
		{"ttl", 3, 7, true, func(_ *styles, r PingResponder, _ int) string { return pingHops(r) }},
		{"answered", 13, 5, true, func(_ *styles, r PingResponder, _ int) string {
			return thousands(r.Received) + "/" + thousands(r.Received+r.Lost)
		}},
		{"loss", 7, 1, true, lossCell},
		took("last ms", 0, PingResponder.last),
		took("avg ms", 2, func(r PingResponder) time.Duration { return r.Avg }),
		took("p99 ms", 3, func(r PingResponder) time.Duration { return r.P99 }),
		{"recent", 0, 0, false, func(st *styles, r PingResponder, space int) string {
			return st.good.Render(st.sparkTimes(r.RTTs, space))
		}},
	}, width, 5)
}

func lossCell(st *styles, r PingResponder, _ int) string {
	text := fmt.Sprintf("%.1f %%", 100*r.loss())
	switch {
	case r.Received == 0 && r.Lost > 0:
		return st.failure.Render(text)
	case r.Lost > 0:
		return st.warning.Render(text)
	}
	return text
}

func (r PingResponder) last() time.Duration {
	if len(r.RTTs) == 0 {
		return 0
	}
	return r.RTTs[len(r.RTTs)-1]
}

func pingHops(r PingResponder) string {
	if r.Hops == 0 {
		return "-"
	}
	return strconv.Itoa(r.Hops)
}

// pingTime is a time of r in milliseconds, or a dash if nothing was received.
func pingTime(r PingResponder, d time.Duration) string {
	if r.Received == 0 {
		return "-"
	}
	if d >= 100*time.Millisecond {
		return fmt.Sprintf("%.0f", float64(d)/float64(time.Millisecond)) // a column has no cells for more digits
	}
	return ping.Millis(d)
}

// sparkTimes draws the last n times as bars, the largest the highest.
func (st *styles) sparkTimes(times []time.Duration, n int) string {
	times = times[max(0, len(times)-max(0, n)):]
	top := time.Duration(1)
	for _, d := range times {
		top = max(top, d)
	}
	var b strings.Builder
	for _, d := range times {
		b.WriteString(st.bars[min(len(st.bars)-1, int(int64(d)*int64(len(st.bars))/int64(top+1)))])
	}
	return b.String()
}
