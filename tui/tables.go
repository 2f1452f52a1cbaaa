package tui

// region is what the keys act on: the pane that has the focus, or its filter.
func (m *model) region() focus {
	switch {
	case m.filtering:
		return onFilter
	case m.focus == onMatrix && m.page == findingPage:
		return onPitfalls
	}
	return m.focus
}

// table is the order and the filter of the pane that has the focus; nil: it has
// none.
func (m *model) table() *paneRows {
	switch m.focus {
	case onMembership:
		return &m.membership.paneRows
	case onHeard:
		return &m.heard.paneRows
	}
	return nil
}

// filter shows only the rows with these words in the pane that has the focus.
func (m *model) filter(words string) {
	if m.table().filter.value() != words {
		m.table().filter.set(words)
	}
	m.toEnd(opTop)
}

// tableNote says what a pane does not show, and its order.
func (m *model) tableNote(pane focus) string {
	focused := m.focus == pane
	room := m.layout.side - len("Heard from") - 11 // beside the longer of the titles
	if pane == onMembership {
		of := 0 // it is said only beside what a filter leaves
		if m.membership.words() != nil {
			of = len(m.membership.all())
		}
		return m.membership.hides(m.styles, len(m.membership.places()), of, focused, room)
	}
	if n := len(m.snap.Members.Members); n > 0 {
		return m.membersNote(focused)
	}
	rest := m.heard.room // without the hosts of those that are gone
	return m.heard.hides(m.styles, len(m.heard.filtered(rest.Senders)), max(rest.SendersTotal, len(rest.Senders)), focused, room)
}

// membersNote is tableNote where there are members.
func (m *model) membersNote(focused bool) string {
	st, h := m.styles, &m.heard
	room := m.layout.side - len(" Heard from") - 3 - 4 - 2
	if m.layout.shape == small {
		room = m.width - len("  Heard from ") - 2
	}
	if h.words() != nil {
		all := *h
		all.filter = newInput("", "")
		shown, of := len(h.people())+len(h.hosts()), len(all.people())+len(all.hosts())
		return st.accent.Render(thousands(uint64(shown)) + " of " + thousands(uint64(of)))
	}
	order := ""
	if focused || h.order != 0 {
		order = st.dot + h.orders[h.order]
	}
	if said := h.counted(room - st.cells(order)); said != "" {
		return st.dim.Render(said + order)
	}
	return st.dim.Render(h.counted(room))
}

// crowd is how many rows hosts and interfaces would fill with two for each and what
// is around them. A filter does not change it, so that the panes keep their width.
func (m *model) crowd() int {
	const around = 12 // titles, the way out, a pitfall
	return 2*(len(everyHost(m.snap.Room))+len(m.snap.Members.Members)+len(m.membership.all())) + around
}

// actOnTable carries out what orders and filters the pane that has the focus.
func (m *model) actOnTable(todo op) {
	m.page = noPage
	if todo == opFilter {
		m.filtering = !m.filtering // enter keeps what it filters by
		return
	}
	m.table().nextOrder()
	m.toEnd(opTop)
}

// unfilter shows all rows of the pane that has the focus again, and stops typing its
// filter; false: there is none.
func (m *model) unfilter() bool {
	was := m.filtering || m.table() != nil && m.table().filter.value() != ""
	if was {
		m.filtering = false
		m.filter("")
	}
	return was
}
