package tui

import "strings"

// Heights from which there is room for more than the table.
const (
	pingFramed = 16 // borders, and what is selected below the table
	pingLeast  = 10 // rows for what is selected
)

// frame is all rows of the screen.
func (m *pingModel) frame() []string {
	rows := []string{m.title()}
	inside := m.height - 2
	switch {
	case inside < 1:
	case m.height < pingFramed || m.width < wide:
		rows = append(rows, filled(strings.Split(m.bare(inside), "\n"), inside)...)
	default:
		rows = append(rows, filled(m.framed(inside), inside)...)
	}
	if m.height > 1 {
		rows = append(rows, pingKeys.footer(m.styles, m.width))
	}
	return rows
}

// bare is the body of a small screen, which shows one thing at a time.
func (m *pingModel) bare(height int) string {
	selected, some := m.table.selectedRow()
	switch {
	case m.help:
		return m.helpPage(m.width, height)
	case !some:
		return m.nobody(m.width, height)
	case m.detail.open:
		return m.detail.render(selected, m.width, height)
	case len(m.snap.Errors) > 0 && height > 3:
		rows := filled(strings.Split(m.table.render(m.width, height-1), "\n"), height-1)
		return strings.Join(append(rows, m.errors(m.width, 1)), "\n")
	}
	return m.table.render(m.width, height)
}

// framed is the body of a screen that has room: the table, errors, and what is
// selected.
func (m *pingModel) framed(height int) []string {
	st, width := m.styles, m.width-4
	if m.help {
		return st.frame(m.width, section{title: "Help", body: m.helpPage(width, height-2), rows: height - 2})
	}
	errors := min(len(m.snap.Errors), 3)
	space := height - 2
	if errors > 0 {
		space -= errors + 1
	}
	selected, some := m.table.selectedRow()
	detail := 0
	if some {
		detail = max(space-1-(len(m.snap.Responders)+1), min(pingLeast, space/2))
	}
	table := section{title: "Responders", note: st.dim.Render("by " + m.sort.String()), rows: space, focused: true}
	if detail > 0 {
		table.rows = space - detail - 1
	}
	if table.body = m.table.render(width, table.rows); !some {
		table.body = m.nobody(width, table.rows)
	}
	list := []section{table}
	if errors > 0 {
		list = append(list, section{title: "Errors", body: m.errors(width, errors), rows: errors})
	}
	if detail > 0 {
		list = append(list, section{title: clean(selected.From.String()), body: m.detail.render(selected, width, detail), rows: detail})
	}
	return st.frame(m.width, list...)
}

// filled makes it exactly so many rows.
func filled(rows []string, height int) []string {
	for len(rows) < height {
		rows = append(rows, "")
	}
	return rows[:height]
}

// title is the first row: who is pinged, and what became of the requests.
func (m *pingModel) title() string {
	st, s := m.styles, m.snap
	recorded := ""
	if said := st.recorded(m.recorded()); said != nil {
		recorded = said[len(said)-1]
	}
	left := st.headed(m.host, "ping", clean(s.Target), m.width-st.cells(recorded)) + recorded
	facts := []string{thousands(s.Sent) + " sent"}
	if s.Group {
		if s.Unanswered > 0 {
			facts = append(facts, thousands(s.Unanswered)+" without a reply")
		}
		facts = append(facts, count(len(s.Responders), "responder"))
	} else {
		facts = append(facts, thousands(s.Unanswered)+" lost")
	}
	switch {
	case m.paused:
		facts = append([]string{"paused"}, facts...)
	case s.Ended:
		facts = append([]string{"ended"}, facts...)
	}
	if s.Way != "" {
		facts = append(facts, clean(s.Way))
	}
	right := ""
	for n := len(facts); n > 0; n-- {
		if right = strings.Join(facts[:n], st.dot) + " "; st.cells(left)+st.cells(right) <= m.width {
			break
		}
		right = ""
	}
	if right == "" {
		return st.fit(left, m.width)
	}
	gap := strings.Repeat(" ", max(0, m.width-st.cells(left)-st.cells(right)))
	return st.fit(left+st.title.Render(gap+right), m.width)
}

// nobody says that there is no row yet, and what helps.
func (m *pingModel) nobody(width, height int) string {
	text := "Nobody has answered yet."
	if m.snap.Unanswered > 0 {
		text += " On a host of that network: groupcast echo " + clean(m.snap.Target)
	}
	rows, _ := m.styles.wrap(text, width, max(1, height))
	for i, r := range rows {
		rows[i] = m.styles.dim.Render(r)
	}
	return strings.Join(rows, "\n")
}

// errors are the first of the errors that requests met.
func (m *pingModel) errors(width, height int) string {
	st := m.styles
	rows := make([]string, 0, height)
	for _, e := range m.snap.Errors[:min(height, len(m.snap.Errors))] {
		rows = append(rows, st.cut(st.warning.Render(st.warn)+" "+count(e.Count, "time")+": "+clean(e.Text), width))
	}
	return strings.Join(rows, "\n")
}
