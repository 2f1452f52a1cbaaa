package tui

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/record"
	"github.com/groupcast/groupcast/mcast/record/browse"
)

// View implements tea.Model.
func (m *recordingModel) View() tea.View {
	v := m.view("groupcast recording "+m.name, m.frame)
	if m.asking != nil && v.Content != "" && m.height > 1 {
		_, x := m.answer.render(m.width, true)
		v.Cursor = tea.NewCursor(x, m.height-1)
	}
	return v
}

// framed reports whether there is room for a border.
func (m *recordingModel) framed() bool { return m.height >= 12 && m.width >= wide }

// sideWidth is the width of the panes beside the main part; 0: there are none.
func (m *recordingModel) sideWidth() int {
	if m.width < columnsWidth || m.height < columnsHeight || m.tab != recordedTalk || m.open || m.help {
		return 0
	}
	return min(max(m.width*36/100, 40), 58)
}

// body is the height between the rows at the top and the last row.
func (m *recordingModel) body() int { return max(0, m.height-1-len(m.about())-1) }

// mainSize is the room inside the main part.
func (m *recordingModel) mainSize() (width, height int) {
	if m.framed() {
		return m.width - m.sideWidth() - 4, m.body() - 2
	}
	return m.width, max(0, m.body()-1)
}

// frame is all rows of the screen.
func (m *recordingModel) frame() []string {
	rows := append([]string{m.title()}, m.about()...)
	width, height := m.mainSize()
	main := strings.Split(m.main(width, height), "\n")
	switch {
	case m.framed():
		at := section{title: m.pageTitle(), focused: true, note: m.note(), body: strings.Join(main, "\n"), rows: height}
		if at.title == "" {
			at.tabs = m.tabs(width - m.styles.cells(at.note) - 2)
		}
		right := m.styles.frame(m.width-m.sideWidth(), at)
		if m.sideWidth() > 0 {
			right = beside(m.side(m.sideWidth(), m.body()), right)
		}
		rows = append(rows, right...)
	case m.body() > 0:
		name := m.pageTitle()
		if name == "" {
			name = recordingNames[m.tab].name
		}
		head := m.styles.here.Render(m.styles.pointer + " " + name + " ")
		if note := m.note(); m.styles.cells(head)+2+m.styles.cells(note) <= m.width {
			head = m.styles.ends(head, note, m.width)
		}
		rows = append(rows, head)
		rows = append(rows, filled(main, height)...)
	}
	if len(rows) >= m.height {
		rows = rows[:max(1, m.height-1)]
	}
	if m.height > 1 {
		rows = append(rows, m.last())
	}
	return rows
}

// last is the last row: what is asked, what the last key did, or the keys.
func (m *recordingModel) last() string {
	switch {
	case m.asking != nil:
		row, _ := m.answer.render(m.width, true)
		return row
	case m.flash != "":
		return " " + m.styles.accent.Render(m.styles.cut(clean(m.flash), m.width-2))
	case m.then != nil && m.snap.Turned < 1:
		text := "reading"
		if p := m.snap.Turned; p > 0 {
			text += fmt.Sprintf(" %.0f %%", 100*p)
		}
		return " " + m.styles.accent.Render(m.styles.cut(text+m.styles.dot+"esc stops", m.width-2))
	}
	return recordingKeys.footer(m.styles, m.width)
}

// tabs are the views with their keys, and their names if there is room.
func (m *recordingModel) tabs(width int) []tab {
	list, used := recordingNames, 0
	for i := range list {
		list[i].on = recordingTab(i) == m.tab
		used += list[i].cells(m.styles) + 1
	}
	for i := range list {
		if used > width && !list[i].on {
			list[i].name = ""
		}
	}
	return list[:]
}

func (m *recordingModel) pageTitle() string {
	switch {
	case m.help:
		return "Help"
	case m.open:
		return "Datagram"
	}
	return ""
}

// note is what stands at the right end above the main part.
func (m *recordingModel) note() string {
	st, p := m.styles, m.page
	switch {
	case m.help || m.open:
		return st.dim.Render("esc back")
	case m.tab == recordedGroups:
		return st.dim.Render("enter shows it alone")
	case m.tab == recordedMap || len(p.Datagrams) == 0:
		return ""
	}
	at := m.selected()
	nth := p.Before + uint64(at) + 1
	if p.Ends {
		return st.dim.Render(thousands(nth) + " of " + thousands(p.Before+uint64(len(p.Datagrams))))
	}
	return st.dim.Render(thousands(nth) + " of " + m.total())
}

// total is how many datagrams the filter chooses, as far as it is known.
func (m *recordingModel) total() string {
	var n uint64
	for _, s := range m.snap.Totals.Senders {
		f := m.filter
		if (!f.To.IsValid() || f.To == s.To.Addr()) && (f.Port == 0 || f.Port == s.To.Port()) && (!f.Source.IsValid() || f.Source == s.Addr) {
			n += s.Datagrams
		}
	}
	if m.filter == (browse.Filter{}) {
		n = m.snap.Totals.Datagrams
	}
	if !m.snap.Totals.Done || m.snap.Totals.More && m.filter != (browse.Filter{}) {
		return "over " + thousands(max(n, m.page.Before+uint64(len(m.page.Datagrams))))
	}
	return thousands(n)
}

// main is the body of the main part.
func (m *recordingModel) main(width, height int) string {
	switch {
	case width <= 0 || height <= 0:
		return ""
	case m.help:
		return m.styles.scrolled(m.helpRows(width), m.helping.offset, height)
	case m.open:
		m.detail.rows = m.datagrams.detail(width)
		return m.detail.render(height)
	case m.tab == recordedMap && len(everyHost(m.heard.room)) > 0:
		return m.drawing.render(width, height)
	case m.tab == recordedGroups && m.groups != nil && m.snap.Totals.Datagrams > 0:
		return m.groups.render(width, height)
	case len(m.page.Datagrams) == 0:
		rows, _ := m.styles.wrap(m.nothing(), width, height)
		for i, r := range rows {
			rows[i] = m.styles.dim.Render(r)
		}
		return strings.Join(rows, "\n")
	case m.tab == recordedDatagrams:
		return m.datagrams.render(width, height)
	}
	return m.talk.render(width, height)
}

// nothing says why there is nothing to see.
func (m *recordingModel) nothing() string {
	t := m.snap.Totals
	switch {
	case m.snap.Err != nil:
		return "The file can no longer be read: " + errorText(m.snap.Err)
	case m.then != nil || !t.Done && t.Datagrams == 0:
		return "Reading the file."
	case t.Datagrams == 0 && t.Packets == 0:
		return "The file has no packet."
	case t.Datagrams == 0:
		return "The file has no UDP datagram. Skipped: " + strings.Join(SkippedText(t), ", ") + "."
	}
	return "The file has no datagram to " + filterText(m.filter) + ". F6 lists the groups that it has, esc shows all."
}

// SkippedText says how many packets of a recording are not shown, for each reason.
func SkippedText(t browse.Totals) (list []string) {
	for _, s := range t.Skipped {
		text := thousands(uint64(s.Count)) + " " + s.Words()
		if s.Reason == record.LinkType && len(t.OtherLinks) > 0 {
			text += " " + clean(strings.Join(t.OtherLinks, ", "))
		}
		list = append(list, text)
	}
	return list
}

// title is the first row: which recording, how much of it, and when it was.
func (m *recordingModel) title() string {
	st, t := m.styles, m.snap.Totals
	left := st.nameplate(m.host) + st.titleName.Render(" groupcast ") + st.title.bold().Render(" recording "+st.tail(m.name, max(8, m.width/2))+" ")
	facts := []string{count(t.Datagrams, "datagram")}
	if !t.Done {
		reading := "reading"
		if p := m.snap.Surveyed; p > 0 {
			reading += fmt.Sprintf(" %.0f %%", 100*p)
		}
		facts = append([]string{reading}, facts...)
	}
	if !t.First.IsZero() {
		facts = append(facts, m.span())
	}
	for n := len(facts); n > 0; n-- {
		right := strings.Join(facts[:n], st.dot) + " "
		if gap := m.width - st.cells(left) - st.cells(right); gap >= 0 {
			return left + st.title.Render(strings.Repeat(" ", gap)+right)
		}
	}
	return left + st.title.Render(strings.Repeat(" ", max(0, m.width-st.cells(left))))
}

// span is from when to when the recording is, with its date if that is not today.
func (m *recordingModel) span() string {
	first, last := m.at(m.snap.Totals.First), m.at(m.snap.Totals.Last)
	from, to := first.Format(time.TimeOnly), last.Format(time.TimeOnly)
	today := m.now().Format(time.DateOnly)
	if first.Format(time.DateOnly) != today || m.several() {
		from = first.Format(time.DateTime)
	}
	switch {
	case m.several():
		to = last.Format(time.DateTime)
	case first.Equal(last) || from == to:
		return from
	}
	return from + " to " + to
}

// about is the row below the title: what is special about the recording. Without
// anything there is no row.
func (m *recordingModel) about() []string {
	if m.height < 8 {
		return nil
	}
	st, t := m.styles, m.snap.Totals
	var facts []string
	if m.filter != (browse.Filter{}) {
		facts = append(facts, st.accent.Render("only "+filterText(m.filter)))
	}
	switch {
	case t.Err == nil:
	case errors.Is(t.Err, io.ErrUnexpectedEOF):
		facts = append(facts, st.warning.Render("cut: it ends within a packet"))
	default:
		facts = append(facts, st.warning.Render(strings.TrimPrefix(errorText(t.Err), "record: read: ")))
	}
	if t.Lost > 0 {
		facts = append(facts, st.warning.Render(thousands(t.Lost)+" lost"))
	}
	if skipped := SkippedText(t); len(skipped) > 0 {
		facts = append(facts, st.dim.Render("skipped: "+strings.Join(skipped, ", ")))
	}
	switch {
	case t.Synthesised > 0 && t.Synthesised == t.Datagrams:
		facts = append(facts, st.dim.Render("headers synthesised by groupcast"))
	case t.Synthesised > 0:
		facts = append(facts, st.dim.Render("headers synthesised by groupcast: "+thousands(t.Synthesised)))
	}
	if len(facts) == 0 {
		return nil
	}
	return []string{" " + st.cut(strings.Join(facts, st.dim.Render(st.dot)), m.width-2)}
}

// side are the panes beside the main part: where datagrams went, and from whom.
func (m *recordingModel) side(width, height int) []string {
	st := m.styles
	space := height - 3
	var groups []string
	for _, d := range m.snap.Totals.Destinations {
		row := st.ends(st.tail(addrPort(d.To), width-16), thousands(d.Datagrams), width-4)
		if m.filter.Has(d.To, d.To) && m.filter != (browse.Filter{}) {
			row = st.accent.Render(row)
		}
		if groups = append(groups, row); len(groups) > height {
			break
		}
	}
	rows := min(max(1, len(groups)), max(3, space/3))
	m.heard.offset = 0
	return st.frame(width,
		section{title: "Groups", note: st.dim.Render(countUnlessZero(len(m.snap.Totals.Destinations)) + st.dot + "F6"), body: st.scrolled(groups, 0, rows), rows: rows},
		section{title: "Heard from", note: st.dim.Render(countUnlessZero(len(everyHost(m.heard.room)))), body: m.heard.render(width-3, space-rows), rows: space - rows},
	)
}
