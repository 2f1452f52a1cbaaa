package meshreport

import (
	"fmt"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/mesh"
)

// stretch is a time in which a pair lost a part of what was sent.
type stretch struct {
	begin, end time.Duration // since the measurement began
	sent, lost uint32
}

// stretches are the intervals of a pair that make sense. Each lasts until the next one, unless
// that is far.
func (v *View) stretches(p mesh.Pair) (list []stretch) {
	took, usual := v.end.Sub(v.Began), spacing(p.Line)
	for i, one := range p.Line {
		end := one.At.Add(usual)
		if i+1 < len(p.Line) && p.Line[i+1].At.Sub(one.At) <= 3*usual {
			end = p.Line[i+1].At
		}
		s := stretch{one.At.Sub(v.Began), min(end.Sub(v.Began), took), one.Sent, one.Sent - min(one.Sent, one.Received)}
		if s.sent > 0 && s.begin >= 0 && s.begin < s.end {
			list = append(list, s)
		}
	}
	// One that hears nothing may not know what was sent meanwhile: unless the sender is gone,
	// too, all of that is lost.
	from := v.Members[p.From]
	silent := stretch{p.SilentAt.Sub(v.Began), min(p.SilentAt.Add(p.SilentFor).Sub(v.Began), took), 1, 1}
	if p.SilentAt.IsZero() || p.SilentFor <= 0 || from.Gone && !from.Done && !from.Left || silent.begin < 0 {
		return list
	}
	if n := len(list); n > 0 {
		if last := &list[n-1]; last.begin < silent.begin && last.lost == 0 {
			last.end = min(last.end, silent.begin)
		}
		silent.begin = max(silent.begin, list[n-1].end)
	}
	if silent.begin < silent.end {
		list = append(list, silent)
	}
	return list
}

// Shares is which part of what was sent a pair lost in each of so many parts of the time, from
// 0 to 1; -1: nothing is known of that part.
func (v *View) Shares(p mesh.Pair, parts int) []float64 {
	out := make([]float64, max(0, parts))
	sent, lost := make([]float64, len(out)), make([]float64, len(out))
	perPart := float64(v.end.Sub(v.Began)) / float64(max(1, parts))
	for _, s := range v.stretches(p) {
		const close = 1e-6 // rounding must not take in the part before or after
		first, last := int(float64(s.begin)/perPart+close), int(float64(s.end)/perPart-close)
		for n := max(0, first); n <= last && n < parts; n++ {
			sent[n] += float64(s.sent)
			lost[n] += float64(s.lost)
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

// OverTime says in words when a pair lost how much.
func (v *View) OverTime(p mesh.Pair) string {
	list := v.stretches(p)
	first, last, lossy := -1, 0, 0
	known, silence := time.Duration(0), ""
	if p.SilentFor > 0 && !p.SilentAt.IsZero() { // that goes on, and is said apart
		silence = "nothing came since " + v.Clock(p.SilentAt)
		at := p.SilentAt.Sub(v.Began)
		for len(list) > 0 && list[len(list)-1].begin >= at && list[len(list)-1].lost == list[len(list)-1].sent {
			list = list[:len(list)-1]
		}
		known = max(0, min(p.SilentFor, v.end.Sub(p.SilentAt)))
	}
	var sent, lost uint32 // of the worst
	for n, s := range list {
		known += s.end - s.begin
		if s.lost == 0 {
			continue
		}
		if first < 0 {
			first = n
		}
		last, lossy = n, lossy+1
		if float64(s.lost)*float64(sent) >= float64(lost)*float64(s.sent) {
			sent, lost = s.sent, s.lost
		}
	}
	at := func(d time.Duration) string { return v.Clock(v.Began.Add(d)) }
	worst := Percent(uint64(lost), uint64(sent))
	text := ""
	switch {
	case len(list) == 0 && silence != "":
		return silence
	case len(list) == 0:
		return "not known"
	case lossy == 0:
		text = "nothing lost at any time"
		if silence != "" {
			text = "nothing lost until " + at(p.SilentAt.Sub(v.Began))
			silence = "nothing came since"
		}
	case lossy == last-first+1 && last == len(list)-1 && first > 0:
		text = fmt.Sprintf("nothing lost until %s, then up to %s %%", at(list[first].begin), worst)
	case lossy == last-first+1:
		text = fmt.Sprintf("up to %s %% lost from %s to %s", worst, at(list[first].begin), at(list[last].end))
	default:
		text = fmt.Sprintf("up to %s %% lost now and then, from %s to %s", worst, at(list[first].begin), at(list[last].end))
	}
	if silence != "" {
		text += ", and " + silence
	}
	if took := v.end.Sub(v.Began); known < took-spacing(p.Line)/2 {
		text += fmt.Sprintf("; nothing known of %s %% of the time", Percent(uint64(took-known), uint64(took)))
	}
	return text
}
