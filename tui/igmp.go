package tui

import (
	"cmp"
	"context"
	"os"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
)

// IGMPView is who asks for members, and who is one, as [RunIGMP] shows it.
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
	life
	appearance
	styles        *styles
	view          IGMPView
	width, height int

	snap   IGMPSnapshot
	paused bool // the picture stands
	help   bool
	focus  igmpPart
	offset [igmpParts]int // rows of members above the first one shown; rows of events below the last one
	page   [igmpParts]int // rows that were shown last
}

// igmpMsg is a new picture.
type igmpMsg IGMPSnapshot

// RunIGMP shows who asks and who is a member on the terminal until the user ends it,
// and returns nil. If ctx ends first, it returns [context.Cause] of ctx. The terminal
// is restored in every case, panics included. Of the options Input, Output, Env,
// Host, Theme and ASCII count.
func RunIGMP(ctx context.Context, v IGMPView, opts Options) error {
	if opts.Env == nil {
		opts.Env = os.Environ()
	}
	m := newIGMPModel(v, opts)
	return run(ctx, m, &m.life, opts)
}

func newIGMPModel(v IGMPView, opts Options) *igmpModel {
	m := &igmpModel{life: newLife(nil), appearance: newAppearance(opts), view: v}
	m.styles = m.newStyles()
	return m
}

// Init implements tea.Model.
func (m *igmpModel) Init() tea.Cmd { return tea.Batch(tea.RequestBackgroundColor, m.poll(0)) }

// poll looks in a while.
func (m *igmpModel) poll(pause time.Duration) tea.Cmd {
	return m.work.poll(pause, func() tea.Msg { return igmpMsg(m.view.Snapshot()) })
}

// Update implements tea.Model.
func (m *igmpModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	return m, m.guarded(func() tea.Cmd { return m.update(msg) })
}

func (m *igmpModel) update(msg tea.Msg) tea.Cmd {
	if m.learn(msg) {
		m.styles = m.newStyles()
		return nil
	}
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case igmpMsg:
		if !m.paused {
			m.show(IGMPSnapshot(msg))
		}
		return m.poll(igmpPause)
	case endMsg:
		m.err = cmp.Or(m.err, msg.err)
		return tea.Quit
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

// igmpOp is an operation of a key.
type igmpOp uint8

const (
	igmpNone igmpOp = iota
	igmpQuit
	igmpHelp
	igmpUp
	igmpDown
	igmpPageUp
	igmpPageDown
	igmpTop
	igmpBottom
	igmpTab
	igmpPauses
	igmpBack
)

// igmpBindings is the one table of these keys, as pingBindings is for a ping.
var igmpBindings = []struct {
	op     igmpOp
	keys   []string
	label  string // "": the row above says it
	text   string
	footer string
}{
	{igmpQuit, []string{"q", "ctrl+c"}, "q", "end (also ctrl+c)", "q end"},
	{igmpHelp, []string{"?", "f9"}, "?", "this help (also F9)", "? help"},
	{igmpUp, []string{"up", "k"}, "up down", "scroll (also k j, page up and page down, home and end)", "up/down scroll"},
	{igmpDown, []string{"down", "j"}, "", "", ""},
	{igmpPageUp, []string{"pgup"}, "", "", ""},
	{igmpPageDown, []string{"pgdown"}, "", "", ""},
	{igmpTop, []string{"home", "g"}, "", "", ""},
	{igmpBottom, []string{"end", "G"}, "", "", ""},
	{igmpTab, []string{"tab", "shift+tab"}, "tab", "scroll the members, or the events", "tab members, events"},
	{igmpPauses, []string{"p", "space"}, "p", "let the picture stand, and go on; it is watched all the time", "p pause"},
	{igmpBack, []string{"esc"}, "esc", "back to the table", ""},
}

func (m *igmpModel) key(name string) tea.Cmd {
	op := igmpNone
	for _, b := range igmpBindings {
		if slices.Contains(b.keys, name) {
			op = b.op
		}
	}
	switch op {
	case igmpQuit:
		return tea.Quit
	case igmpHelp:
		m.help = !m.help
	case igmpUp:
		m.scroll(-1)
	case igmpDown:
		m.scroll(1)
	case igmpPageUp:
		m.scroll(-max(1, m.page[m.focus]-1))
	case igmpPageDown:
		m.scroll(max(1, m.page[m.focus]-1))
	case igmpTop:
		m.scroll(-far)
	case igmpBottom:
		m.scroll(far)
	case igmpTab:
		m.focus = (m.focus + 1) % igmpParts
	case igmpPauses:
		m.paused = !m.paused
	case igmpBack:
		m.help = false
	}
	return nil
}

// scroll moves the part that has the focus, down when by is positive.
func (m *igmpModel) scroll(by int) {
	if m.focus == igmpEvents {
		m.offset[igmpEvents] = scrollTo(m.offset[igmpEvents]-by, len(m.snap.Events), m.page[igmpEvents])
		return
	}
	m.offset[igmpMembers] = scrollTo(m.offset[igmpMembers]+by, len(m.snap.Members), m.page[igmpMembers])
}

// View implements tea.Model.
func (m *igmpModel) View() (v tea.View) {
	v.AltScreen = true
	v.WindowTitle = m.windowTitle(clean("groupcast igmp " + m.snap.About))
	if m.width <= 0 || m.height <= 0 || m.err != nil {
		return v
	}
	v.Content = m.surely(m.drawn(func() string {
		rows := m.frame()
		for i := range rows {
			rows[i] = m.styles.fit(rows[i], m.width)
		}
		return strings.Join(rows, "\n")
	}))
	return v
}

// frame is all rows of the screen.
func (m *igmpModel) frame() []string {
	rows := []string{m.title()}
	inside := m.height - 2
	switch {
	case inside < 1:
	case m.height < pingFramed || m.width < wide:
		rows = append(rows, filled(m.bare(inside), inside)...)
	default:
		rows = append(rows, filled(m.framed(inside), inside)...)
	}
	if m.height > 1 {
		rows = append(rows, m.footer())
	}
	return rows
}

// framed is the body of a screen that has room: who asks, who is a member, and what
// happened.
func (m *igmpModel) framed(height int) []string {
	st, width := m.styles, m.width-4
	if m.help {
		return st.frame(m.width, section{title: "Help", body: strings.Join(m.helpRows(width), "\n"), rows: height - 2, focused: true})
	}
	space := height - 4 // four borders
	links := m.links(width, space*2/5)
	space -= len(links)
	events := min(max(3, len(m.snap.Events)), max(3, space/3))
	if m.focus == igmpEvents {
		events = max(events, min(len(m.snap.Events), space/2))
	}
	return st.frame(m.width,
		section{title: "Queriers", body: strings.Join(links, "\n"), rows: len(links)},
		section{title: "Members", note: st.dim.Render(m.place(igmpMembers, len(m.snap.Members))), body: m.members(width, space-events), rows: space - events, focused: m.focus == igmpMembers},
		section{title: "Events", note: st.dim.Render(m.place(igmpEvents, len(m.snap.Events))), body: m.events(width, events), rows: events, focused: m.focus == igmpEvents},
	)
}

// place says which of the rows are shown, if not all are.
func (m *igmpModel) place(part igmpPart, rows int) string {
	switch back := m.offset[part]; {
	case part == igmpEvents && back > 0:
		return count(back, "newer one")
	case part == igmpMembers && back > 0:
		return count(back, "row") + " above"
	}
	return ""
}

// bare is the body of a small screen.
func (m *igmpModel) bare(height int) []string {
	if m.help {
		return m.helpRows(m.width)
	}
	rows := m.links(m.width, max(1, height/3))
	height -= len(rows)
	events := 0
	if height >= 6 {
		events = 2
	}
	if m.focus == igmpEvents {
		events = height
	}
	if height-events > 0 {
		rows = append(rows, filled(strings.Split(m.members(m.width, height-events), "\n"), height-events)...)
	}
	if events > 0 {
		rows = append(rows, strings.Split(m.events(m.width, events), "\n")...)
	}
	return rows
}

// links say who asks on each link, in at most that many rows.
func (m *igmpModel) links(width, limit int) []string {
	st := m.styles
	name, protocol := 0, 0
	for _, l := range m.snap.Links {
		name, protocol = max(name, min(16, st.cells(clean(l.Interface)))), max(protocol, st.cells(l.Protocol))
	}
	var rows []string
	last := ""
	for _, l := range m.snap.Links {
		shown := st.cut(clean(l.Interface), name)
		if l.Interface == last {
			shown = ""
		}
		last = l.Interface
		head := st.bold.Render(st.fit(shown, name)) + " " + st.accent.Render(st.fit(l.Protocol, protocol))
		margin := st.fit("", st.cells(head))
		for i, q := range l.Queriers {
			text, sight := clean(q), "sight: "+clean(l.Sight)
			if i > 0 {
				sight, head = "", margin
			}
			if one := head + " " + text; st.cells(one)+2+st.cells(sight) <= width {
				rows = append(rows, st.ends(one, st.dim.Render(sight), width))
				continue
			}
			if sight != "" {
				text += st.dot + sight
			}
			rows = append(rows, st.hanging(head, text, width, 4)...)
		}
		for _, n := range l.Notes {
			rows = append(rows, st.hanging(margin+" "+st.warning.Render(st.warn), clean(n), width, 4)...)
		}
	}
	if len(rows) == 0 {
		rows = []string{st.dim.Render("looking")}
	}
	if limit = max(1, limit); len(rows) > limit {
		rest := len(rows) - limit + 1
		rows = append(rows[:limit-1], st.dim.Render(st.more+" "+count(rest, "row")+" more; groupcast igmp --once shows all"))
	}
	return rows
}

// members is the table, in that many rows.
func (m *igmpModel) members(width, height int) string {
	st, list := m.styles, m.snap.Members
	if height <= 0 || width <= 0 {
		return ""
	}
	if len(list) == 0 {
		rows, _ := st.wrap(clean(cmp.Or(m.snap.Nobody, "no member seen")), width, height)
		for i, r := range rows {
			rows[i] = st.dim.Render(r)
		}
		return strings.Join(rows, "\n")
	}
	rows := make([]string, 0, height)
	columns := m.columns(width)
	if height > 1 {
		rows = append(rows, st.dim.Render(st.fit(columnTitles(st, columns), width)))
		height--
	}
	m.page[igmpMembers] = height
	m.offset[igmpMembers] = scrollTo(m.offset[igmpMembers], len(list), height)
	from := m.offset[igmpMembers]
	for _, member := range list[from:min(len(list), from+height)] {
		row := st.fit(columnRow(st, columns, member), width)
		if member.Self {
			row = st.own.Render(row)
		}
		rows = append(rows, row)
	}
	if rest := len(list) - from - height; rest > 0 && height > 1 {
		rows[len(rows)-1] = st.dim.Render(st.more + " " + count(rest+1, "row") + " more")
	}
	return strings.Join(rows, "\n")
}

// columns are what a row has room for. Only as many members are measured as can be
// on the screen.
func (m *igmpModel) columns(width int) []column[IGMPMember] {
	st := m.styles
	on, group, host, several := 5, 5, 4, false
	list := m.snap.Members
	from := scrollTo(m.offset[igmpMembers], len(list), 0)
	for _, r := range list[from:min(len(list), from+m.height)] {
		on, group, host = max(on, st.cells(clean(r.Interface))), max(group, st.cells(clean(r.Group))), max(host, st.cells(hostCell(r)))
		several = several || r.Interface != list[0].Interface
	}
	all := []column[IGMPMember]{
		{"group", min(group, max(15, width*2/5)), 0, false, func(st *styles, r IGMPMember, w int) string { return st.cut(clean(r.Group), w) }},
		{"host", min(host, max(15, width*2/5)), 0, false, func(st *styles, r IGMPMember, w int) string {
			if text := hostCell(r); st.cells(text) <= w || !r.Self {
				return st.tail(text, w)
			}
			return st.cut("this host", w)
		}},
		{"since", 8, 3, false, func(st *styles, r IGMPMember, w int) string { return st.cut(clean(r.Since), w) }},
		{"expires", 7, 1, true, func(st *styles, r IGMPMember, w int) string { return st.cut(clean(r.Expires), w) }},
		{"how", 0, 0, false, func(st *styles, r IGMPMember, w int) string { return st.cut(clean(r.How), w) }},
	}
	if several {
		all = slices.Insert(all, 0, column[IGMPMember]{"by", min(on, 16), 2, false, func(st *styles, r IGMPMember, w int) string { return st.cut(clean(r.Interface), w) }})
	}
	return fitting(all, width, 16)
}

func hostCell(r IGMPMember) string {
	if r.Self {
		return clean(r.Host) + " (this host)"
	}
	return clean(r.Host)
}

// events are the latest, the newest at the bottom.
func (m *igmpModel) events(width, height int) string {
	st, list := m.styles, m.snap.Events
	if len(list) == 0 {
		return st.dim.Render("none yet")
	}
	m.page[igmpEvents] = height
	m.offset[igmpEvents] = scrollTo(m.offset[igmpEvents], len(list), height)
	end := len(list) - m.offset[igmpEvents]
	var rows []string
	for _, e := range list[max(0, end-height):end] {
		rows = append(rows, st.cut(st.dim.Render(clean(e.Time))+" "+st.accent.Render(st.fit(clean(e.Kind), 16))+" "+clean(e.Text), width))
	}
	return strings.Join(rows, "\n")
}

// title is the first row: what is watched, and how much there is.
func (m *igmpModel) title() string {
	st, s := m.styles, m.snap
	left := st.nameplate(m.host) + st.titleName.Render(" groupcast igmp ") + st.title.Bold(true).Render(" "+clean(s.About)+" ")
	facts := []string{count(len(s.Members), "member"), count(s.Groups, "group")}
	if m.paused {
		facts = append([]string{"paused"}, facts...)
	}
	for n := len(facts); n > 0; n-- {
		right := strings.Join(facts[:n], st.dot) + " "
		if gap := m.width - st.cells(left) - st.cells(right); gap >= 0 {
			return left + st.title.Render(strings.Repeat(" ", gap)+right)
		}
	}
	return st.fit(left, m.width)
}

// footer is the last row: the keys.
func (m *igmpModel) footer() string {
	st := m.styles
	row := ""
	for _, b := range igmpBindings {
		key, word, there := strings.Cut(b.footer, " ")
		if !there {
			continue
		}
		next := st.accent.Render(key) + " " + st.dim.Render(word)
		if row != "" {
			next = st.dim.Render(st.dot) + next
		}
		if st.cells(row)+st.cells(next) < m.width {
			row += next
		}
	}
	return " " + row
}

// helpRows say the keys, and what the columns mean.
func (m *igmpModel) helpRows(width int) []string {
	st := m.styles
	var rows []string
	add := func(left, text string) {
		rows = append(rows, st.hanging(st.fit(left, 8), text, width, 4)...)
	}
	for _, b := range igmpBindings {
		if b.label != "" {
			add(st.accent.Render(b.label), b.text)
		}
	}
	rows = append(rows, "")
	for _, c := range [][2]string{
		{"sight", "all: a report of another host was heard; own: others were due and kept back; unknown: neither"},
		{"since", "when the first report was heard"},
		{"expires", "when it counts as gone, if it does not report again"},
		{"how", "the version of the latest report, and which sources it asks for; at least: there may be more members"},
	} {
		add(c[0], c[1])
	}
	return append(rows, "", "groupcast explain igmp says more")
}
