package tui

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/session"
	"github.com/groupcast/groupcast/mcast/stream"
)

// heardB is host B, which was heard so often by eth0 and has paused once.
func heardB(port uint16, datagrams int) stream.Row {
	return stream.Row{
		Key:       stream.Key{From: netip.AddrPortFrom(hostB.Addr(), port), IfIndex: 2},
		Datagrams: datagrams, First: at("19:52:10"), Last: at("19:52:38"), Gap: 21 * time.Second, GapAt: at("19:52:10"), HopsMin: 1, HopsMax: 1,
	}
}

// The pane says since when nobody is heard, the page of a finding who is, and /who
// besides when it was silent for longest.
func TestWhoIsHeardIsSaid(t *testing.T) {
	silent := before()
	silent.Room.Senders, silent.Room.SendersTotal = nil, 0
	silent.Listened = doctor.Listened{Since: at("19:52:03"), Until: at("19:52:52"), On: []int{2}}
	heard := before()
	heard.Listened = silent.Listened
	heard.Heard = []stream.Row{heardB(hostB.Port(), 3)}
	for n := range uint16(5) {
		heard.Heard = append(heard.Heard, heardB(9000+n, 10+int(n)))
	}
	for _, tt := range []struct {
		what string
		snap session.Snapshot
		pane string
		page []string
	}{
		{"nothing is known yet", before(), hostB.Addr().String(), nil},
		{"nobody", silent, "nobody else since 19:52:03", []string{"Who is heard", "nobody but this host, since 19:52:03"}},
		{"six", heard, hostB.Addr().String(), []string{
			"192.168.8.226:9004: 14 datagrams by eth0, 0.464/s, from 19:52:10 to 19:52:38, longest gap 21.0 s at 19:52:10, ttl 1", "and 2 more"}},
	} {
		s := newScreen(t, 160, 50, tt.snap)
		s.wants(tt.pane)
		s.press("tab", "tab", "enter")
		rows := strings.Join(strings.Fields(strings.Join(s.pitfalls.page(200), " ")), " ")
		for _, want := range tt.page {
			if !strings.Contains(rows, want) {
				t.Errorf("%s: the page does not say %q:\n%s", tt.what, want, rows)
			}
		}
		if tt.page == nil && strings.Contains(rows, "Who is heard") {
			t.Errorf("%s, and the page says who is heard:\n%s", tt.what, rows)
		}
	}
	heard.Heard[0].IfIndex = heard.Room.Senders[0].IfIndex
	if rows := strings.Join(who(heard, clock), "\n"); !strings.Contains(rows, "longest gap 21.0 s at 19:52:10") {
		t.Errorf("/who does not say the longest gap:\n%s", rows)
	}
}
