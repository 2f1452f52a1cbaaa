package tui

import (
	"strings"
)

// minuteSeconds is how many seconds a history has.
const minuteSeconds = 60

// minute draws the rates of the last 60 s in so many cells, the highest as the
// highest bar. Where a cell stands for several seconds it shows their mean. What was
// not watched is blank, and a rate of nothing is the only one with the lowest bar.
func (st *styles) minute(history []float64, width int) string {
	history = history[max(0, len(history)-minuteSeconds):]
	if width = min(width, minuteSeconds); width <= 0 {
		return ""
	}
	top := 0.0
	for _, rate := range history {
		top = max(top, rate)
	}
	blank := minuteSeconds - len(history)
	var b strings.Builder
	b.Grow(3 * width)
	for i := range width {
		sum, n := 0.0, 0
		for second := i * minuteSeconds / width; second < (i+1)*minuteSeconds/width; second++ {
			if second >= blank {
				sum, n = sum+history[second-blank], n+1
			}
		}
		switch level := 0; {
		case n == 0:
			b.WriteByte(' ')
		default:
			if sum > 0 && top > 0 {
				level = 1 + int(sum/float64(n)/top*float64(len(st.bars)-2)+0.001)
			}
			b.WriteString(st.bars[min(max(0, level), len(st.bars)-1)])
		}
	}
	return b.String()
}

// plot draws the same in rows of bars, the highest at the top, each second so many
// cells wide. A second without a datagram has no bar.
func (st *styles) plot(history []float64, wide, height int) []string {
	history = history[max(0, len(history)-minuteSeconds):]
	top := 0.0
	for _, rate := range history {
		top = max(top, rate)
	}
	rows := make([]string, height)
	steps := len(st.bars)
	for y := range rows {
		var b strings.Builder
		b.WriteString(strings.Repeat(" ", wide*(minuteSeconds-len(history))))
		below := (height - 1 - y) * steps
		for _, rate := range history {
			level := 0
			if rate > 0 && top > 0 {
				level = max(1, int(rate/top*float64(height*steps)+0.5))
			}
			sign := " "
			if level > below {
				sign = st.bars[min(level-below, steps)-1]
			}
			b.WriteString(strings.Repeat(sign, wide))
		}
		rows[y] = b.String()
	}
	return rows
}
