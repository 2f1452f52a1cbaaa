package tui

import (
	"strings"

	"github.com/groupcast/groupcast/mcast/doctor"
)

// renderPage explains a finding: how it is known, what helps, and what such a
// pitfall is.
func (p *pitfalls) renderPage(width, height int) string {
	return p.styles.scrolled(p.page(width), p.offset, height)
}

// page is all rows of the page.
func (p *pitfalls) page(width int) []string {
	st, f := p.styles, p.subject
	e := explained{styles: st, width: width}
	if p.over {
		e.rows = append(e.rows, "", st.accent.Render("This finding is gone.")+st.dim.Render(" It was:"))
	}
	e.blank()
	e.add(st.verdict(f.Verdict)+" ", "  ", f.Title)
	if f.Evidence != "" {
		e.head("How it is known")
		e.add("  ", "  ", f.Evidence)
	}
	if len(f.Hints) > 0 {
		e.head("What helps")
	}
	for _, h := range f.Hints {
		e.add("  ", "    ", h)
	}
	if heard := heardRows(p.snap); len(heard) > 0 {
		e.head("Who is heard")
		for _, r := range heard {
			e.add("  ", "    ", r)
		}
	}
	e.blank()
	if f.Fix != nil && !p.over {
		e.rows = append(e.rows, st.accent.Render("f")+"    "+fixText(f))
	}
	if len(p.findings) > 1 {
		e.rows = append(e.rows, st.accent.Render("up, down")+st.dim.Render("  other findings"))
	}
	if p.why.Name != "" {
		e.rows = append(e.rows, st.accent.Render("pgup, pgdn")+st.dim.Render("  scroll"))
	}
	e.rows = append(e.rows, st.accent.Render("esc")+st.dim.Render("  back"))
	if p.why.Name != "" {
		e.explain(p.why)
	}
	return e.rows
}

// explained collects the rows of a page.
type explained struct {
	styles *styles
	width  int
	rows   []string
}

func (e *explained) blank() { e.rows = append(e.rows, "") }

func (e *explained) head(title string) {
	e.blank()
	e.rows = append(e.rows, e.styles.dim.Render(e.styles.cut(clean(title), e.width)))
}

// add wraps text, with first before its first row and indent before the
// others.
func (e *explained) add(first, indent, text string) {
	wrapped, _ := e.styles.wrap(clean(text), e.width-2-e.styles.cells(indent), 20)
	for _, r := range wrapped {
		e.rows = append(e.rows, first+r)
		first = indent
	}
}

// explain adds what such a pitfall is, wherever it is met.
func (e *explained) explain(page doctor.Page) {
	st := e.styles
	e.blank()
	title, _ := st.wrap(clean(page.Title), e.width, 5)
	for _, r := range title {
		e.rows = append(e.rows, st.bold.Render(r))
	}
	for _, s := range page.Sections {
		e.head(s.Title)
		for n, text := range s.Paragraphs {
			if n > 0 {
				e.blank()
			}
			if !text.Verbatim {
				e.add("  ", "  ", text.Text)
				continue
			}
			for line := range strings.Lines(text.Text) {
				e.add("    ", "      ", strings.TrimRight(line, "\n"))
			}
		}
	}
	if len(page.Lessons) > 0 {
		e.head("See it happen")
	}
	for _, name := range page.Lessons {
		e.add("  ", "    ", "groupcast lab run "+name)
	}
	if len(page.Sources) > 0 {
		e.head("Sources")
		e.add("  ", "    ", strings.Join(page.Sources, "; "))
	}
}
