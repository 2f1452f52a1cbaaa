package picture

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// A board's geometry has each host and each interface once, wires end at their host and at
// their switch, and nothing lies over anything else.
func TestGeometry(t *testing.T) {
	for name, n := range named() {
		if len(n.Hosts) > 40 {
			continue
		}
		for _, columns := range []int{40, 80, 128} {
			d := NewDiagram(n, nil, DiagramOptions{Columns: columns, Board: true})
			g := d.Geometry()
			bad := func(format string, args ...any) {
				t.Helper()
				t.Errorf("%s in %d columns: %s\n%s", name, columns, fmt.Sprintf(format, args...), strings.Join(d.Rows(), "\n"))
			}
			boxes := map[string]GeometryHost{}
			for _, h := range g.Hosts {
				boxes[h.Name] = h
				for _, o := range g.Hosts {
					if o.Name != h.Name && h.X < o.X+o.Width && o.X < h.X+h.Width && h.Y < o.Y+o.Height && o.Y < h.Y+h.Height {
						bad("%s lies over %s", h.Name, o.Name)
					}
				}
				if h.X < 0 || h.Y < 0 || h.X+h.Width > g.Width || h.Y+h.Height > g.Height || len(h.Texts) != 1 || len(h.Rows) != boardRows || h.Columns < boardWidth {
					bad("the box of %s is %+v", h.Name, h)
				}
				for _, row := range append(slices.Clone(h.Rows), h.Texts...) {
					if row.X < h.X || row.Y-fontSize/2 < h.Y || row.Y > h.Y+h.Height {
						bad("a row of %s is at %v", h.Name, row)
					}
				}
			}
			bars := map[string][]GeometryLine{}
			for _, s := range g.Switches {
				bars[s.Name] = s.Bars
			}
			wires := map[string]bool{}
			for _, w := range g.Wires {
				wires[w.Name] = true
				if w.Room == nil || len(w.Texts) == 0 || w.Texts[0].Text != strings.TrimPrefix(w.Name, w.Host+".") {
					bad("%s has the texts %+v, room %v", w.Name, w.Texts, w.Room)
				}
				at := w.Lines[len(w.Lines)-1]
				h := boxes[w.Host]
				if !d.listed && (at[0] < h.X || at[0] > h.X+h.Width || !(near(at[1], h.Y+h.Height) || near(at[3], h.Y))) {
					bad("%s is at %v, and its host at %+v", w.Name, at, h)
				}
				if !d.listed && w.Switch != "" && !slices.ContainsFunc(bars[w.Switch], func(b GeometryLine) bool {
					return b[0] <= at[0] && at[0] <= b[2] && (near(b[1], at[1]) || near(b[1], at[3]))
				}) {
					bad("%s is at %v, and its switch at %v", w.Name, at, bars[w.Switch])
				}
			}
			for _, h := range n.Hosts {
				if _, ok := boxes[h.Name]; !ok {
					bad("there is no %s", h.Name)
				}
				for _, i := range h.Interfaces {
					if !wires[h.Name+"."+i.Name] {
						bad("there is no %s.%s", h.Name, i.Name)
					}
				}
			}
			if len(wires) != len(g.Wires) || len(boxes) != len(n.Hosts) {
				bad("%d boxes, %d wires", len(g.Hosts), len(g.Wires))
			}
			if b, err := json.Marshal(g); err != nil || strings.Contains(string(b), "null") {
				bad("%v: %s", err, b)
			}
		}
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 0.02 }

// The geometry is that of the picture.
func TestGeometryOfSVG(t *testing.T) {
	d := NewDiagram(article, nil, DiagramOptions{})
	svg, g := d.SVG(Light), d.Geometry()
	for _, h := range g.Hosts {
		if want := fmt.Sprintf(`<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f"`, h.X, h.Y, h.Width, h.Height); !strings.Contains(svg, want) {
			t.Errorf("the picture has no %s", want)
		}
	}
	lines, texts := 0, 0
	for _, w := range g.Wires {
		for _, l := range w.Lines {
			lines++
			if want := fmt.Sprintf(`<path d="M%.2f %.2fL%.2f %.2f"`, l[0], l[1], l[2], l[3]); !strings.Contains(svg, want) {
				t.Errorf("the picture has no %s", want)
			}
		}
		for _, text := range w.Texts {
			texts++
			if want := fmt.Sprintf(`<text x="%.2f" y="%.2f"`, text.X, text.Y); !strings.Contains(svg, want) || !strings.Contains(svg, ">"+text.Text+"</text>") {
				t.Errorf("the picture has no %s of %s", want, text.Text)
			}
		}
	}
	if lines != 4 || texts != 9 || len(g.Hosts) != 2 || g.Hosts[0].Rows == nil || g.Wires[0].Room != nil {
		t.Errorf("%d lines, %d texts, %+v", lines, texts, g)
	}
}
