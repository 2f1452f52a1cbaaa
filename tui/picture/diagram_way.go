package picture

import "slices"

// point is a cell.
type point struct{ x, y int }

// drawWay draws the hops of a way that begin in a part, over its wires.
func (l *layout) drawWay(s *scene, p part) {
	ends := map[string]*drawnEnd{}
	for _, h := range p.hosts {
		for _, e := range h.ends {
			ends[e.name] = e
		}
	}
	for _, hop := range l.way.Hops {
		from := ends[hop.From]
		if from == nil || from.on == nil || hop.To == hop.From {
			continue
		}
		to, target := ends[hop.To], from.on
		if to != nil {
			target = to.on
		} else if i := slices.IndexFunc(p.switches, func(sw *drawnSwitch) bool { return sw.name == hop.To }); i >= 0 {
			target = p.switches[i]
		}
		chain := cables(from.on, target)
		if target == nil || chain == nil {
			continue
		}
		at := point{from.x, from.boxY}
		to1 := func(next point, arrow, lost bool) { // the last leg of a way that is lost ends at its cross
			s.follow(at, next, arrow, lost)
			at = next
		}
		if to == nil && len(chain) == 1 {
			if hop.Lost {
				to1(point{from.x, from.lostY}, false, true)
			} else {
				to1(short(at, point{from.x, from.barY}), true, false)
			}
			continue
		}
		to1(point{from.x, from.barY}, false, false)
		for i, sw := range chain[1:] {
			begins := chain[i]
			c := between(begins, sw)
			ends := c.down.y
			if c.up == sw {
				ends = c.up.y
			}
			s.along(begins, &at, point{c.x, begins.y})
			switch last := to == nil && i == len(chain)-2; {
			case last && hop.Lost:
				to1(point{c.x, c.lostY}, false, true)
			case last:
				to1(short(at, point{c.x, ends}), true, false)
			default:
				to1(point{c.x, ends}, false, false)
			}
		}
		if to == nil {
			continue
		}
		s.along(target, &at, point{to.x, to.barY})
		if hop.Lost {
			to1(point{to.x, to.lostY}, false, true)
		} else {
			to1(short(at, point{to.x, to.boxY}), true, false)
			s.stroke(to.x, to.boxY, at.x, at.y)
		}
	}
}

// short is the last cell before an end.
func short(from, to point) point {
	if to.y > from.y {
		to.y--
	} else {
		to.y++
	}
	return to
}

// between is the cable between two switches that are joined by one.
func between(a, b *drawnSwitch) *drawnCable {
	if joined(b, a) {
		return b.cable
	}
	return a.cable
}

// cables is the way from a switch to another over cables, both with it; nil: none.
func cables(from, to *drawnSwitch) []*drawnSwitch {
	if to == nil {
		return nil
	}
	up := func(s *drawnSwitch) (list []*drawnSwitch) {
		for ; s != nil; s = s.above1() {
			list = append(list, s)
		}
		return list
	}
	a, b := up(from), up(to)
	for i, s := range a {
		if k := slices.Index(b, s); k >= 0 {
			down := slices.Clone(b[:k])
			slices.Reverse(down)
			return append(slices.Clone(a[:i+1]), down...)
		}
	}
	return nil
}

// above1 is the switch at the upper end of the cable to it.
func (s *drawnSwitch) above1() *drawnSwitch {
	if s.cable == nil {
		return nil
	}
	return s.cable.up
}

// along follows the bar of a switch. The bar of a comb has several rows, which its spine
// joins.
func (s *scene) along(sw *drawnSwitch, at *point, to point) {
	if at.y != to.y {
		s.follow(*at, point{sw.spine, at.y}, false, false)
		s.follow(point{sw.spine, at.y}, point{sw.spine, to.y}, false, false)
		at.x, at.y = sw.spine, to.y
	}
	s.follow(*at, to, false, false)
	*at = to
}

// follow draws one leg of a way. An arrow stands at its end, and in the middle of a long
// horizontal one.
func (s *scene) follow(from, to point, arrow, lost bool) {
	s.stroke(from.x, from.y, to.x, to.y)
	kind := arrowDown
	switch {
	case to.y < from.y:
		kind = arrowUp
	case to.x < from.x:
		kind = arrowLeft
	case to.x > from.x:
		kind = arrowRight
	}
	const long = 6
	switch {
	case lost:
		s.mark(sceneMark{to.x, to.y, cross, false})
	case arrow:
		s.mark(sceneMark{to.x, to.y, kind, false})
	case to.y == from.y && max(to.x-from.x, from.x-to.x) >= long:
		s.mark(sceneMark{(from.x + to.x) / 2, to.y, kind, true})
	}
}

// mark sets a mark, which nothing hides but a cross.
func (s *scene) mark(m sceneMark) {
	i := slices.IndexFunc(s.marks, func(o sceneMark) bool { return o.x == m.x && o.y == m.y })
	switch {
	case i < 0:
		s.marks = append(s.marks, m)
	case m.kind == cross:
		s.marks[i] = m
	}
}

// clear reports whether nothing lies over anything else: wires cross bars, and no more.
func (s *scene) clear() bool {
	type kind byte
	const (
		text kind = 1 << iota
		box
		vertical
		horizontal
	)
	cells := map[point]kind{}
	set := func(x, y int, k, not kind) bool {
		had := cells[point{x, y}]
		cells[point{x, y}] = had | k
		return had&not == 0
	}
	ok := true
	for _, b := range s.boxes {
		for y := range b.height {
			for x := range b.width {
				ok = set(b.x+x, b.y+y, box, box) && ok
			}
		}
	}
	for _, l := range s.lines {
		if l.x1 == l.x2 {
			for y := l.y1 + 1; y < l.y2; y++ {
				ok = set(l.x1, y, vertical, vertical|box) && ok
			}
			continue
		}
		for x := l.x1; x <= l.x2; x++ {
			ok = set(x, l.y1, horizontal, horizontal|box) && ok
		}
	}
	for _, l := range s.labels {
		not := text | vertical | horizontal
		if l.kind != hostLabel && l.kind != foldLabel {
			not |= box
		}
		for x := range l.Width() {
			ok = set(l.X+x, l.Y, text, not) && ok
		}
	}
	return ok
}
