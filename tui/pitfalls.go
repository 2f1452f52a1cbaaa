package tui

import (
	"github.com/groupcast/groupcast/mcast/doctor"
)

// pitfalls is the pane of findings, and the page about the selected one.
type pitfalls struct {
	look     *look
	findings []doctor.Finding
	selected int
	focused  bool
	offset   int // rows scrolled on the page

	drawn []int // the finding of each row as rendered last,
	top   int   // of which so many were above the pane
}

// SetFindings takes new findings; the same one stays selected.
func (p *pitfalls) SetFindings(list []doctor.Finding) {
	old, had := p.Selected()
	p.findings = list
	p.selected = min(p.selected, max(0, len(list)-1))
	for i, f := range list {
		if had && f.Name == old.Name && f.Interface == old.Interface {
			p.selected = i
		}
	}
}

// Select moves the selection.
func (p *pitfalls) Select(by int) {
	p.selected = min(max(0, p.selected+by), max(0, len(p.findings)-1))
	p.offset = 0
}

// Click selects the finding at a row of the pane as it was rendered last. It
// reports whether there is one, and whether it was selected before.
func (p *pitfalls) Click(row int) (there, again bool) {
	row += p.top
	if row < 0 || row >= len(p.drawn) || p.drawn[row] >= len(p.findings) {
		return false, false
	}
	again = p.drawn[row] == p.selected
	p.selected, p.offset = p.drawn[row], 0
	return true, again
}

// Selected is the finding that the keys act on.
func (p *pitfalls) Selected() (doctor.Finding, bool) {
	if p.selected >= len(p.findings) {
		return doctor.Finding{}, false
	}
	return p.findings[p.selected], true
}

// Fixable is the first finding that has a fix.
func (p *pitfalls) Fixable() (doctor.Finding, bool) {
	for _, f := range p.findings {
		if f.Fix != nil {
			return f, true
		}
	}
	return doctor.Finding{}, false
}

func (p *pitfalls) Render(width, height int) string {
	rows, at := p.rows(width)
	p.top = 0
	if at.end > height {
		p.top = scrollTo(min(at.start, at.end-height), len(rows), height)
	}
	return p.look.scrolled(rows, p.top, height)
}

type span struct{ start, end int }

// rows are all rows of the pane, and which of them are the selected finding's.
func (p *pitfalls) rows(width int) (rows []string, at span) {
	l := p.look
	if len(p.findings) == 0 {
		return []string{l.dim.Render("none seen")}, span{}
	}
	first, _ := p.Fixable()
	p.drawn = p.drawn[:0]
	for i, f := range p.findings {
		start := len(rows)
		mark, name := l.verdict(f.Verdict)+" ", l.bold.Render(clean(f.Name))
		if p.focused && i == p.selected {
			mark, name = l.verdict(f.Verdict)+l.accent.Render(l.pointer), l.selected.Render(clean(f.Name))
		}
		title, _ := l.wrap(clean(f.Title), width-3, 3)
		if one := l.cells(clean(f.Name)) + 4 + l.cells(clean(f.Title)); width >= wide && one <= width {
			rows = append(rows, mark+name+"  "+clean(f.Title))
		} else {
			rows = append(rows, mark+name)
			for _, t := range title {
				rows = append(rows, "  "+t)
			}
		}
		if keys := p.keys(f, i, first); keys != "" {
			rows = append(rows, "  "+l.cut(keys, width-2))
		}
		for range len(rows) - start {
			p.drawn = append(p.drawn, i)
		}
		if i == p.selected {
			at = span{start, len(rows)}
		}
	}
	return rows, at
}

// keys says which keys act on a finding now.
func (p *pitfalls) keys(f doctor.Finding, i int, first doctor.Finding) string {
	l := p.look
	switch {
	case p.focused && i == p.selected && f.Fix != nil:
		return l.accent.Render("f") + " " + fixText(f)
	case p.focused && i == p.selected:
		return l.accent.Render("enter") + l.dim.Render(" why")
	case !p.focused && f.Fix != nil && f.Name == first.Name && f.Interface == first.Interface:
		return l.accent.Render("ctrl+f") + " " + fixText(f)
	}
	return ""
}

// Scroll moves the page by rows, in a window of that size.
func (p *pitfalls) Scroll(by, width, height int) {
	p.offset = scrollTo(p.offset+by, len(p.page(width)), height)
}

// Page explains the selected finding: how it is known, and what helps.
func (p *pitfalls) Page(width, height int) string {
	return p.look.scrolled(p.page(width), p.offset, height)
}

func (p *pitfalls) page(width int) []string {
	l := p.look
	f, ok := p.Selected()
	if !ok {
		return []string{l.dim.Render("This finding is gone.")}
	}
	rows := []string{""}
	add := func(first, indent, text string) {
		wrapped, _ := l.wrap(clean(text), width-2-l.cells(indent), 20)
		for i, r := range wrapped {
			if i == 0 {
				rows = append(rows, first+r)
			} else {
				rows = append(rows, indent+r)
			}
		}
	}
	add(l.verdict(f.Verdict)+" ", "  ", f.Title)
	if f.Evidence != "" {
		rows = append(rows, "", l.dim.Render("How it is known"))
		add("  ", "  ", f.Evidence)
	}
	if len(f.Hints) > 0 {
		rows = append(rows, "", l.dim.Render("What helps"))
	}
	for _, h := range f.Hints {
		add("  ", "    ", h)
	}
	rows = append(rows, "")
	if f.Fix != nil {
		rows = append(rows, l.accent.Render("f")+"    "+fixText(f)+" from now on")
	}
	if len(p.findings) > 1 {
		rows = append(rows, l.accent.Render("up, down")+l.dim.Render("  other findings"))
	}
	return append(rows, l.accent.Render("esc")+l.dim.Render("  back to the talk"))
}

func (l *look) verdict(v doctor.Verdict) string {
	if v == doctor.Failure {
		return l.failure.Render(l.fail)
	}
	return l.warning.Render(l.warn)
}

// fixText says what a finding's fix does.
func fixText(f doctor.Finding) string {
	switch {
	case f.Fix.UseInterface != "":
		return "send and join by " + clean(f.Fix.UseInterface)
	case f.Fix.LoopbackOn:
		return "switch loopback on"
	}
	return "fix it"
}
