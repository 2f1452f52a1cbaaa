package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
)

// IGMPView is the queriers and the members, as [RunIGMP] shows them.
type IGMPView interface {
	// Snapshot is all of it in words, as it is now. It is called four times a second,
	// by another goroutine than the one that draws.
	Snapshot() IGMPSnapshot
}

// IGMPSnapshot is what is known at one time. What is in it need not be clean.
type IGMPSnapshot struct {
	About   string // what is watched
	Groups  int    // that have members
	Links   []IGMPLink
	Members []IGMPMember
	Nobody  string      // where there are no members: what that means
	Events  []IGMPEvent // the latest at the end
}

// IGMPLink is one interface in one IP version.
type IGMPLink struct {
	Interface string
	Protocol  string
	Queriers  []string // one at least, or that there is none
	Sight     string   // how much of others' reports is seen
	Notes     []string // what is amiss
}

// IGMPMember is a host in a group.
type IGMPMember struct {
	Interface, Group, Host, Since, Expires, How string

	Self bool // it is this host
}

// IGMPEvent is a change.
type IGMPEvent struct {
	Time, Kind, Text string
}

// igmpPause is the time between two looks.
const igmpPause = 250 * time.Millisecond

// igmpPart is a part of the screen that is scrolled.
type igmpPart uint8

const (
	igmpMembers igmpPart = iota
	igmpEvents
	igmpParts
)

// igmpModel is the screen of groupcast igmp, a tea.Model.
type igmpModel struct {
	liveScreen
	watched IGMPView

	snap   IGMPSnapshot
	paused bool // the picture stands
	help   bool

	helpOffset int // rows that the help is scrolled
	focus      igmpPart
	offset     [igmpParts]int // rows of members above the first one shown; rows of events below the last one
	page       [igmpParts]int // rows that were shown last
}

// igmpMsg is a new picture.
type igmpMsg IGMPSnapshot

// RunIGMP shows the queriers and the members on the terminal until the user ends
// it, and returns nil. If ctx ends first, it returns [context.Cause] of ctx. The
// terminal is restored in every case, panics included. Of the options Input,
// Output, Env, Host, Theme and ASCII count.
func RunIGMP(ctx context.Context, v IGMPView, opts Options) error {
	opts = opts.withEnv()
	m := newIGMPModel(v, opts)
	return run(ctx, m, &m.life, opts)
}

func newIGMPModel(v IGMPView, opts Options) *igmpModel {
	return &igmpModel{liveScreen: newLiveScreen(opts), watched: v}
}

// Init implements tea.Model.
func (m *igmpModel) Init() tea.Cmd { return tea.Batch(tea.RequestBackgroundColor, m.poll(0)) }

// poll looks in a while.
func (m *igmpModel) poll(pause time.Duration) tea.Cmd {
	return m.work.poll(pause, func() tea.Msg { return igmpMsg(m.watched.Snapshot()) })
}

// Update implements tea.Model.
func (m *igmpModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	return m, m.guarded(func() tea.Cmd { return m.update(msg) })
}

func (m *igmpModel) update(msg tea.Msg) tea.Cmd {
	if cmd, done := m.common(msg); done {
		return cmd
	}
	switch msg := msg.(type) {
	case igmpMsg:
		if !m.paused {
			m.show(IGMPSnapshot(msg))
		}
		return m.poll(igmpPause)
	case tea.KeyPressMsg:
		return m.key(msg.String())
	}
	return nil
}

// show takes over a new picture. Events that are scrolled back stay where they are.
func (m *igmpModel) show(s IGMPSnapshot) {
	if back := &m.offset[igmpEvents]; *back > 0 && len(m.snap.Events) > 0 {
		if n := slices.Index(s.Events, m.snap.Events[len(m.snap.Events)-1]); n >= 0 {
			*back += len(s.Events) - 1 - n
		}
	}
	m.snap = s
}
