package tui

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/session"
)

func open(kind pickerKind, s session.Snapshot) *picker {
	p := newPicker(newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor), kind)
	p.fill(s)
	return p
}

// selectRow types until one row is left.
func selectRow(t *testing.T, p *picker, filter string) {
	t.Helper()
	p.typeText(filter)
	if len(p.list) != 1 {
		t.Fatalf("%q lets %d rows through, want 1:\n%s", filter, len(p.list), shown(p, 100, 30))
	}
}

func shown(p *picker, width, height int) string {
	return ansi.Strip(strings.Join(p.render(width, height), "\n"))
}

func TestPickers(t *testing.T) {
	for _, size := range [][2]int{{100, 30}, {44, 12}} {
		for kind, name := range map[pickerKind]string{pickInterface: "interfaces", pickGroup: "groups", pickSource: "sources"} {
			t.Run(fmt.Sprintf("%s-%dx%d", name, size[0], size[1]), func(t *testing.T) {
				golden.RequireEqual(t, trimmed(shown(open(kind, crowded()), size[0], size[1])))
			})
		}
	}
}

func TestWhatRowsDo(t *testing.T) {
	s := crowded()
	ssm := crowded()
	ssm.Group.Source = hostB.Addr()
	ssm.Groups[1] = ssm.Group
	left := crowded()
	left.Groups = left.Groups[2:]
	other, mdns, ssdp := known("239.1.2.3:5000"), known("224.0.0.251:5353"), known("239.255.255.250:1900")
	for _, tc := range []struct {
		kind         pickerKind
		snap         session.Snapshot
		filter       string
		enter, other session.Action
		says         string
	}{
		{pickInterface, s, "ETH0", session.UseInterface{Interface: "eth0"}, session.Leave{Group: group, Interface: "eth0"}, "sends would leave from 192.168.8.164; heard here: 3 hosts, 1,309 datagrams"},
		{pickInterface, s, "169.254", session.UseInterface{Interface: "eth1"}, session.Leave{Group: group, Interface: "eth1"}, "sends leave here now, from 169.254.167.41; only a link-local address"},
		{pickInterface, s, "veth", session.UseInterface{Interface: "veth7"}, session.Join{Group: group, Interface: "veth7"}, "the join failed: no buffer space available"},
		{pickInterface, s, "default", session.UseInterface{Interface: "default"}, nil, "now via eth1 from 169.254.167.41: default route via 169.254.0.1"},
		{pickInterface, s, "127", session.UseInterface{Interface: "lo"}, session.Join{Group: group, Interface: "lo"}, "stays on this host"},
		{pickInterface, s, "wlan0", nil, nil, "down: nothing would leave"},
		{pickInterface, s, "eth2", nil, nil, "without a carrier"},
		{pickInterface, s, "docker", nil, nil, "without an IPv4 address"},

		{pickGroup, s, "224.0.0.114", nil, session.Leave{Group: group}, "you talk here"},
		{pickGroup, left, "224.0.0.114", session.Join{Group: group}, session.Join{Group: group, ListenOnly: true}, "hear nobody: it is not joined"},
		{pickGroup, s, "239.1.2", session.Join{Group: other}, session.Leave{Group: other}, "nothing heard"},
		{pickGroup, s, "mdns 224", session.Join{Group: mdns}, session.Leave{Group: mdns}, "5/s"},
		{pickGroup, s, "255.250:1900", session.Join{Group: ssdp, ListenOnly: true}, session.Join{Group: ssdp}, "SSDP"},
		{pickGroup, s, "239.9", session.Join{Group: known("239.9.9.9")}, session.Join{Group: known("239.9.9.9"), ListenOnly: true}, "joined before"},
		{pickGroup, s, "239.7.7.7:70", session.Join{Group: known("239.7.7.7:70")}, session.Join{Group: known("239.7.7.7:70"), ListenOnly: true}, "join 239.7.7.7:70"},

		{pickSource, s, "all", nil, nil, "every sender to the group is heard"},
		{pickSource, ssm, "all", session.Source{}, nil, "hear all again"},
		{pickSource, s, ".226", session.Block{Addr: hostB.Addr(), On: true}, session.Source{Addr: hostB.Addr()}, "5/s · 73 datagrams · by eth0"},
		{pickSource, s, "blocked", session.Block{Addr: s.Blocked[0]}, session.Source{Addr: s.Blocked[0]}, "✗ 192.168.8.99"},
		{pickSource, ssm, ".226", nil, session.Source{}, "the only one that is heard"},
		{pickSource, ssm, ".17", session.Source{Addr: netip.MustParseAddr("192.168.8.17")}, nil, "not heard now: only 192.168.8.226 is"},
		{pickSource, s, "10.1.1.1", session.Block{Addr: netip.MustParseAddr("10.1.1.1"), On: true}, session.Source{Addr: netip.MustParseAddr("10.1.1.1")}, "10.1.1.1"},
		{pickSource, s, "224.0.0.114", nil, nil, "not a source"},
		{pickSource, s, "fe80::1", nil, nil, "IPv6, and the group 224.0.0.114 is IPv4"},
	} {
		t.Run(tc.filter, func(t *testing.T) {
			p := open(tc.kind, tc.snap)
			selectRow(t, p, tc.filter)
			view := shown(p, 120, 30)
			if !strings.Contains(strings.Join(strings.Fields(view), " "), tc.says) {
				t.Errorf("want %q in\n%s", tc.says, view)
			}
			got, ok := p.chosen()
			if got != tc.enter || ok != (tc.enter != nil) {
				t.Errorf("enter means %#v, %v; want %#v", got, ok, tc.enter)
			}
			if ok == (p.selected().refusal != "") {
				t.Errorf("chosen %v, and why not: %q", ok, p.selected().refusal)
			}
			if !ok && !strings.Contains(shown(p, 120, 30), ansi.Truncate(p.selected().refusal, 40, "")) {
				t.Errorf("after enter the screen does not say %q", p.selected().refusal)
			}
			got, label, ok := p.otherAction()
			if got != tc.other || ok != (tc.other != nil) || ok && !strings.Contains(view, "ctrl+o "+label) {
				t.Errorf("ctrl+o means %#v (%q), want %#v", got, label, tc.other)
			}
		})
	}
}

func TestTheSelectionStaysOnItsRow(t *testing.T) {
	s := crowded()
	p := open(pickInterface, s)
	if a, _ := p.chosen(); a != (session.UseInterface{Interface: "eth1"}) {
		t.Fatalf("first selected: %#v, want eth1, by which sends leave", a)
	}
	more := crowded()
	more.Interfaces = slices.Insert(more.Interfaces, 0, iface(9, "br0", "10.0.0.1/8"))
	p.fill(more)
	if a, _ := p.chosen(); a != (session.UseInterface{Interface: "eth1"}) {
		t.Errorf("when br0 came, %#v became selected, want still eth1", a)
	}
	p.fill(s)
	if a, _ := p.chosen(); a != (session.UseInterface{Interface: "eth1"}) {
		t.Errorf("when br0 went, %#v became selected, want still eth1", a)
	}
}

func TestTheSelectedInterfaceVanishes(t *testing.T) {
	p := open(pickInterface, crowded())
	gone := crowded()
	gone.Interfaces = slices.DeleteFunc(gone.Interfaces, func(i session.Interface) bool { return i.Name == "eth1" })
	p.fill(gone)
	if view := shown(p, 100, 30); !strings.Contains(view, "eth1 is gone") {
		t.Errorf("want a note that eth1 is gone in\n%s", view)
	}
	if a, ok := p.chosen(); ok {
		t.Errorf("enter means %#v, which nobody selected", a)
	}
	p.fill(gone)
	p.move(0)
	if a, _ := p.chosen(); a != (session.UseInterface{Interface: "veth7"}) {
		t.Errorf("after a key %#v is selected, want veth7, which took the place", a)
	}
	if view := shown(p, 100, 30); strings.Contains(view, "is gone") {
		t.Errorf("the note is still there after a key:\n%s", view)
	}
	p.fill(session.Snapshot{})
	p.fill(gone)
	p.move(1)
	if view := shown(p, 100, 30); !strings.Contains(view, "▸ ") {
		t.Errorf("nothing is selected after all went and came:\n%s", view)
	}
}

func TestTheFilter(t *testing.T) {
	p := open(pickGroup, crowded())
	p.move(3)
	p.typeText("239.7.7")
	if len(p.list) != 0 || !strings.Contains(shown(p, 100, 30), "not an IP address") {
		t.Errorf("half an address that nothing matches:\n%s", shown(p, 100, 30))
	}
	if a, ok := p.chosen(); ok || a != nil {
		t.Errorf("without a row, enter means %#v", a)
	}
	p.move(1)
	p.movePage(1)
	p.typeText(".7\n")
	if a, _ := p.chosen(); a != (session.Join{Group: known("239.7.7.7")}) {
		t.Errorf("typed %q, enter means %#v", p.filter, a)
	}
	for range 20 {
		p.erase("backspace")
	}
	if p.filter != "" || len(p.list) != len(open(pickGroup, crowded()).list) {
		t.Errorf("with the filter %q there are %d rows", p.filter, len(p.list))
	}
	p.typeText(strings.Repeat("\x1b]0;漢\x07", 100))
	if f := p.filter; strings.ContainsAny(f, "\x1b\x07") || len([]rune(f)) > filterRunes {
		t.Errorf("the filter takes %q", f)
	}
}

func TestClicksSelectThenChoose(t *testing.T) {
	p := open(pickInterface, crowded())
	rows := p.render(100, 30)
	veth := slices.IndexFunc(rows, func(r string) bool { return strings.Contains(ansi.Strip(r), "○ veth7") })
	if p.click(veth) {
		t.Error("the first click on veth7 chose it")
	}
	p.render(100, 30)
	if a, _ := p.chosen(); a != (session.UseInterface{Interface: "veth7"}) {
		t.Errorf("a click on veth7 selected %#v", a)
	}
	rows = p.render(100, 30)
	means := 1 + slices.IndexFunc(rows, func(r string) bool { return strings.Contains(ansi.Strip(r), "▸ ○ veth7") })
	if !p.click(means) {
		t.Error("a second click, on the row below its name, did not choose veth7")
	}
	for _, row := range []int{-1, 0, 1, len(rows) - 2, len(rows) - 1, 1000} {
		if p.click(row) {
			t.Errorf("a click on row %d, where no interface is, chose one", row)
		}
	}
	if a, _ := p.chosen(); a != (session.UseInterface{Interface: "veth7"}) {
		t.Errorf("clicks beside the list selected %#v", a)
	}
}

func TestPagesOfALongList(t *testing.T) {
	s := before()
	for n := range 40 {
		s.Interfaces = append(s.Interfaces, iface(10+n, fmt.Sprint("veth", n), "10.0.0.1/8"))
	}
	p := open(pickInterface, s)
	for _, by := range []int{1, 1, 1, -1} {
		p.render(100, 12)
		p.movePage(by)
		name := p.selected().name
		if view := shown(p, 100, 12); !strings.Contains(view, "▸ ○ "+name) {
			t.Errorf("the selected %s is not in sight:\n%s", name, view)
		}
	}
	if p.at < 4 {
		t.Errorf("three pages down and one up is row %d", p.at)
	}
}

func TestWellKnownGroupsAreEachOnce(t *testing.T) {
	seen := map[mcast.Group]bool{}
	for _, k := range wellKnown {
		if seen[k.group] || !k.group.Addr.IsMulticast() || k.what == "" {
			t.Errorf("%s: %q", k.group, k.what)
		}
		seen[k.group] = true
	}
}

// No block is larger than it may be, whatever the world is called.
func TestPickerFits(t *testing.T) {
	pieces := []string{"a", "word ", "漢字", "e\u0301\u0323", "👍🏽👍🏽", "क्षक्ष", "🇩🇪", "\n", "\u202e", "\x1b[31m", "\t", strings.Repeat("long", 40)}
	rapid.Check(t, func(t *rapid.T) {
		name := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 6).Draw(t, "name"), "")
		s := crowded()
		s.Interfaces[1].Name = name
		s.Sends.Interface, s.Kernel.Interface, s.Kernel.Because = name, name, name
		s.Room.Senders[0].Interface = name
		s.Interfaces[2].Err = fmt.Errorf("mcast: %s", name)
		s.Recent = append(s.Recent, mcast.Group{Addr: netip.MustParseAddr("ff02::1%" + strings.ReplaceAll(name, "%", "") + "x"), Port: 1})
		for n := range rapid.IntRange(0, 20).Draw(t, "more") {
			s.Interfaces = append(s.Interfaces, session.Interface{Interface: host.Interface{Index: 20 + n, Name: fmt.Sprint(name, n), Flags: net.FlagUp}})
			s.Room.Senders = append(s.Room.Senders, chat.Sender{Addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(n)})})
		}
		method := rapid.SampledFrom([]ansi.Method{ansi.WcWidth, ansi.GraphemeWidth}).Draw(t, "method")
		st := newStyles(true, rapid.Bool().Draw(t, "ascii"), method, colorprofile.TrueColor)
		p := newPicker(st, pickerKind(rapid.IntRange(0, 2).Draw(t, "kind")))
		states := []session.Snapshot{s, crowded(), {}, before()}
		p.fill(s)
		t.Repeat(map[string]func(*rapid.T){
			"fill":      func(t *rapid.T) { p.fill(rapid.SampledFrom(states).Draw(t, "state")) },
			"move":      func(t *rapid.T) { p.move(rapid.IntRange(-30, 30).Draw(t, "by")) },
			"page":      func(t *rapid.T) { p.movePage(rapid.IntRange(-2, 2).Draw(t, "by")) },
			"type":      func(t *rapid.T) { p.typeText(rapid.SampledFrom(append(pieces, "e", "1", "239.1.1.1")).Draw(t, "text")) },
			"backspace": func(*rapid.T) { p.erase("backspace") },
			"click":     func(t *rapid.T) { p.click(rapid.IntRange(-1, 60).Draw(t, "row")) },
			"choose":    func(*rapid.T) { p.chosen() },
			"styles":    func(*rapid.T) { p.setStyles(st) },
			"": func(t *rapid.T) {
				w, h := rapid.IntRange(0, 200).Draw(t, "width"), rapid.IntRange(0, 60).Draw(t, "height")
				rows := p.render(w, h)
				if len(rows) > h || len(rows) != len(p.rowChoices) {
					t.Fatalf("%d rows (%d to click on) where %d fit", len(rows), len(p.rowChoices), h)
				}
				for _, r := range rows {
					if n := method.StringWidth(r); n > w {
						t.Fatalf("a row of %d cells where %d fit: %q", n, w, ansi.Strip(r))
					}
					if plain := ansi.Strip(r); strings.ContainsAny(plain, "\x1b\n\t\u202e") {
						t.Fatalf("control characters got through: %q", plain)
					}
				}
				if h >= 3 && len(p.list) > 0 && w > 0 && !slices.Contains(p.rowChoices, p.at) {
					t.Fatalf("the selected row is not in sight at %dx%d:\n%s", w, h, ansi.Strip(strings.Join(rows, "\n")))
				}
			},
		})
	})
}

func known(text string) mcast.Group {
	g, err := mcast.ParseGroup(text)
	if err != nil {
		panic(err)
	}
	return g
}
