package tui

// move carries out the up and down keys.
func (m *model) move(by int) {
	if m.page == helpPage || m.page == detailPage {
		m.scroll(by)
		return
	}
	switch m.focus {
	case onInput:
		m.input.recall(by)
	case onPicker:
		m.picker.move(by)
	case onPitfalls:
		m.selectFinding(by)
	case onMembership:
		m.membership.scroll(by, m.membership.scrollable(m.layout.inside(), m.layout.paneHeight(0)), m.layout.paneHeight(0))
	case onHeard:
		m.heard.scroll(by, m.heard.blank(m.layout.paneHeight(1)), m.layout.paneHeight(1))
	case onTalk:
		if m.talk.marked.on {
			m.talk.mark(by)
		} else {
			m.scroll(by)
		}
	case onList:
		m.list().move(by)
	case onMatrix:
		if m.page == findingPage {
			m.selectFinding(by)
			return
		}
		m.matrix.move(by, 0)
	default:
		m.scroll(by)
	}
}

// scroll moves what is shown in the main part.
func (m *model) scroll(by int) {
	width, height := m.mainSize()
	switch {
	case m.focus == onPicker:
		m.picker.movePage(max(-1, min(1, by)))
	case m.page == helpPage:
		m.help.scroll(by, m.help.rows(width), height)
	case m.page == findingPage:
		m.pitfalls.scroll(by, m.pitfalls.page(width), height)
	case m.page == detailPage:
		m.detail.scroll(by, m.detail.rows, height)
	case m.layout.shape == small && m.view == talkView && (m.focus == onMembership || m.focus == onHeard || m.focus == onPitfalls):
		m.move(by)
	case m.view == mapView:
		m.hostmap.scroll(by, m.hostmap.rows(width), height)
	case m.view == matrixView:
		m.matrix.move(by, 0)
	case m.view != talkView:
		m.list().move(by)
	default:
		m.talk.scroll(by)
	}
}

// toEnd goes to the first or to the newest row.
func (m *model) toEnd(todo op) {
	const far = 1 << 30
	switch {
	case m.focus == onPicker || m.page != noPage || m.view == mapView || m.view == matrixView || m.focus == onMembership || m.focus == onHeard || m.focus == onPitfalls:
		by := far
		if todo == opTop {
			by = -far
		}
		if m.focus != onPicker && (m.page != noPage || m.view == mapView || m.view == matrixView) {
			m.scroll(by)
		} else {
			m.move(by)
		}
	case m.view != talkView && todo == opTop:
		m.list().top()
	case m.view != talkView:
		m.list().newest()
	case todo == opTop:
		m.talk.top()
	default:
		m.talk.follow()
	}
}

// pageful is the number of rows that a page key scrolls: one stays in sight.
func (m *model) pageful() int {
	_, height := m.mainSize()
	return max(1, height-1)
}

// isBack reports whether what is shown is scrolled back, so that the end key
// has something to do.
func (m *model) isBack() bool {
	if m.view == talkView {
		return m.talk.scrolledBack
	}
	return m.focus == onList
}
