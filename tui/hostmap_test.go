package tui

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// mapped is the story with what a map shows besides: the groups that the host
// is in, a router far away, a wire that is unplugged and one that is down.
func mapped() session.Snapshot {
	s := before()
	s.Interfaces[1].Groups = []netip.Addr{
		netip.MustParseAddr("224.0.0.1"), netip.MustParseAddr("224.0.0.114"),
		netip.MustParseAddr("224.0.0.251"), netip.MustParseAddr("239.255.255.250"),
	}
	s.Interfaces[2].Groups = slices.Clip(s.Interfaces[1].Groups[:2])
	unplugged, off := iface(4, "eth2", "10.0.0.3/8"), iface(5, "wlan0")
	unplugged.Flags &^= net.FlagRunning
	off.Flags = 0
	s.Interfaces = append(s.Interfaces, unplugged, off)
	s.Room.Senders[0].History = s.Room.History
	s.Room.Senders = append(s.Room.Senders, chat.Sender{
		Addr: netip.MustParseAddr("192.168.8.1"), Ports: []uint16{5353}, Interface: "eth0", IfIndex: 2, Hops: 255, Datagrams: 12345,
		Last: at("19:51:40"), History: []uint32{1, 2, 3, 4, 5, 6, 7, 8},
	})
	s.Room.SendersTotal = 2
	return s
}

// fixed is the same once sends leave by eth0, which the kernel would not
// choose.
func fixed() session.Snapshot {
	s := mapped()
	s.Sends = onEth0
	return s
}

func TestHostmap(t *testing.T) {
	for _, size := range [][2]int{{160, 50}, {100, 30}, {80, 24}, {60, 30}, {44, 12}} {
		for _, c := range []struct {
			name string
			snap session.Snapshot
		}{{"before", mapped()}, {"fixed", fixed()}} {
			t.Run(fmt.Sprintf("%s-%dx%d", c.name, size[0], size[1]), func(t *testing.T) {
				m := hostmap{styles: newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor), snap: c.snap, now: clock}
				golden.RequireEqual(t, trimmed(ansi.Strip(m.render(size[0], size[1]))))
			})
		}
	}
	for _, width := range []int{100, 44} {
		t.Run(fmt.Sprintf("ascii-%d", width), func(t *testing.T) {
			m := hostmap{styles: newStyles(true, true, ansi.WcWidth, colorprofile.TrueColor), snap: fixed(), now: clock}
			view := trimmed(ansi.Strip(m.render(width, 60)))
			golden.RequireEqual(t, view)
			for _, r := range view {
				if r > '~' {
					t.Fatalf("with ASCII there is %q on the map:\n%s", r, view)
				}
			}
		})
	}
}

func TestHostmapSays(t *testing.T) {
	change := func(f func(*session.Snapshot)) session.Snapshot { s := mapped(); f(&s); return s }
	lo := func(s *session.Snapshot) *session.Interface { return &s.Interfaces[0] }
	for _, c := range []struct {
		name        string
		snap        session.Snapshot
		want, never string
	}{
		{"nothing known yet", session.Snapshot{}, "no interfaces", "talks in"},
		{"where sends leave, and why", mapped(), "▲ sends leave here (default route via 169.254.0.1)", "△"},
		{"that the kernel would choose another", fixed(), "△ the kernel would choose it (default route via 169.254.0.1)", ""},
		{"that sends go nowhere", change(func(s *session.Snapshot) { s.Sends = session.Egress{Err: errors.New("mcast: no route")} }), "✗ sends go nowhere: no route", "sends leave here"},
		{"that sends stay here", change(func(s *session.Snapshot) { s.Sends, s.Hops = onEth0, 0; s.Sends.Stays = true }), "⚠ sends stay on this host (ttl 0, and joined here)", "sends leave"},
		{"no arrow where nothing leaves", change(func(s *session.Snapshot) { s.Sends, s.Hops = onEth0, 0; s.Sends.Stays = true }), "├──── 192.168.8.0/24", "─→"},
		{"who was heard, how often and when", mapped(), "12,345 datagrams · ttl 255 · 1 min ago", ""},
		{"that nobody was", mapped(), "nobody heard yet", ""},
		{"which wires are broken", mapped(), "✗ no carrier", ""},
		{"which interfaces are down", mapped(), "✗ down", ""},
		{"why a join did not work", change(func(s *session.Snapshot) { s.Interfaces[2].Err = errors.New("mcast: no buffer space") }), "✗ no buffer space", ""},
		{"nothing of lo while it is not used", mapped(), "eth0", "lo  "},
		{"lo when it is joined", change(func(s *session.Snapshot) { lo(s).Joined = true }), "● lo  joined", ""},
		{"lo when somebody was heard there", change(func(s *session.Snapshot) { s.Room.Senders[0].IfIndex = 1 }), "inside this host", ""},
		{"senders by an interface that is gone", change(func(s *session.Snapshot) { s.Room.Senders[0].IfIndex = 77 }), "heard on an interface that is gone or not known", ""},
		{"how many senders are not listed", change(func(s *session.Snapshot) { s.Room.SendersTotal = 66 }), "and 64 hosts that were heard longer ago", ""},
		{"the other groups", change(func(s *session.Snapshot) {
			s.Groups = append(s.Groups, mcast.Group{Addr: netip.MustParseAddr("239.1.1.1"), Port: 9})
		}), "also in 239.1.1.1:9", ""},
		{"a network of the group's IP version", change(func(s *session.Snapshot) { s.Group.Addr = netip.MustParseAddr("ff02::114") }), "fe80::/64", "IGMP"},
		{"how many groups there is no room for", change(func(s *session.Snapshot) {
			for n := range 30 {
				s.Interfaces[2].Groups = append(s.Interfaces[2].Groups, netip.AddrFrom4([4]byte{239, 0, 0, byte(n)}))
			}
		}), "and 22 more", ""},
		{"a name for what it is", change(func(s *session.Snapshot) { s.Interfaces[2].Name = "e\x1b[2Jvil" }), "e␛[2Jvil", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := hostmap{styles: newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor), snap: c.snap, now: clock}
			got := ansi.Strip(m.render(120, 100))
			if !strings.Contains(got, c.want) || c.never != "" && strings.Contains(got, c.never) {
				t.Errorf("want %q and never %q on the map:\n%s", c.want, c.never, got)
			}
		})
	}
}

func TestHostmapScrolls(t *testing.T) {
	m := hostmap{styles: newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor), snap: mapped(), now: clock}
	if got := ansi.Strip(m.render(44, 8)); !strings.Contains(got, "rows more") {
		t.Errorf("a map that does not fit says nothing of it:\n%s", got)
	}
	m.scroll(1000, m.rows(44), 8)
	if got := ansi.Strip(m.render(44, 8)); !strings.Contains(got, "down") || strings.Contains(got, "this host") {
		t.Errorf("scrolled down the map does not show the last wire:\n%s", got)
	}
	m.scroll(-1000, m.rows(44), 8)
	if m.offset != 0 {
		t.Errorf("scrolled up the map begins at row %d, want 0", m.offset)
	}
}

// No view ever has more or wider rows than it was given room for, whatever is
// in it.
func TestViewsFit(t *testing.T) {
	pieces := []string{"a", "word ", "漢字", "e\u0301\u0323", "👍🏽👍🏽", "क्षक्ष", "ไำไำ", "🇩🇪", "☁\ufe0f", "\n", "\u202e", "\x1b[31m", "\x1b]52;c;x\a", "\t", "\xff", strings.Repeat("long", 40)}
	addrs := []netip.AddrPort{{}, hostB, netip.MustParseAddrPort("[fe80::1:2:3:4%a\x1b[31m漢字]:1234"), netip.MustParseAddrPort("[ff02::114]:65535"), netip.MustParseAddrPort("255.255.255.255:65535")}
	rapid.Check(t, func(t *rapid.T) {
		text := func(label string) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 6).Draw(t, label), "")
		}
		fail := func(label string) error {
			if rapid.Bool().Draw(t, label) {
				return errors.New(text(label))
			}
			return nil
		}
		flags := rapid.Bool()
		method := rapid.SampledFrom([]ansi.Method{ansi.WcWidth, ansi.GraphemeWidth}).Draw(t, "method")
		st := newStyles(true, rapid.Bool().Draw(t, "ascii"), method, colorprofile.TrueColor)
		width, height := rapid.IntRange(0, 200).Draw(t, "width"), rapid.IntRange(0, 60).Draw(t, "height")
		fits := func(view string, rows []string, width, most int) {
			if len(rows) > most {
				t.Fatalf("%s has %d rows in %dx%d", view, len(rows), width, height)
			}
			for _, r := range rows {
				if n := method.StringWidth(r); n > width {
					t.Fatalf("%s has a row of %d cells in %dx%d: %q", view, n, width, height, ansi.Strip(r))
				}
				if strings.ContainsAny(ansi.Strip(r), "\x1b\a\n\t\u202e") {
					t.Fatalf("%s lets a control character through: %q", view, r)
				}
			}
		}
		lines := func(s string) []string {
			if s == "" {
				return nil
			}
			return strings.Split(s, "\n")
		}

		d := newDatagrams(st)
		c := newCalls(st)
		for range rapid.IntRange(0, 70).Draw(t, "rows") {
			d.add(session.Datagram{
				At: clock, Sent: flags.Draw(t, "sent"), From: rapid.SampledFrom(addrs).Draw(t, "from"), To: rapid.SampledFrom(addrs).Draw(t, "to"),
				Interface: text("interface"), Hops: rapid.IntRange(0, 255).Draw(t, "hops"), Data: []byte(text("data")),
				Truncated: flags.Draw(t, "truncated"), Err: fail("refused"),
				Arrival: chat.Arrival{OwnCopy: flags.Draw(t, "own"), Stray: flags.Draw(t, "stray"), Direct: flags.Draw(t, "direct"), Outside: flags.Draw(t, "outside")},
			})
			c.add(mcast.Call{
				At: clock, Took: time.Duration(rapid.Int64Range(0, 1e12).Draw(t, "took")), Name: rapid.SampledFrom([]string{"setsockopt", "sendmsg", "recvmmsg", text("name")}).Draw(t, "call"),
				Option: rapid.SampledFrom([]string{"", "MCAST_JOIN_GROUP", text("option")}).Draw(t, "option"), Args: text("args"), Result: text("result"), Err: fail("failed"),
			})
		}
		filter := text("filter")
		for range rapid.IntRange(0, 6).Draw(t, "steps") {
			switch by := rapid.IntRange(-9, 9).Draw(t, "by"); rapid.IntRange(0, 5).Draw(t, "step") {
			case 0:
				d.move(by * max(1, height-1))
				c.move(by)
			case 1:
				d.setFilter(filter)
				c.setFilter(filter)
			case 2:
				d.setFilter("")
			case 3:
				d.click(by)
				c.freeze(by > 0)
			case 4:
				d.top()
				c.newest()
			case 5:
				d.add(received)
				c.add(reading)
			}
			fits("the list of datagrams", lines(d.render(width, height)), width, height)
			fits("the list of calls", lines(c.render(width, height)), width, height)
		}
		d.move(-1)
		c.move(-1)
		fits("a page about a datagram", d.detail(width), max(1, width), 1000)
		fits("a page about a call", c.detail(width), max(1, width), 1000)

		s := mapped()
		for n := range s.Interfaces {
			i := &s.Interfaces[n]
			i.Name, i.Err, i.Joined = text("name"), fail("join"), flags.Draw(t, "joined")
			i.Wire = session.Wire{
				Querier:  session.Querier{Addr: rapid.SampledFrom(addrs).Draw(t, "querier").Addr(), Version: rapid.IntRange(0, 3).Draw(t, "asks"), Last: clock},
				Reported: session.Report{Version: rapid.IntRange(0, 3).Draw(t, "reports"), Last: clock},
				Unasked:  clock.Add(-time.Duration(rapid.Int64Range(0, 1e13).Draw(t, "unasked"))),
			}
		}
		s.Sends.Because, s.Kernel = text("because"), onEth0
		s.Room.Senders[0].Addr = rapid.SampledFrom(addrs).Draw(t, "sender").Addr()
		s.Room.Senders[1].IfIndex = rapid.IntRange(0, 9).Draw(t, "index")
		m := hostmap{styles: st, snap: s, now: clock}
		m.scroll(rapid.IntRange(0, 50).Draw(t, "scroll"), m.rows(width), height)
		fits("the map", lines(m.render(width, height)), width, height)
		for _, i := range s.Interfaces {
			w := m.wireOf(i)
			fits("who asks", []string{w.asked(width, st), w.asks(width, st)}, width, 2)
		}
	})
}
