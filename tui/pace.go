package tui

import (
	"reflect"
	"time"

	tea "charm.land/bubbletea/v2"
)

// The least time between two drawings of the model. Bubble Tea asks for one after each
// message, and shows [framesPerSecond] of them: others cost what nobody sees.
const (
	framePause = 10 * time.Millisecond         // after what the user did: keys that a terminal sends faster were pasted without brackets
	newsPause  = time.Second / framesPerSecond // after anything else
	awayPause  = time.Second / 2               // the same while the terminal is not looked at
)

// pacer is a model that is drawn when there is something new, and not more often than
// that is seen.
type pacer struct {
	tea.Model
	life     *life
	showSoon func() // makes Bubble Tea show what is new; nil: it looks at its own pace
	drawn    tea.View
	at       time.Time // when it was drawn; zero: never
	due      time.Time // when what is new is drawn; zero: nothing is
	coming   time.Time // when a drawMsg comes; zero: none does
}

// drawMsg asks for a drawing that was put off.
type drawMsg struct{}

// Update implements tea.Model.
func (p *pacer) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	now := time.Now()
	if _, ok := msg.(drawMsg); ok {
		if !p.coming.After(now) {
			p.coming = time.Time{}
		}
		return p, nil
	}
	pause := p.life.attend(msg)
	if reflect.TypeOf(msg).PkgPath() == bubbleTea {
		p.shown() // what it writes for itself waits for the next frame, too
	}
	_, cmd := p.Model.Update(msg)
	if p.life.unchanged {
		return p, cmd
	}
	due := p.at.Add(pause)
	if due.Before(now) {
		due = now
	}
	if p.due.IsZero() || due.Before(p.due) {
		p.due = due
	}
	if wait := p.due.Sub(now); wait > 0 && (p.coming.IsZero() || p.due.Before(p.coming)) {
		p.coming = p.due
		cmd = tea.Batch(cmd, p.life.work.after(wait, drawMsg{}))
	}
	return p, cmd
}

// attend notes whether the terminal is looked at, and returns how long after the last
// drawing the next one is due because of msg. Whoever types is there, whatever the
// terminal said before.
func (l *life) attend(msg tea.Msg) (pause time.Duration) {
	switch msg.(type) {
	case tea.BlurMsg:
		l.away = true
		return newsPause
	case tea.KeyMsg, tea.PasteMsg, tea.MouseMsg, tea.FocusMsg:
		l.away = false
		return framePause
	case tea.WindowSizeMsg:
		return framePause
	}
	if l.away {
		return awayPause
	}
	return newsPause
}

// View implements tea.Model.
func (p *pacer) View() tea.View {
	if now := time.Now(); p.at.IsZero() || !p.due.IsZero() && !p.due.After(now) {
		p.drawn, p.at, p.due = p.Model.View(), now, time.Time{}
		p.drawn.ReportFocus = true
		p.shown()
	}
	return p.drawn
}

// bubbleTea is the package of messages that make Bubble Tea write something.
var bubbleTea = reflect.TypeFor[tea.RawMsg]().PkgPath()

func (p *pacer) shown() {
	if p.showSoon != nil {
		p.showSoon()
	}
}
