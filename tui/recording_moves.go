package tui

import (
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/record/browse"
)

// selected is the index in the page of the datagram that is selected, or that the talk
// shows first; -1: there is none.
func (m *recordingModel) selected() int {
	if len(m.page.Datagrams) == 0 {
		return -1
	}
	if m.tab == recordedDatagrams {
		return m.datagrams.position()
	}
	line := uint64(0)
	switch {
	case m.talk.marked.on:
		line = m.talk.marked.at
	case len(m.talk.rowLines) > 0:
		line = m.talk.rowLines[0]
	}
	for i, l := range m.lines {
		if l >= line {
			return i
		}
	}
	return len(m.lines) - 1
}

// goes selects a datagram of the page in both views.
func (m *recordingModel) goes(at int) {
	if at < 0 || at >= len(m.page.Datagrams) {
		return
	}
	m.open = false
	if m.tab > recordedDatagrams {
		m.tab = recordedTalk
	}
	m.datagrams.pick(at)
	m.mark(at)
}

// toTop shows the beginning of the page.
func (m *recordingModel) toTop() {
	m.talk.unmark()
	m.talk.top()
	m.datagrams.rewind()
}

// find goes to the next or the previous place of what is looked for.
func (m *recordingModel) find(kind browse.Kind) {
	m.talk.query = strings.ToLower(m.query)
	at, by := m.selected(), 1
	if kind == browse.Previous {
		by = -1
	}
	if !m.talk.marked.on && !m.datagrams.picked && by > 0 {
		at-- // what is shown first counts as well
	}
	nth := uint64(0)
	if at >= 0 && at < len(m.page.Datagrams) {
		nth = m.page.Datagrams[at].Nth
	}
	for i := at + by; i >= 0 && i < len(m.page.Datagrams); i += by {
		if m.page.Datagrams[i].Has(m.query) {
			m.goes(i)
			return
		}
	}
	if kind == browse.Next && m.page.Ends || kind == browse.Previous && m.page.Before == 0 {
		m.notFound(kind)
		return
	}
	m.turn(browse.Place{Kind: kind, Nth: nth, Text: m.query}, func() {
		if m.snap.Missed {
			m.notFound(kind)
			return
		}
		m.talk.query = strings.ToLower(m.query)
		m.goes(m.page.At)
	})
}

func (m *recordingModel) notFound(kind browse.Kind) {
	m.flash = "not found from here to the end: N looks backwards"
	if kind == browse.Previous {
		m.flash = "not found from here to the beginning: n looks forwards"
	}
}

// goTo goes to a number or a time.
func (m *recordingModel) goTo(text string) {
	to := browse.Place{Kind: browse.Number}
	n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
	switch {
	case err == nil && n >= 0:
		to.Number = n
	default:
		at, ok := m.timeOf(text)
		if !ok {
			m.flash = "neither a packet's number nor a time: 1200, 19:52:10, +90s, 2026-03-14 19:52"
			return
		}
		to = browse.Place{Kind: browse.Time, Time: at}
	}
	m.turn(to, func() { m.goes(m.page.At) })
}

// timeOf reads a time, of the recording's first day where it names none.
func (m *recordingModel) timeOf(text string) (time.Time, bool) {
	first := m.snap.Totals.First.In(m.now().Location())
	if after, ok := strings.CutPrefix(text, "+"); ok {
		d, err := time.ParseDuration(after)
		return first.Add(d), err == nil
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, first.Location()); err == nil {
			return t, true
		}
	}
	for _, layout := range []string{"15:04:05", "15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			y, month, d := first.Date()
			at := time.Date(y, month, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), first.Location())
			if at.Before(first.Truncate(time.Second)) && m.snap.Totals.Last.After(at.AddDate(0, 0, 1)) {
				at = at.AddDate(0, 0, 1) // it began in the evening, and went on
			}
			return at, true
		}
	}
	return time.Time{}, false
}

// toFirst goes to the beginning of what is shown, or of the file.
func (m *recordingModel) toFirst() {
	switch {
	case m.help:
		m.helping = window{}
	case m.open:
		m.detail.offset = 0
	case m.tab == recordedMap:
		m.drawing.offset = 0
	case m.tab == recordedGroups:
		m.groups.top()
	case m.page.Before > 0:
		m.turn(browse.Place{}, m.pickFirst)
	default:
		m.pickFirst()
	}
}

// pickFirst shows the beginning of the page, and selects it in a list.
func (m *recordingModel) pickFirst() {
	m.toTop()
	if m.tab == recordedDatagrams {
		m.datagrams.pick(0)
	}
}

// toLast goes to the end.
func (m *recordingModel) toLast() {
	switch {
	case m.help || m.open || m.tab == recordedMap:
		m.move(far)
	case m.tab == recordedGroups:
		m.groups.move(far)
	case m.page.Ends:
		m.talk.unmark()
		m.talk.follow()
		m.datagrams.pick(len(m.page.Datagrams) - 1)
	default:
		m.turn(browse.Place{Kind: browse.Last}, func() {
			m.talk.follow()
			m.datagrams.pick(len(m.page.Datagrams) - 1)
		})
	}
}

// move scrolls or selects, and turns the page at its ends.
func (m *recordingModel) move(by int) {
	width, height := m.mainSize()
	switch {
	case m.help:
		m.helping.scroll(by, m.helpRows(width), height)
	case m.open:
		m.detail.scroll(by, m.detail.rows, height)
	case m.tab == recordedMap:
		m.drawing.scroll(by, m.drawing.rows(width), height)
	case m.tab == recordedGroups:
		m.groups.move(by)
	case len(m.page.Datagrams) == 0:
	case m.tab == recordedDatagrams:
		m.choose(by)
	case m.talk.marked.on:
		m.talk.mark(by)
	default:
		m.scrollTalk(by)
	}
}

// choose moves the selection by rows.
func (m *recordingModel) choose(by int) {
	last := len(m.page.Datagrams) - 1
	if !m.datagrams.picked {
		m.datagrams.pick(max(0, m.datagrams.first))
		if by == 1 || by == -1 {
			return
		}
	}
	at := m.datagrams.position()
	to := at + by
	if nth := m.page.Datagrams[at].Nth; to < 0 && m.page.Before > 0 || to > last && !m.page.Ends {
		m.turn(browse.Place{Kind: browse.Nth, Nth: nth}, func() {
			if at := m.page.At; at >= 0 {
				m.datagrams.pick(min(max(0, at+by), len(m.page.Datagrams)-1))
			}
		})
		return
	}
	m.datagrams.pick(min(max(0, to), last))
}

// scrollTalk moves the talk by rows.
func (m *recordingModel) scrollTalk(by int) {
	t := m.talk
	top := len(t.rowLines) > 0 && t.rowLines[0] == t.first()
	switch {
	case by > 0 && !m.page.Ends && t.bottom == t.last() && t.hidden == 0:
		last := m.page.Datagrams[len(m.page.Datagrams)-1].Nth
		m.turn(browse.Place{Kind: browse.Nth, Nth: last}, func() {
			if m.page.At >= 0 {
				m.talk.stay()
				m.talk.bottom, m.talk.hidden = m.lines[m.page.At], 0
				m.talk.scroll(by)
			}
		})
	case by < 0 && m.page.Before > 0 && top:
		m.turn(browse.Place{Kind: browse.Nth, Nth: m.page.Datagrams[0].Nth}, func() {
			if m.page.At >= 0 {
				m.talk.topAt(m.lines[m.page.At])
				m.talk.scroll(by)
			}
		})
	default:
		t.scroll(by)
	}
}

func (m *recordingModel) pageful() int {
	_, height := m.mainSize()
	return max(1, height-1)
}
