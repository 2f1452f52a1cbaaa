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

// chosen is what enter does. It is false for a row that cannot be chosen, and
// then says so on the screen, too.
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

// click selects what is at that row of the last drawing. It is true when that
// was selected already: a second click chooses.
func (p *picker) click(row int) bool {
	if row < 0 || row >= len(p.rowChoices) || p.rowChoices[row] < 0 || p.rowChoices[row] >= len(p.list) {
		return false
	}
	again := p.rowChoices[row] == p.at && p.clicked
	p.at, p.note, p.lost, p.clicked = p.rowChoices[row], "", false, true
	return again
}

// render draws it as a block of at most that many cells and rows.
func (p *picker) render(width, height int) []string {
	st := p.styles
	width, height = min(max(0, width), pickerWidth), max(0, height)
	if width < 8 || height < 3 {
		return p.bare(width, height)
	}
	space, inside := width-3, height-2
	var head, foot []string
	if inside >= 3 {
		head = []string{p.filterRow(space)}
	}
	if inside >= 6 {
		foot = p.keys(space, 2)
	} else if inside >= 4 {
		foot = p.keys(space, 1)
	}
	rows, of := p.rows(p.list, space)
	tall := len(rows)
	if p.filter != "" { // so that it does not shrink while one types
		all, _ := p.rows(choices(st, p.kind, p.snap, ""), space)
		tall = max(tall, len(all))
	}
	list := min(tall, inside-len(head)-len(foot))
	p.scroll(of, list)
	end := min(p.offset+list, len(rows))
	rows, of = rows[p.offset:end], of[p.offset:end]
	p.visible = len(slices.Compact(slices.Clone(of)))

	p.rowChoices = append(blanks(1+len(head)), of...)
	body := slices.Concat(head, rows)
	for len(body) < list+len(head) {
		body = append(body, "")
	}
	body = append(body, foot...)
	p.rowChoices = append(p.rowChoices, blanks(len(body)+2-len(p.rowChoices))...)
	return st.frame(width, section{
		title: st.cut(p.kind.title(p.snap), space-4), note: st.dim.Render(p.position()), focused: true,
		body: strings.Join(body, "\n"), rows: len(body),
	})
}

// bare is what fits where there is no room for a frame: the selected row.
func (p *picker) bare(width, height int) []string {
	rows, of := p.rows(p.list, width)
	start := max(0, slices.Index(of, p.at))
	rows, p.rowChoices = rows[start:], of[start:]
	rows, p.rowChoices = rows[:min(height, len(rows))], p.rowChoices[:min(height, len(p.rowChoices))]
	for i := range rows {
		rows[i] = p.styles.fit(rows[i], width)
	}
	return rows
}

func blanks(n int) []int { return slices.Repeat([]int{-1}, max(0, n)) }

func (p *picker) position() string {
	if len(p.list) == 0 {
		return ""
	}
	return thousands(uint64(p.at+1)) + " of " + thousands(uint64(len(p.list)))
}

// scroll keeps the selected choice in sight, and no half of another at the top.
func (p *picker) scroll(of []int, height int) {
	first := max(0, slices.Index(of, p.at))
	end := first
	for end < len(of) && of[end] == p.at {
		end++
	}
	p.offset = scrollTo(min(max(p.offset, end-height), first), len(of), height)
	for p.offset > 0 && p.offset < first && of[p.offset] == of[p.offset-1] {
		p.offset++
	}
}

// filterRow shows what was typed and, at its end, what became of the selection.
func (p *picker) filterRow(width int) string {
	st := p.styles
	row := st.accent.Render(st.prompt) + " " + st.dim.Render("type to filter")
	switch {
	case p.filter != "":
		row = st.accent.Render(st.prompt) + " " + st.tail(p.filter, max(0, width-4))
	case p.kind == pickGroup:
		row = st.accent.Render(st.prompt) + " " + st.dim.Render("type to filter, or a group to join")
	case p.kind == pickSource:
		row = st.accent.Render(st.prompt) + " " + st.dim.Render("type to filter, or an address")
	}
	if p.note == "" {
		return row
	}
	return st.ends(row, " "+st.warning.Render(st.cut(p.note, width-2)), width)
}

// keys says what the keys do to the selected row, on at most that many rows.
func (p *picker) keys(width, limit int) []string {
	st, c := p.styles, p.selected()
	var rows []string
	add := func(key, text string) {
		next := st.accent.Render(key) + " " + st.dim.Render(text)
		last := len(rows) - 1
		switch {
		case last >= 0 && st.cells(rows[last])+st.cells(st.dot)+st.cells(next) <= width:
			rows[last] += st.dim.Render(st.dot) + next
		case len(rows) < limit:
			rows = append(rows, st.cut(next, width))
		}
	}
	if c.action != nil {
		add("enter", c.actionLabel)
	}
	if c.other != nil {
		add("ctrl+o", c.otherLabel)
	}
	add("esc", "close")
	return rows
}

// rows are the rows of those choices, and which choice each belongs to.
func (p *picker) rows(list []choice, width int) (rows []string, of []int) {
	st := p.styles
	if len(list) == 0 {
		return []string{"  " + st.dim.Render(st.cut(p.kind.emptyText(p.filter), max(0, width-2)))}, blanks(1)
	}
	names := 0
	for _, c := range list {
		names = max(names, st.cells(c.name))
	}
	names = min(names, 40, max(4, width/2))
	for i, c := range list {
		drawn := p.row(c, i == p.at && !p.lost, names, width)
		rows, of = append(rows, drawn...), append(of, slices.Repeat([]int{i}, len(drawn))...)
	}
	return rows, of
}

// row draws a choice: on one row when all of it fits.
func (p *picker) row(c choice, selected bool, names, width int) []string {
	st := p.styles
	pointer, name := " ", st.bold
	if selected {
		pointer, name = st.accent.Render(st.pointer), st.selected
	}
	head := pointer + " " + c.glyph + " "
	indent := strings.Repeat(" ", st.cells(head))
	short := st.cut(c.name, names)
	row := head + name.Render(short) + strings.Repeat(" ", max(0, names-st.cells(short)))
	if c.facts != "" {
		row += "  " + c.facts
	}
	if c.means == "" {
		return []string{st.cut(row, width)}
	}
	if p.kind != pickInterface && st.cells(row)+2+st.cells(c.means) <= width {
		return []string{row + "  " + st.dim.Render(c.means)}
	}
	limit := 1
	if selected {
		limit = 3
	}
	rows := []string{st.cut(row, width)}
	means, more := st.wrap(c.means, width-st.cells(indent), limit)
	for i, m := range means {
		if more && i == len(means)-1 {
			m = st.cut(m+" "+st.more, width-st.cells(indent))
		}
		rows = append(rows, indent+st.dim.Render(m))
	}
	return rows
}
