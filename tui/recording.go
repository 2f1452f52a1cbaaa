package tui

import (
	"context"
	"math"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/record/browse"
)

// Recording is a recording as [RunRecording] shows it: a [browse.Book] is one.
type Recording interface {
	// Snapshot is what is known now. It must be quick.
	Snapshot() browse.Snapshot
	// Turn asks for the page around a place. It does not wait for it.
	Turn(browse.Filter, browse.Place)
	// Stay ends what Turn asked for.
	Stay()
}

// recordingPause is the time between two looks while the file is read for the first
// time, and pagePause while a page is waited for.
const recordingPause, pagePause = 100 * time.Millisecond, 30 * time.Millisecond

// recordingTab is one of the views of a recording.
type recordingTab uint8

const (
	recordedTalk recordingTab = iota
	recordedDatagrams
	recordedMap
	recordedGroups
	recordingTabs
)

// recordingNames are the views with their keys: those that a conversation has as well
// have the same.
var recordingNames = [recordingTabs]tab{{key: "F1", name: "Talk"}, {key: "F2", name: "Datagrams"}, {key: "F4", name: "Map"}, {key: "F6", name: "Groups"}}

// recordingModel is the screen of groupcast open, a tea.Model.
type recordingModel struct {
	liveScreen
	book          Recording
	name          string // of the file
	now           func() time.Time
	clipboardNote string

	snap    browse.Snapshot
	filter  browse.Filter
	then    func() // what is done with the page that was asked for; nil: none was
	wanted  uint64 // number of the turn that brings it
	awaited bool   // it is looked for often

	tab       recordingTab
	page      *browse.Page // that talk and datagrams hold
	lines     []uint64     // the line of the talk of each datagram
	talk      *talk
	datagrams *recorded
	groups    *recordedTo
	heard     heard
	drawing   recordingMap
	detail    detail
	open      bool // the datagram that is selected
	help      bool
	helping   window

	asking func(answer string) // what is done with what is typed; nil: nothing is asked
	answer input
	query  string // what is looked for
	flash  string
}

// recordingMsg says that it is time to look. One that waits for a page comes beside
// the others, which come all the time.
type recordingMsg struct{ forPage bool }

// RunRecording shows a recording on the terminal until the user ends it, and returns
// nil. If ctx ends first, it returns [context.Cause] of ctx. The terminal is restored
// in every case, panics included. name is what the file is called, and filter what is
// shown of it at first. Of the options Input, Output, Env, Now, Host, Theme and ASCII
// count.
func RunRecording(ctx context.Context, r Recording, name string, filter browse.Filter, opts Options) error {
	opts = opts.withEnv()
	m := newRecordingModel(r, name, filter, opts)
	return run(ctx, m, &m.life, opts)
}

func newRecordingModel(r Recording, name string, filter browse.Filter, opts Options) *recordingModel {
	m := &recordingModel{liveScreen: newLiveScreen(opts), book: r, name: clean(name), now: opts.Now, filter: filter, clipboardNote: clipboardNote(opts.Env)}
	if m.now == nil {
		m.now = time.Now
	}
	m.heard.paneRows = newPaneRows("by address")
	m.heard.past = &heardPast{nobody: "nobody yet", own: recorderText, when: m.when}
	m.drawing.model = m
	m.setPage(&browse.Page{Ends: true, At: -1, Filter: filter})
	m.setStyles()
	m.turn(browse.Place{}, m.toTop)
	return m
}

func (m *recordingModel) setStyles() {
	m.talk.setStyles(m.styles)
	m.datagrams.styles, m.heard.styles, m.detail.styles, m.answer.styles, m.heard.filter.styles = m.styles, m.styles, m.styles, m.styles, m.styles
	if m.groups != nil {
		m.groups.styles = m.styles
	}
}

// Init implements tea.Model.
func (m *recordingModel) Init() tea.Cmd { return tea.Batch(tea.RequestBackgroundColor, m.poll(0)) }

// poll looks in a while.
func (m *recordingModel) poll(pause time.Duration) tea.Cmd {
	return m.work.after(pause, recordingMsg{})
}

// Update implements tea.Model. A panic in it ends the screen, as an error.
func (m *recordingModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	return m, m.guarded(func() tea.Cmd {
		cmd := m.update(msg)
		m.arrange()
		return cmd
	})
}

func (m *recordingModel) update(msg tea.Msg) tea.Cmd {
	cmd, done := m.common(msg)
	if done {
		m.setStyles()
		return cmd
	}
	switch msg := msg.(type) {
	case recordingMsg:
		m.look()
		switch {
		case !msg.forPage:
			return m.poll(m.pause())
		case m.then != nil:
			return m.work.after(pagePause, msg)
		}
		m.awaited = false
	case tea.KeyPressMsg:
		m.flash = ""
		cmd := m.key(msg)
		if m.then != nil && !m.awaited {
			m.awaited = true
			cmd = tea.Batch(cmd, m.work.after(pagePause, recordingMsg{forPage: true}))
		}
		return cmd
	case tea.PasteMsg:
		if m.asking != nil {
			return m.answer.update(msg)
		}
		m.flash = nothingSent
	}
	return nil
}

// pause is the time until the next look: where nothing is read there is nothing to see.
func (m *recordingModel) pause() time.Duration {
	if !m.snap.Totals.Done || m.page.At < 0 && m.then != nil {
		return recordingPause
	}
	return time.Second
}

// look takes over what is known by now.
func (m *recordingModel) look() {
	before := m.snap.Totals
	m.snap = m.book.Snapshot()
	if t := &m.snap.Totals; t.Datagrams != before.Datagrams || t.Done != before.Done || m.groups == nil {
		m.heard.room = m.room()
		m.listGroups()
		m.talk.setSenders(everyHost(m.heard.room))
		if len(t.Destinations) > 1 != (len(before.Destinations) > 1) {
			clear(m.talk.cache) // lines say where they went, or need not
		}
		if t.Done {
			m.heard.past.nobody = "nobody"
		}
	}
	if m.then == nil || m.snap.Turn < m.wanted || m.snap.Turning {
		return
	}
	then := m.then
	m.then = nil
	if m.snap.Page != nil && !m.snap.Missed && m.snap.Page != m.page {
		m.setPage(m.snap.Page)
	}
	then()
}

// turn asks for the page around a place, and says what is done with it.
func (m *recordingModel) turn(to browse.Place, then func()) {
	m.snap = m.book.Snapshot()
	m.wanted = m.snap.Turn + 1
	m.then = then
	m.book.Turn(m.filter, to)
}

// setPage shows another page.
func (m *recordingModel) setPage(p *browse.Page) {
	m.page = p
	width, height := 0, 0
	if m.talk != nil {
		width, height = m.talk.width, m.talk.height
	}
	m.talk = newTalk(m.styles)
	m.talk.lines.kept.limit, m.talk.lines.kept.budget = 3*browse.PageDatagrams, math.MaxInt // the page has bounds of its own
	m.talk.width, m.talk.height = width, height
	m.talk.past = m.recordedMeta
	m.datagrams = m.newRecorded()
	m.lines = m.lines[:0]
	m.talk.setSenders(everyHost(m.heard.room))
	for i := range p.Datagrams {
		d := &p.Datagrams[i]
		m.talk.add(m.before(i)...)
		m.lines = append(m.lines, m.talk.lines.kept.next)
		m.talk.add(m.line(d))
		m.datagrams.add(m.recordedRow(d))
	}
}

// arrange tells the views how large they are. What is at its top stays there.
func (m *recordingModel) arrange() {
	if m.width <= 0 || m.height <= 0 {
		return
	}
	w, h := m.mainSize()
	if w == m.talk.width && h == m.talk.height {
		return
	}
	top := m.talk.scrolledBack && !m.talk.empty() && !m.talk.marked.on && m.talk.shows(m.talk.first())
	m.talk.resize(w, h)
	if top {
		m.talk.top()
	}
}
