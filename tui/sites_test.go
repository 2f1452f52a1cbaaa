package tui

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/session"
)

// acrossSites is the room of five with a bridge on its LAN: erin is at another site.
func acrossSites() session.Snapshot {
	s := healed()
	m := &s.Members
	bridgeAt := netip.AddrPortFrom(lan(20, 0).Addr(), 1236)
	m.Self.Site = "room-1"
	for i := range m.Members {
		m.Members[i].Site = "room-1"
	}
	far := &m.Members[3]
	far.Site, far.Afar, far.From, far.Plain = "room-2", true, bridgeAt, netip.AddrPort{}
	for i := range m.Matrix {
		m.Matrix[i].Site = "room-1"
	}
	m.Matrix[4].Site, m.Matrix[4].Afar = "room-2", true
	m.Bridges = []members.Member{{Who: members.Who{Nick: "room-1", Fingerprint: "dddd eeee", Bridge: true}, Presence: members.Live, Site: "room-1", From: bridgeAt, IfIndex: 2, Last: clock, Since: clock}}
	m.Sites = []members.Site{{Name: "room-1", Here: true, Members: 4}, {Name: "room-2", Members: 1}, {Name: "room-3\x1b[2J", Away: true, Since: clock}}
	s.Room.Senders = append(s.Room.Senders, chat.Sender{Addr: bridgeAt.Addr(), Ports: []uint16{1236}, Interface: "eth0", IfIndex: 2, Datagrams: 4, Last: clock, History: quiet})
	return s
}

// Where there are bridges, the screen says at which site members are, bridges are none of
// them, and what was said beyond them has its site; else no row changes.
func TestAcrossSites(t *testing.T) {
	s := acrossSites()
	text := strings.Join(who(s, clock), "\n")
	for _, want := range []string{
		"this is room-1; room-2 with 1 member, room-3␛[2J away since " + clock.Format("15:04:05"), "4 other members and 1 bridge:",
		"live at room-1", "quiet at room-2", "bridge at room-1",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("/who does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, lan(20, 0).Addr().String()+"  ") {
		t.Errorf("/who lists the bridge as another program:\n%s", text)
	}
	h := hearingOf(s)
	if got := h.words(4, 0) + "; " + h.words(1, 0); !strings.Contains(got, "you hear erin by eth0, nothing lost, over bridges from room-2 to room-1; you hear bob by eth0, nothing lost") {
		t.Errorf("the matrix says %s", got)
	}
	if got := h.rowLabel(4) + ", " + h.rowLabel(1); got != "erin at room-2, bob" {
		t.Errorf("its rows are %s", got)
	}
	sealed := acrossSites() // where no bridge tells
	for i := range sealed.Members.Matrix {
		sealed.Members.Matrix[i].Site = ""
	}
	sealed.Members.Members[3].Site = ""
	if got := hearingOf(sealed).words(4, 0) + strings.Join(who(sealed, clock), "\n"); !strings.Contains(got, "over bridges from another site to this one") || !strings.Contains(got, "quiet beyond a bridge") {
		t.Errorf("of a sealed room it says %s", got)
	}
	for _, tt := range []struct {
		line chat.Line
		want string
	}{
		{chat.Line{Kind: chat.Heard, From: lan(20, 0), Member: chat.Member{Name: "erin", Site: "room-2"}}, "at room-2"},
		{chat.Line{Kind: chat.Heard, Origin: chat.Origin{Source: lan(9, 1), Site: "room-2", By: "the bridge room-2"}}, "at room-2"},
		{chat.Line{Kind: chat.Heard, Origin: chat.Origin{Source: lan(9, 1), By: "carol"}}, "by carol"},
		{chat.Line{Kind: chat.Heard, Origin: chat.Origin{Source: lan(9, 1), Site: "room-1", By: "room-1", Where: chat.AtThis}}, ""},
		{chat.Line{Kind: chat.Heard, From: lan(9, 1), Member: chat.Member{Name: "bob"}}, ""},
	} {
		if got := siteOfLine(tt.line); got != tt.want {
			t.Errorf("of %+v it says %q, want %q", tt.line, got, tt.want)
		}
	}
	if text := strings.Join(who(healed(), clock), "\n"); strings.Contains(text, "room-") || strings.Contains(text, " at ?") {
		t.Errorf("without bridges it says\n%s", text)
	}
}

// A line that comes again, with the name of who said it, rings no second time.
func TestNewLinesAreCountedOnce(t *testing.T) {
	talk := newTalk(newStyles(true, true, ansi.WcWidth, colorprofile.Ascii))
	line := chat.Line{ID: 7, Kind: chat.Heard, From: lan(9, 1)}
	first := talk.add(chat.Line{ID: 8, Kind: chat.Heard, From: lan(9, 1)}, line)
	line.Member.Name = "bob"
	if again := talk.add(line, chat.Line{ID: 9, Kind: chat.Heard, Earlier: true}); first != 2 || again != 0 {
		t.Errorf("new lines are %d, and then %d", first, again)
	}
}
