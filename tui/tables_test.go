package tui

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/groupcast/groupcast/mcast/chat"
)

// focusTable moves the focus to a pane.
func (s *screen) focusTable(pane focus) {
	s.t.Helper()
	for range len(tabs[talkView]) {
		if s.focus == pane {
			return
		}
		s.press("tab")
	}
	s.t.Fatalf("the tab key does not reach the pane")
}

var hostInRow = regexp.MustCompile(`(?m)^[│┃] (\d+\.\d+\.\d+\.\d+) `)

// hostsShown are the last bytes of the hosts in the pane, from above.
func (s *screen) hostsShown() (list []byte) {
	_, pane, _ := strings.Cut(s.plain(), "Heard from")
	pane, _, _ = strings.Cut(pane, "Pitfalls")
	for _, row := range hostInRow.FindAllStringSubmatch(pane, -1) {
		list = append(list, netip.MustParseAddr(row[1]).As4()[3])
	}
	return list
}

// hosts is a room of the hosts 192.168.8.1, .2 and so on.
func hosts(list ...chat.Sender) (all []chat.Sender) {
	for n, s := range list {
		s.Addr = netip.AddrFrom4([4]byte{192, 168, 8, byte(1 + n)})
		all = append(all, s)
	}
	return all
}

// s changes the order of the hosts. Hosts that send all the time stay where they
// are, whoever was the last.
func TestOrderOfHosts(t *testing.T) {
	snap := before()
	snap.Room.Senders = hosts(senderB(5000, "19:52:20"), senderB(1204, "19:52:38"), senderB(1230, "19:52:39"), senderB(90, "19:52:30"))
	snap.Room.SendersTotal = 4
	this := senderB(9999, "19:52:40")
	this.Addr = netip.MustParseAddr("192.168.8.9")
	snap.Room.Local = []chat.Sender{this}
	s := newScreen(t, 160, 50, snap)
	s.focusTable(onHeard)
	for _, step := range []struct {
		said string
		want []byte
	}{
		{"by address", []byte{1, 2, 3, 4, 9}},
		{"last heard", []byte{2, 3, 4, 1, 9}},
		{"most datagrams", []byte{1, 2, 3, 4, 9}},
		{"by address", []byte{1, 2, 3, 4, 9}},
		{"last heard", []byte{2, 3, 4, 1, 9}},
	} {
		if got := s.hostsShown(); !slices.Equal(got, step.want) {
			t.Errorf("%s: hosts %v, want %v:\n%s", step.said, got, step.want, s.plain())
		}
		s.wants("4 · " + step.said + " ")
		s.press("s")
	}
	s.press("s", "s") // from the most datagrams by address to last heard
	for second := range 6 {
		for n := range 2 { // the two in turn
			snap.Room.Senders = slices.Clone(snap.Room.Senders)
			snap.Room.Senders[1+n].Datagrams++
			s.time = s.time.Add(500 * time.Millisecond)
			snap.Room.Senders[1+n].Last = s.time
			s.session.snap = snap
			s.Update(freshMsg{})
			if got := s.hostsShown(); !slices.Equal(got, []byte{2, 3, 4, 1, 9}) {
				t.Fatalf("second %d: hosts %v, and they jump", second, got)
			}
		}
	}
}

// s changes the order of the interfaces: the sending one first, by name, by what
// is heard there.
func TestOrderOfInterfaces(t *testing.T) {
	s := newScreen(t, 160, 50, forty())
	s.focusTable(onMembership)
	first := regexp.MustCompile(`● eth\d+`)
	for _, want := range []struct{ order, names string }{
		{"sends first", "● eth31 ● eth8 ● eth20 ● eth1"},
		{"by name", "● eth1 ● eth2 ● eth3 ● eth4"},
		{"by traffic", "● eth20 ● eth31 ● eth8 ● eth1"},
	} {
		if got := strings.Join(first.FindAllString(s.plain(), 4), " "); got != want.names {
			t.Errorf("%s: %s, want %s", want.order, got, want.names)
		}
		s.wants(want.order + " ")
		s.press("s")
	}
}

// / filters a pane by words, and the title says what is hidden; enter keeps the
// filter, esc shows all.
func TestFilterOfPanes(t *testing.T) {
	for _, size := range [][2]int{{160, 50}, {100, 30}, {80, 24}, {44, 12}} {
		s := newScreen(t, size[0], size[1], crowd())
		s.focusTable(onHeard)
		s.press("/")
		s.typed("40 PORTS")
		s.wants("1 of 28", "192.168.8.228", "filter")
		s.wantsNot("192.168.8.227", "192.168.8.164 ")
		s.press("enter", "s")
		s.press("tab")
		s.focusTable(onHeard)
		s.wants("1 of 28")
		s.press("esc")
		s.wants("28 · ", "192.168.8.201")
		if s.focus != onHeard {
			t.Errorf("%v: esc left the pane", size)
		}
		s.press("/")
		s.typed("nobody s")
		s.wants("0 of 28", "no host has these words", "nobody s")
		s.press("esc", "esc")
		if s.focus != onInput {
			t.Errorf("%v: esc does not go back to the input", size)
		}
	}
	s := newScreen(t, 100, 30, forty())
	s.focusTable(onMembership)
	s.press("/")
	s.typed("eth3")
	s.wants("11 of 40", "● eth31", "● eth3 ")
	s.wantsNot("● eth8", "● eth20", "more")
	s.press("backspace")
	s.typed(" kernel")
	s.wants("1 of 40", "● eth8")
	s.press("esc")
	s.wantsNot(" of 40")
}

// What is pasted while a filter is typed is part of it, and the click on the order in
// the last row is the key for it.
func TestFilterTakesAPaste(t *testing.T) {
	s := newScreen(t, 160, 50, crowd())
	s.focusTable(onHeard)
	s.press("/")
	s.Update(tea.PasteMsg{Content: "192.168.8.227\r\neth0"})
	s.wants("1 of 28", "192.168.8.227")
	if s.paste != nil {
		t.Error("the screen asks about the paste")
	}
	s.press("enter")
	s.click("s order")
	s.wants("order: last heard", "1 of 28 · last heard")
}

func TestTwoDigits(t *testing.T) {
	for n, want := range map[uint64]uint64{0: 0, 7: 7, 99: 99, 100: 100, 109: 100, 1204: 1200, 1<<64 - 1: 18e18} {
		if got := twoDigits(n); got != want {
			t.Errorf("twoDigits(%d) = %d, want %d", n, got, want)
		}
	}
}

func TestCompareNames(t *testing.T) {
	list := []string{"wlan0", "eth10", "br-1", "eth2", "eth", "br-0a"}
	slices.SortFunc(list, compareNames)
	if want := []string{"br-1", "br-0a", "eth", "eth2", "eth10", "wlan0"}; !slices.Equal(list, want) {
		t.Errorf("%q, want %q", list, want)
	}
}

// Of a crowd a wide terminal shows all that is known in one row for each, and a
// filter leaves the panes as wide as they are.
func TestTablesOfACrowd(t *testing.T) {
	snap := crowd()
	snap.Interfaces = forty().Interfaces
	for _, size := range [][2]int{{160, 50}, {240, 60}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			s := newScreen(t, size[0], size[1], snap, beforeLines()...)
			s.focusTable(onHeard)
			side := s.layout.side
			golden.RequireEqual(t, trimmed(s.plain()))
			s.press("/")
			s.typed("40 ports")
			s.wants("1 of 28")
			if s.layout.side != side {
				t.Errorf("with a filter the panes are %d cells wide instead of %d", s.layout.side, side)
			}
		})
	}
	if few := newScreen(t, 160, 50, before()); few.layout.side != 46 {
		t.Errorf("for one host the panes are %d cells wide, want 46", few.layout.side)
	}
}
