package picture

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// paints are what a diagram has besides the colours of its theme. Shapes say the same.
type paints struct{ way, lost string }

func (t Theme) paints() paints {
	var r, g, b int
	if _, err := fmt.Sscanf(t.Ground, "#%02x%02x%02x", &r, &g, &b); err == nil && r+g+b < 3*128 {
		return paints{way: "#5aa9ff", lost: "#ff7b72"}
	}
	return paints{way: "#0a5bd3", lost: "#c62828"}
}

// SVG is the drawing as a picture that needs no other file. Its text is text, and is read
// aloud as a title and a description.
func (d Diagram) SVG(t Theme) string {
	s := d.scene
	w, h := float64(s.width)*cellWidth+2*margin, float64(s.height)*cellHeight+2*margin
	v := &vectors{theme: t, paints: t.paints()}
	v.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img">`, w, h, w, h)
	v.add(`<title>%s</title>`, html.EscapeString(d.title()))
	v.add(`<desc>%s</desc>`, html.EscapeString(d.words()))
	v.add(`<rect x="0.5" y="0.5" width="%.0f" height="%.0f" rx="9" fill="%s" stroke="%s"/>`, w-1, h-1, t.Ground, t.Rim)
	d.shapes(v)
	v.add("</svg>")
	return v.String()
}

// shapes draws everything but the ground.
func (d Diagram) shapes(v *vectors) {
	s, t, p := d.scene, v.theme, v.paints
	v.add(`<g fill="none" stroke="%s" stroke-width="1.5">`, t.Ink)
	for _, l := range s.lines {
		switch l.kind {
		case barLine:
			v.line(l, `stroke-width="6" stroke-linecap="round" opacity="0.45"`)
		case cableLine:
			v.line(l, `stroke-width="4" opacity="0.45"`)
		case wireLine:
			if l.y1 == l.y2 { // in a list
				v.line(l, "")
			}
		}
	}
	crossings := s.crossings()
	for _, l := range s.strokes {
		if l.y1 == l.y2 {
			v.stroke(l)
		}
	}
	for _, l := range s.lines {
		if l.kind == barLine || l.kind == cableLine || l.y1 == l.y2 {
			continue
		}
		for c := range crossings { // the bar goes on behind the wire
			if l.x1 == l.x2 && c.x == l.x1 && l.y1 < c.y && c.y < l.y2 {
				x, y := center(c.x, c.y)
				v.add(`<path d="M%.2f %.2fV%.2f" stroke="%s" stroke-width="9"/>`, x, y-6, y+6, t.Ground)
			}
		}
		v.line(l, "")
		if l.kind == looseLine {
			x, y := center(l.x2, l.y2)
			v.add(`<circle cx="%.2f" cy="%.2f" r="3.5" fill="%s"/>`, x, y, t.Ground)
		}
	}
	for _, l := range s.strokes {
		if l.y1 != l.y2 {
			v.stroke(l)
		}
	}
	for _, l := range s.lines {
		if l.kind == wireLine && l.x1 == l.x2 {
			for _, y := range []int{l.y1, l.y2} {
				if s.bar(l.x1, y) {
					cx, cy := center(l.x1, y)
					v.add(`<circle cx="%.2f" cy="%.2f" r="3.5" fill="%s" stroke="none"/>`, cx, cy, t.Ink)
				}
			}
		}
	}
	for _, b := range s.boxes {
		x1, y1 := center(b.x, b.y)
		x2, y2 := center(b.x+b.width-1, b.y+b.height-1)
		round, broad := 3.0, 1.5
		if b.kind == routerBox {
			round, broad = 16, 2.5
		}
		v.add(`<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" rx="%.0f" fill="%s" stroke-width="%.1f"/>`, x1, y1, x2-x1, y2-y1, round, t.Ground, broad)
	}
	for _, m := range s.marks {
		v.mark(m)
	}
	v.add(`</g>`)
	v.add(`<g font-family="'DejaVu Sans Mono','Cascadia Mono','SF Mono',Menlo,Consolas,monospace" font-size="%.0f" fill="%s" xml:space="preserve">`, fontSize, t.Ink)
	for _, l := range s.labels {
		x, y := place(l.X, l.Y)
		attrs := ""
		switch l.kind {
		case hostLabel, switchLabel:
			attrs = ` font-weight="bold"`
		case wayLabel:
			attrs = fmt.Sprintf(` font-weight="bold" fill="%s"`, p.way)
		case lostLabel:
			attrs = fmt.Sprintf(` font-weight="bold" fill="%s"`, p.lost)
		case foldLabel:
			attrs = ` font-style="italic"`
		}
		v.add(`<text x="%.2f" y="%.2f" textLength="%.2f"%s>%s</text>`, x, y+baseline, float64(l.Width())*cellWidth, attrs, html.EscapeString(l.Text))
	}
	v.add("</g>")
}

// bar reports whether a bar is in a cell.
func (s *scene) bar(x, y int) bool {
	return slices.ContainsFunc(s.lines, func(l sceneLine) bool {
		return l.kind == barLine && l.y1 == y && l.y2 == y && l.x1 <= x && x <= l.x2
	})
}

// vectors is a picture that is being written.
type vectors struct {
	strings.Builder
	theme  Theme
	paints paints
	dashed bool // the way is only the one that was wanted
}

func (v *vectors) add(format string, args ...any) { fmt.Fprintf(v, format+"\n", args...) }

func center(x, y int) (float64, float64) {
	px, py := place(x, y)
	return px + cellWidth/2, py + cellHeight/2
}

func (v *vectors) line(l sceneLine, attrs string) {
	x1, y1 := center(l.x1, l.y1)
	x2, y2 := center(l.x2, l.y2)
	if attrs != "" {
		attrs = " " + attrs
	}
	v.add(`<path d="M%.2f %.2fL%.2f %.2f"%s/>`, x1, y1, x2, y2, attrs)
}

func (v *vectors) stroke(l sceneLine) {
	if v.dashed {
		v.line(l, fmt.Sprintf(`stroke="%s" stroke-width="3" stroke-dasharray="3 6"`, v.paints.way))
		return
	}
	v.line(l, fmt.Sprintf(`stroke="%s" stroke-width="4" stroke-linecap="square"`, v.paints.way))
}

// mark draws the head of an arrow, whose point is near the end of its cell, or a cross.
func (v *vectors) mark(m sceneMark) {
	x, y := center(m.x, m.y)
	if m.kind == cross {
		d := fmt.Sprintf("M%.2f %.2fl13 13m0 -13l-13 13", x-6.5, y-6.5)
		v.add(`<path d="%s" stroke="%s" stroke-width="7"/>`, d, v.theme.Ground)
		v.add(`<path d="%s" stroke="%s" stroke-width="3.5"/>`, d, v.paints.lost)
		return
	}
	tip, base, half := 16.0, 2.0, 7.0
	if m.mid {
		tip, base = 8, -7
	}
	dx, dy := 0.0, 1.0
	switch m.kind {
	case arrowUp:
		dy = -1
	case arrowLeft:
		dx, dy = -1, 0
	case arrowRight:
		dx, dy = 1, 0
	}
	if !m.mid && dx != 0 { // the cells of a row are narrow
		tip, base = 6, -8
	}
	paint := fmt.Sprintf(`fill="%s" stroke="none"`, v.paints.way)
	if v.dashed {
		paint = fmt.Sprintf(`fill="%s" stroke="%s"`, v.theme.Ground, v.paints.way)
	}
	v.add(`<path d="M%.2f %.2fL%.2f %.2fL%.2f %.2fZ" %s/>`,
		x+dx*tip, y+dy*tip, x+dx*base+dy*half, y+dy*base+dx*half, x+dx*base-dy*half, y+dy*base-dx*half, paint)
}

// title is what the drawing is of, in a line.
func (d Diagram) title() string {
	title := fmt.Sprintf("A network of %s and %s", count(len(d.network.Hosts), "host"), count(len(d.network.Switches), "switche"))
	if len(d.network.Switches) == 1 {
		title = strings.TrimSuffix(title, "switche") + "switch"
	}
	if d.way != nil {
		title += fmt.Sprintf(", and the way of %q", d.way.Label)
	}
	return title
}

// words say what the drawing shows.
func (d Diagram) words() string {
	const most = 40 // interfaces
	var list []string
	for _, s := range d.network.Switches {
		if s.On != "" {
			list = append(list, fmt.Sprintf("The switch %s is connected to the switch %s.", s.Name, s.On))
		}
	}
	n := 0
	for _, h := range d.network.Hosts {
		kind := "Host"
		if h.Router {
			kind = "Router"
		}
		for _, i := range h.Interfaces {
			if n++; n > most {
				continue
			}
			at := "on no switch"
			if i.Switch != "" {
				at = "on the switch " + i.Switch
			}
			list = append(list, fmt.Sprintf("%s %s: %s %s.", kind, h.Name, strings.Join(slices.Concat([]string{i.Name}, i.Addrs, i.Extra), " "), at))
		}
	}
	if n > most {
		list = append(list, fmt.Sprintf("And %s.", count(n-most, "more interface")))
	}
	if d.way != nil {
		for _, h := range d.way.Hops {
			lost := ""
			if h.Lost {
				lost = ", where it is lost before it arrives"
			}
			list = append(list, fmt.Sprintf("%s goes from %s to %s%s.", d.way.Label, h.From, h.To, lost))
		}
	}
	return strings.Join(list, " ")
}
