package tui

import (
	"slices"
	"strings"
)

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

// bare draws the selected row, where there is no room for a frame.
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
