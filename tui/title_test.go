package tui

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/session"
)

// The first row names a failure at every width, and neither a warning nor what
// is not known.
func TestTitleNamesFailure(t *testing.T) {
	v6 := mcast.Group{Addr: netip.MustParseAddr("ff15::1:2:3:4"), Port: 5000}
	for _, tt := range []struct {
		what    string
		group   mcast.Group
		verdict doctor.Verdict
		name    string
		width   int
		ascii   bool
		want    string // "": no sign
	}{
		{"wide", mcast.DefaultGroup, doctor.Failure, "no-route", 100, false, "✗ no-route"},
		{"80", mcast.DefaultGroup, doctor.Failure, "interface-down", 80, false, "✗ interface-down"},
		{"narrow", mcast.DefaultGroup, doctor.Failure, "no-route", 44, false, "✗ no-route"},
		{"narrow, without room for its name", v6, doctor.Failure, "send-queue-full", 44, false, "✗"},
		{"ASCII", v6, doctor.Failure, "no-route", 80, true, "x no-route"},
		{"a warning", mcast.DefaultGroup, doctor.Warning, "wrong-egress", 100, false, ""},
		{"not known", mcast.DefaultGroup, doctor.Unknown, "no-querier", 80, false, ""},
	} {
		st := newStyles(true, tt.ascii, ansi.GraphemeWidth, colorprofile.TrueColor)
		s := session.Snapshot{Group: tt.group, Groups: []mcast.Group{tt.group}, Findings: []doctor.Finding{{Name: tt.name, Verdict: tt.verdict}}}
		s.Sends.Interface = "eth0"
		row := titleBar{st}.render(s, "", tt.width)
		text := ansi.Strip(row)
		if st.cells(row) != tt.width {
			t.Errorf("%s: %d cells wide", tt.what, st.cells(row))
		}
		if tt.want == "" && (strings.Contains(text, "✗") || strings.Contains(text, tt.name)) || !strings.Contains(text, tt.want) {
			t.Errorf("%s: %q, not %q", tt.what, text, tt.want)
		}
	}
}
