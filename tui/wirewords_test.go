package tui

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/session"
)

// asked is the story where the wires are looked at: a router asks on eth0, and on
// eth1 nobody did for a while.
func asked() session.Snapshot {
	s := before()
	reported := session.Report{Host: netip.MustParseAddr("192.168.8.164"), Version: 3, Last: at("19:52:03")}
	s.Interfaces[1].Wire = session.Wire{
		Since: at("19:40:00"), Reported: reported, SeesAll: true,
		Querier: session.Querier{Addr: netip.MustParseAddr("192.168.8.1"), Version: 3, Interval: 125 * time.Second, Robustness: 2, Last: at("19:52:26")},
		Others: []session.Report{
			{Host: hostB.Addr(), Version: 3, Last: at("19:52:28")},
			{Host: netip.MustParseAddr("192.168.8.230"), Version: 3, Last: at("19:52:30")},
		},
	}
	reported.Host = netip.MustParseAddr("169.254.167.41")
	s.Interfaces[2].Wire = session.Wire{Since: at("19:40:00"), Reported: reported, Unasked: at("19:47:00")}
	return s
}

// told is what any user knows: the kernel speaks IGMPv2 because somebody asked so.
func told() session.Snapshot {
	s := before()
	s.Interfaces[1].IGMP, s.Interfaces[1].Asked = 2, 2
	return s
}

func TestWireScreens(t *testing.T) {
	for _, size := range [][2]int{{160, 50}, {100, 30}, {80, 24}, {44, 12}} {
		for _, c := range []struct {
			name string
			snap session.Snapshot
			keys []string
		}{
			{"asked", asked(), nil}, {"asked-map", asked(), []string{"f4"}}, {"asked-interfaces", asked(), []string{"f5"}},
			{"told", told(), nil}, {"told-map", told(), []string{"f4"}},
		} {
			t.Run(fmt.Sprintf("%s-%dx%d", c.name, size[0], size[1]), func(t *testing.T) {
				s := newScreen(t, size[0], size[1], c.snap, beforeLines()...)
				s.press(c.keys...)
				golden.RequireEqual(t, trimmed(s.plain()))
			})
		}
	}
	dark, light := newScreen(t, 80, 24, asked()), newScreen(t, 80, 24, asked())
	dark.dark, light.dark = true, false
	dark.setStyles()
	light.setStyles()
	if a, b := dark.View().Content, light.View().Content; a == b || ansi.Strip(a) != ansi.Strip(b) {
		t.Error("dark and light are the same, or say different things")
	}
}

// At 80x24 the pane has as many rows as without, and the talk too; and no row
// changes its shape while the ages grow.
func TestWiresKeepTheirRows(t *testing.T) {
	without, with := newScreen(t, 80, 24, before()), newScreen(t, 80, 24, asked())
	if without.layout != with.layout || without.talk.height != with.talk.height {
		t.Errorf("the layout is %+v, without anything known %+v", with.layout, without.layout)
	}
	with.wants("IGMPv3 · querier 192.168.8.1 (v3), 14 s ago", "IGMPv3 · no querier seen", "▲ sends leave here")

	digits := strings.NewReplacer("0", "", "1", "", "2", "", "3", "", "4", "", "5", "", "6", "", "7", "", "8", "", "9", "", " s ago", "", " min ago", "", "now", "", " ", "")
	for _, width := range []int{33, 43, 58, 77, 93} {
		var shapes []string
		for _, age := range []time.Duration{0, 5 * time.Second, 59 * time.Second, time.Minute, 59 * time.Minute} {
			snap := asked()
			snap.Interfaces[2].Wire.Unasked = clock.Add(-unaskedAtLeast)
			m := membership{styles: with.styles, snap: snap, now: clock}
			m.now = snap.Interfaces[1].Wire.Querier.Last.Add(age)
			snap.Interfaces[2].Wire.Unasked = m.now.Add(-unaskedAtLeast - age)
			shapes = append(shapes, digits.Replace(ansi.Strip(strings.Join(m.rows(width), "\n"))))
		}
		if len(slices.Compact(slices.Clone(shapes))) != 1 {
			t.Errorf("with %d cells its rows are %q", width, shapes)
		}
	}
}

func TestWireWords(t *testing.T) {
	change := func(f func(i *session.Interface)) session.Snapshot {
		s := asked()
		f(&s.Interfaces[1])
		return s
	}
	none := []string{"querier", "reported", "asks", "asked"}
	for _, c := range []struct {
		name        string
		snap        session.Snapshot
		want, never []string
	}{
		{"nothing is known", before(), []string{"joined · IGMPv3 · up"}, none},
		{"what was seen", asked(), []string{"joined · IGMPv3, reported 19:52:03", "querier 192.168.8.1 (v3), 14 s ago", "no querier seen in 5 min", "? asks: 192.168.8.1 (v3), every 125 s, 14 s ago", "reported in IGMPv3 at 19:52:03"}, nil},
		{"a switch", change(func(i *session.Interface) { i.Wire.Querier.Addr = netip.IPv4Unspecified() }), []string{"querier: a switch (0.0.0.0, v3), 14 s ago", "? asks: a switch, 0.0.0.0 (v3)"}, nil},
		{"this host", change(func(i *session.Interface) { i.Wire.Querier.Self = true }), []string{"querier: this host (v3)", "? asks: this host (v3)"}, []string{"192.168.8.1 "}},
		{"looked at for a short while", change(func(i *session.Interface) { i.Wire = session.Wire{Since: at("19:50:00"), Unasked: at("19:50:00")} }), []string{"joined · IGMPv3 · up"}, []string{"192.168.8.1 (", "no querier seen in 2"}},
		{"any user, IGMPv2", told(), []string{"joined · IGMPv2 · up", "a v2 querier was heard lately"}, []string{"reported", "asks:"}},
		{"not joined", change(func(i *session.Interface) { i.Joined = false }), []string{"not joined"}, []string{"192.168.8.1 ("}},
		{"down", change(func(i *session.Interface) { i.Flags = 0 }), []string{"down"}, []string{"192.168.8.1 ("}},
		{"MLD", func() session.Snapshot {
			s := asked()
			s.Group = mcast.Group{Addr: netip.MustParseAddr("ff02::114"), Port: 1234}
			s.Interfaces[1].Wire.Querier.Addr, s.Interfaces[1].Wire.Querier.Version = netip.MustParseAddr("fe80::1"), 2
			s.Interfaces[1].Wire.Reported.Version, s.Interfaces[1].Asked = 2, 2
			return s
		}(), []string{"MLDv2, reported 19:52:03", "querier fe80::1 (v2)", "reported in MLDv2"}, []string{"lately"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := newScreen(t, 100, 30, c.snap).styles
			pane, whole := membership{styles: st, snap: c.snap, now: clock}, hostmap{styles: st, snap: c.snap, now: clock}
			got := ansi.Strip(strings.Join(pane.rows(50), "\n") + "\n" + whole.render(140, 60))
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("want %q in\n%s", want, got)
				}
			}
			for _, never := range c.never {
				if strings.Contains(got, never) {
					t.Errorf("want no %q in\n%s", never, got)
				}
			}
		})
	}
}

// The list of interfaces has room for all of it.
func TestWiresInFull(t *testing.T) {
	for _, c := range []struct {
		name        string
		change      func(*session.Interface)
		want, never string
	}{
		{"a querier", func(*session.Interface) {}, "reported in IGMPv3 at 19:52:03; 192.168.8.1 sends queries in IGMPv3, every 125 s, robustness 2; members seen by their reports: 2", "or more"},
		{"members that silence each other", func(i *session.Interface) { i.Wire.AtLeast = true }, "members seen by their reports: 2 or more", ""},
		{"no other member", func(i *session.Interface) { i.Wire.Others = nil }, "reports of other hosts are seen here, of this group none", "members"},
		{"no other member seen", func(i *session.Interface) { i.Wire.Others, i.Wire.SeesAll = nil, false }, "robustness 2", "reports of other"},
		{"any user", func(i *session.Interface) { *i = told().Interfaces[1] }, "a v2 querier was heard lately", "reported"},
		{"nothing", func(i *session.Interface) { *i = before().Interfaces[1] }, "heard here", "quer"},
		{"it is not joined", func(i *session.Interface) { i.Joined = false }, "heard here", "robustness"},
	} {
		snap := asked()
		c.change(&snap.Interfaces[1])
		got := strings.Join(consequences(snap, snap.Interfaces[1]), "; ")
		if !strings.Contains(got, c.want) || c.never != "" && strings.Contains(got, c.never) {
			t.Errorf("%s: want %q and never %q in %q", c.name, c.want, c.never, got)
		}
	}
}

// Who would hear: members whose reports were seen, but that said nothing.
func TestWhoReported(t *testing.T) {
	snap := asked()
	snap.Interfaces[1].Wire.More, snap.Interfaces[1].Wire.AtLeast = 3, true
	rows := strings.Join(who(snap, clock), "\n")
	if want := "reported on eth0, and not heard: 192.168.8.230 (v3, 10 s ago) and 3 more members; there may be more"; !strings.Contains(rows, want) {
		t.Errorf("want %q in\n%s", want, rows)
	}
	if rows := strings.Join(who(before(), clock), "\n"); strings.Contains(rows, "reported") {
		t.Errorf("nobody reported, and it says\n%s", rows)
	}
}
