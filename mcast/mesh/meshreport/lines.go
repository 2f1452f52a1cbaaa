package meshreport

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/mesh"
)

// Came says that a member came.
func (v *View) Came(m int) string {
	one := v.Members[m]
	parts := []string{v.Names[m] + " measures, too"}
	if one.Addr.IsValid() {
		parts = append(parts, "from "+Address(one))
	}
	if names := cleanAll(one.Interfaces); len(names) > 0 {
		parts = append(parts, "on "+list(names, 4))
	}
	if r := rate(one.Rate); r != "" {
		parts = append(parts, r)
	}
	return strings.Join(parts, ", ")
}

// Went says that a member is gone, and whether it had reported.
func (v *View) Went(m int) string {
	one := v.Members[m]
	switch {
	case one.Done:
		return v.Names[m] + " has ended, and reported"
	case one.Left:
		return v.Names[m] + " has left without a report"
	}
	text := v.Names[m] + " is gone, and did not say so"
	if !one.Last.IsZero() {
		text += ", last heard at " + v.Clock(one.Last)
	}
	return text
}

// Change is what a pair did between two looks.
type Change struct {
	Pair           int // in the later look
	Sent, Received uint64
	Was            State // before; Unknown if it was not there
}

// Changes are the pairs whose numbers or state changed since an earlier look, the worst first
// as the later look has them. The earlier one may be nil.
func (v *View) Changes(earlier *View) (list []Change) {
	was := map[string]int{}
	if earlier != nil {
		for m, one := range earlier.Members {
			was[memberKey(one)] = m
		}
	}
	before := make([]int, len(v.Members))
	for m, one := range v.Members {
		before[m] = -1
		if n, ok := was[memberKey(one)]; ok {
			before[m] = n
		}
	}
	for _, i := range v.Worst {
		p := v.Pairs[i]
		c := Change{Pair: i, Sent: p.Sent, Received: min(p.Received, p.Sent), Was: Unknown}
		if n := earlierPair(earlier, before[p.By], before[p.From]); n >= 0 {
			q := earlier.Pairs[n]
			c.Was = earlier.States[n]
			if p.Sent >= q.Sent && p.Since.Equal(q.Since) { // else it began anew
				c.Sent -= q.Sent
				c.Received = min(c.Sent, p.Received-min(p.Received, q.Received))
			}
		}
		if c.Sent > 0 || c.Was != v.States[i] {
			list = append(list, c)
		}
	}
	return list
}

func earlierPair(earlier *View, by, from int) int {
	if earlier == nil {
		return -1
	}
	return earlier.Pair(by, from)
}

// memberKey tells members apart from one report to the next.
func memberKey(m mesh.Member) string {
	return m.Fingerprint + "\x00" + m.Name + "\x00" + m.Addr.String()
}

// Interval is what happened since an earlier look, in one row: at most so many of the pairs
// that do not hear now, or that lost more in this time than they may, the worst first.
func (v *View) Interval(earlier *View, most int) string {
	if len(v.Members) < 2 {
		return "no other member is heard"
	}
	type row struct {
		Change
		part float64 // that was lost
	}
	var bad []row
	var least row // of those that are well, the one that lost most
	changes := v.Changes(earlier)
	lost := map[int]Change{}
	for _, c := range changes {
		lost[c.Pair] = c
	}
	for _, i := range v.Worst {
		c, changed := lost[i]
		r := row{Change: c}
		if changed && c.Sent > c.Received {
			r.part = float64(c.Sent-c.Received) / float64(c.Sent)
		}
		switch st := v.States[i]; {
		case st >= Silent || 100*r.part > v.MaxLoss && r.part > 0:
			r.Pair = i
			bad = append(bad, r)
		case r.part > least.part:
			least = r
		}
	}
	slices.SortStableFunc(bad, func(a, b row) int {
		return cmp.Or(cmp.Compare(max(v.States[b.Pair], Lossy), max(v.States[a.Pair], Lossy)), cmp.Compare(b.part, a.part))
	})
	text := fmt.Sprintf("%s, %s: ", number(len(v.Members), "member"), number(v.Total(), "pair"))
	known := v.Total() - v.Counts[Unknown] - v.Counts[NotAsked]
	var worst []string
	for _, r := range bad[:min(len(bad), most)] {
		worst = append(worst, v.short(r.Pair, r.Change))
	}
	switch {
	case known == 0:
		text += "nothing is known yet"
	case len(bad) > 0:
		text += strings.Join(worst, "; ")
	case least.part > 0:
		text += "all " + thousands(uint64(known)) + " hear; at the worst " + v.short(least.Pair, least.Change)
	default:
		text += "all " + thousands(uint64(known)) + " hear, nothing lost since"
	}
	if more := len(bad) - len(worst); more > 0 {
		text += "; and " + number(more, "pair") + " more"
	}
	if n := v.Counts[Unknown]; n > 0 && known > 0 {
		text += "; " + thousands(uint64(n)) + " not known"
	}
	return text
}

// short is a pair in an interval: "db2 from web1 silent since 03:12:04".
func (v *View) short(i int, c Change) string {
	p := v.Pairs[i]
	text := v.Names[p.By] + " from " + v.Names[p.From] + " "
	switch v.States[i] {
	case Never:
		return text + "never heard"
	case Silent:
		if at := v.Since(i); !at.IsZero() {
			return text + "silent since " + v.Clock(at)
		}
		return text + "silent for " + Span(p.SilentFor)
	}
	return text + fmt.Sprintf("lost %s of %s (%s %%)", thousands(c.Sent-c.Received), thousands(c.Sent), Percent(c.Sent-c.Received, c.Sent))
}
