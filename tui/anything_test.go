package tui

import (
	"flag"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/session"
)

// A check of the whole screen costs 0.4 s under the race detector, so that a run has half
// as many as rapid makes by itself; -rapid.checks takes any number.
func init() { flag.Set("rapid.checks", "50") }

// Whatever is pressed, clicked, heard, and whatever becomes of the host: there
// is no panic, frames fit, the keys act on something that is shown, and esc
// leads back to the input.
func TestAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &player{screen: newStory(plainTB{}, 100, 30), id: 1000}
		p.lesson.on = rapid.Bool().Draw(t, "lesson")
		t.Repeat(map[string]func(*rapid.T){
			"key":    p.key,
			"mouse":  p.mouse,
			"batch":  p.batch,
			"state":  p.state,
			"size":   p.resize,
			"":       p.check,
			"typing": p.command,
			"paste":  p.pastes,
		})
		for n := 0; !p.atInput(); n++ {
			if n == 8 {
				t.Fatalf("esc does not lead back: view %d, focus %d, page %d", p.view, p.focus, p.page)
			}
			p.do(namedKeys["esc"])
		}
	})
}

// player does anything to a screen.
type player struct {
	*screen
	id uint64
}

func (p *player) do(msg tea.Msg) {
	p.Update(msg)
	p.asked()
	if p.busy {
		p.Update(doneMsg{})
	}
	if len(p.unsent) > 0 {
		p.Update(pasteMsg{})
	}
}

func (p *player) key(t *rapid.T) {
	names := make([]string, 0, len(namedKeys))
	for name := range namedKeys {
		if name != "ctrl+c" && name != "ctrl+z" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	names = append(names, "a", "f", "j", "k", "g", "G", "v", "y", "Y", "n", "e", "o", "s", "/", "?", "é", " ")
	name := rapid.SampledFrom(names).Draw(t, "key")
	if k, ok := namedKeys[name]; ok {
		p.do(k)
	} else {
		p.do(tea.KeyPressMsg{Code: []rune(name)[0], Text: name})
	}
}

func (p *player) pastes(t *rapid.T) {
	line := rapid.SampledFrom([]string{"", "a", "/quit", "\x1b[31mred\t漢", strings.Repeat("x", 200)}).Draw(t, "line")
	p.do(tea.PasteMsg{Content: strings.Repeat(line+"\r\n", rapid.SampledFrom([]int{0, 1, 2, pasteLines + 1}).Draw(t, "lines"))})
}

func (p *player) mouse(t *rapid.T) {
	x, y := rapid.IntRange(0, max(0, p.width-1)).Draw(t, "x"), rapid.IntRange(0, max(0, p.height-1)).Draw(t, "y")
	p.do(rapid.SampledFrom([]tea.Msg{
		tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft},
		tea.MouseMotionMsg{X: x, Y: y, Button: tea.MouseLeft},
		tea.MouseReleaseMsg{X: x, Y: y, Button: tea.MouseLeft},
		tea.MouseWheelMsg{X: x, Y: y, Button: tea.MouseWheelUp},
		tea.MouseWheelMsg{X: x, Y: y, Button: tea.MouseWheelDown},
	}).Draw(t, "action"))
}

func (p *player) batch(t *rapid.T) {
	var b session.Batch
	many := rapid.SampledFrom([]int{0, 1, 2, 3, 40, talkLines + 50}).Draw(t, "lines")
	for range many {
		p.id++
		l := chat.Line{
			ID: p.id, At: p.time, Kind: chat.Kind(1 + p.id%4), Text: text("some \x1b[31m words\nand rows"), From: hostB,
			To: group.Addr, Interface: "eth0", Copy: chat.CopyPending,
		}
		if l.Kind == chat.Heard && p.id%3 == 0 {
			l.Member, l.Missed, l.Before = said(carol), true, p.id-min(p.id, uint64(rapid.SampledFrom([]int{1, 4, 30, 9000}).Draw(t, "before")))
		}
		b.Lines = append(b.Lines, l)
		if l.Kind == chat.Own {
			l.Copy = chat.CopyBack
			b.Lines = append(b.Lines, l)
		}
		b.Datagrams = append(b.Datagrams, beforeDatagrams()[p.id%5])
		b.Calls = append(b.Calls, beforeCalls()[p.id%12])
	}
	p.do(batchMsg(b))
}

func (p *player) state(t *rapid.T) {
	s := rapid.SampledFrom([]func() session.Snapshot{before, after, crowded, roomOfFive, healed, roomOf30, acrossSites, membersOff, func() session.Snapshot { return session.Snapshot{} }}).Draw(t, "state")()
	s.Interfaces = s.Interfaces[:rapid.IntRange(0, len(s.Interfaces)).Draw(t, "interfaces")]
	s.Findings = nil
	for range rapid.IntRange(0, 3).Draw(t, "findings") {
		f := wrongEgress
		f.Name = rapid.SampledFrom([]string{"wrong-egress", "membership-lost", "of a later version"}).Draw(t, "name")
		f.Interface = rapid.SampledFrom([]string{"eth0", "eth1"}).Draw(t, "where")
		f.Fix = rapid.SampledFrom(someFixes).Draw(t, "fix")
		s.Findings = append(s.Findings, f)
	}
	s.Checked = rapid.IntRange(0, 31).Draw(t, "checked")
	s.Unknown = rapid.IntRange(0, s.Checked).Draw(t, "unknown")
	if rapid.Bool().Draw(t, "no group") {
		s.Group = mcast.Group{}
	}
	p.session.snap = s
	p.time = p.time.Add(time.Second)
	p.do(tickMsg{})
}

func (p *player) resize(t *rapid.T) {
	size := rapid.SampledFrom([][2]int{{160, 50}, {100, 30}, {80, 24}, {60, 20}, {44, 12}, {20, 6}, {12, 3}, {1, 1}, {0, 0}}).Draw(t, "size")
	p.do(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
}

func (p *player) command(t *rapid.T) {
	if p.focus == onInput {
		p.input.set(rapid.SampledFrom([]string{"/clear", "/who", "/help", "/join", "/source", "/interface", "/save x", "/ping", "/ping 5", "/ping x", "/no", "said", "/matrix", "/verify bob", "/verify bob yes", "/nick x"}).Draw(t, "command"))
		p.do(namedKeys["enter"])
	}
}

func (p *player) atInput() bool {
	return p.focus == onInput && p.page == noPage && p.picker == nil && p.view == talkView
}

func (p *player) check(t *rapid.T) {
	v := p.View()
	if p.err != nil {
		t.Fatalf("%v", p.err)
	}
	shown := slices.Contains(tabs[p.view], p.focus) || p.focus == onFind && p.view == talkView
	if p.picker != nil {
		shown = p.focus == onPicker
	}
	if p.paste != nil {
		shown = p.focus == onPaste && p.picker == nil
	}
	if p.filtering && p.table() == nil {
		t.Fatalf("a filter is typed, and focus %d has none", p.focus)
	}
	if !shown || p.page == detailPage && !slices.Contains([]focus{onList, onTalk, onHeard, onMatrix}, p.focus) || p.page == findingPage && p.focus != onPitfalls && p.focus != onMatrix {
		t.Fatalf("the keys act on what is not shown: view %d, focus %d, page %d, picker %v", p.view, p.focus, p.page, p.picker != nil)
	}
	if f, over := p.pitfalls.pageFinding(); p.page == findingPage {
		listed := slices.ContainsFunc(p.pitfalls.findings, func(other doctor.Finding) bool { return sameFinding(f, other) })
		if f.Name == "" || over == listed {
			t.Fatalf("the page is about %q on %q, over %v, among the findings %v", f.Name, f.Interface, over, listed)
		}
	}
	if new := max(p.talk.newBelow(), p.datagrams.newBelow(), p.calls.newBelow()); new > math.MaxUint32 {
		t.Fatalf("%d new below", new)
	}
	if limit := max(p.height/3, 1); p.layout.lesson > limit || p.layout.lesson > 0 && (!p.lesson.on || p.lesson.hidden) {
		t.Fatalf("the lesson takes %d rows of %d, on %v, hidden %v", p.layout.lesson, p.height, p.lesson.on, p.lesson.hidden)
	}
	if p.talk.scrolledBack && (p.talk.empty() || p.talk.bottom < p.talk.first() || p.talk.bottom > p.talk.last()) {
		t.Fatal("the talk is scrolled to a line that is not kept")
	}
	if p.talk.lines.held != (p.talk.scrolledBack || p.talk.frozen) || p.frozen != p.talk.frozen {
		t.Fatalf("held %v, scrolled back %v, frozen %v", p.talk.lines.held, p.talk.scrolledBack, p.talk.frozen)
	}
	if p.width == 0 || p.height == 0 {
		return
	}
	rows := strings.Split(v.Content, "\n")
	if len(rows) != p.height {
		t.Fatalf("%d rows at %dx%d", len(rows), p.width, p.height)
	}
	for _, row := range rows {
		if n := p.styles.cells(row); n > p.width {
			t.Fatalf("a row of %d cells at %dx%d: %q", n, p.width, p.height, ansi.Strip(row))
		}
		if strings.ContainsFunc(ansi.Strip(row), func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
			t.Fatalf("a control character in %q", row)
		}
	}
	if c := v.Cursor; c != nil && (c.X >= p.width || c.Y >= p.height) {
		t.Fatalf("cursor at %d,%d of %dx%d", c.X, c.Y, p.width, p.height)
	}
}
