package mesh

import (
	"fmt"
	"time"
)

// Exit statuses of a measurement.
const (
	ExitWell   = 0 // all hear all within MaxLoss
	ExitNobody = 1 // nobody else measured, or not those that were expected
	ExitHole   = 3
)

// Verdict is the exit status of a measurement.
func Verdict(r Report) int {
	switch {
	case len(r.Members) < 2 || len(r.Missing) > 0 || len(r.Members) < r.Expect:
		return ExitNobody
	case len(Holes(r)) > 0:
		return ExitHole
	}
	return ExitWell
}

// Holes is who does not hear whom as it should, by pairs.
func Holes(r Report) []Hole {
	var list []Hole
	killed := map[int]bool{}
	for i, m := range r.Members {
		if at := killedAt(r, i); !at.IsZero() {
			killed[i] = true
			list = append(list, Hole{By: -1, From: i, Text: fmt.Sprintf("nobody hears %s since %s: it ended without saying so", m.Name, clock(r, at))})
		}
	}
	for _, p := range r.Pairs {
		if text := hole(r, p, killed); text != "" {
			list = append(list, Hole{By: p.By, From: p.From, Text: text})
		}
	}
	if n := r.Left.NotKnown; n > 0 {
		list = append(list, Hole{By: -1, From: -1, Text: fmt.Sprintf("of %d more pairs it is not known", n)})
	}
	return list
}

// killedAt is when a member was heard last that is gone without a word: by whom it was
// heard longest. The zero time: it is not gone, or said so, or some hear it.
func killedAt(r Report, i int) (last time.Time) {
	if m := r.Members[i]; !m.Gone || m.Left || m.Done || m.Self {
		return time.Time{}
	}
	for _, p := range r.Pairs {
		switch {
		case p.From != i || p.Known != Measured:
		case p.SilentFor == 0 && !r.Members[p.By].Gone:
			return time.Time{}
		case p.SilentAt.After(last):
			last = p.SilentAt
		}
	}
	if last.IsZero() {
		last = r.Members[i].Last
	}
	return last
}

func hole(r Report, p Pair, killed map[int]bool) string {
	by, from := r.Members[p.By], r.Members[p.From]
	on := ""
	if p.Interface != "" {
		on = " on " + p.Interface
	}
	n, _ := p.Lost()
	switch {
	case p.Known == HeardNever:
		return fmt.Sprintf("%s never heard %s", by.Name, from.Name)
	case p.Known == NotKnown && !by.Gone && !from.Gone:
		return fmt.Sprintf("it is not known whether %s hears %s", by.Name, from.Name)
	case p.Known != Measured:
		return ""
	case p.SilentFor > 0 && !killed[p.From]:
		return fmt.Sprintf("%s does not hear %s%s since %s", by.Name, from.Name, on, clock(r, p.SilentAt))
	case p.Sent > 0 && 100*float64(n) > r.MaxLoss*float64(p.Sent):
		return fmt.Sprintf("%s hears %s%s, but lost %s of %d", by.Name, from.Name, on, percent(n, p.Sent), p.Sent)
	}
	return ""
}

// percent is a part with one decimal; what is not nothing does not look so.
func percent(n, of uint64) string {
	switch p := 100 * float64(n) / float64(of); {
	case p < 0.1:
		return "less than 0.1 %"
	default:
		return fmt.Sprintf("%.1f %%", p)
	}
}

// clock is a time as people write it, with its day when the measurement took longer
// than one.
func clock(r Report, t time.Time) string {
	end := r.Ended
	if end.IsZero() && len(r.Members) > 0 {
		end = r.Members[0].Last
	}
	if end.Sub(r.Began) >= 24*time.Hour {
		return t.Format("2006-01-02 15:04:05")
	}
	return t.Format("15:04:05")
}
