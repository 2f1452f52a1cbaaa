package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// arrange lays the screen out anew for what there is to show.
func (m *Model) arrange() {
	m.lay = arrange(m.width, m.height, func(width int) [3]int {
		found, _ := m.pitfalls.rows(width)
		return [3]int{len(m.membership.rows(width)), len(m.heard.rows(width)), len(found)}
	})
	switch m.lay.shape {
	case small:
		m.talk.Resize(m.lay.talk, m.lay.height)
	case stacked:
		m.talk.Resize(m.lay.talk-4, m.lay.height-4-sum(m.lay.panes)-2)
	case columns:
		m.talk.Resize(m.lay.talk-4, m.lay.height-2)
	}
}

// View implements tea.Model.
func (m *Model) View() tea.View {
	v := tea.NewView("")
	v.AltScreen = true
	v.WindowTitle = "groupcast"
	if m.snap.Group.Addr.IsValid() {
		v.WindowTitle += " " + clean(m.snap.Group.String())
	}
	if m.width <= 0 || m.height <= 0 {
		return v
	}
	line, cursor := m.input.Render(m.width, m.focus == onInput)
	var rows []string
	var inputRow int
	switch m.lay.shape {
	case small:
		rows = m.one(m.lay.height)
		rows = append(rows, line)
		inputRow = len(rows) - 1
		if m.height > 1 {
			rows = append(rows, m.status())
		}
	default:
		rows = append(rows, m.title.Render(m.snap, m.width))
		rows = append(rows, m.body()...)
		rows = append(rows, line)
		inputRow = len(rows) - 1
		_, fixable := m.pitfalls.Fixable()
		rows = append(rows, footer(m.look, m.focus, m.input.Value(), fixable, m.width))
	}
	for i := range rows {
		rows[i] = m.look.fit(rows[i], m.width)
	}
	v.Content = strings.Join(rows, "\n")
	if m.focus == onInput {
		v.Cursor = tea.NewCursor(cursor, inputRow)
	}
	return v
}

// body is everything between the title and the input.
func (m *Model) body() []string {
	l, p := m.lay, m.lay.panes
	senders, found := some(m.snap.Room.SendersTotal), some(len(m.snap.Findings))
	side := []section{
		{"Membership", "", m.focus == onMembership, m.membership.Render(l.inside(), p[0]), p[0]},
		{"Heard from", m.look.dim.Render(senders), m.focus == onHeard, m.heard.Render(l.inside(), p[1]), p[1]},
		{"Pitfalls", m.look.warning.Render(found), m.focus == onPitfalls, m.pitfalls.Render(l.inside(), p[2]), p[2]},
	}
	if l.shape == columns {
		return beside(m.look.frame(l.side, side...), m.look.frame(l.talk, m.main(l.pageHeight())))
	}
	if m.page != noPage {
		return m.look.frame(m.width, m.main(l.pageHeight()))
	}
	panes := m.look.frame(m.width, side...)
	return append(panes, m.look.frame(m.width, m.main(l.height-len(panes)-2))...)
}

// main is what is shown in the talk's place.
func (m *Model) main(rows int) section {
	s := section{title: "Talk", focused: m.focus == onTalk, rows: rows}
	width := m.lay.talk - 4
	switch m.page {
	case helpPage:
		s.title, s.note = "Help", m.look.dim.Render("esc back")
		s.body = m.help.Render(width, rows)
	case findingPage:
		f, _ := m.pitfalls.Selected()
		s.title, s.focused = clean(f.Name), true
		s.body = m.pitfalls.Page(width, rows)
	default:
		s.body = m.talkOrWelcome(width, rows)
		if gone := m.talk.first; gone > 0 {
			s.note = m.look.dim.Render(thousands(gone) + " older lines let go")
		}
		if m.talk.back {
			s.note = m.look.accent.Render(m.below()) + m.look.dim.Render(m.look.dot+"end")
		}
	}
	return s
}

// below says what a scrolled-back talk hides.
func (m *Model) below() string {
	if n := m.talk.New(); n > 0 {
		return thousands(n) + " new below"
	}
	return "scrolled back"
}

// talkOrWelcome is the talk or, while there is none, where the first line
// would go.
func (m *Model) talkOrWelcome(width, rows int) string {
	if body := m.talk.Render(width, rows); body != "" {
		return body
	}
	s := m.snap
	if !s.Group.Addr.IsValid() {
		return ""
	}
	text := fmt.Sprintf("Nothing said yet. What you type goes to %s", clean(s.Group.String()))
	if s.Sends.Err == nil && s.Sends.Interface != "" {
		text += fmt.Sprintf(" by %s, from %s", clean(s.Sends.Interface), clean(s.Sends.Source.String()))
	}
	wrapped, _ := m.look.wrap(text+".", width, rows)
	for i, r := range wrapped {
		wrapped[i] = m.look.dim.Render(r)
	}
	return strings.Join(wrapped, "\n")
}

// one is the single region that a small terminal shows: that of the focus.
func (m *Model) one(rows int) []string {
	if rows <= 0 {
		return nil
	}
	w := m.width
	title, body := "", ""
	switch {
	case m.page == helpPage:
		title, body = "Help", m.help.Render(w, rows-1)
	case m.page == findingPage:
		f, _ := m.pitfalls.Selected()
		title, body = clean(f.Name), m.pitfalls.Page(w, rows-1)
	case m.focus == onPitfalls:
		title, body = "Pitfalls", m.pitfalls.Render(w, rows-1)
	case m.focus == onMembership:
		title, body = "Membership", m.membership.Render(w, rows-1)
	case m.focus == onHeard:
		title, body = "Heard from", m.heard.Render(w, rows-1)
	default:
		body = m.talkOrWelcome(w, rows)
	}
	out := make([]string, 0, rows)
	if title != "" {
		out = append(out, m.look.accent.Bold(true).Render(m.look.pointer+" "+title))
	}
	out = append(out, strings.Split(body, "\n")...)
	for len(out) < rows {
		out = append(out, "")
	}
	return out[:rows]
}

// status is the one row that stands for the title and the panes on a small
// terminal.
func (m *Model) status() string {
	l := m.look
	if u := usage(m.input.Value()); m.focus == onInput && u != "" {
		return l.dim.Render(l.cut(clean(u), m.width))
	}
	row := ""
	add := func(text string) {
		if text != "" && l.cells(row)+l.cells(text)+1 <= m.width {
			row += text + " "
		}
	}
	if m.talk.back {
		add(l.accent.Render(m.below()))
	}
	if n := len(m.snap.Findings); n > 0 {
		add(l.verdict(m.snap.Findings[0].Verdict) + " " + l.warning.Render(clean(m.snap.Findings[0].Name)))
	}
	if m.snap.Group.Addr.IsValid() {
		add(clean(m.snap.Group.String()))
	}
	switch s := m.snap.Sends; {
	case s.Err != nil:
		add(l.failure.Render("sends go nowhere"))
	case s.Interface != "":
		add(l.dim.Render("by " + clean(s.Interface)))
	}
	add(l.dim.Render("? help"))
	return row
}
