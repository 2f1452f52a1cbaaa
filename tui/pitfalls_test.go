package tui

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/session"
)

// fixes are all that a program can do by itself, and what the screen calls
// them.
var fixes = []struct {
	fix  doctor.Fix
	text string
}{
	{doctor.Fix{UseInterface: "eth0"}, "send and join by eth0"},
	{doctor.Fix{LoopbackOn: true}, "switch loopback on"},
	{doctor.Fix{Rejoin: "eth0"}, "join again on eth0"},
	{doctor.Fix{MulticastAllOff: true}, "switch IP_MULTICAST_ALL off"},
	{doctor.Fix{ReadBuffer: 4 << 20}, "receive buffer of 4,096 KiB"},
	{doctor.Fix{Hops: 32}, "send with ttl 32"},
	{doctor.Fix{Leave: &doctor.Place{Group: colliding, Interface: "eth0"}}, "leave 225.0.0.114 on eth0"},
}

var colliding = mcast.Group{Addr: netip.MustParseAddr("225.0.0.114"), Port: mcast.DefaultPort}

// someFixes are the same, and none.
var someFixes = func() []*doctor.Fix {
	list := []*doctor.Fix{nil}
	for _, f := range fixes {
		list = append(list, &f.fix)
	}
	return list
}()

// found is a state with findings of these names, the first fixable.
func found(fix *doctor.Fix, names ...string) session.Snapshot {
	s := before()
	s.Findings = nil
	for n, name := range names {
		f := doctor.Finding{Name: name, Verdict: doctor.Failure, Title: "this is " + name, Evidence: "seen by " + name, Interface: "eth0"}
		if n == 0 {
			f.Fix = fix
		}
		s.Findings = append(s.Findings, f)
	}
	return s
}

// Each fix is named in the pane and on the page, is asked for with one key from
// anywhere, and its finding goes.
func TestEachFix(t *testing.T) {
	for _, tt := range fixes {
		for _, size := range [][2]int{{160, 50}, {100, 30}, {80, 24}} {
			t.Run(fmt.Sprint(tt.text, size), func(t *testing.T) {
				for _, keys := range [][]string{{"ctrl+f"}, {"tab", "tab", "f"}, {"tab", "tab", "enter", "f"}, {"tab", "tab", "enter", "ctrl+f"}} {
					s := newScreen(t, size[0], size[1], found(&tt.fix, "membership-lost"))
					s.wants("ctrl+f "+strings.Fields(tt.text)[0], "this is membership-lost")
					s.press(keys[:len(keys)-1]...)
					for word := range strings.FieldsSeq(tt.text) {
						s.wants(word)
					}
					s.press(keys[len(keys)-1])
					if a, ok := s.asked().(session.ApplyFix); !ok || *a.Finding.Fix != tt.fix {
						t.Errorf("%v asks for %#v, want %+v", keys, a, tt.fix)
					}
					if s.page != noPage {
						t.Errorf("after %v there is still a page: the talk says what was done", keys)
					}
					s.show(after())
					s.wants("none seen", "31 looked at")
					if s.focus != onInput {
						t.Errorf("after the fix the focus is on %d, want the input", s.focus)
					}
				}
			})
		}
	}
}

// The page stays with its finding when that is over, says so, and fixes
// nothing else.
func TestThePageStaysWithItsFinding(t *testing.T) {
	for _, size := range [][2]int{{100, 30}, {80, 24}, {44, 12}} {
		three := found(&doctor.Fix{Rejoin: "eth0"}, "membership-lost", "bridge-port", "macvlan")
		s := newScreen(t, size[0], size[1], three)
		s.press("tab", "tab", "down", "enter")
		s.wants("bridge-port ", "this is bridge-port")
		s.wantsNot("This finding is gone")

		two := found(&doctor.Fix{Rejoin: "eth0"}, "membership-lost", "macvlan")
		s.show(two)
		s.wants("bridge-port ", "This finding is gone", "this is bridge-port")
		s.press("f")
		s.wants("this finding is gone: nothing to fix")
		if a := s.asked(); a != nil {
			t.Errorf("f on the page of what is over asks for %#v", a)
		}

		changed := three
		changed.Findings = append([]doctor.Finding{}, three.Findings...)
		changed.Findings[1].Title = "this is bridge-port again"
		s.show(changed)
		s.wants("this is bridge-port again")
		s.wantsNot("This finding is gone")

		s.show(two)
		s.press("down")
		s.wants("macvlan ", "this is macvlan")
		s.show(after())
		s.wants("macvlan ", "This finding is gone")
		s.press("esc")
		if s.focus != onInput {
			t.Errorf("without findings esc leads to %d, want the input", s.focus)
		}
	}
}

// The page is the finding first, then what such a pitfall is, down to where it
// can be seen.
func TestThePageExplains(t *testing.T) {
	page, err := doctor.FindPage(wrongEgress.Name)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range [][2]int{{160, 50}, {100, 30}, {80, 24}, {44, 12}} {
		s := newStory(t, size[0], size[1])
		s.press("tab", "tab", "enter")
		s.wants("sends leave by eth1 (169.254.167.41),")
		var rows string
		for range 60 {
			rows += s.plain()
			s.press("pgdown")
		}
		for _, want := range []string{"f    send and join by eth0", page.Sections[0].Title, "See it happen", "groupcast lab run wrong-egress", "Sources"} {
			if !strings.Contains(rows, want) {
				t.Errorf("at %v the page has no %q", size, want)
			}
		}
	}
}

// No finding is worth what was looked at.
func TestNoneSeen(t *testing.T) {
	tests := []struct {
		checked, unknown int
		want             string
	}{
		{31, 9, "31 looked at, 9 not known: groupcast doctor --probe"},
		{31, 0, "31 looked at"},
	}
	for _, tt := range tests {
		snap := after()
		snap.Checked, snap.Unknown = tt.checked, tt.unknown
		s := newScreen(t, 160, 50, snap)
		s.wants("none seen")
		if rows := s.pitfalls.none(200); len(rows) != 2 || !strings.Contains(rows[1], tt.want) {
			t.Errorf("%d looked at, %d not known: %q, want %q", tt.checked, tt.unknown, rows, tt.want)
		}
	}
	s := newScreen(t, 160, 50, session.Snapshot{Group: group})
	s.wants("none seen")
	s.wantsNot("looked at")
	s.pitfalls.seat, s.pitfalls.checked, s.pitfalls.unknown = true, 31, 9
	if rows := s.pitfalls.none(200); !strings.HasSuffix(ansi.Strip(rows[1]), "9 not known") {
		t.Errorf("in a seat, where no shell is: %q", rows)
	}
	s.help.seat = true
	if rows := strings.Join(s.help.rows(200), "\n"); strings.Contains(rows, "ctrl+z") || !strings.Contains(rows, "ctrl+c") {
		t.Errorf("the help in a seat:\n%s", rows)
	}
}

// The kind of the network stands above the findings, and is none: a click on it
// selects nothing.
func TestTheNetworkAboveTheFindings(t *testing.T) {
	const title = "this looks like a container behind NAT"
	for _, size := range [][2]int{{160, 50}, {100, 30}, {80, 24}} {
		snap := found(nil, "membership-lost", "bridge-port")
		snap.Network = doctor.Kind{Name: "container", Title: title}
		s := newScreen(t, size[0], size[1], snap)
		s.wants("looks like a", "membership-lost", "bridge-port")
		s.press("tab", "tab", "down")
		s.click("looks like a")
		if f, _ := s.pitfalls.selectedFinding(); f.Name != "bridge-port" {
			t.Errorf("%v: a click on the network selects %s", size, f.Name)
		}
		s.click("this is membership-lost")
		if f, _ := s.pitfalls.selectedFinding(); f.Name != "membership-lost" {
			t.Errorf("%v: a click on membership-lost selects %s", size, f.Name)
		}
		calm := after()
		calm.Network = snap.Network
		s.show(calm)
		s.wants("looks like a", "none seen")
	}
}

// A pane that has one row for the pitfalls names one, and not the number of rows.
func TestOneRowNamesThePitfall(t *testing.T) {
	for _, size := range [][2]int{{60, 20}, {72, 20}} {
		s := newScreen(t, size[0], size[1], before())
		s.wantsNot("rows more")
		if rows := strings.Split(s.plain(), "\n"); !slices.ContainsFunc(rows, func(r string) bool {
			return strings.HasPrefix(r, "│") && strings.Contains(r, "wrong-egress") && strings.Contains(r, " more │")
		}) {
			t.Errorf("%v: no row of the pane names the pitfall:\n%s", size, s.plain())
		}
	}
}
