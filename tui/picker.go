package tui

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/groupcast/groupcast/mcast/session"
)

const (
	pickerWidth = 96  // cells; what is wider is harder to read
	filterRunes = 100 // that a filter has at most
)

// picker is a list that lies over the screen, to choose from: what is typed
// filters it, enter does what the selected row says.
type picker struct {
	styles  *styles
	kind    pickerKind
	snap    session.Snapshot
	filter  string
	list    []choice
	at      int    // which of them is selected
	note    string // what became of the selection, until the next key
	clicked bool   // the selected row was clicked before
	lost    bool   // the selected row is gone: nothing is, until the next key
	filled  bool

	offset     int   // rows of the list that are scrolled away
	visible    int   // choices that the last drawing had room for
	rowChoices []int // the choice at each row of the last drawing; -1: none
}

func newPicker(st *styles, kind pickerKind) *picker { return &picker{styles: st, kind: kind} }

// setStyles draws it differently from now on.
func (p *picker) setStyles(st *styles) {
	p.styles = st
	p.list = choices(st, p.kind, p.snap, p.filter)
}

// fill takes a new state. The same row stays selected wherever it moves to;
// when it is gone, the one in its place is.
func (p *picker) fill(s session.Snapshot) {
	old := p.selected()
	p.snap = s
	p.list = choices(p.styles, p.kind, s, p.filter)
	if !p.filled {
		p.filled = len(s.Interfaces) > 0 || p.kind != pickInterface
		p.at = max(0, p.index(p.start()))
		return
	}
	if i := p.index(old.key); i >= 0 {
		p.at = i
	} else if old.key != "" {
		p.note, p.lost = old.name+" is gone", true
	}
	p.at = min(p.at, max(0, len(p.list)-1))
}

// start is the key of the row that is selected first: the interface by which
// sends leave, or the first row.
func (p *picker) start() string {
	for _, i := range p.snap.Interfaces {
		if p.kind == pickInterface && i.Index == p.snap.Sends.IfIndex {
			return interfaceKey(i)
		}
	}
	return ""
}

func (p *picker) index(key string) int {
	return slices.IndexFunc(p.list, func(c choice) bool { return c.key == key })
}

// selected is the selected row, or the zero choice when there is none.
func (p *picker) selected() choice {
	if p.at >= len(p.list) || p.lost {
		return choice{}
	}
	return p.list[p.at]
}

// move moves the selection by rows.
func (p *picker) move(by int) {
	p.at = min(max(0, p.at+by), max(0, len(p.list)-1))
	p.note, p.lost, p.clicked = "", false, false
}

// movePage moves the selection by as many rows as there is room for.
func (p *picker) movePage(by int) { p.move(by * max(1, p.visible-1)) }

// typeText adds to the filter, and selects the first row that it lets through.
func (p *picker) typeText(text string) {
	typed := []rune(clean(p.filter + text))
	p.setFilter(string(typed[:min(len(typed), filterRunes)]))
}

// erase takes the last character from the filter, the last word or all of it,
// as the keys of an input do.
func (p *picker) erase(key string) {
	rest := ""
	switch key {
	case "backspace":
		_, size := utf8.DecodeLastRuneInString(p.filter)
		rest = p.filter[:len(p.filter)-size]
	case "ctrl+w":
		trimmed := strings.TrimRight(p.filter, " ")
		rest = trimmed[:strings.LastIndexByte(trimmed, ' ')+1]
	}
	p.setFilter(rest)
}

func (p *picker) setFilter(filter string) {
	p.filter, p.at, p.offset, p.note, p.lost, p.clicked = filter, 0, 0, "", false, false
	p.list = choices(p.styles, p.kind, p.snap, filter)
}

// chosen is the action of the enter key. It is false for a row that cannot be chosen; the
// screen then says why.
func (p *picker) chosen() (session.Action, bool) {
	c := p.selected()
	if !p.lost {
		p.note = c.refusal
	}
	return c.action, c.action != nil
}

// otherAction is the second thing that the selected row can do, and what to call it.
func (p *picker) otherAction() (session.Action, string, bool) {
	c := p.selected()
	return c.other, c.otherLabel, c.other != nil
}

// click selects the choice at that row of the last drawing. It reports whether
// that one was clicked before: the second click chooses.
func (p *picker) click(row int) bool {
	if row < 0 || row >= len(p.rowChoices) || p.rowChoices[row] < 0 || p.rowChoices[row] >= len(p.list) {
		return false
	}
	again := p.rowChoices[row] == p.at && p.clicked
	p.at, p.note, p.lost, p.clicked = p.rowChoices[row], "", false, true
	return again
}
