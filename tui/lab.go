package tui

import (
	"context"
	"os/exec"
	"slices"
	"strings"
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

// LabTask is a LabView with something to do: rows above the picture, and keys of its
// own.
type LabTask interface {
	LabView

	// Panel is the rows above the picture, for a screen of that width. It is called for
	// each frame, and does not wait.
	Panel(width int) []LabPanelRow

	// Keys are shown at the foot.
	Keys() []LabKey
}

// LabPanelRow is a row of a [LabTask], nothing that strangers wrote.
type LabPanelRow struct {
	Text  string
	Tone  Tone
	Stays bool // where there is no room for all rows, the others go first, from the last one up
}

// Tone is how a row is drawn.
type Tone uint8

// The tones.
const (
	Plain Tone = iota
	Dim
	Good
	Bad
	Accent
)

// LabKey is a key of a [LabTask].
type LabKey struct {
	Key, Does string
	Do        func() // runs beside the screen, and may take its time
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
	labDidMsg  struct{} // a key of a LabTask has done its work
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
	if t, ok := m.lab.(LabTask); ok {
		for _, k := range t.Keys() {
			if k.Key == name {
				return func() tea.Msg { k.Do(); return labDidMsg{} }
			}
		}
	}
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
func (m *labModel) body() int { return max(0, m.height-2-len(m.panel())) }

// panel is what a LabTask has above the picture, and a line below it: half of the
// screen at the most.
func (m *labModel) panel() (rows []string) {
	t, ok := m.lab.(LabTask)
	if !ok || m.height < 8 {
		return nil
	}
	st := m.styles
	list := t.Panel(m.width - 2)
	most := m.height/2 - 1
	list, left := panelFor(list, most)
	for _, row := range list {
		style := st.dim
		switch row.Tone {
		case Plain:
			rows = append(rows, " "+st.cut(clean(row.Text), m.width-2))
			continue
		case Good:
			style = st.good
		case Bad:
			style = st.failure
		case Accent:
			style = st.accent
		}
		rows = append(rows, " "+style.Render(st.cut(clean(row.Text), m.width-2)))
	}
	if left > 0 {
		rows = append(rows, " "+st.dim.Render(count(left, "row")+" more on a larger screen"))
	}
	return append(rows, st.border.Render(strings.Repeat(st.horizontal, m.width)))
}

// panelFor leaves out rows of a panel until most remain, with the row that says how many
// were left out.
func panelFor(list []LabPanelRow, most int) (fit []LabPanelRow, left int) {
	if len(list) <= most {
		return list, 0
	}
	fit = slices.Clone(list)
	for _, also := range []bool{false, true} { // those that stay
		for i := len(fit) - 1; i >= 0 && len(fit) > max(0, most-1); i-- {
			if also || !fit[i].Stays {
				fit = slices.Delete(fit, i, i+1)
			}
		}
	}
	return fit, len(list) - len(fit)
}

// View implements tea.Model.
func (m *labModel) View() tea.View { return m.view("groupcast lab: "+m.title, m.frame) }

// frame is all rows of the screen: the title, the part of the picture with what is
// selected, and the keys.
func (m *labModel) frame() []string {
	st := m.styles
	var rows []string
	title, _ := st.wrap(clean(m.title), m.width-1, 2) // its end is a command to be typed elsewhere
	for _, row := range title {
		rows = append(rows, st.title.bold().Render(st.fit(" "+row, m.width)))
	}
	rows = append(rows, m.panel()...)
	above := len(rows)
	height := max(0, m.height-1-above)
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
	rows = filled(rows, above+height)
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
	if t, ok := m.lab.(LabTask); ok {
		for _, k := range t.Keys() {
			keys = append(keys, [2]string{k.Key, k.Does})
		}
	}
	_, task := m.lab.(LabTask)
	keys = append(keys, [2]string{"ctrl+c", "ends it"})
	if host := m.host(); host != "" {
		keys = append(keys, [2]string{"enter", "a shell in " + clean(host)})
		if !task || m.width >= 100 { // a task has more keys: no room on 80 columns
			keys = append(keys, [2]string{"up/down", "choose"})
		}
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
