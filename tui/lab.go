package tui

import (
	"context"
	"os/exec"
	"time"

	tea "charm.land/bubbletea/v2"
)

// LabRow is a row of the picture of a lab: a wire, or a host.
type LabRow struct {
	Text string // with its columns, and colours of its own; nothing that strangers wrote
	Host string // whose it is: enter opens a shell there; "": nobody's
}

// LabView is a lab as its screen takes it.
type LabView interface {
	// Rows is the picture as it is now. It may take some milliseconds.
	Rows() []LabRow

	// Enter is a command that has the terminal until it ends: a shell in a host.
	Enter(host string) *exec.Cmd
}

// labPause is the time between two pictures of a lab.
const labPause = time.Second

// labModel is the screen of a lab, a tea.Model.
type labModel struct {
	liveScreen
	lab   LabView
	title string

	rows   []LabRow
	at     int // the row that is selected; -1: none is
	offset int // rows above the screen
	failed string
}

// labMsg is a new picture; labLeftMsg says that a shell has ended.
type (
	labMsg     []LabRow
	labLeftMsg struct{ err error }
)

// RunLab shows a lab on the terminal until the user ends it with ctrl+c, and returns
// nil. If ctx ends first, it returns [context.Cause] of ctx. The terminal is restored
// in every case. Of the options Input, Output, Env and ASCII count.
func RunLab(ctx context.Context, title string, v LabView, opts Options) error {
	opts = opts.withEnv()
	m := newLabModel(title, v, opts)
	return run(ctx, m, &m.life, opts)
}

func newLabModel(title string, v LabView, opts Options) *labModel {
	return &labModel{liveScreen: newLiveScreen(opts), lab: v, title: title, at: -1}
}

// Init implements tea.Model.
func (m *labModel) Init() tea.Cmd { return tea.Batch(tea.RequestBackgroundColor, m.poll(0)) }

// poll draws the lab in a while.
func (m *labModel) poll(pause time.Duration) tea.Cmd {
	return m.work.poll(pause, func() tea.Msg { return labMsg(m.lab.Rows()) })
}

// Update implements tea.Model.
func (m *labModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	return m, m.guarded(func() tea.Cmd { return m.update(msg) })
}

func (m *labModel) update(msg tea.Msg) tea.Cmd {
	if cmd, done := m.common(msg); done {
		return cmd
	}
	switch msg := msg.(type) {
	case labMsg:
		m.rows = msg
		if m.at < 0 || m.at >= len(m.rows) || m.rows[m.at].Host == "" {
			m.at = -1
			m.move(1)
		}
		return m.poll(labPause)
	case labLeftMsg:
		m.failed = ""
		if msg.err != nil {
			m.failed = "the shell ended: " + clean(msg.err.Error())
		}
	case tea.KeyPressMsg:
		return m.key(msg.String())
	}
	return nil
}

func (m *labModel) key(name string) tea.Cmd {
	switch name {
	case "ctrl+c":
		return tea.Quit
	case "up", "k":
		m.move(-1)
	case "down", "j", "tab":
		m.move(1)
	case "pgup":
		m.page(-1)
	case "pgdown", "space":
		m.page(1)
	case "home", "g":
		m.at = -1
		m.move(1)
	case "end", "G":
		m.at = len(m.rows)
		m.move(-1)
	case "enter":
		if host := m.host(); host != "" {
			return tea.ExecProcess(m.lab.Enter(host), func(err error) tea.Msg { return labLeftMsg{notStarted(err)} })
		}
	}
	return nil
}

// notStarted leaves out how a shell ended that did start: that was its user's
// matter.
func notStarted(err error) error {
	if _, ended := err.(*exec.ExitError); ended {
		return nil
	}
	return err
}

// host is whose row is selected, or "".
func (m *labModel) host() string {
	if m.at < 0 || m.at >= len(m.rows) {
		return ""
	}
	return m.rows[m.at].Host
}

// move selects the next row of a host in a direction, if there is one. From the
// first one up the rows above it come into view.
func (m *labModel) move(by int) {
	for at := m.at + by; at >= 0 && at < len(m.rows); at += by {
		if m.rows[at].Host != "" {
			m.at = at
			return
		}
	}
}

func (m *labModel) page(direction int) {
	for range max(1, m.body()-1) {
		m.move(direction)
	}
}

// body is how many rows of the picture there is room for.
func (m *labModel) body() int { return max(0, m.height-2) }

// View implements tea.Model.
func (m *labModel) View() tea.View { return m.view("groupcast lab: "+m.title, m.frame) }

// frame is all rows of the screen: the title, the part of the picture with what is
// selected, and the keys.
func (m *labModel) frame() []string {
	st := m.styles
	rows := []string{st.title.Bold(true).Render(st.fit(" "+clean(m.title), m.width))}
	height := m.body()
	switch {
	case m.at < m.offset:
		m.offset = m.at
	case m.at >= m.offset+height:
		m.offset = m.at - height + 1
	}
	if m.first() {
		m.offset = 0
	}
	m.offset = scrollTo(m.offset, len(m.rows), height)
	for i := m.offset; i < min(len(m.rows), m.offset+height); i++ {
		mark := "  "
		if i == m.at {
			mark = st.accent.Render(st.fit(st.pointer, 2))
		}
		rows = append(rows, st.cut(mark+m.rows[i].Text, m.width))
	}
	rows = filled(rows, height+1)
	if m.height > 1 {
		rows = append(rows, m.footer(height))
	}
	return rows
}

// first reports whether no row of a host is above the one that is selected.
func (m *labModel) first() bool {
	for i := range max(0, min(m.at, len(m.rows))) {
		if m.rows[i].Host != "" {
			return false
		}
	}
	return true
}

// footer is the last row: the keys, and how much there is above and below.
func (m *labModel) footer(height int) string {
	st := m.styles
	if m.failed != "" {
		return " " + st.failure.Render(st.fail+" "+m.failed)
	}
	var keys [][2]string
	if rest := len(m.rows) - m.offset - height; rest > 0 {
		keys = append(keys, [2]string{"", count(rest, "row") + " more below"})
	}
	keys = append(keys, [2]string{"ctrl+c", "ends it"})
	if host := m.host(); host != "" {
		keys = append(keys, [2]string{"enter", "a shell in " + clean(host)}, [2]string{"up/down", "choose"})
	}
	row := ""
	for _, k := range keys {
		if row != "" {
			row += st.dim.Render(st.dot)
		}
		if k[0] != "" {
			row += st.accent.Render(k[0]) + " "
		}
		row += st.dim.Render(k[1])
	}
	return " " + row
}
