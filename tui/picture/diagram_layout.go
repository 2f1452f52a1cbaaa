package picture

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// layout places a network's hosts between the bars of its switches. Switches have rows,
// by how many hosts and cables they are away from the first one; so each wire leads from a
// host to the row above it or to the row below it.
type layout struct {
	columns  int
	board    bool // there is room for what a page writes, and no host is left out
	way      Way
	switches []*drawnSwitch
	hosts    []*drawnHost
}

type drawnSwitch struct {
	name    string
	on      *drawnSwitch
	hangers []*drawnSwitch // on this one

	row, track int // -1: not reached yet
	above      []*drawnHost
	units      []unit // below it, from left to right
	width      int
	x1, x2, y  int
	spine      int         // where the bars of several rows are joined
	cable      *drawnCable // to the switch above
}

// unit is a host or a cable below a switch, and the switches below that.
type unit struct {
	host     *drawnHost
	cable    *drawnCable
	children []*drawnSwitch
	width    int
}

type drawnCable struct {
	up, down *drawnSwitch
	x        int
	lost     string
	lostY    int
}

type drawnHost struct {
	name   string
	router bool
	folded bool // it stands for others
	ends   []*drawnEnd

	band             int // above the switches of this row
	x, y             int // of its box
	room             int // rows in the box below the name
	boxWidth, width  int
	upRows, downRows int
}

// drawnEnd is an interface with its wire.
type drawnEnd struct {
	host   *drawnHost
	name   string // HOST.INTERFACE
	on     *drawnSwitch
	rows   []Label // from the host to the switch; their place is not known yet
	up     bool
	x      int
	boxY   int // the border of the box
	barY   int
	lostY  int
	isLost bool
}

func newLayout(n Network, way Way, columns int) *layout {
	l := &layout{columns: columns, way: way}
	by := map[string]*drawnSwitch{}
	for _, s := range n.Switches {
		drawn := &drawnSwitch{name: s.Name, on: by[s.On]}
		if drawn.on != nil {
			drawn.on.hangers = append(drawn.on.hangers, drawn)
		}
		by[s.Name] = drawn
		l.switches = append(l.switches, drawn)
	}
	for _, h := range n.Hosts {
		drawn := &drawnHost{name: h.Name, router: h.Router}
		for _, i := range h.Interfaces {
			e := &drawnEnd{host: drawn, name: h.Name + "." + i.Name, on: by[i.Switch]}
			e.add(i.Name, interfaceLabel)
			if len(i.Extra) > 0 {
				e.add("("+strings.Join(i.Extra, ", ")+")", interfaceLabel)
			}
			for _, a := range i.Addrs {
				e.add(a, addressLabel)
			}
			if e.on == nil {
				e.add("on no switch", interfaceLabel)
			}
			l.carry(e, i.Switch)
			drawn.ends = append(drawn.ends, e)
		}
		l.hosts = append(l.hosts, drawn)
	}
	return l
}

// wayLabelWidth is where what is sent is broken.
const wayLabelWidth = 24

// carry writes beside a wire what is sent over it, and that it is lost there.
func (l *layout) carry(e *drawnEnd, on string) {
	for i, h := range l.way.Hops {
		if i == 0 && h.From == e.name {
			for _, row := range wrapped(l.way.Label, wayLabelWidth) {
				e.add(row, wayLabel)
			}
		}
	}
	for _, h := range l.way.Hops {
		if h.Lost && !e.isLost && h.From != h.To && (h.To == e.name || h.From == e.name && h.To == on) {
			e.isLost = true
			e.add("lost", lostLabel)
		}
	}
}

func (e *drawnEnd) add(text string, kind labelKind) {
	if text != "" {
		e.rows = append(e.rows, Label{Text: text, kind: kind})
	}
}

func (e *drawnEnd) labelWidth() (width int) {
	for _, row := range e.rows {
		width = max(width, row.Width())
	}
	return width
}

// onWay reports whether a datagram's way touches the host.
func (l *layout) onWay(h *drawnHost) bool {
	return slices.ContainsFunc(l.way.Hops, func(hop WayHop) bool {
		return strings.HasPrefix(hop.From, h.name+".") || strings.HasPrefix(hop.To, h.name+".")
	})
}

// part is switches that are joined somehow, with their hosts; or hosts on no switch.
type part struct {
	switches []*drawnSwitch
	hosts    []*drawnHost
}

func (l *layout) parts() (parts []part) {
	root := map[*drawnSwitch]*drawnSwitch{}
	var find func(s *drawnSwitch) *drawnSwitch
	find = func(s *drawnSwitch) *drawnSwitch {
		if root[s] == nil || root[s] == s {
			return s
		}
		return find(root[s])
	}
	join := func(a, b *drawnSwitch) {
		if a, b = find(a), find(b); a != b {
			if slices.Index(l.switches, b) < slices.Index(l.switches, a) {
				a, b = b, a
			}
			root[b] = a
		}
	}
	for _, s := range l.switches {
		if s.on != nil {
			join(s, s.on)
		}
	}
	for _, h := range l.hosts {
		if at := h.switches(); len(at) > 1 {
			for _, s := range at[1:] {
				join(at[0], s)
			}
		}
	}
	index := map[*drawnSwitch]int{}
	for _, s := range l.switches {
		i, ok := index[find(s)]
		if !ok {
			i = len(parts)
			index[find(s)] = i
			parts = append(parts, part{})
		}
		parts[i].switches = append(parts[i].switches, s)
	}
	var alone part
	for _, h := range l.hosts {
		if at := h.switches(); len(at) > 0 {
			i := index[find(at[0])]
			parts[i].hosts = append(parts[i].hosts, h)
		} else {
			alone.hosts = append(alone.hosts, h)
		}
	}
	if len(alone.hosts) > 0 {
		parts = append(parts, alone)
	}
	return parts
}

// switches are those that the host is on, each once.
func (h *drawnHost) switches() (list []*drawnSwitch) {
	for _, e := range h.ends {
		if e.on != nil && !slices.Contains(list, e.on) {
			list = append(list, e.on)
		}
	}
	return list
}

// draw places a part with as many hosts as there is room for. ok is false if even few
// do not fit.
func (l *layout) draw(p part) (s scene, ok bool) {
	most, least := mostHosts, 2
	if l.board {
		most = max(len(p.hosts), least)
		least = most
	}
	for limit := most; limit >= least; limit-- {
		hosts := l.fold(p.hosts, limit)
		if len(p.switches) < 2 {
			s = l.comb(p, hosts)
		} else if s, ok = l.layered(p, hosts); !ok {
			return scene{}, false
		}
		tall := len(p.switches) < 2 && s.height > mostRows && limit > least
		if s.width <= l.columns && !tall && s.clear() {
			return s, true
		}
	}
	return scene{}, false
}

// fold lets one box stand for the hosts of a switch that are too many.
func (l *layout) fold(hosts []*drawnHost, limit int) (kept []*drawnHost) {
	leaves := map[*drawnSwitch][]*drawnHost{}
	for _, h := range hosts {
		if at := h.switches(); len(at) == 1 {
			leaves[at[0]] = append(leaves[at[0]], h)
		} else if len(at) == 0 {
			leaves[nil] = append(leaves[nil], h)
		}
	}
	gone := map[*drawnHost]*drawnHost{} // what stands for it
	for at, list := range leaves {
		if len(list) <= limit {
			continue
		}
		room := limit - 1
		for _, h := range list {
			if l.onWay(h) {
				room--
			}
		}
		rest, n := &drawnHost{folded: true}, 0
		if at != nil {
			rest.ends = []*drawnEnd{{host: rest, on: at}}
		}
		for _, h := range list {
			switch {
			case l.onWay(h):
			case room > 0:
				room--
			default:
				gone[h] = rest
				n++
			}
		}
		rest.name = "and " + count(n, "more host")
	}
	var shown []*drawnHost
	for i := len(hosts) - 1; i >= 0; i-- { // what stands for others stands where the last of them was
		h := hosts[i]
		if rest := gone[h]; rest == nil {
			kept = append(kept, h)
		} else if !slices.Contains(shown, rest) {
			shown = append(shown, rest)
			kept = append(kept, rest)
		}
	}
	slices.Reverse(kept)
	return kept
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// text is in the box of the host.
func (h *drawnHost) text() string {
	if h.router {
		return h.name + " (router)"
	}
	return h.name
}

// measure finds how wide the host is with its wires, whose ends are placed from its left
// border on. skew moves the wires that lead down.
func (h *drawnHost) measure(skew int) {
	const first = 2
	h.boxWidth = h.plainWidth()
	h.width, h.upRows, h.downRows = h.boxWidth, 0, 0
	up, down := first, first+skew
	for _, e := range h.ends {
		at, rows := &down, &h.downRows
		if e.up {
			at, rows = &up, &h.upRows
		}
		e.x = *at
		*rows = max(*rows, len(e.rows), 1)
		h.boxWidth = max(h.boxWidth, e.x+3)
		*at += even(e.labelWidth() + 3)
		h.width = max(h.width, h.boxWidth, e.x+2+e.labelWidth())
	}
}

func even(n int) int { return n + n%2 }

// comb draws one switch, or none, with its hosts in as many rows as it takes. The bars
// of the rows are one.
func (l *layout) comb(p part, hosts []*drawnHost) scene {
	var s scene
	left := 0
	var bar *drawnSwitch
	if len(p.switches) == 1 {
		bar = p.switches[0]
		left = ansi.StringWidth(bar.name) + 1
		bar.spine = left
	}
	for _, h := range hosts {
		for _, e := range h.ends {
			e.up = e.on != nil
		}
		h.measure(0)
	}
	x0, total := left, left
	for _, h := range hosts {
		total += h.width + 1
	}
	if total > l.columns+1 {
		x0++ // beside the spine
	}
	each := l.inEachRow(hosts, x0)
	for first, y, from := true, 0, 0; first || len(hosts) > 0; first = false {
		n, x := 0, x0
		for _, h := range hosts {
			if n > 0 && (x+h.width > l.columns || n == each) {
				break
			}
			h.x = x
			x += h.width + 1
			n++
		}
		row := hosts[:n]
		hosts = hosts[n:]
		ups, boxes, downs := 0, 0, 0
		for _, h := range row {
			ups, boxes, downs = max(ups, h.upRows), max(boxes, h.height()), max(downs, h.downRows)
		}
		if bar != nil {
			end := left + 3
			for _, h := range row {
				for _, e := range h.ends {
					if e.up {
						e.barY = y
						end = max(end, h.x+e.x+2)
					}
				}
			}
			if first {
				s.label(0, y, bar.name, switchLabel, bar.name)
				bar.x1, bar.y = left, y
			} else {
				s.line(left, from, left, y, barLine, bar.name)
			}
			s.line(left, y, end, y, barLine, bar.name)
			from = y
			y++
		}
		for _, h := range row {
			h.y = y + ups
			h.put(&s)
		}
		if len(row) > 0 {
			y += ups + boxes + downs
		}
		if len(hosts) > 0 {
			y++
		}
	}
	l.drawWay(&s, p)
	return s
}

// put draws the box of a host that has its place, and its wires, whose bars have theirs.
func (h *drawnHost) put(s *scene) {
	kind := hostBox
	if h.router {
		kind = routerBox
	}
	if h.folded {
		s.label(h.x+2, h.y+1, h.text(), foldLabel, "")
	} else {
		s.label(h.x+2, h.y+1, h.text(), hostLabel, h.name)
	}
	s.box(h.x, h.y, h.boxWidth, h.height(), kind, h.name)
	for _, e := range h.ends {
		e.x += h.x
		e.boxY = h.y
		step := -1
		if !e.up {
			e.boxY, step = h.y+h.height()-1, 1
		}
		// The rows of a wire that leads up are read from above, and begin at the bar: what is
		// sent, the interface, its addresses.
		rows := slices.Clone(e.rows)
		if e.up {
			slices.SortStableFunc(rows, func(a, b Label) int { return cmp.Compare(outward(b.kind), outward(a.kind)) })
		}
		for i, row := range rows {
			y := e.boxY + step*(i+1)
			if e.up {
				y = e.boxY - len(rows) + i
			}
			s.label(e.x+2, y, row.Text, row.kind, e.name)
			if row.kind == lostLabel {
				e.lostY = y
			}
		}
		if e.on == nil {
			s.line(e.x, e.boxY, e.x, e.boxY+step*max(len(rows), 1), looseLine, e.name)
			continue
		}
		s.line(e.x, e.boxY, e.x, e.barY, wireLine, e.name)
	}
}

// outward is how far from the host a row is.
func outward(k labelKind) int {
	switch k {
	case wayLabel:
		return 1
	case lostLabel:
		return 2
	}
	return 0
}
