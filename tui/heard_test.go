package tui

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
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
	ports := heard
	for n := range uint16(5) {
		row := heardB(9000+n, 10+int(n))
		ports.Heard = append(ports.Heard, row)
		row.From = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 168, 8, byte(10 + n)}), 9000+n)
		heard.Heard = append(heard.Heard, row)
	}
	ports.Heard[5].First, ports.Heard[4].Last, ports.Heard[3].HopsMin, ports.Heard[3].HopsMax = at("19:52:09"), at("19:52:39"), 64, 64
	for _, tt := range []struct {
		what string
		snap session.Snapshot
		pane string
		page []string
	}{
		{"nothing is known yet", before(), hostB.Addr().String(), nil},
		{"nobody", silent, "nobody else since 19:52:03", []string{"Who is heard", "nobody but this host, since 19:52:03"}},
		{"six", heard, hostB.Addr().String(), []string{
			"192.168.8.14:9004: 14 datagrams by eth0, 0.464/s, from 19:52:10 to 19:52:38, longest gap 21.0 s at 19:52:10, ttl 1", "and 2 more"}},
		{"one that sends from six ports", ports, hostB.Addr().String(), []string{
			"192.168.8.226 from 6 ports: 63 datagrams by eth0, 2.07/s, from 19:52:09 to 19:52:39, ttl 1 to 64"}},
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

// crowd is a room of people, of whom one runs program after program, and this host
// beside them.
func crowd() session.Snapshot {
	s := before()
	s.Room.Senders = nil
	for n := range 28 {
		host := senderB(uint64(1+n), "19:52:38")
		host.Addr = netip.AddrFrom4([4]byte{192, 168, 8, byte(228 - n)})
		s.Room.Senders = append(s.Room.Senders, host)
	}
	s.Room.Senders[0].Ports = nil
	for port := range uint16(40) {
		s.Room.Senders[0].Ports = append(s.Room.Senders[0].Ports, 50100-port)
	}
	s.Room.SendersTotal = len(s.Room.Senders)
	local := senderB(7, "19:52:30")
	local.Addr = onEth0.Source
	s.Room.Local = append(s.Room.Local, local)
	return s
}

// Each host has one row, in the order of addresses, with how many ports it sent
// from; this host comes last, and does not count.
func TestHostsThatAreHeard(t *testing.T) {
	for _, size := range [][2]int{{160, 50}, {100, 30}, {80, 24}, {44, 12}} {
		s := newScreen(t, size[0], size[1], crowd())
		s.press("shift+tab")
		s.wants("Heard from", " 28")
		for range 100 {
			s.press("down")
		}
		squeezed := strings.Join(strings.Fields(s.plain()), " ")
		for _, want := range []string{"192.168.8.228 40 ports eth0", "192.168.8.164 this host eth0"} {
			if !strings.Contains(squeezed, want) {
				t.Errorf("want %q on the screen:\n%s", want, s.plain())
			}
		}
		if at, of := strings.Index(squeezed, "192.168.8.227"), strings.Index(squeezed, "192.168.8.228"); at < 0 || at > of {
			t.Errorf("the hosts are not in the order of their addresses:\n%s", s.plain())
		}
	}
	s := newScreen(t, 100, 30, crowd())
	s.press("f4")
	s.wants("← 192.168.8.201   ▁█▁▁█▁█▁  28 datagrams · 2 s ago")
	alone := crowd()
	alone.Room.Senders, alone.Room.SendersTotal = nil, 0
	s = newScreen(t, 100, 30, alone)
	s.wants("nobody else yet", "192.168.8.164 · this host")
	s.press("f4")
	s.wants("nobody else heard yet", "this host · 7 datagrams")
	for _, c := range []struct {
		snap session.Snapshot
		want []string
	}{
		{alone, []string{"nobody else was heard yet in", "192.168.8.164  eth0  this host, 7 datagrams, ttl 1, <1/s, 10 s ago, port 1234"}},
		{crowd(), []string{"28 hosts", "192.168.8.227  eth0  2 datagrams, ttl 1, <1/s, 2 s ago, port 1234\n192.168.8.228",
			"ports 50097, 50098, 50099, 50100 and 36 more\n192.168.8.164"}},
	} {
		rows := strings.Join(who(c.snap, clock), "\n")
		for _, want := range c.want {
			if !strings.Contains(rows, want) {
				t.Errorf("/who does not say %q:\n%s", want, rows)
			}
		}
	}
}

// A host is not cut to make room for its port.
func TestSenderOfTheTalkIsNotCut(t *testing.T) {
	snap := before()
	snap.Room.Senders[0].Ports = []uint16{50911, 50912}
	said := beforeLines()
	said[1].From = netip.AddrPortFrom(hostB.Addr(), 50911)
	for width, want := range map[int]string{100: "192.168.8.226       hello", 160: "192.168.8.226:50911     hello", 44: "192.168.8.226   hello"} {
		s := newScreen(t, width, 30, snap, said...)
		s.wants(want)
		s.wantsNot("…")
	}
}

// Several streams of one socket are one row, with its port and the sum of what was
// lost; with another port beside it, a row of ports.
func TestHostRowsOfStreams(t *testing.T) {
	row := func(port uint16, sub int, lost uint64) stream.Row {
		r := heardB(port, 10)
		r.Sub, r.Numbers = sub, stream.Numbers{Format: stream.RTP, Distinct: 10, Lost: lost}
		return r
	}
	for want, rows := range map[string][]stream.Row{
		":9: 20 datagrams by eth0, 0.679/s, from 19:52:10 to 19:52:38, lost 3 of 23 (RTP), ttl 1":           {row(9, 0, 1), row(9, 1, 2)},
		" from 2 ports: 30 datagrams by eth0, 1.04/s, from 19:52:10 to 19:52:38, lost 7 of 37 (RTP), ttl 1": {row(9, 0, 1), row(9, 1, 2), row(10, 0, 4)},
	} {
		list := hostRows(rows)
		if len(list) != 1 {
			t.Fatalf("%d rows, want one", len(list))
		}
		if got := list[0].text("eth0"); got != hostB.Addr().String()+want {
			t.Errorf("the row says\n%s, want\n%s%s", got, hostB.Addr(), want)
		}
	}
}

// Of many members the one that does not hear this host is seen first, then one that is
// quiet, and names with numbers are in their order. Where not all fit, a row counts them.
func TestTheWorstMemberIsSeenFirst(t *testing.T) {
	var s session.Snapshot
	s.Members.On = true
	for n, name := range []string{"H10", "H11", "H2", "H3", "H1"} {
		m := memberOf(members.Who{Ref: frame.Ref{byte(n + 1)}, Nick: name, Fingerprint: "7f3c 91ab 02de 44c0"}, byte(n+1))
		m.Presence = map[string]members.Presence{"H3": members.Quiet, "H11": members.OneWay}[name]
		if m.Presence == members.NotKnown {
			m.Presence = members.Live
		}
		s.Members.Members = append(s.Members.Members, m)
	}
	h := heard{styles: newStyles(true, true, ansi.WcWidth, colorprofile.Ascii), paneRows: newPaneRows("by address")}
	h.setState(s, clock)
	names := func(height int) (list []string) {
		for _, row := range strings.Split(ansi.Strip(h.render(40, height)), "\n") {
			list = append(list, strings.Fields(row)[0])
		}
		return list
	}
	if got := strings.Join(names(5), " "); got != "H11 H3 H1 H2 H10" {
		t.Errorf("the order is %s", got)
	}
	const sum = "1 one-way, 1 quiet, 3 live"
	for height, want := range map[int]string{1: sum, 2: sum + "\nH11", 3: sum + "\nH11\nH3"} {
		got := strings.Split(ansi.Strip(h.render(40, height)), "\n")
		for n, row := range strings.Split(want, "\n") {
			if len(got) != height || !strings.HasPrefix(got[n], row) {
				t.Errorf("%d rows are %q, want %q", height, got, want)
				break
			}
		}
	}
	h.scroll(100, h.blank(3), 3)
	if got := strings.Join(names(3), " "); got != "H1 H2 H10" {
		t.Errorf("the last rows are %s", got)
	}
	h.scroll(-1, h.blank(3), 3)
	if got := names(3); got[0] != "H3" || got[1] != "H1" {
		t.Errorf("one up are %s", got)
	}
}
