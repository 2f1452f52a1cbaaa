package tui

import (
	"net/netip"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/session"
)

// The first row names the worst finding at every width, and nothing that is not
// known.
func TestTitleNamesTheWorst(t *testing.T) {
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
		{"a warning", mcast.DefaultGroup, doctor.Warning, "wrong-egress", 100, false, "⚠ wrong-egress"},
		{"not known", mcast.DefaultGroup, doctor.Unknown, "no-querier", 80, false, ""},
	} {
		st := newStyles(true, tt.ascii, ansi.GraphemeWidth, colorprofile.TrueColor)
		s := session.Snapshot{Group: tt.group, Groups: []mcast.Group{tt.group}, Findings: []doctor.Finding{{Name: tt.name, Verdict: tt.verdict}}}
		s.Sends.Interface = "eth0"
		row := titleBar{styles: st}.render(s, "", tt.width)
		text := ansi.Strip(row)
		if st.cells(row) != tt.width {
			t.Errorf("%s: %d cells wide", tt.what, st.cells(row))
		}
		if tt.want == "" && (strings.Contains(text, "✗") || strings.Contains(text, tt.name)) || !strings.Contains(text, tt.want) {
			t.Errorf("%s: %q, not %q", tt.what, text, tt.want)
		}
	}
}

// Whoever looks at the screen of a lab's host sees which it is, at each way in
// which it folds, and in the window's title.
func TestScreenBearsTheHostOfTheLab(t *testing.T) {
	for _, size := range [][2]int{{160, 50}, {100, 30}, {80, 24}, {44, 12}, {20, 4}} {
		m := newModel(newFakeSession(before()), Options{Host: "H1\x1b[31m"})
		m.refresh()
		m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		v := m.View()
		rows := strings.Split(ansi.Strip(v.Content), "\n")
		if want := "H1␛[31m: groupcast 224.0.0.114:1234"; v.WindowTitle != want {
			t.Errorf("the window's title is %q, want %q", v.WindowTitle, want)
		}
		if input := rows[len(rows)-2]; !strings.HasPrefix(input, " H1␛[31m ❯ ") {
			t.Errorf("%dx%d: the prompt is %q, without the host", size[0], size[1], input)
		}
		if m.layout.shape != small && !strings.HasPrefix(rows[0], " H1␛[31m  groupcast  224.0.0.114:1234 ") {
			t.Errorf("%dx%d: the first row is %q, without the host", size[0], size[1], rows[0])
		}
	}
	p := newPingModel(nil, Options{Host: "P"})
	p.Update(tea.WindowSizeMsg{Width: 100, Height: 30})
	p.Update(pingMsg{Target: "239.1.2.3:5000"})
	if v := p.View(); v.WindowTitle != "P: groupcast ping 239.1.2.3:5000" || !strings.HasPrefix(ansi.Strip(v.Content), " P  groupcast ping  239.1.2.3:5000 ") {
		t.Errorf("ping: title %q, first row %.40q", v.WindowTitle, ansi.Strip(v.Content))
	}
}

// The screen says that it is recorded, and why that ended, at each way in which it
// folds; a name that it is told is only text.
func TestScreenSaysThatItIsRecorded(t *testing.T) {
	for _, tt := range []struct {
		width, height int
		state, want   string
	}{
		{100, 30, "recording", " recording "},
		{100, 30, "recording stopped: disk \x1b[31mfull", " recording stopped: disk ␛[31mfull "},
		{60, 24, "recording stopped: no space left on device", " recording stopped "},
		{44, 8, "recording", " recording "},
		{44, 8, "recording stopped: no space left on device", " recording stopped "},
		{100, 30, "", ""},
	} {
		state := func() string { return tt.state }
		m := newModel(newFakeSession(before()), Options{Recording: state})
		m.refresh()
		m.Update(tea.WindowSizeMsg{Width: tt.width, Height: tt.height})
		p := newPingModel(nil, Options{Recording: state})
		p.Update(tea.WindowSizeMsg{Width: tt.width, Height: tt.height})
		p.Update(pingMsg{Target: "239.1.2.3:5000"})
		for name, content := range map[string]string{"talk": m.View().Content, "ping": p.View().Content} {
			text := ansi.Strip(content)
			want := tt.want
			if name == "ping" {
				want, _, _ = strings.Cut(want, ":")
			}
			if !strings.Contains(text, want) || tt.state == "" && strings.Contains(text, "recording") {
				t.Errorf("%s, %dx%d, %q: it does not say %q:\n%s", name, tt.width, tt.height, tt.state, want, text)
			}
		}
	}
}

// A group that is cut is another group: the first row has all of it, or says that
// something is left out.
func TestFirstRowsCutNoGroup(t *testing.T) {
	group := mcast.Group{Addr: netip.MustParseAddr("239.1.2.3"), Port: 5000}
	s := session.Snapshot{Group: group, Groups: []mcast.Group{group}, Findings: []doctor.Finding{{Name: "wrong-egress", Verdict: doctor.Failure}}}
	s.Sends.Interface = "eth0"
	st := newStyles(true, false, ansi.GraphemeWidth, colorprofile.TrueColor)
	matrix := newMeshScreen(t, 80, 24, livingMesh(crowdedMesh()))
	matrix.view.Group = netip.AddrPortFrom(group.Addr, group.Port)
	ping := newPingModel(nil, Options{})
	ping.Update(pingMsg{Target: group.String(), Sent: 4})
	for width := range 80 {
		for _, m := range []tea.Model{matrix, ping} {
			m.Update(tea.WindowSizeMsg{Width: width, Height: 12})
		}
		for what, row := range map[string]string{
			"chat": titleBar{styles: st}.render(s, "", width), "mesh": matrix.title(), "ping": ping.title(),
			"igmp": st.fit(st.headed("A", "igmp", group.String(), width), width),
		} {
			text := ansi.Strip(row)
			if whole := strings.Contains(text, group.String()); !whole && strings.Contains(text, "239.1") && !strings.Contains(text, "…") {
				t.Errorf("%s, %d wide: %q", what, width, text)
			} else if whole != strings.Contains(text+" ", group.String()+" ") || !whole && width > 40 {
				t.Errorf("%s, %d wide: %q, not the whole group", what, width, text)
			}
			if n := st.cells(row); n > width {
				t.Errorf("%s: %d cells in a width of %d", what, n, width)
			}
		}
	}
}
