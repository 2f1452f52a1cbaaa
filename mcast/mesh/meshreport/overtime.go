package meshreport

import (
	"fmt"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/mesh"
)

// Shares is which part of what was sent a pair lost in each of so many parts of the time, from
// 0 to 1; -1: nothing is known of that part. An interval lasts until the next one, unless that
// is far.
func (v *View) Shares(p mesh.Pair, parts int) []float64 {
	out := make([]float64, max(0, parts))
	sent := make([]float64, len(out))
	lost := make([]float64, len(out))
	took := v.end.Sub(v.Began)
	usual := spacing(p.Line)
	for i, one := range p.Line {
		end := one.At.Add(usual)
		if i+1 < len(p.Line) && p.Line[i+1].At.Sub(one.At) <= 3*usual {
			end = p.Line[i+1].At
		}
		if took <= 0 || one.Sent == 0 || one.At.Before(v.Began) || !one.At.Before(v.end) || !end.After(one.At) {
			continue
		}
		// Rounding must not take in the part before or after.
		const close = 1e-6
		first := int(float64(one.At.Sub(v.Began))/float64(took)*float64(parts) + close)
		last := int(float64(end.Sub(v.Began))/float64(took)*float64(parts) - close)
		for n := max(0, first); n <= last && n < parts; n++ {
			sent[n] += float64(one.Sent)
			lost[n] += float64(one.Sent - min(one.Sent, one.Received))
		}
	}
	for n := range out {
		if out[n] = -1; sent[n] > 0 {
			out[n] = lost[n] / sent[n]
		}
	}
	return out
}

// spacing is the usual time between two intervals.
func spacing(line []mesh.Interval) time.Duration {
	var all []time.Duration
	for i := 1; i < len(line); i++ {
		if d := line[i].At.Sub(line[i-1].At); d > 0 && d < 1<<60 {
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		return time.Second
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// OverTime says the same in words.
func (v *View) OverTime(shares []float64) string {
	known, lossy, first, last, worst := 0, 0, -1, 0, 0.0
	for n, s := range shares {
		if s < 0 {
			continue
		}
		known++
		if s == 0 {
			continue
		}
		lossy, last, worst = lossy+1, n, max(worst, s)
		if first < 0 {
			first = n
		}
	}
	at := func(n int) string {
		return v.Clock(v.Began.Add(time.Duration(float64(v.end.Sub(v.Began)) * float64(n) / float64(len(shares)))))
	}
	text := ""
	switch {
	case known == 0:
		return "nothing is known of the loss over time"
	case lossy == 0:
		text = "nothing lost at any time"
	case lossy == last-first+1 && last == len(shares)-1 && first > 0:
		text = fmt.Sprintf("nothing lost until %s, then up to %s %% until the end", at(first), part(worst))
	case lossy == last-first+1:
		text = fmt.Sprintf("up to %s %% lost from %s to %s", part(worst), at(first), at(last+1))
	default:
		text = fmt.Sprintf("up to %s %% lost now and then, from %s to %s", part(worst), at(first), at(last+1))
	}
	if known < len(shares) {
		text += fmt.Sprintf("; nothing is known of %s %% of the time", Percent(uint64(len(shares)-known), uint64(len(shares))))
	}
	return text
}

// part is a part of one in per cent.
func part(share float64) string { return Percent(uint64(share*1e6), 1e6) }
