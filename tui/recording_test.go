package tui

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/record"
	"github.com/groupcast/groupcast/mcast/record/browse"
	"github.com/groupcast/groupcast/tui/picture"
)

// recordedStory is a recording of the story, by groupcast: what B said, in two groups,
// what A sent and why by eth1, that something was lost, and what another said at last.
func recordedStory(t testing.TB, last string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "talk.pcapng")
	w, err := record.Create(record.Options{File: path, Interfaces: []host.Interface{{Index: 2, Name: "eth0"}, {Index: 3, Name: "eth1"}}})
	if err != nil {
		t.Fatal(err)
	}
	us := netip.AddrPortFrom(onEth1.Source, 45123)
	other := netip.MustParseAddrPort("239.1.2.3:5000")
	heard := func(clockTime string, to netip.AddrPort, text string) {
		w.Received(record.Datagram{At: at(clockTime).Add(123456 * time.Microsecond), From: hostB, To: to, IfIndex: 2, Hops: 1, Data: []byte(text)})
	}
	sent := func(clockTime, text string) {
		w.Sent(record.Datagram{At: at(clockTime), From: us, To: group.AddrPort(), IfIndex: 3, Hops: 1, Data: []byte(text)}, "default route via 169.254.0.1")
	}
	heard("19:52:10", group.AddrPort(), "hello, is anyone there?")
	sent("19:52:17", "test")
	sent("19:52:24", "hello B")
	heard("19:52:31", group.AddrPort(), "nobody answers. I only see what I say myself")
	w.Dropped(12)
	heard("19:52:38", other, "A, your turn")
	w.Received(record.Datagram{At: at("19:52:39"), From: netip.MustParseAddrPort("192.168.8.230:1234"), To: other, IfIndex: 2, Hops: 1, Data: []byte(last)})
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// hostile is what a stranger may say to take a terminal over.
const hostile = "\x1b]0;evil\a\x1b[2J\u202eback"

// recordingScreen drives the screen of a recording by keys, in a bubble of synctest.
type recordingScreen struct {
	t testing.TB
	*recordingModel
}

// openRecording opens a file a day after the story. stop ends what reads it.
func openRecording(t testing.TB, path string, width, height int, filter browse.Filter) (s *recordingScreen, stop func()) {
	t.Helper()
	book, err := browse.New(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go book.Survey(ctx)
	go book.Serve(ctx)
	now := clock.Add(24 * time.Hour)
	s = &recordingScreen{t, newRecordingModel(book, filepath.Base(path), filter, Options{Now: func() time.Time { return now }, Env: []string{}})}
	s.Update(tea.WindowSizeMsg{Width: width, Height: height})
	s.settle()
	return s, func() {
		cancel()
		synctest.Wait()
	}
}

// settle waits until all is read that was asked for.
func (s *recordingScreen) settle() {
	synctest.Wait()
	s.Update(recordingMsg{})
}

// press gives keys, and waits for what they ask for.
func (s *recordingScreen) press(keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		s.View() // what is on the screen counts
		s.Update(key(s.t, k))
		s.settle()
	}
}

func (s *recordingScreen) typed(text string) {
	for _, r := range text {
		s.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

func (s *recordingScreen) plain() string { return trimmed(ansi.Strip(s.View().Content)) }

func TestRecordingScreens(t *testing.T) {
	path := recordedStory(t, hostile)
	for _, size := range [][2]int{{160, 45}, {100, 30}, {80, 24}, {44, 12}} {
		for _, state := range []struct {
			name string
			show func(s *recordingScreen)
		}{
			{"talk", func(*recordingScreen) {}},
			{"datagrams", func(s *recordingScreen) { s.press("f2", "down", "down") }},
			{"received", func(s *recordingScreen) { s.press("f2", "end", "up", "enter") }},
			{"sent", func(s *recordingScreen) { s.press("f2", "down", "down", "enter") }},
			{"map", func(s *recordingScreen) { s.press("f4") }},
			{"groups", func(s *recordingScreen) { s.press("f6", "down") }},
			{"one", func(s *recordingScreen) { s.press("f6", "down", "down", "enter") }},
			{"find", func(s *recordingScreen) { s.press("/"); s.typed("TURN"); s.press("enter") }},
			{"help", func(s *recordingScreen) { s.press("?") }},
		} {
			t.Run(fmt.Sprintf("%s-%dx%d", state.name, size[0], size[1]), func(t *testing.T) {
				var view string
				synctest.Test(t, func(t *testing.T) {
					s, stop := openRecording(t, path, size[0], size[1], browse.Filter{})
					defer stop()
					state.show(s)
					view = s.plain()
				})
				golden.RequireEqual(t, view)
			})
		}
	}
}

// The picture of it in docs/screens.
func TestRecordingPictures(t *testing.T) {
	path := recordedStory(t, "I hear you both")
	for _, theme := range []struct {
		name, background string
		picture.Theme
	}{{"dark", "#000000", picture.Dark}, {"light", "#ffffff", picture.Light}} {
		var svg string
		inRecording(t, path, 100, 30, browse.Filter{}, func(s *recordingScreen) {
			s.Update(tea.BackgroundColorMsg{Color: lipgloss.Color(theme.background)})
			svg = picture.SVG(cells(s.View(), s.width, s.height), theme.Theme)
		})
		samePicture(t, "recording-"+theme.name, svg)
	}
}

// large is a capture of so many datagrams a second apart, which say their numbers,
// by tcpdump: from two groups, without names of interfaces.
func large(t testing.TB, n int) string {
	t.Helper()
	b := binary.LittleEndian.AppendUint32(nil, 0xa1b23c4d)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0)
	for i := range n {
		text := fmt.Sprintf("says %d.", i+1)
		p := make([]byte, 42, 60)
		p[0], p[2], p[6], p[12], p[14], p[22], p[23] = 1, 0x5e, 2, 8, 0x45, 3, 17
		binary.BigEndian.PutUint16(p[16:], uint16(28+len(text)))
		copy(p[26:], []byte{10, 0, 0, 1, 239, 1, 2, byte(3 + i%2)})
		copy(p[34:], []byte{0x0f, 0xa0, 0x13, 0x88, 0, byte(8 + len(text))})
		p = append(p, text...)
		for _, v := range []uint32{uint32(at("19:52:10").Unix()) + uint32(i), 0, uint32(len(p)), uint32(len(p))} {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		b = append(b, p...)
	}
	path := filepath.Join(t.TempDir(), "large.pcap")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// inRecording runs a test on the screen of a file.
func inRecording(t *testing.T, path string, width, height int, f browse.Filter, test func(s *recordingScreen)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, stop := openRecording(t, path, width, height, f)
		defer stop()
		test(s)
	})
}

func (s *recordingScreen) shows(words ...string) {
	s.t.Helper()
	for _, w := range words {
		if view := s.plain(); !strings.Contains(view, w) {
			s.t.Fatalf("%q is not on the screen:\n%s", w, view)
		}
	}
}

// What is far away in a large file is found, gone to, and scrolled to: over the ends
// of the page nothing is left out.
func TestRecordingIsTurned(t *testing.T) {
	inRecording(t, large(t, 3*browse.PageDatagrams), 100, 30, browse.Filter{}, func(s *recordingScreen) {
		s.shows("says 1.", "1 of 12,000", "12,000 datagrams", "2026-03-14 19:52:10 to 23:12:09")
		s.press("/")
		s.typed("says 9000.")
		s.press("enter")
		s.shows("says 9000.", "9,000 of 12,000")
		s.press("f2")
		s.shows("▸  9000")
		s.press("esc", "f2", ":")
		s.typed("4000")
		s.press("enter", "down")
		s.shows("▸  4001", "4,001 of 12,000")
		s.press(":")
		s.typed("+6000s")
		s.press("enter")
		s.shows("▸  6001", "21:32:10.000")
		s.press("end")
		s.shows("▸ 12000", "12,000 of 12,000")
		for range 2 * browse.PageDatagrams / 20 {
			s.press("pgup")
		}
		s.shows("of 12,000")
		at := s.page.Datagrams[s.selected()].Nth
		if want := uint64(12000 - 2*browse.PageDatagrams/20*s.pageful()); at != want {
			t.Errorf("after pages up it is at %d, not %d", at, want)
		}
		s.press("home")
		s.shows("▸     1 ")
	})
}

// The talk scrolls over the ends of its pages row by row.
func TestRecordedTalkScrollsOn(t *testing.T) {
	inRecording(t, large(t, 2*browse.PageDatagrams), 100, 30, browse.Filter{}, func(s *recordingScreen) {
		s.press(":")
		s.typed(fmt.Sprint(browse.PageDatagrams - 5))
		s.press("enter", "esc")
		top := func() int {
			s.View()
			return int(s.page.Datagrams[s.selected()].Nth)
		}
		last := top()
		for range 3 * browse.PageDatagrams / 4 / 20 {
			s.press("pgdown")
			if now := top(); now <= last || now > last+s.pageful() {
				t.Fatalf("from %d a page down is %d", last, now)
			} else {
				last = now
			}
		}
		for last > 1 {
			s.press("pgup")
			if now := top(); now >= last || now < last-s.pageful() {
				t.Fatalf("from %d a page up is %d", last, now)
			} else {
				last = now
			}
		}
	})
}

// Looking for what is not there leaves the page; n and N go on from where it is.
func TestRecordingFinds(t *testing.T) {
	inRecording(t, large(t, 5000), 100, 30, browse.Filter{}, func(s *recordingScreen) {
		s.press("/")
		s.typed("nowhere")
		s.press("enter")
		s.shows("not found from here to the end", "says 1.")
		s.press("/")
		s.typed("s 9")
		s.press("enter")
		s.shows(" 9 of 5,000")
		s.press("n", "n", "N")
		s.shows(" 90 of 5,000")
		s.press("N", "N")
		s.shows("not found from here to the beginning")
		s.press("end", "N")
		s.shows(" 999 of 5,000")
		s.press(":")
		s.typed("tomorrow")
		s.press("enter")
		s.shows("neither a packet's number nor a time")
	})
}

// A Simple Packet Block has no time: none is made up.
func TestRecordingWithoutTimes(t *testing.T) {
	packet := append([]byte{0x45, 0, 0, 30, 0, 0, 0, 0, 1, 17, 0, 0, 10, 0, 0, 1, 239, 1, 2, 3, 0x0f, 0xa0, 0x13, 0x88, 0, 10, 0, 0}, "hi"...)
	var file []byte
	for _, w := range []uint32{0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28, 1, 20, 101, 0, 20, 3, 48, uint32(len(packet))} {
		file = binary.LittleEndian.AppendUint32(file, w)
	}
	file = binary.LittleEndian.AppendUint32(append(append(file, packet...), 0, 0), 48)
	path := filepath.Join(t.TempDir(), "spb.pcapng")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	inRecording(t, path, 160, 45, browse.Filter{}, func(s *recordingScreen) {
		for _, keys := range [][]string{nil, {"f2"}, {"enter"}, {"esc", "f4"}} {
			s.press(keys...)
			s.shows("10.0.0.1")
			if view := s.plain(); strings.Contains(view, "0001-") || strings.Contains(view, "00:00") {
				t.Errorf("%v: a time is made up:\n%s", keys, view)
			}
		}
	})
}

// One group alone is chosen on the screen, or when it is opened; esc shows all again.
func TestRecordingOfOneGroup(t *testing.T) {
	path := large(t, 100)
	inRecording(t, path, 100, 30, browse.Filter{To: netip.MustParseAddr("239.1.2.4")}, func(s *recordingScreen) {
		s.shows("only 239.1.2.4", "says 2.", "1 of 50")
		if strings.Contains(s.plain(), "says 3.") {
			t.Errorf("another group is shown:\n%s", s.plain())
		}
		s.press("esc")
		s.shows("says 3.", "1 of 100")
		s.press("f6", "down", "enter")
		s.shows("only 239.1.2.3:5000", "says 3.", "1 of 50")
	})
	inRecording(t, path, 100, 30, browse.Filter{To: netip.MustParseAddr("239.9.9.9")}, func(s *recordingScreen) {
		s.shows("The file has no datagram to 239.9.9.9")
	})
}

// Keys that would send, join, fix or ask the doctor say why they do nothing.
func TestKeysThatARecordingHasNot(t *testing.T) {
	inRecording(t, recordedStory(t, hostile), 100, 30, browse.Filter{}, func(s *recordingScreen) {
		before := s.plain()
		for key, why := range map[string]string{"x": "nothing is sent", "f3": "no calls", "f5": "recording", "f7": "recording", "f8": "stands still", "ctrl+f": "doctor speaks of this host"} {
			s.press(key)
			s.shows(why)
			s.press("down", "home")
			if now := s.plain(); now != before {
				t.Errorf("%s changed the screen:\n%s", key, now)
			}
		}
		if help := strings.Join(s.helpRows(80), "\n"); strings.Contains(help, "join") || strings.Contains(help, "send ") || strings.Contains(help, "ctrl+f") {
			t.Errorf("the help has what does nothing:\n%s", help)
		}
	})
}

// What is marked, or selected, is copied.
func TestRecordingIsCopied(t *testing.T) {
	inRecording(t, recordedStory(t, hostile), 100, 30, browse.Filter{}, func(s *recordingScreen) {
		s.press("y")
		s.shows("nothing is marked")
		s.press("/")
		s.typed("turn")
		s.press("enter")
		_, cmd := s.Update(key(t, "Y"))
		if cmd == nil || !strings.Contains(fmt.Sprint(cmd()), "19:52:38 192.168.8.226:1234 A, your turn") {
			t.Errorf("copied is %v", cmd())
		}
		s.press("f2", "end")
		_, cmd = s.Update(key(t, "y"))
		if cmd == nil || strings.Contains(fmt.Sprint(cmd()), "\x1b") {
			t.Errorf("copied is %v", cmd())
		}
	})
}

// A file without a datagram says why; a cut one says so.
func TestRecordingWithoutDatagrams(t *testing.T) {
	whole, err := os.ReadFile(large(t, 3))
	if err != nil {
		t.Fatal(err)
	}
	wireless := bytes.Clone(whole)
	wireless[20] = 105
	for _, tc := range []struct {
		name  string
		file  []byte
		words []string
	}{
		{"empty", whole[:24], []string{"The file has no packet."}},
		{"wireless", wireless, []string{"The file has no UDP datagram.", "105 (802.11)"}},
		{"cut", whole[:len(whole)-3], []string{"cut: it ends within a packet", "2 datagrams", "says 2."}},
		{"broken", append(bytes.Clone(whole), 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0), []string{"after 3 packets", "says 3."}},
	} {
		path := filepath.Join(t.TempDir(), tc.name)
		if err := os.WriteFile(path, tc.file, 0o600); err != nil {
			t.Fatal(err)
		}
		inRecording(t, path, 120, 30, browse.Filter{}, func(s *recordingScreen) { s.shows(tc.words...) })
	}
}

// Whatever a file has and whatever is pressed, the screen stays within the terminal,
// and no byte of the file reaches it that it would obey.
func TestAnyRecordingFits(t *testing.T) {
	whole, err := os.ReadFile(recordedStory(t, hostile))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "any")
	keys := []string{"up", "down", "pgup", "pgdown", "home", "end", "enter", "esc", "f1", "f2", "f4", "f6", "/", ":", "n", "N", "?", "tab", "v", "shift+up", "x", "1"}
	rapid.Check(t, func(rt *rapid.T) {
		file := bytes.ReplaceAll(whole, []byte("eth0"), []byte(rapid.SampledFrom([]string{"eth0", "\x1b[2J", "\u202e\a", "漢x"}).Draw(rt, "name")))
		for range rapid.IntRange(0, 6).Draw(rt, "changes") {
			file[rapid.IntRange(100, len(file)-1).Draw(rt, "at")] = rapid.Byte().Draw(rt, "byte")
		}
		if err := os.WriteFile(path, file[:rapid.IntRange(28, len(file)).Draw(rt, "length")], 0o600); err != nil {
			rt.Fatal(err)
		}
		if _, err := browse.New(path); err != nil {
			return
		}
		w, h := rapid.IntRange(1, 170).Draw(rt, "width"), rapid.IntRange(1, 50).Draw(rt, "height")
		pressed := rapid.SliceOfN(rapid.SampledFrom(keys), 0, 10).Draw(rt, "keys")
		inRecording(t, path, w, h, browse.Filter{}, func(s *recordingScreen) {
			for _, k := range pressed {
				s.press(k)
			}
			v := s.View()
			if s.err != nil {
				rt.Fatal(s.err)
			}
			rows := strings.Split(v.Content, "\n")
			if len(rows) > h {
				rt.Fatalf("%d rows on a terminal of %dx%d:\n%s", len(rows), w, h, ansi.Strip(v.Content))
			}
			for _, r := range rows {
				if n := ansi.StringWidth(r); n > w {
					rt.Fatalf("a row of %d cells on a terminal of %dx%d: %q", n, w, h, ansi.Strip(r))
				}
				if plain := ansi.Strip(r); strings.ContainsFunc(plain, func(c rune) bool { return c < ' ' || c == '\u202e' || c >= 0x7f && c < 0xa0 }) {
					rt.Fatalf("a row has what a terminal obeys: %q", plain)
				}
			}
			if strings.Contains(v.Content, "\x1b[2J") || strings.Contains(v.Content, "\x1b]") {
				rt.Fatalf("the screen has a sequence of the file: %q", v.Content)
			}
		})
	})
}
