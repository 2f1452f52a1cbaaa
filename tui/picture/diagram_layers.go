package picture

import (
	"slices"

	"github.com/charmbracelet/x/ansi"
)

// layered draws switches that are joined by hosts and cables, in rows.
func (l *layout) layered(p part, hosts []*drawnHost) (s scene, ok bool) {
	rows, ok := l.rank(p, hosts)
	if !ok {
		return scene{}, false
	}
	s = l.ranked(p, hosts, rows, false)
	if !s.clear() || s.width > l.columns {
		s = l.ranked(p, hosts, rows, true)
	}
	return s, true
}

// rank gives each switch its row and its place in the tree, and each host its band. ok is
// false if there is a cable that leads along a row.
func (l *layout) rank(p part, hosts []*drawnHost) (rows int, ok bool) {
	for _, s := range p.switches {
		s.row, s.units, s.above, s.cable = -1, nil, nil, nil
	}
	root := p.switches[0]
	root.row = 0
	routers := slices.ContainsFunc(hosts, func(h *drawnHost) bool { return h.router && len(h.switches()) > 1 })
	done := map[*drawnHost]bool{}
	for queue := []*drawnSwitch{root}; len(queue) > 0; queue = queue[1:] {
		s := queue[0]
		rows = max(rows, s.row+1)
		for _, h := range hosts {
			at := h.switches()
			if done[h] || !slices.Contains(at, s) {
				continue
			}
			done[h] = true
			if len(at) == 1 && s == root && routers {
				h.band = 0
				s.above = append(s.above, h)
				continue
			}
			h.band = s.row + 1
			u := unit{host: h}
			for _, child := range at {
				if child.row < 0 {
					child.row = s.row + 1
					u.children = append(u.children, child)
					queue = append(queue, child)
				}
			}
			s.units = append(s.units, u)
		}
		for _, other := range append(slices.Clone(s.hangers), s.on) {
			if other == nil || other.row >= 0 {
				continue
			}
			other.row = s.row + 1
			other.cable = &drawnCable{up: s, down: other}
			s.units = append(s.units, unit{cable: other.cable, children: []*drawnSwitch{other}})
			queue = append(queue, other)
		}
	}
	for _, h := range hosts {
		for _, e := range h.ends {
			e.up = e.on != nil && e.on.row < h.band
		}
	}
	for _, s := range p.switches {
		if s.on != nil && !joined(s, s.on) && !joined(s.on, s) {
			return 0, false
		}
	}
	for _, hop := range l.way.Hops {
		for _, h := range hosts {
			for _, e := range h.ends {
				i := slices.IndexFunc(p.switches, func(s *drawnSwitch) bool { return s.name == hop.To })
				if !hop.Lost || e.name != hop.From || i < 0 {
					continue
				}
				if chain := cables(e.on, p.switches[i]); len(chain) > 1 {
					between(chain[len(chain)-2], chain[len(chain)-1]).lost = "lost"
				}
			}
		}
	}
	return rows, true
}

// joined reports whether a cable leads down to a switch from another.
func joined(down, up *drawnSwitch) bool { return down.cable != nil && down.cable.up == up }

const gap = 2 // columns between hosts

// indent is where the first wire of a switch begins, so that its name has room.
func (s *drawnSwitch) indent() int { return even(ansi.StringWidth(s.name) + 1) }

// offset is where the host or the cable of a unit is at least.
func (s *drawnSwitch) offset(i int) (offset int) {
	if i == 0 {
		offset = s.indent()
	}
	if u := s.units[i]; len(u.children) > 0 {
		offset = max(offset, u.children[0].indent())
	}
	return offset
}

// size finds the width of a switch with everything below it.
func (s *drawnSwitch) size() {
	below, above := -gap, s.indent()-gap
	for i := range s.units {
		u := &s.units[i]
		children := -gap
		for _, c := range u.children {
			c.size()
			children += c.width + gap
		}
		u.width = children
		switch {
		case u.host != nil:
			u.width = max(u.width, s.offset(i)+u.host.width)
		default:
			u.width = max(u.width, s.offset(i)+6)
			if u.cable.lost != "" {
				u.width = max(u.width, s.offset(i)+4+ansi.StringWidth(u.cable.lost))
			}
		}
		if len(u.children) == 1 { // so that its first wire can be below that of the host
			u.width = max(u.width, s.offset(i)-u.children[0].indent()+u.children[0].width)
		}
		u.width = even(u.width)
		below += u.width + gap
	}
	for _, h := range s.above {
		above += even(h.width) + gap
	}
	s.width = even(max(below, above, s.indent()+4))
}

// put places everything below and above a switch, which begins at x.
func (s *drawnSwitch) put(x int) {
	below, above := -gap, -gap
	for _, u := range s.units {
		below += u.width + gap
	}
	for _, h := range s.above {
		above += even(h.width) + gap
	}
	at := x + max(s.indent(), (s.width-above)/4*2)
	for _, h := range s.above {
		h.x = at
		at += even(h.width) + gap
	}
	at = x + max(0, (s.width-below)/4*2)
	for i, u := range s.units {
		children := -gap
		for _, c := range u.children {
			children += c.width + gap
		}
		if u.host != nil {
			u.host.x = at + max(s.offset(i), (u.width-u.host.width)/4*2)
		} else {
			u.cable.x = at + s.offset(i) + 2
		}
		child := at + max(0, (u.width-children)/4*2)
		for i, c := range u.children {
			if under := u.hostX() - c.indent(); i == 0 && len(u.children) == 1 && under > child && under+c.width <= at+u.width {
				child = under // its first wire is below that of the host
			}
			c.put(child)
			child += even(c.width) + gap
		}
		at += u.width + gap
	}
}

func (u unit) hostX() int {
	if u.host == nil {
		return u.cable.x - 2
	}
	return u.host.x
}

// ranked draws switches that have rows. With tracks each switch of a row has a line of
// its own, and the wires to others cross it.
func (l *layout) ranked(p part, hosts []*drawnHost, rows int, tracks bool) scene {
	skew := 0
	if tracks {
		skew = 1
	}
	for _, h := range hosts {
		h.measure(skew)
	}
	p.switches[0].size()
	p.switches[0].put(0)
	least := 0
	ends := func(yield func(*drawnEnd, int) bool) {
		for _, h := range hosts {
			for _, e := range h.ends {
				if e.on != nil && !yield(e, h.x+e.x) {
					return
				}
			}
		}
	}
	for _, s := range p.switches {
		s.x1, s.x2, s.track = 1<<30, 0, 0
		for e, x := range ends {
			if e.on == s {
				s.x1, s.x2 = min(s.x1, x-2), max(s.x2, x+2)
			}
		}
		for _, other := range p.switches {
			if c := other.cable; c != nil && (c.up == s || c.down == s) {
				s.x1, s.x2 = min(s.x1, c.x-2), max(s.x2, c.x+2)
			}
		}
		least = min(least, s.x1-ansi.StringWidth(s.name)-1)
	}
	lines := make([]int, rows) // of each row of switches
	if tracks {
		margin := 0
		for _, s := range p.switches {
			s.track = lines[s.row]
			lines[s.row]++
			margin = max(margin, ansi.StringWidth(s.name)+1)
		}
		left := 1 << 30
		for _, h := range hosts {
			left = min(left, h.x)
		}
		for _, s := range p.switches {
			left = min(left, s.x1+1)
		}
		least = left - even(margin)
		for _, s := range p.switches {
			s.x1 = least + margin
		}
	} else {
		for i := range lines {
			lines[i] = 1
		}
	}
	shift := even(-least)
	if shift < -least {
		shift++
	}
	for _, h := range hosts {
		h.x += shift
	}
	for _, s := range p.switches {
		s.x1, s.x2 = s.x1+shift, s.x2+shift
		if s.cable != nil {
			s.cable.x += shift
		}
	}

	var s scene
	y := 0
	for band := range rows + 1 {
		ups, boxes, downs := 0, 0, 0
		for _, h := range hosts {
			if h.band == band {
				ups, boxes, downs = max(ups, h.upRows), max(boxes, h.height()), max(downs, h.downRows)
			}
		}
		for _, sw := range p.switches {
			if sw.row == band && sw.cable != nil {
				ups = max(ups, 2) // so that the cable is seen
			}
		}
		for _, h := range hosts {
			if h.band == band {
				h.y = y + ups
			}
		}
		top := y
		y += ups + boxes + downs
		if band == rows {
			break
		}
		for _, sw := range p.switches {
			if sw.row != band {
				continue
			}
			sw.y = y + 2*sw.track
			if tracks {
				s.label(least+shift, sw.y, sw.name, switchLabel, sw.name)
			} else {
				s.label(sw.x1-ansi.StringWidth(sw.name)-1, sw.y, sw.name, switchLabel, sw.name)
			}
			s.line(sw.x1, sw.y, sw.x2, sw.y, barLine, sw.name)
			if c := sw.cable; c != nil {
				s.line(c.x, c.up.y, c.x, sw.y, cableLine, sw.name)
				if c.lost != "" {
					c.lostY = top + (y-top)/2
					s.label(c.x+2, c.lostY, c.lost, lostLabel, "")
				}
			}
		}
		y += 2*lines[band] - 1
	}
	for e := range ends {
		e.barY = e.on.y
	}
	for _, h := range hosts {
		h.put(&s)
	}
	l.drawWay(&s, p)
	return s
}
