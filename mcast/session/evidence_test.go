package session

import (
	"slices"
	"testing"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
)

// Whom a member hears is known when it is known of all others, or as far as it says so.
func TestHeardOf(t *testing.T) {
	who := func(n byte, nick string) members.Who { return members.Who{Ref: frame.Ref{n}, Nick: nick, Self: n == 1} }
	all := []members.Who{who(1, "ada"), who(2, "bob"), who(3, "carol"), who(4, "da\x1bve")}
	const no, yes, open = members.HearsNot, members.HearsIt, members.HearsNotKnown
	for _, tt := range []struct {
		what       string
		carol, dav members.Hears // whether bob hears them
		want       []string
	}{
		{"both", yes, yes, []string{"carol", "da␛ve"}},
		{"one", yes, no, []string{"carol"}},
		{"one, and the other is not known", open, yes, []string{"da␛ve"}},
		{"nobody", no, no, []string{}},
		{"nobody, as far as it is known", no, open, nil},
		{"not known", open, open, nil},
	} {
		var m Members
		for n, w := range all {
			r := members.Row{Who: w, Cells: make([]members.Cell, len(all))}
			r.Cells[n].Hears = members.HearsSelf
			m.Matrix = append(m.Matrix, r)
		}
		m.Matrix[0].Cells[1].Hears = yes // us, which is not asked
		m.Matrix[2].Cells[1].Hears, m.Matrix[3].Cells[1].Hears = tt.carol, tt.dav
		got := m.heardOf(frame.Ref{2})
		if !slices.Equal(got, tt.want) || (got == nil) != (tt.want == nil) {
			t.Errorf("%s: bob hears %q, want %q", tt.what, got, tt.want)
		}
		if got := m.heardOf(frame.Ref{9}); got != nil {
			t.Errorf("somebody who is not here hears %q", got)
		}
	}
}
