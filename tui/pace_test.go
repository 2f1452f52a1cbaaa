package tui

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// paced is a pacer in a bubble, and the loop that Bubble Tea runs around it.
type paced struct {
	*pacer
	*screen
	drawings int
	msgs     chan tea.Msg
}

// inPace runs a test on a screen that is drawn in its pace.
func inPace(t *testing.T, do func(p *paced)) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory(t, 100, 30)
		s.model.now = time.Now
		p := &paced{&pacer{Model: s.model, life: &s.model.life}, s, 0, make(chan tea.Msg, 1000)}
		ctx, cancel := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer cancel()
		p.work.ctx = ctx
		p.pacer.View()
		do(p)
	})
}

// tell hands over a message, as Bubble Tea does.
func (p *paced) tell(msg tea.Msg) {
	before := p.at
	_, cmd := p.pacer.Update(msg)
	if p.pacer.View(); p.at != before {
		p.drawings++
	}
	p.start(cmd)
}

func (p *paced) start(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		switch msg := cmd().(type) {
		case nil:
		case tea.BatchMsg:
			for _, cmd := range msg {
				p.start(cmd)
			}
		default:
			p.msgs <- msg
		}
	}()
}

// pass hands over what comes in a while, but nothing of the session's.
func (p *paced) pass(d time.Duration) {
	end := time.After(d)
	for {
		select {
		case msg := <-p.msgs:
			if _, session := msg.(endMsg); !session {
				p.tell(msg)
			}
		case <-end:
			return
		}
	}
}

func (p *paced) shows(text string) bool { return strings.Contains(ansi.Strip(p.drawn.Content), text) }

// says is a line from somebody else.
func says(n int) batchMsg { return batchMsg(session.Batch{Lines: []chat.Line{numbered(n)}}) }

// Keys that a terminal pastes one by one are drawn together, and none is lost.
func TestKeysInARowAreDrawnTogether(t *testing.T) {
	inPace(t, func(p *paced) {
		for range 500 {
			p.tell(tea.KeyPressMsg{Code: 'x', Text: "x"})
			p.pass(time.Millisecond)
		}
		if p.drawings < 40 || p.drawings > 51 {
			t.Errorf("%d drawings for keys in half a second", p.drawings)
		}
		p.pass(framePause)
		if got := strings.Count(p.drawn.Content, "x"); got < 50 || p.input.value() != strings.Repeat("x", 500) {
			t.Errorf("after the burst %d of the keys are on the screen, and %d in the input", got, len(p.input.value()))
		}
	})
}

// What comes by itself is drawn at once after a rest, and then as often as frames are
// shown; a key in between is not kept waiting.
func TestNewsInAFlood(t *testing.T) {
	inPace(t, func(p *paced) {
		p.pass(time.Second)
		p.tell(says(50))
		if !p.shows("line 50.") {
			t.Error("a line after a rest is not drawn at once")
		}
		begin := p.drawings
		for n := range 100 {
			p.tell(says(100 + n))
			p.pass(10 * time.Millisecond)
		}
		if n := p.drawings - begin; n < framesPerSecond-1 || n > framesPerSecond+1 {
			t.Errorf("%d drawings in a second of a flood", n)
		}
		p.tell(says(300))
		p.pass(framePause)
		p.tell(tea.KeyPressMsg{Code: 'x', Text: "x"})
		p.pass(framePause)
		if !p.shows("❯ x") {
			t.Error("a key waits for the frame of the flood")
		}
		p.pass(newsPause)
		if !p.shows("line 300.") {
			t.Error("the last line is not drawn")
		}
	})
}

// Signs of life and the like change nothing on the screen, and are not drawn.
func TestDatagramsThatAreNotShown(t *testing.T) {
	datagrams := batchMsg(session.Batch{Datagrams: beforeDatagrams()})
	inPace(t, func(p *paced) {
		p.pass(2 * time.Second)
		begin, asked := p.drawings, p.taken
		for range 20 {
			p.tell(datagrams)
			p.pass(10 * time.Millisecond)
		}
		if p.drawings != begin || p.taken != asked {
			t.Errorf("%d drawings for datagrams that are not on the screen; the state was asked for at %v, and before at %v", p.drawings-begin, p.taken, asked)
		}
		p.tell(key(t, "f2"))
		before := p.drawings
		p.pass(time.Second)
		p.tell(datagrams)
		if p.drawings == before {
			t.Error("a datagram is not drawn where datagrams are shown")
		}
	})
}

// A terminal that is not looked at may still be seen: it moves, but slowly. Whoever
// looks, or types, has everything at once.
func TestNobodyLooks(t *testing.T) {
	flood := func(p *paced) (drawings int) {
		begin := p.drawings
		for n := range 200 {
			p.tell(says(100 + n))
			p.pass(10 * time.Millisecond)
		}
		return p.drawings - begin
	}
	for name, back := range map[string]tea.Msg{"somebody looks": tea.FocusMsg{}, "somebody types": tea.KeyPressMsg{Code: 'x', Text: "x"}} {
		t.Run(name, func(t *testing.T) {
			inPace(t, func(p *paced) {
				if !p.drawn.ReportFocus {
					t.Error("the terminal is not asked to report its focus")
				}
				p.tell(tea.BlurMsg{})
				p.pass(time.Second)
				if n := flood(p); n < 3 || n > 5 {
					t.Errorf("%d drawings in two seconds", n)
				}
				p.pass(awayPause)
				p.tell(says(499))
				p.pass(framePause)
				p.tell(says(500))
				if p.shows("line 500.") {
					t.Error("a line is drawn at once though nobody looks")
				}
				p.tell(back)
				if !p.shows("line 500.") {
					t.Errorf("%s, and what was heard is not drawn", name)
				}
				if n := flood(p); n < 2*framesPerSecond-2 || n > 2*framesPerSecond+2 {
					t.Errorf("%d drawings in two seconds when %s", n, name)
				}
			})
		})
	}
	t.Run("the state", func(t *testing.T) {
		inPace(t, func(p *paced) {
			p.start(p.tick())
			ticks := func() (n int) {
				for range 40 {
					asked := p.taken
					if p.pass(250 * time.Millisecond); p.taken != asked {
						n++
					}
				}
				return n
			}
			p.show(before())
			p.session.snap = after()
			if n := ticks(); n < 4 {
				t.Errorf("it is asked for %d times in ten seconds", n)
			}
			p.tell(tea.BlurMsg{})
			p.pass(4 * time.Second)
			if n := ticks(); n > 5 {
				t.Errorf("it is asked for %d times in ten seconds though nobody looks", n)
			}
			p.session.snap = before()
			p.tell(tea.FocusMsg{})
			if p.taken != time.Now() || !p.shows("wrong-egress") {
				t.Error("somebody looks, and the state is an old one")
			}
		})
	})
}
