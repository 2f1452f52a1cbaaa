package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// Watching is a watch of streams as [RunWatch] shows it. Its methods are called
// four times a second, by another goroutine than the one that draws, two at a
// time at most. Their results are not changed any more. Text in it need not be
// clean.
type Watching interface {
	Snapshot() watch.Snapshot
	Detail(stream.Key) stream.Detail
	Events() []watch.Event // that happened since the last call, the oldest first
}

// watchPause is the time between two looks.
const watchPause = 250 * time.Millisecond

// watchModel is the screen of groupcast watch, a tea.Model.
type watchModel struct {
	liveScreen
	watching Watching
	suspend  bool // a shell can go on with it
	inks     watchInks

	snap   watch.Snapshot
	newest watch.Snapshot // while the picture stands, what it will show then
	frozen bool
	table  watchTable
	events watchEvents
	detail watchDetail

	filter input // which rows are shown
	typing bool  // into the filter
	before string
	help   bool
	window // onto the help
}

// watchMsg is a look at the watch.
type watchMsg struct {
	snap   watch.Snapshot
	events []watch.Event
	watchDetailMsg
}

// watchDetailMsg is what is kept of one stream.
type watchDetailMsg struct {
	key    stream.Key // the zero Key: none was asked for
	detail stream.Detail
	at     time.Time // of the picture that it belongs to; zero: none
}

// RunWatch shows a watch on the terminal until the user ends it, and returns nil. If
// ctx ends first, it returns [context.Cause] of ctx. The terminal is restored in
// every case, panics included. Of the options Input, Output, Env, Host, Theme,
// ASCII and Suspend count.
func RunWatch(ctx context.Context, w Watching, opts Options) error {
	opts = opts.withEnv()
	m := newWatchModel(w, opts)
	return run(ctx, m, &m.life, opts)
}

func newWatchModel(w Watching, opts Options) *watchModel {
	m := &watchModel{liveScreen: newLiveScreen(opts), watching: w, suspend: opts.Suspend}
	m.filter = newInput("filter", "words of a row: a name, an address, silent, lost, RTP")
	m.setStyles()
	return m
}

func (m *watchModel) setStyles() {
	m.styles = m.newStyles()
	m.shareStyles()
}

func (m *watchModel) shareStyles() {
	m.inks = newWatchInks(m.styles)
	m.filter.styles = m.styles
	m.table.styles, m.table.inks = m.styles, &m.inks
	m.events.styles, m.events.inks = m.styles, &m.inks
	m.detail.styles, m.detail.inks = m.styles, &m.inks
}

// Init implements tea.Model.
func (m *watchModel) Init() tea.Cmd { return tea.Batch(tea.RequestBackgroundColor, m.poll(0)) }

// poll looks in a while.
func (m *watchModel) poll(pause time.Duration) tea.Cmd {
	key, wanted := m.detail.key()
	return m.work.poll(pause, func() tea.Msg {
		msg := watchMsg{events: m.watching.Events()} // first: the picture has the streams that they are about
		msg.snap = m.watching.Snapshot()
		if wanted {
			msg.watchDetailMsg = watchDetailMsg{key, m.watching.Detail(key), msg.snap.At}
		}
		return msg
	})
}

// look fetches what is kept of the stream that was just opened.
func (m *watchModel) look() tea.Cmd {
	key, wanted := m.detail.key()
	if !wanted {
		return nil
	}
	return m.work.poll(0, func() tea.Msg { return watchDetailMsg{key: key, detail: m.watching.Detail(key)} })
}

// Update implements tea.Model.
func (m *watchModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	return m, m.guarded(func() tea.Cmd { return m.update(msg) })
}

func (m *watchModel) update(msg tea.Msg) tea.Cmd {
	if cmd, done := m.common(msg); done {
		m.shareStyles()
		return cmd
	}
	switch msg := msg.(type) {
	case watchMsg:
		m.events.add(msg.events, msg.snap, m.frozen)
		m.newest = msg.snap
		if !m.frozen {
			m.show()
			m.detail.take(msg.watchDetailMsg)
		}
		return m.poll(watchPause)
	case watchDetailMsg:
		m.detail.take(msg)
	case tea.KeyPressMsg:
		if m.typing {
			return m.typed(msg)
		}
		return m.key(msg.String())
	case tea.PasteMsg:
		if m.typing {
			cmd := m.filter.update(msg)
			m.table.setFilter(m.filter.value())
			return cmd
		}
	}
	return nil
}

// show takes over the newest picture. What is selected stays so wherever it goes.
func (m *watchModel) show() {
	m.snap = m.newest
	m.table.set(&m.snap)
	m.detail.snap = &m.snap
}
