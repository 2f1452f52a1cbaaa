package doctor

import (
	"fmt"
	"slices"

	"github.com/groupcast/groupcast/mcast/stream"
)

// forgotten finds a steady sender that fell silent while what switches do not prune
// went on from it, where a new join could not show the cause: another program of
// this host has the group, and the kernel reports only the first member (RFC 3376,
// section 5.1). Where none has, the probe has joined anew, and nothing came back.
func (f Facts) forgotten(name string, in Intent) (out []Finding) {
	held, known := f.joinedByOthers(in)
	if !known || f.Observed.Listen.Lasted() <= 0 {
		return nil
	}
	seen := map[int]bool{}
	for _, r := range f.Observed.Heard {
		here, elsewhere := f.rowsOf(r.From.Addr())
		goesOn := slices.ContainsFunc(append(here, elsewhere...), func(other stream.Row) bool { return other.Last.After(r.Last) })
		if r.Local || !r.Steady || r.SilentSince.IsZero() || goesOn || seen[r.IfIndex] || !slices.Contains(held, r.IfIndex) {
			continue
		}
		control := f.controlAfter(r)
		if control == nil {
			continue
		}
		seen[r.IfIndex] = true
		where := in.labelOf(f, r.IfIndex)
		evidence := fmt.Sprintf("%s was heard steadily and %s, while %s from it went on; another program of this host has joined %s there, so that joining again is not reported and could not be tried",
			r.From.Addr(), f.stoppedText(in, r), control.Group.Addr(), in.Group.Addr.WithZone(""))
		if version := f.igmpOn(r.IfIndex); version == 1 || version == 2 {
			evidence += fmt.Sprintf("; IGMPv%d is in use there: somebody has asked for members lately, or it is set", version)
		}
		out = append(out, Finding{
			Name: name, Verdict: Warning, Interface: where,
			Title:    fmt.Sprintf("a switch behind %s may have forgotten that this host is a member", where),
			Evidence: evidence,
			Hints: append([]string{"end the program that has joined it and start it anew: its join is reported then, and if it hears again, that was it"},
				f.askForMembers(in, r.IfIndex)...),
		})
	}
	return out
}

// controlAfter is what was heard of a sender's host in a group that switches do not
// prune, by the same interface, after it had fallen silent; nil: nothing.
func (f Facts) controlAfter(r stream.Row) *stream.Row {
	for n, c := range f.Observed.Control {
		if c.Host() == r.Host() && c.IfIndex == r.IfIndex && c.Last.After(r.SilentSince.Add(leastListen/2)) {
			return &f.Observed.Control[n]
		}
	}
	return nil
}
