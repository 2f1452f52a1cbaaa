package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
)

// pingDetail shows the numbers and the histogram of the selected responder.
type pingDetail struct {
	styles *styles
	open   bool // on a small screen: it is shown instead of the table
}

// render gives the numbers, and the histogram beside them or below.
func (d *pingDetail) render(r PingResponder, width, height int) string {
	const numbers = 38
	facts := d.facts(r)
	if width >= 2*numbers {
		return strings.Join(beside(d.column(facts, numbers, height), d.histogram(r, width-numbers, height)), "\n")
	}
	rows := d.column(facts, width, min(len(facts), max(1, height)))
	if rest := height - len(rows); rest > 1 {
		rows = append(rows, d.histogram(r, width, rest)...)
	}
	return strings.Join(rows, "\n")
}

func (d *pingDetail) column(rows []string, width, height int) []string {
	fitted := make([]string, 0, height)
	for _, row := range filled(rows, height) {
		fitted = append(fitted, d.styles.fit(row, width))
	}
	return fitted
}

// facts are the numbers, the most important first.
func (d *pingDetail) facts(r PingResponder) []string {
	st := d.styles
	pair := func(name, value string) string { return st.dim.Render(st.fit(name, 9)) + value }
	loss := fmt.Sprintf("%s of %s (%.1f %%)", thousands(r.Lost), thousands(r.Received+r.Lost), 100*r.loss())
	rows := []string{
		pair("lost", loss),
		pair("p50 p99", pingTime(r, r.P50)+" "+pingTime(r, r.P99)+" ms"),
		pair("min max", pingTime(r, r.Min)+" "+pingTime(r, r.Max)+" ms"),
		pair("avg sd", pingTime(r, r.Avg)+" "+pingTime(r, r.StdDev)+" ms"),
	}
	by := "ttl " + pingHops(r)
	if r.Interface != "" {
		by += st.dot + "by " + clean(r.Interface)
	}
	rows = append(rows, pair("answers", by))
	for _, more := range []struct {
		name string
		n    uint64
	}{{"twice", r.Duplicates}, {"late", r.Late}, {"changed", r.Changed}} {
		if more.n > 0 {
			rows = append(rows, pair(more.name, st.warning.Render(thousands(more.n))))
		}
	}
	return rows
}

// histogram draws how many round trips took how long: the bars from the first
// that counts something to the last, as many as there is room for; what is
// beyond is counted in the last.
func (d *pingDetail) histogram(r PingResponder, width, height int) []string {
	return filled(d.styles.histogram(r.Histogram, width, height), max(0, height))
}

// histogram draws bars from the first that counts something to the last, in height
// rows at most; what is beyond is counted in the last.
func (st *styles) histogram(bars []PingBar, width, height int) []string {
	for len(bars) > 0 && bars[0].Count == 0 {
		bars = bars[1:]
	}
	for len(bars) > 0 && bars[len(bars)-1].Count == 0 {
		bars = bars[:len(bars)-1]
	}
	beyond := uint64(0)
	if len(bars) > height {
		for _, b := range bars[max(0, height):] {
			beyond += b.Count
		}
		bars = append([]PingBar(nil), bars[:max(0, height)]...)
	}
	if beyond > 0 && len(bars) > 0 {
		last := &bars[len(bars)-1]
		last.Count, last.High = last.Count+beyond, 0
	}
	top, digits := uint64(1), 1
	for _, b := range bars {
		top = max(top, b.Count)
		digits = max(digits, len(thousands(b.Count)))
	}
	const label = 16
	space := max(1, width-label-digits-2)
	rows := make([]string, 0, len(bars))
	for _, b := range bars {
		length := int(float64(b.Count) * float64(space) / float64(top))
		if b.Count > 0 {
			length = max(1, length)
		}
		bar := st.good.Render(strings.Repeat(st.bars[len(st.bars)-1], length))
		rows = append(rows, st.fit(st.dim.Render(st.ends("", pingSpan(b), label))+" "+bar+" "+thousands(b.Count), width))
	}
	return rows
}

// pingSpan bounds the round trips that a bar counts; the bars before count the
// shorter ones.
func pingSpan(b PingBar) string {
	if b.High <= 0 || b.High > time.Hour {
		return "from " + spanTime(b.Low)
	}
	return "below " + spanTime(b.High)
}

func spanTime(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d us", d/time.Microsecond)
	case d < time.Second:
		return stream.Digits(float64(d)/float64(time.Millisecond), 3) + " ms"
	}
	return stream.Digits(d.Seconds(), 3) + " s"
}
