package tui

import (
	"fmt"
	"strings"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/session"
)

// pitfalls is the pane of findings, and the page about one of them.
type pitfalls struct {
	styles           *styles
	findings         []doctor.Finding
	checked, unknown int // as in Snapshot
	snap             session.Snapshot
	selected         int
	focused          bool

	subject doctor.Finding // what the page is about,
	over    bool           // which is not seen any more
	why     doctor.Page    // that explains it; the zero Page: none does
	window                 // onto the page

	seat bool // of a class, where no shell is

	network doctor.Kind // stands above them,
	folded  bool        // or, where there are but a few rows, in the pane's title

	rowFindings []int // the finding of each row as rendered last, -1: none,
	top         int   // of which so many were above the pane
}

// setFindings takes new findings; the same one stays selected. The page stays
// with its own, also when that is over.
func (p *pitfalls) setFindings(s session.Snapshot) {
	p.network = s.Network
	old, had := p.selectedFinding()
	p.findings, p.checked, p.unknown, p.snap = s.Findings, s.Checked, s.Unknown, s
	p.selected = min(p.selected, max(0, len(p.findings)-1))
	p.over = true
	for i, f := range p.findings {
		if had && sameFinding(f, old) {
			p.selected = i
		}
		if sameFinding(f, p.subject) {
			p.subject, p.over = f, false
		}
	}
}

// sameFinding reports whether two findings are about the same thing.
func sameFinding(a, b doctor.Finding) bool { return a.Name == b.Name && a.Interface == b.Interface }

// move moves the selection.
func (p *pitfalls) move(by int) {
	p.selected = min(max(0, p.selected+by), max(0, len(p.findings)-1))
}

// turn goes to the page of another finding; from one that is over, down leads
// to what took its place.
func (p *pitfalls) turn(by int) {
	if p.over && by > 0 {
		by--
	}
	p.move(by)
	p.open()
}

// open makes the page about the selected finding.
func (p *pitfalls) open() {
	f, ok := p.selectedFinding()
	if !ok {
		return
	}
	p.why = doctor.Page{}
	if page, err := doctor.FindPage(f.Name); err == nil {
		p.why = page
	}
	p.subject, p.over, p.offset = f, false, 0
}

// pageFinding is the finding that the page is about, and whether it is over.
func (p *pitfalls) pageFinding() (f doctor.Finding, over bool) { return p.subject, p.over }

// click selects the finding at a row of the pane as it was rendered last. It
// reports whether there is one, and whether it was selected before.
func (p *pitfalls) click(row int) (there, again bool) {
	row += p.top
	if row < 0 || row >= len(p.rowFindings) || p.rowFindings[row] < 0 || p.rowFindings[row] >= len(p.findings) {
		return false, false
	}
	again = p.rowFindings[row] == p.selected
	p.selected = p.rowFindings[row]
	p.open()
	return true, again
}

// selectedFinding is the finding that the keys act on.
func (p *pitfalls) selectedFinding() (doctor.Finding, bool) {
	if p.selected >= len(p.findings) {
		return doctor.Finding{}, false
	}
	return p.findings[p.selected], true
}

// fixable is the first finding that has a fix.
func (p *pitfalls) fixable() (doctor.Finding, bool) {
	for _, f := range p.findings {
		if f.Fix != nil {
			return f, true
		}
	}
	return doctor.Finding{}, false
}

func (p *pitfalls) render(width, height int) string {
	p.folded = false
	rows, at := p.rows(width)
	if height < leastPitfalls && len(rows) > height {
		p.folded = true
		rows, at = p.rows(width)
	}
	p.top = 0
	if at.end > height {
		p.top = scrollTo(min(at.start, at.end-height), len(rows), height)
	}
	if rest := len(rows) - 1; height == 1 && rest > 0 { // a name says more than a number of rows
		p.top = min(at.start, rest)
		more := p.styles.dim.Render(" " + p.styles.more + " " + thousands(uint64(rest)) + " more")
		return p.styles.ends(p.styles.cut(rows[p.top], max(0, width-1-p.styles.cells(more))), more, width-1)
	}
	return p.styles.scrolled(rows, p.top, height)
}

// leastPitfalls is the height from which the network has a row of its own, whatever
// is below the edge then.
const leastPitfalls = 4

// note is the network, where it stands in the title, and the number of findings.
func (p *pitfalls) note() string {
	st, n := p.styles, p.styles.warning.Render(countUnlessZero(len(p.findings)))
	if !p.folded || p.network.Title == "" {
		return n
	}
	return st.dim.Render(clean(p.network.Title)) + " " + n
}

type span struct{ start, end int }

// rows are all rows of the pane, and which of them are the selected finding's.
func (p *pitfalls) rows(width int) (rows []string, at span) {
	st := p.styles
	if len(p.findings) == 0 {
		return append(p.headline(width), p.none(width)...), span{}
	}
	first, _ := p.fixable()
	p.rowFindings = p.rowFindings[:0]
	rows = p.headline(width)
	for range rows {
		p.rowFindings = append(p.rowFindings, -1)
	}
	for i, f := range p.findings {
		start := len(rows)
		glyph, name := " "+st.verdict(f.Verdict)+" ", st.bold.Render(clean(f.Name))+" "
		switch {
		case p.focused && i == p.selected:
			glyph, name = " "+st.verdict(f.Verdict)+st.accent.Render(st.pointer), st.selected.Render(clean(f.Name))+" "
		case i == 0:
			glyph, name = "", st.alarm(f.Verdict, clean(f.Name))
		}
		title, _ := st.wrap(clean(f.Title), width-3, 3)
		if one := st.cells(glyph+name) + 1 + st.cells(clean(f.Title)); width >= wide && one <= width {
			rows = append(rows, glyph+name+" "+clean(f.Title))
		} else {
			rows = append(rows, glyph+name)
			for _, t := range title {
				rows = append(rows, "  "+t)
			}
		}
		rows = append(rows, p.keys(f, i, first, width)...)
		for range len(rows) - start {
			p.rowFindings = append(p.rowFindings, i)
		}
		if i == p.selected {
			at = span{start, len(rows)}
		}
	}
	return rows, at
}

// headline is the kind of network, where it says something.
func (p *pitfalls) headline(width int) (rows []string) {
	if p.network.Title == "" || p.folded {
		return nil
	}
	text, _ := p.styles.wrap(clean(p.network.Title), width, 4)
	for _, r := range text {
		rows = append(rows, p.styles.dim.Render(r))
	}
	return rows
}

// keys says which keys act on a finding now.
func (p *pitfalls) keys(f doctor.Finding, i int, first doctor.Finding, width int) (rows []string) {
	st := p.styles
	key := ""
	switch {
	case p.focused && i == p.selected && f.Fix != nil:
		key = "f "
	case p.focused && i == p.selected:
		return []string{"  " + st.accent.Render("enter") + st.dim.Render(" why")}
	case !p.focused && f.Fix != nil && sameFinding(f, first):
		key = "ctrl+f "
	default:
		return nil
	}
	before := "  " + st.accent.Render(key)
	text, _ := st.wrap(fixText(f), width-st.cells(before), 2)
	for _, r := range text {
		rows = append(rows, before+r)
		before = strings.Repeat(" ", st.cells(before))
	}
	return rows
}

// none says that there is no finding, and how much that is worth.
func (p *pitfalls) none(width int) []string {
	st := p.styles
	rows := []string{st.dim.Render("none seen")}
	if p.checked == 0 {
		return rows
	}
	text := thousands(uint64(p.checked)) + " looked at"
	if p.unknown > 0 {
		text += ", " + thousands(uint64(p.unknown)) + " not known"
		if !p.seat {
			text += ": groupcast doctor --probe"
		}
	}
	wrapped, _ := st.wrap(text, width, 3)
	for _, r := range wrapped {
		rows = append(rows, st.dim.Render(r))
	}
	return rows
}

func (st *styles) verdict(v doctor.Verdict) string {
	if v == doctor.Failure {
		return st.failure.Render(st.fail)
	}
	return st.warning.Render(st.warn)
}

// fixText says what a finding's fix does.
func fixText(f doctor.Finding) string {
	switch fix := f.Fix; {
	case fix.UseInterface != "":
		return "send and join by " + clean(fix.UseInterface)
	case fix.LoopbackOn:
		return "switch loopback on"
	case fix.Rejoin != "":
		return "join again on " + clean(fix.Rejoin)
	case fix.MulticastAllOff:
		return "switch IP_MULTICAST_ALL off"
	case fix.ReadBuffer > 0:
		return "receive buffer of " + thousands(uint64(fix.ReadBuffer>>10)) + " KiB"
	case fix.Hops > 0:
		return fmt.Sprintf("send with ttl %d", fix.Hops)
	case fix.Leave != nil:
		return "leave " + clean(fix.Leave.Group.Addr.String()) + " on " + clean(fix.Leave.Interface)
	}
	return "fix it"
}
