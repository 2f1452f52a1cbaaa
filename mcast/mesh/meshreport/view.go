package meshreport

import (
	"cmp"
	"math/bits"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/mesh"
)

// State is what a pair comes to.
type State uint8

// The states of a pair.
const (
	NotAsked State = iota // it did not join that source
	Well                  // it hears, and lost no more than it may
	Unknown               // nothing is known of it
	Lossy                 // it hears, and lost more than it may
	Silent                // it heard, and does not any more
	Never                 // it never heard
	states
)

// Hole reports whether it is one that a pair must not have.
func (s State) Hole() bool { return s >= Lossy }

// String is the state in a word or two.
func (s State) String() string {
	return [...]string{"not asked for", "well", "not known", "lost", "silent", "never heard"}[s]
}

// View is a report with its names made distinct and its pairs judged. It is not changed
// any more, so goroutines may share it.
type View struct {
	mesh.Report
	Names  []string    // of Members: one row each, safe to show, none twice
	States []State     // of Pairs
	Worst  []int       // indexes of Pairs, the worst first; without pairs of no two members
	Counts [states]int // of all pairs, with those that the report leaves out

	at  []int32 // by By and From: index of Pairs, and 1; 0: there is none
	end time.Time
}

// Look judges a report. Pairs that are of no two of its members are left out, and of two for
// the same members the first counts.
func Look(r mesh.Report) *View {
	n := len(r.Members)
	v := &View{Report: r, Names: labels(r.Members), States: make([]State, len(r.Pairs)), at: make([]int32, n*n), end: endOf(r)}
	var clean, unasked []int // which need no sorting: a crowd has a million of them
	for i := range r.Pairs {
		p := &r.Pairs[i]
		if p.By < 0 || p.From < 0 || p.By >= n || p.From >= n || p.By == p.From || v.at[p.By*n+p.From] != 0 {
			continue
		}
		v.at[p.By*n+p.From] = int32(i) + 1
		v.States[i] = v.judge(p)
		v.Counts[v.States[i]]++
		switch {
		case v.States[i] == NotAsked:
			unasked = append(unasked, i)
		case v.States[i] == Well && !told(p):
			clean = append(clean, i)
		default:
			v.Worst = append(v.Worst, i)
		}
	}
	v.Counts[Well] += max(0, r.Left.Well)
	v.Counts[Unknown] += max(0, r.Left.NotKnown)
	slices.SortFunc(v.Worst, v.compare)
	v.Worst = append(append(v.Worst, clean...), unasked...)
	return v
}

// endOf is when a report ends, or the latest time that it tells of.
func endOf(r mesh.Report) time.Time {
	end := r.Ended
	if !end.IsZero() {
		return end
	}
	for _, m := range r.Members {
		if m.Last.After(end) {
			end = m.Last
		}
	}
	return end
}

// Total is how many pairs there are, with those that the report leaves out.
func (v *View) Total() int { return len(v.Worst) + v.left() }

func (v *View) left() int { return max(0, v.Left.Well) + max(0, v.Left.NotKnown) }

// End is when the report ended; while it goes on, the latest time that it tells of.
func (v *View) End() time.Time { return v.end }

// Pair is the index in Pairs of what a member received of another, or -1.
func (v *View) Pair(by, from int) int {
	if by < 0 || from < 0 || by >= len(v.Members) || from >= len(v.Members) {
		return -1
	}
	return int(v.at[by*len(v.Members)+from]) - 1
}

// Of is the state of a pair of members; Unknown where there is none.
func (v *View) Of(by, from int) State {
	if i := v.Pair(by, from); i >= 0 {
		return v.States[i]
	}
	return Unknown
}

// Holes is how many pairs lost more than they may, or do not hear.
func (v *View) Holes() int { return v.Counts[Lossy] + v.Counts[Silent] + v.Counts[Never] }

// judge is the state of a pair.
func (v *View) judge(p *mesh.Pair) State {
	switch p.Known {
	case mesh.Measured, mesh.AllWell:
	case mesh.NotAsked:
		return NotAsked
	case mesh.HeardNever:
		return Never
	default:
		return Unknown
	}
	switch {
	case p.SilentFor > 0:
		return Silent
	case exceeds(p, v.MaxLoss):
		return Lossy
	}
	return Well
}

// exceeds reports whether a pair lost more than so many per cent.
func exceeds(p *mesh.Pair, percent float64) bool {
	lost := lostOf(p)
	return lost > 0 && 100*float64(lost) > percent*float64(p.Sent) // as mesh.Verdict judges
}

// lostOf is how many did not come.
func lostOf(p *mesh.Pair) uint64 { return p.Sent - min(p.Sent, p.Received) }

// told reports whether a pair that is well has something to tell all the same.
func told(p *mesh.Pair) bool {
	return lostOf(p) > 0 || p.Duplicates > 0 || p.Reordered > 0 || !p.SilenceAt.IsZero()
}

// compare orders pairs, the worst first.
func (v *View) compare(a, b int) int {
	p, q := &v.Pairs[a], &v.Pairs[b]
	return cmp.Or(
		cmp.Compare(v.States[b], v.States[a]),
		cmp.Compare(q.SilentFor/time.Second, p.SilentFor/time.Second),
		compareLoss(q, p),
		cmp.Compare(lostOf(q), lostOf(p)),
		cmp.Compare(q.Duplicates+q.Reordered, p.Duplicates+p.Reordered),
		cmp.Compare(q.Silence/time.Second, p.Silence/time.Second),
		cmp.Compare(p.By, q.By),
		cmp.Compare(p.From, q.From),
	)
}

// compareLoss compares which part of all two pairs lost, exactly.
func compareLoss(p, q *mesh.Pair) int {
	ahi, alo := bits.Mul64(lostOf(p), max(1, q.Sent))
	bhi, blo := bits.Mul64(lostOf(q), max(1, p.Sent))
	return cmp.Or(cmp.Compare(ahi, bhi), cmp.Compare(alo, blo))
}

// Since is when the silence of a pair began that goes on; zero: it is not known.
func (v *View) Since(i int) time.Time { return v.since(&v.Pairs[i]) }

// since is when the silence of a pair began that goes on.
func (v *View) since(p *mesh.Pair) time.Time {
	switch {
	case !p.SilentAt.IsZero():
		return p.SilentAt
	case p.SilentFor <= 0 || v.end.IsZero():
		return time.Time{}
	}
	return v.end.Add(-p.SilentFor)
}
