package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/mesh"
	"github.com/groupcast/groupcast/mcast/mesh/meshreport"
)

// Meshing is a measurement of who hears whom, as [RunMesh] shows it.
type Meshing interface {
	// Report is what is known so far. It is called twice a second, by another goroutine
	// than the one that draws, and what it returns is not changed any more. Text in it
	// need not be clean.
	Report() mesh.Report
}

// meshPause is the time between two looks. A report of a crowd is long.
const meshPause = 500 * time.Millisecond

// meshPart is a part of the screen that the keys act on.
type meshPart uint8

const (
	onMesh meshPart = iota
	onPeople
	meshParts
)

// meshModel is the screen of groupcast mesh, a tea.Model.
type meshModel struct {
	liveScreen
	meshing Meshing

	view   *meshreport.View // nil: it has not been looked at yet
	paused bool             // the picture stands
	help   bool
	detail bool // of the selected pair, all over the screen
	window      // onto the help, or the detail
	shown  int  // rows of it that were shown last

	focus  meshPart
	matrix meshMatrix
	people meshPeople
}

// meshMsg is a new picture.
type meshMsg struct {
	*meshreport.View
	took time.Duration // to judge it
}

// RunMesh shows a measurement on the terminal until the user ends it, and returns nil. If
// ctx ends first, it returns [context.Cause] of ctx. The terminal is restored in every
// case, panics included. Of the options Input, Output, Env, Host, Theme and ASCII count.
func RunMesh(ctx context.Context, m Meshing, opts Options) error {
	opts = opts.withEnv()
	screen := newMeshModel(m, opts)
	return run(ctx, screen, &screen.life, opts)
}

func newMeshModel(meshing Meshing, opts Options) *meshModel {
	m := &meshModel{liveScreen: newLiveScreen(opts), meshing: meshing}
	m.setStyles()
	return m
}

func (m *meshModel) setStyles() {
	m.styles = m.newStyles()
	m.shareStyles()
}

func (m *meshModel) shareStyles() { m.matrix.styles, m.people.styles = m.styles, m.styles }

// Init implements tea.Model.
func (m *meshModel) Init() tea.Cmd { return tea.Batch(tea.RequestBackgroundColor, m.poll(0)) }

// poll looks in a while, and judges what it sees.
func (m *meshModel) poll(pause time.Duration) tea.Cmd {
	return m.work.poll(pause, func() tea.Msg {
		r, begin := m.meshing.Report(), time.Now()
		return meshMsg{meshreport.Look(r), time.Since(begin)}
	})
}

// Update implements tea.Model.
func (m *meshModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	return m, m.guarded(func() tea.Cmd { return m.update(msg) })
}

func (m *meshModel) update(msg tea.Msg) tea.Cmd {
	if cmd, done := m.common(msg); done {
		m.shareStyles()
		return cmd
	}
	switch msg := msg.(type) {
	case meshMsg:
		if !m.paused {
			m.show(msg.View)
		}
		return m.poll(max(meshPause, 20*msg.took)) // of a thousand members it takes long
	case tea.KeyPressMsg:
		return m.key(msg.String())
	}
	return nil
}

// show takes over a new picture. The selected pair stays selected wherever it goes.
func (m *meshModel) show(v *meshreport.View) {
	m.view = v
	m.matrix.set(v)
	m.people.set(v)
}
