package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// framePause is the least time between two drawings of the model. Bubble Tea
// asks for one after each message, and shows 20 of them a second: keys that a
// terminal sends faster than that, as it does when it pastes without brackets,
// would each cost a frame that nobody sees.
const framePause = 10 * time.Millisecond

// pacer is a model that is drawn at most once in framePause.
type pacer struct {
	tea.Model
	work   *worker
	drawn  tea.View
	at     time.Time // when it was drawn
	coming bool      // a drawMsg is on its way
}

// drawMsg asks for a drawing that was put off.
type drawMsg struct{}

// Update implements tea.Model.
func (p *pacer) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if _, ok := msg.(drawMsg); ok {
		p.coming, p.at = false, time.Time{}
		return p, nil
	}
	_, cmd := p.Model.Update(msg)
	if since := time.Since(p.at); since < framePause && !p.coming {
		p.coming = true
		cmd = tea.Batch(cmd, p.work.after(framePause-since, drawMsg{}))
	}
	return p, cmd
}

// View implements tea.Model.
func (p *pacer) View() tea.View {
	if now := time.Now(); now.Sub(p.at) >= framePause {
		p.drawn, p.at = p.Model.View(), now
	}
	return p.drawn
}
