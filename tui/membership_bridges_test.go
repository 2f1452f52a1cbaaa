package tui

import (
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/members"
)

// A bridge that hears us is no member, and is no reason for a warning. One interface whose
// rows find no room is not followed by "0 more".
func TestBridgesHearUs(t *testing.T) {
	snap := healed()
	m := &snap.Members
	of := func(heard, bridges int) {
		m.Ways[0].Bridges, m.Hears = bridges, map[string]int{"eth0": heard}
		m.Ways[0].Heard = m.Ways[0].Heard[:heard+bridges]
	}
	of(2, 1)
	newScreen(t, 160, 45, snap).wants("2 members hear you here")
	of(0, 2)
	newScreen(t, 160, 45, snap).wantsNot("hear you here", "hears you here")
	m.Ways[0].Heard, m.Ways[0].Bridges = []members.Who{}, 0
	newScreen(t, 160, 45, snap).wants("no member hears you here")

	m.Bridges, m.Members, snap.Room.Senders = m.Members[:1], nil, nil
	if text := strings.Join(who(snap, clock), "\n"); !strings.Contains(text, "nobody but bridges was heard yet") {
		t.Errorf("with a bridge alone /who says:\n%s", text)
	}

	snap = healed()
	snap.Interfaces = snap.Interfaces[1:2]
	pane := membership{styles: newScreen(t, 80, 24, snap).styles, snap: snap, now: clock}
	if rows := pane.folded(78, 1); len(pane.rows(78)) < 2 || len(rows) != 1 || strings.Contains(rows[0], "more") {
		t.Errorf("one row of %d is %q", len(pane.rows(78)), rows)
	}
}
