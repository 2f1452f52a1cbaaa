package picture

import (
	"github.com/charmbracelet/x/ansi"
)

// Where the texts of wires begin, and how long their lines are.
const listIndent, listWire = 4, 3

// list draws hosts one below the other, and each wire as a row with its switch at the
// end. It has room for any network.
func (l *layout) list() (s scene) {
	for _, h := range l.hosts {
		if s.height > 0 {
			s.height++
		}
		y := s.height
		kind := hostBox
		if h.router {
			kind = routerBox
		}
		s.label(2, y+1, h.text(), hostLabel, h.name)
		s.box(0, y, h.plainWidth(), h.height(), kind, h.name)
		border := y + h.height() - 1
		y += h.height()
		for i, e := range h.ends {
			row, end := y, listIndent
			for k, r := range e.rows {
				switch {
				case r.kind == wayLabel || r.kind == lostLabel:
					continue
				case k == 0:
					s.label(listIndent, y, r.Text, r.kind, e.name)
					end += r.Width() + 1
					y++
					continue
				}
				if r.kind == roomLabel {
					s.label(listIndent, y, r.Text, r.kind, e.name)
					y++
					continue
				}
				for _, piece := range wrapped(r.Text, max(l.columns-listIndent, 1)) {
					s.label(listIndent, y, piece, r.kind, e.name)
					y++
				}
			}
			s.line(2, row, 3, row, wireLine, e.name)
			if e.on != nil {
				s.line(end, row, end+listWire, row, wireLine, e.name)
				s.label(end+listWire+2, row, e.on.name, switchLabel, e.name)
				y = l.listWay(&s, e, end, row, y)
			}
			if i == len(h.ends)-1 {
				s.line(2, border, 2, row, wireLine, h.name)
			}
		}
	}
	for _, sw := range l.switches {
		if sw.on != nil {
			y, end := s.height, ansi.StringWidth(sw.name)+1
			s.label(0, y, sw.name, switchLabel, sw.name)
			s.line(end, y, end+listWire, y, cableLine, sw.name)
			s.label(end+listWire+2, y, sw.on.name, switchLabel, sw.on.name)
		}
	}
	return s
}

// listWay draws the way over one wire of the list, and returns the next free row.
func (l *layout) listWay(s *scene, e *drawnEnd, x, row, next int) int {
	said := map[string]bool{}
	say := func(text string, kind labelKind) {
		for _, piece := range wrapped(text, max(l.columns-listIndent, 1)) {
			if !said[piece] {
				said[piece] = true
				s.label(listIndent, next, piece, kind, e.name)
				next++
			}
		}
	}
	for i, h := range l.way.Hops {
		switch e.name {
		case h.From:
			s.stroke(x, row, x+listWire, row)
			if i == 0 {
				say(l.way.Label, wayLabel)
			}
			switch {
			case h.Lost && h.To == e.on.name:
				s.mark(sceneMark{x + listWire, row, cross, false})
				say("lost", lostLabel)
			default:
				s.mark(sceneMark{x + listWire, row, arrowRight, false})
			}
		case h.To:
			s.stroke(x, row, x+listWire, row)
			if h.Lost {
				s.mark(sceneMark{x, row, cross, false})
				say("lost", lostLabel)
			} else {
				s.mark(sceneMark{x, row, arrowLeft, false})
			}
		}
	}
	return next
}
