package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
)

// pingPause is the least time between two looks at a ping.
const pingPause = 100 * time.Millisecond

// pingModel is the screen of a ping, a tea.Model.
type pingModel struct {
	liveScreen
	pinging Pinging

	snap   PingSnapshot
	paused bool // the picture stands
	sort   pingSort
	help   bool
	offset int // rows that the help is scrolled
	table  pingTable
	detail pingDetail
}

// pingMsg is a new snapshot of the ping.
type pingMsg PingSnapshot

// RunPing shows a ping on the terminal until the user ends it, and returns nil. If
// ctx ends first, it returns [context.Cause] of ctx. The terminal is restored in
// every case, panics included. Of the options Input, Output, Env, Theme and ASCII count.
func RunPing(ctx context.Context, p Pinging, opts Options) error {
	opts = opts.withEnv()
	m := newPingModel(p, opts)
	return run(ctx, m, &m.life, opts)
}

func newPingModel(p Pinging, opts Options) *pingModel {
	m := &pingModel{liveScreen: newLiveScreen(opts), pinging: p}
	m.setStyles()
	return m
}

func (m *pingModel) setStyles() {
	m.styles = m.newStyles()
	m.table.styles, m.detail.styles = m.styles, m.styles
}

// Init implements tea.Model.
func (m *pingModel) Init() tea.Cmd {
	return tea.Batch(tea.RequestBackgroundColor, m.poll(0))
}

// poll looks at the ping in a while.
func (m *pingModel) poll(pause time.Duration) tea.Cmd {
	return m.work.poll(pause, func() tea.Msg { return pingMsg(m.pinging.Snapshot()) })
}

// Update implements tea.Model.
func (m *pingModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	return m, m.guarded(func() tea.Cmd { return m.update(msg) })
}

func (m *pingModel) update(msg tea.Msg) tea.Cmd {
	if cmd, done := m.common(msg); done {
		m.table.styles, m.detail.styles = m.styles, m.styles
		return cmd
	}
	switch msg := msg.(type) {
	case pingMsg:
		if !m.paused {
			m.show(PingSnapshot(msg))
		}
		return m.poll(pingPause)
	case tea.KeyPressMsg:
		return m.key(msg.String())
	}
	return nil
}

// show takes over what was counted. The selected responder stays selected
// wherever it goes.
func (m *pingModel) show(s PingSnapshot) {
	m.snap = s
	m.snap.Responders = slices.Clone(s.Responders)
	m.sort.apply(m.snap.Responders)
	m.table.set(m.snap.Responders)
}

func (m *pingModel) key(name string) tea.Cmd {
	switch pingKeys.lookup(name) {
	case pingQuit:
		return tea.Quit
	case pingUp:
		m.move(-1)
	case pingDown:
		m.move(1)
	case pingTop:
		m.move(-far)
	case pingBottom:
		m.move(far)
	case pingSorts:
		m.sort = (m.sort + 1) % pingSortings
		m.show(m.snap)
	case pingPauses:
		m.paused = !m.paused
	case pingOpen:
		m.detail.open = !m.detail.open
	case pingHelp:
		m.help, m.offset = !m.help, 0
	case pingBack:
		m.help, m.detail.open = false, false
	}
	return nil
}

// far is more rows than there are.
const far = 1 << 16

func (m *pingModel) move(by int) {
	if m.help {
		m.offset = scrollTo(m.offset+by, len(m.helpRows(m.width-4)), m.height-4)
		return
	}
	m.table.move(by)
}

// View implements tea.Model.
func (m *pingModel) View() tea.View { return m.view("groupcast ping "+m.snap.Target, m.frame) }
