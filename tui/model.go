package tui

import (
	"cmp"
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// snapshotPause is the least time between two snapshots: as often as the
// terminal is drawn.
const snapshotPause = time.Second / framesPerSecond

// page is one of the pages that lie over the view.
type page uint8

const (
	noPage page = iota
	helpPage
	findingPage
	detailPage
)

// model is the whole screen, a tea.Model.
type model struct {
	life
	appearance
	now           func() time.Time
	styles        *styles
	mouse         bool
	suspend       bool
	notify        bool
	clipboardNote string // what the user's terminal wants before it takes a copy
	width, height int
	layout        layout

	snap    session.Snapshot
	taken   time.Time        // when snap was taken
	waiting bool             // a freshMsg is on its way
	queue   []session.Action // one is carried out at a time, so that lines stay in order
	busy    bool
	frozen  bool
	blurred bool      // the terminal is not looked at
	unread  uint64    // lines heard since
	rang    time.Time // when the bell was
	unseen  uint64    // datagrams and
	untold  uint64    // calls that came too fast for the screen

	view       view
	focus      focus
	filtering  bool // the keys type the filter of the pane that has the focus
	page       page
	flash      string  // what the last key did, until the next
	pressed    *uint64 // the line of the talk where the mouse was pressed; nil: elsewhere
	title      titleBar
	membership membership
	heard      heard
	former     formerPorts
	pitfalls   pitfalls
	talk       *talk
	datagrams  *datagrams
	calls      *calls
	hostmap    hostmap
	matrix     matrix
	lesson     lesson
	detail     detail
	picker     *picker // nil: none is open
	input      input
	paste      *paste   // nil: nothing is asked about one
	unsent     []string // pasted lines that are being sent
	find       input
	filters    [views]input
	help       help
}

// Run shows a session on the terminal until the user quits, and returns nil, or
// until the session ends, and returns what ended it. If ctx ends first, it returns
// [context.Cause] of ctx. The terminal is restored in every case, panics included.
//
// Run waits for the session's calls to return: they have to end with their
// context. The caller handles signals, and ends ctx at one.
func Run(ctx context.Context, s Session, opts Options) error {
	opts = opts.withEnv()
	m := newModel(s, opts)
	return run(ctx, m, &m.life, opts)
}

// newModel returns the screen of a session, for a [tea.Program].
func newModel(s Session, opts Options) *model {
	m := &model{
		life:       newLife(s),
		appearance: newAppearance(opts),
		now:        opts.Now,

		mouse:     !opts.NoMouse,
		suspend:   opts.Suspend,
		notify:    opts.Notify,
		input:     newInput(clean(opts.Host), "type to talk, / for commands"),
		find:      newInput("find", "in the talk; up and down: older and newer"),
		talk:      newTalk(nil),
		datagrams: newDatagrams(nil),
		calls:     newCalls(nil),
		former:    formerPorts{},
		lesson:    lesson{on: opts.Lesson},
	}
	m.title.host = m.host
	m.help.seat, m.pitfalls.seat = opts.Seat, opts.Seat
	m.membership.paneRows = newPaneRows("sends first", "by name", "by traffic")
	m.heard.paneRows = newPaneRows("by address", "last heard", "most datagrams")
	if m.now == nil {
		m.now = time.Now
	}
	m.clipboardNote = clipboardNote(opts.Env)
	for v := range m.filters {
		m.filters[v] = newInput("filter", "type to filter, enter opens, tab to talk")
	}
	m.setStyles()
	return m
}

// setStyles gives the panes new styles.
func (m *model) setStyles() {
	m.styles = m.newStyles()
	m.title.styles, m.membership.styles, m.heard.styles = m.styles, m.styles, m.styles
	m.pitfalls.styles, m.input.styles, m.help.styles, m.find.styles = m.styles, m.styles, m.styles, m.styles
	m.hostmap.styles, m.matrix.styles, m.detail.styles, m.datagrams.styles, m.calls.styles = m.styles, m.styles, m.styles, m.styles, m.styles
	m.lesson.styles, m.membership.filter.styles, m.heard.filter.styles = m.styles, m.styles, m.styles
	for v := range m.filters {
		m.filters[v].styles = m.styles
	}
	m.talk.setStyles(m.styles)
	if m.picker != nil {
		m.picker.setStyles(m.styles)
	}
}

// Init implements tea.Model.
func (m *model) Init() tea.Cmd {
	return m.guarded(func() tea.Cmd {
		return tea.Batch(tea.RequestBackgroundColor, m.work.next(), m.tick(), m.refresh())
	})
}

func (m *model) tick() tea.Cmd {
	every := time.Second
	if m.away {
		every = awayTick
	}
	lately := func(host chat.Sender) bool { return m.now().Sub(host.Last) <= time.Minute }
	if !slices.ContainsFunc(everyHost(m.snap.Room), lately) && len(m.snap.Members.Members) == 0 {
		every = 2 * time.Second // nothing on the screen counts seconds
	}
	return m.work.after(every, tickMsg{})
}

// awayTick is how often the state is looked at while the terminal is not.
const awayTick = 2 * time.Second

// Update implements tea.Model. A panic in it ends the session, as an error.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	return m, m.guarded(func() tea.Cmd {
		m.unchanged = false
		cmd := m.update(msg)
		if !m.unchanged {
			m.arrange()
		}
		return cmd
	})
}

func (m *model) update(msg tea.Msg) tea.Cmd {
	if m.learn(msg) {
		m.setStyles()
		return nil
	}
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.pressed = nil
	case batchMsg:
		if m.quiet(session.Batch(msg)) {
			m.unchanged = true
			return tea.Batch(m.take(session.Batch(msg)), m.work.next())
		}
		return tea.Batch(m.take(session.Batch(msg)), m.work.next(), m.refresh())
	case doneMsg:
		m.busy = false
		return tea.Batch(m.carryOut(), m.refresh())
	case tickMsg:
		return tea.Batch(m.tick(), m.refresh())
	case freshMsg:
		m.waiting = false
		return m.refresh()
	case endMsg:
		m.err = cmp.Or(m.err, msg.err)
		return tea.Quit
	case tea.KeyPressMsg:
		return m.key(msg)
	case tea.PasteMsg:
		return m.pasted(msg)
	case pasteMsg:
		return m.sendPasted()
	case tea.MouseMsg:
		return m.pointer(msg)
	case tea.FocusMsg:
		m.blurred, m.unread = false, 0
		m.taken = time.Time{} // it is old, perhaps
		return m.refresh()
	case tea.BlurMsg:
		m.blurred = true
	}
	return nil
}

// quiet reports whether a batch changes nothing that is shown before the next tick: it
// has only datagrams, and calls, that are not on the screen.
func (m *model) quiet(b session.Batch) bool {
	others := len(b.Lines) > 0 || b.Dropped > 0 || len(b.Events) > 0
	return len(b.Datagrams)+len(b.Calls) > 0 && !others && m.view != datagramsView && m.view != callsView
}

// take puts what happened into the views.
func (m *model) take(b session.Batch) (bell tea.Cmd) {
	if b.Dropped > 0 {
		m.say(chat.Notice, count(b.Dropped, "line")+" not shown: they came faster than the screen", "")
	}
	heard := m.talk.add(b.Lines...)
	m.lesson.hear(b.Lines)
	m.unseen, m.untold = m.unseen+b.Unseen, m.untold+b.Untold
	for _, d := range b.Datagrams {
		m.datagrams.add(d)
	}
	for _, c := range b.Calls {
		m.calls.add(c)
	}
	if !m.notify || !m.blurred {
		return nil
	}
	before := m.unread
	m.unread += heard + b.Dropped
	if now := m.now(); m.unread > before && now.Sub(m.rang) >= bellPause {
		m.rang = now
		return tea.Raw("\a")
	}
	return nil
}

// bellPause is the least time between two bells.
const bellPause = time.Second

// say adds a line of the screen's own.
func (m *model) say(kind chat.Kind, text, hint string) {
	m.talk.add(chat.Line{At: m.now(), Kind: kind, Text: chat.SanitizeString(text), Hint: chat.SanitizeString(hint)})
}

// refresh takes a snapshot, or puts it off when the last one is too new.
func (m *model) refresh() tea.Cmd {
	if m.frozen {
		return nil
	}
	now := m.now()
	pause := snapshotPause
	if m.away {
		pause = awayPause
	}
	if since := now.Sub(m.taken); since >= 0 && since < pause {
		if m.waiting {
			return nil
		}
		m.waiting = true
		return m.work.after(pause-since, freshMsg{})
	}
	m.taken, m.snap = now, m.work.session.Snapshot()
	m.former.remember(&m.snap.Members)
	all := withMembers(m.snap)
	m.membership.snap, m.membership.now = all, now
	m.heard.setState(m.snap, now)
	m.hostmap.snap, m.hostmap.now = all, now
	m.matrix.setState(m.snap)
	m.pitfalls.setFindings(m.snap)
	m.lesson.setState(m.snap)
	m.talk.setSenders(everyHost(m.snap.Room))
	m.talk.setGroup(m.snap.Group.Addr)
	if m.picker != nil {
		m.picker.fill(all)
	}
	m.leavePitfalls()
	return nil
}

// focusOn moves the focus.
func (m *model) focusOn(f focus) {
	was := m.focus
	m.focus, m.filtering = f, false
	m.pitfalls.focused, m.membership.focused, m.matrix.focused = f == onPitfalls, f == onMembership, f == onMatrix
	if (m.page == findingPage || m.page == detailPage) && f != was && f != onPitfalls {
		m.page = noPage
	}
}
