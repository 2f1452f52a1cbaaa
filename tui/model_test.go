package tui

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/session"
)

func TestTypedTextIsSaid(t *testing.T) {
	s := newScreen(t, 100, 30, before())
	s.typed("fjk? /quit")
	s.press("enter")
	if got, want := s.asked(), (session.Say{Text: "fjk? /quit"}); got != want {
		t.Errorf("typed text: the session was asked %#v, want %#v", got, want)
	}
	if s.input.value() != "" {
		t.Errorf("the input still has %q after enter", s.input.value())
	}
}

func TestLinesAreSaidInTheOrderOfTyping(t *testing.T) {
	s := newScreen(t, 100, 30, before())
	var first tea.Cmd
	for i, line := range []string{"one", "two", "three"} {
		s.typed(line)
		_, cmd := s.Update(key(t, "enter"))
		switch {
		case i == 0:
			first = cmd
		case cmd != nil:
			t.Errorf("%q was given to the session while the line before it was under way", line)
		}
	}
	s.run(first)
	for _, want := range []string{"one", "two", "three"} {
		if got := s.asked(); got != (session.Say{Text: want}) {
			t.Errorf("the session was asked %#v, want to say %q", got, want)
		}
	}
}

func TestFixes(t *testing.T) {
	for name, keys := range map[string][]string{
		"f on the selected finding":       {"tab", "tab", "f"},
		"f on the page about the finding": {"tab", "tab", "enter", "f"},
		"ctrl+f from the input":           {"ctrl+f"},
		"ctrl+f from another pane":        {"shift+tab", "ctrl+f"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScreen(t, 100, 30, before())
			s.press(keys...)
			fix, ok := s.asked().(session.ApplyFix)
			if !ok || fix.Finding.Name != "wrong-egress" || fix.Finding.Fix.UseInterface != "eth0" {
				t.Errorf("want the fix of wrong-egress, by eth0; the session was asked %#v", fix)
			}
		})
	}
	t.Run("nothing to fix", func(t *testing.T) {
		s := newScreen(t, 100, 30, after())
		s.press("tab", "tab", "f", "ctrl+f")
		if a := s.asked(); a != nil {
			t.Errorf("without a finding the session was asked %#v", a)
		}
		s.wants("nothing to fix")
	})
}

// wants fails unless the screen shows all of these.
func (s *screen) wants(parts ...string) {
	s.t.Helper()
	view := s.plain()
	for _, p := range parts {
		if !strings.Contains(view, p) {
			s.t.Errorf("want %q on the screen:\n%s", p, view)
		}
	}
}

func (s *screen) wantsNot(parts ...string) {
	s.t.Helper()
	view := s.plain()
	for _, p := range parts {
		if strings.Contains(view, p) {
			s.t.Errorf("want no %q on the screen:\n%s", p, view)
		}
	}
}

func TestFocus(t *testing.T) {
	s := newScreen(t, 100, 30, before())
	for _, want := range []string{"▸Talk", "▸Pitfalls", "▸Membership", "▸Heard from"} {
		s.press("tab")
		s.wants(want)
		if s.View().Cursor != nil {
			t.Errorf("at %s the cursor is still in the input", want)
		}
	}
	s.press("tab")
	if s.focus != onInput || s.View().Cursor == nil {
		t.Errorf("after the last pane tab leads to %d, want the input with the cursor", s.focus)
	}
	s.press("shift+tab", "x", "esc")
	s.typed("y")
	if got := s.input.value(); got != "y" {
		t.Errorf("the input has %q, want only what was typed there: \"y\"", got)
	}
	s.press("tab")
	s.Update(tea.PasteMsg{Content: "pasted\r"})
	if got := s.input.value(); got != "ypasted" || s.focus != onInput {
		t.Errorf("a paste gave %q in region %d, want it in the input", got, s.focus)
	}
}

func TestHelp(t *testing.T) {
	s := newScreen(t, 100, 30, before())
	s.press("?")
	s.wants("Help", "/interface", "ctrl+c")
	s.press("?")
	s.wantsNot("Help")
	s.typed("why")
	s.press("?")
	s.wantsNot("Help")
	if s.input.value() != "why?" {
		t.Errorf("? behind text: the input has %q, want \"why?\"", s.input.value())
	}
	s.press("f9")
	s.wants("Help")
	s.press("esc")
	s.wantsNot("Help")
}

func TestHistory(t *testing.T) {
	s := newScreen(t, 100, 30, before())
	for _, line := range []string{"one", "two"} {
		s.typed(line)
		s.press("enter")
	}
	s.typed("draft")
	for _, step := range []struct{ key, want string }{
		{"up", "two"}, {"up", "one"}, {"up", "one"}, {"down", "two"}, {"down", "draft"}, {"down", "draft"},
	} {
		s.press(step.key)
		if got := s.input.value(); got != step.want {
			t.Errorf("%s: the input has %q, want %q", step.key, got, step.want)
		}
	}
}

func TestWrongCommandsCanBeCorrected(t *testing.T) {
	s := newScreen(t, 100, 30, before())
	s.typed("/ttl 256")
	s.press("enter")
	s.wants("✗ ttl 256: not a number from 0 to 255", "each router", "on the way takes 1", "❯ type to talk")
	s.press("up")
	s.wants("❯ /ttl 256")
	s.press("backspace", "backspace", "backspace")
	s.typed("8")
	s.press("enter")
	if got := s.asked(); got != (session.SetHops{Hops: 8}) {
		t.Errorf("the corrected command asked %#v, want 8 hops", got)
	}
}

func TestQuit(t *testing.T) {
	s := newScreen(t, 100, 30, before())
	s.typed("/quit")
	for _, k := range []string{"enter", "ctrl+c"} {
		quits(t, s, k)
	}
}

// quits fails if a key does not end the program.
func quits(t *testing.T, m tea.Model, name string) {
	t.Helper()
	_, cmd := m.Update(key(t, name))
	if cmd == nil {
		t.Fatalf("%s does not quit", name)
	}
	if _, ok := cmd().(tea.QuitMsg); !ok {
		t.Errorf("%s does not quit", name)
	}
}

func TestSnapshotsAreTakenOnceAFrame(t *testing.T) {
	s := newScreen(t, 100, 30, before())
	start := s.session.shots
	for range 100 {
		s.time = s.time.Add(10 * time.Millisecond)
		s.Update(batchMsg{})
	}
	if n := s.session.shots - start; n < framesPerSecond/2 || n > framesPerSecond {
		t.Errorf("%d snapshots in a second of 100 batches, want at most %d", n, framesPerSecond)
	}
	if !s.waiting {
		t.Error("no snapshot is due after the last batch: it would never be shown")
	}
}

func TestDroppedLinesAreCounted(t *testing.T) {
	s := newScreen(t, 100, 30, before())
	s.Update(batchMsg{Dropped: 12, Lines: beforeLines()})
	s.wants("12 lines not shown: they came faster than the", "screen")
}

func TestMembership(t *testing.T) {
	snap := before()
	snap.Interfaces[1].Joined = false
	snap.Interfaces[1].Err = host.ErrNoAddress
	snap.Interfaces[1].Addrs = nil
	snap.Interfaces[2].Flags = 0
	other := snap.Group
	other.Port = 5000
	snap.Groups = append(snap.Groups, other)
	s := newScreen(t, 100, 30, snap)
	s.wants("○ eth0  no IPv4 address", "not joined · up", "✗ interface has no address", "joined · IGMPv3 · down", "also in 224.0.0.114:5000", "224.0.0.114:1234 +1")
	s.wantsNot("127.0.0.1")

	snap = before()
	snap.Interfaces[0].Joined = true
	snap.Sends = session.Egress{Err: host.ErrNoInterface}
	s = newScreen(t, 100, 30, snap)
	s.wants("● lo", "sends go nowhere: no such", "△ the kernel would choose it")
}

func TestSendersThatShareAnAddress(t *testing.T) {
	snap := before()
	s := newScreen(t, 100, 30, snap, beforeLines()...)
	s.wantsNot("192.168.8.226:1234  hello")
	twin := mustAddrPort("192.168.8.226:4000")
	snap.Room.Senders[0].Ports = []uint16{4000, 1234}
	s.show(snap, chat.Line{ID: 30, At: clock, Kind: chat.Heard, From: twin, Text: text("from the other")})
	s.wants("192.168.8.226:1234  hello", "192.168.8.226:4000  from the other")
}

func TestPanesScroll(t *testing.T) {
	snap := before()
	for n := range 20 {
		snap.Interfaces = append(snap.Interfaces, iface(10+n, fmt.Sprintf("veth%d", n), "10.0.0.1/24"))
		sender := snap.Room.Senders[0]
		sender.Addr = netip.AddrFrom4([4]byte{10, 1, 1, byte(n)})
		snap.Room.Senders = append(snap.Room.Senders, sender)
	}
	for _, size := range [][2]int{{100, 30}, {80, 24}, {44, 12}} {
		s := newScreen(t, size[0], size[1], snap)
		s.press("shift+tab")
		s.wants("10.1.1.0", "rows more")
		s.scrollsTo("192.168.8.226")
		s.press("shift+tab")
		s.wants("eth0", "rows more")
		s.scrollsTo("veth19")
	}
}

// scrollsTo presses down often, and then up once, which has to be seen.
func (s *screen) scrollsTo(last string) {
	s.t.Helper()
	for range 100 {
		s.press("down")
	}
	s.wants(last)
	end := s.plain()
	s.press("up")
	if s.plain() == end {
		s.t.Errorf("up from the end of a pane changes nothing:\n%s", end)
	}
}

func TestFindingPage(t *testing.T) {
	snap := before()
	snap.Findings = append(snap.Findings, doctor.Finding{
		Name: "interface-down", Verdict: doctor.Failure, Title: "eth2 has no carrier", Evidence: "carrier is 0", Interface: "eth2",
	}, doctor.Finding{Name: "loopback-off", Verdict: doctor.Warning, Title: "no own copies", Fix: &doctor.Fix{LoopbackOn: true}})
	s := newScreen(t, 44, 12, snap)
	s.press("tab", "tab", "enter")
	s.wants("▸ wrong-egress", "How it is known")
	s.press("pgdown")
	s.wants("f    send and join by eth0")
	s.press("pgdown")
	s.wants("other findings")
	s.press("down")
	s.wants("▸ interface-down", "carrier is 0")
	s.press("down")
	s.wants("▸ loopback-off", "switch loopback on")
	s.press("f")
	if fix, ok := s.asked().(session.ApplyFix); !ok || fix.Finding.Name != "loopback-off" {
		t.Errorf("f on the page of loopback-off: the session was asked %#v", fix)
	}
	s.wants("▸ Pitfalls") // the page makes room for what the fix says
	s.press("esc")
	s.wants("❯ type to talk")
}
