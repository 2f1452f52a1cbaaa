package tui

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast/chat"
)

// snapshotPause is the least time between two snapshots: as often as the
// terminal is drawn.
const snapshotPause = time.Second / 30

// unicodeCore are the answers of a terminal that can count the width of
// grapheme clusters (mode 2027).
var unicodeCore = []ansi.ModeSetting{ansi.ModeSet, ansi.ModeReset, ansi.ModePermanentlySet}

// page is what may lie over the talk.
type page uint8

const (
	noPage page = iota
	helpPage
	findingPage
)

// Model is the whole screen, a tea.Model.
type Model struct {
	work *worker
	now  func() time.Time
	err  error // what ended the session

	ascii         bool
	dark          bool
	method        ansi.Method
	look          *look
	width, height int
	lay           layout

	snap    Snapshot
	taken   time.Time // when snap was taken
	waiting bool      // a freshMsg is on its way
	queue   []Action  // one is carried out at a time, so that lines stay in order
	busy    bool

	focus      focus
	page       page
	title      titleBar
	membership membership
	heard      heard
	pitfalls   pitfalls
	talk       *talk
	input      input
	help       help
}

// New returns the screen of a session, for a tea.Program. Run does the rest
// as well.
func New(s Session, opts Options) *Model {
	m := &Model{
		work:  &worker{ctx: context.Background(), session: s},
		now:   opts.Now,
		ascii: opts.ASCII,
		dark:  true,
	}
	if m.now == nil {
		m.now = time.Now
	}
	m.input = newInput(nil)
	m.talk = newTalk(nil)
	m.setLook()
	return m
}

// setLook gives the panes a new look.
func (m *Model) setLook() {
	m.look = newLook(m.dark, m.ascii, m.method)
	m.title.look, m.membership.look, m.heard.look = m.look, m.look, m.look
	m.pitfalls.look, m.input.look, m.help.look = m.look, m.look, m.look
	m.talk.SetLook(m.look)
}

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd {
	return tea.Batch(tea.RequestBackgroundColor, m.work.next(), m.tick(), m.refresh())
}

func (m *Model) tick() tea.Cmd { return m.work.after(time.Second, tickMsg{}) }

// Update implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := m.update(msg)
	m.arrange()
	return m, cmd
}

func (m *Model) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
		m.setLook()
	case tea.ModeReportMsg:
		// The renderer counts grapheme clusters from now on, and so do we.
		if msg.Mode == ansi.ModeUnicodeCore && slices.Contains(unicodeCore, msg.Value) {
			m.method = ansi.GraphemeWidth
			m.setLook()
		}
	case batchMsg:
		m.take(Batch(msg))
		return tea.Batch(m.work.next(), m.refresh())
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
		m.focusOn(onInput)
		return m.input.UpdateText(msg)
	default:
		return m.input.UpdateText(msg)
	}
	return nil
}

// take puts what happened into the talk.
func (m *Model) take(b Batch) {
	if b.Dropped > 0 {
		m.say(chat.Notice, count(b.Dropped, "line")+" not shown: they came faster than the screen", "")
	}
	m.talk.Add(b.Lines...)
}

// say adds a line of the screen's own.
func (m *Model) say(kind chat.Kind, text, hint string) {
	m.talk.Add(chat.Line{At: m.now(), Kind: kind, Text: chat.Sanitize([]byte(text)), Hint: chat.Sanitize([]byte(hint))})
}

// refresh takes a snapshot, or puts it off when the last one is too new.
func (m *Model) refresh() tea.Cmd {
	now := m.now()
	if since := now.Sub(m.taken); since >= 0 && since < snapshotPause {
		if m.waiting {
			return nil
		}
		m.waiting = true
		return m.work.after(snapshotPause-since, freshMsg{})
	}
	m.taken, m.snap = now, m.work.session.Snapshot()
	m.membership.snap = m.snap
	m.heard.room, m.heard.now = m.snap.Room, now
	m.pitfalls.SetFindings(m.snap.Findings)
	m.talk.SetSenders(m.snap.Room.Senders)
	if m.focus == onPitfalls && len(m.snap.Findings) == 0 {
		m.focusOn(onInput) // nothing is left to be chosen
	}
	if m.page == findingPage && len(m.snap.Findings) == 0 {
		m.page = noPage
	}
	return nil
}

// do queues an action.
func (m *Model) do(a Action) tea.Cmd {
	m.queue = append(m.queue, a)
	return m.carryOut()
}

func (m *Model) carryOut() tea.Cmd {
	if m.busy || len(m.queue) == 0 {
		return nil
	}
	a := m.queue[0]
	m.queue = m.queue[1:]
	m.busy = true
	return m.work.do(a)
}

// enter carries out the line that was typed. Up brings back one that was
// wrong, to be corrected.
func (m *Model) enter() tea.Cmd {
	a, err := parse(m.input.Value(), m.snap)
	if err != nil {
		adv := advice{error: err}
		errors.As(err, &adv)
		m.say(chat.Problem, err.Error(), adv.hint)
		m.input.Done()
		m.talk.Follow()
		m.page = noPage
		return nil
	}
	m.input.Done()
	m.talk.Follow()
	m.page = noPage
	switch a.(type) {
	case nil:
		return nil
	case quit:
		return tea.Quit
	case showHelp:
		m.page = helpPage
		return nil
	}
	return m.do(a)
}

// focusOn moves the focus.
func (m *Model) focusOn(f focus) {
	m.focus = f
	m.pitfalls.focused = f == onPitfalls
	if m.page == findingPage && f != onPitfalls {
		m.page = noPage
	}
	if f == onInput {
		m.input.edit.Focus()
	} else {
		m.input.edit.Blur()
	}
}
