// Package picture draws the screen of a terminal as SVG: the pictures in the
// docs come from tests that draw the real screen.
package picture

import (
	"cmp"
	"fmt"
	"html"
	"image/color"
	"strings"
)

// Screen is a terminal's screen.
type Screen struct {
	Width, Height    int // in cells
	At               func(x, y int) Cell
	CursorX, CursorY int // CursorX is -1 when there is no cursor
}

// Cell is one cell, or those of a wide character.
type Cell struct {
	Text  string
	Width int // in cells; 0 counts as 1
	Style Style
}

// Style is how a cell is drawn; no colour means the theme's.
type Style struct {
	Fg, Bg                   color.Color
	Bold, Underline, Reverse bool
}

// Theme is a terminal's own colours, as SVG has them.
type Theme struct{ Ground, Ink, Rim string }

// The themes of the pictures.
var (
	Dark  = Theme{"#12161d", "#d5dbe3", "#2a3340"}
	Light = Theme{"#ffffff", "#1f2630", "#d0d7de"}
)

// The size of a cell, in the units of the picture: that of the usual
// monospaced fonts at 14.
const (
	cellWidth, cellHeight = 8.43, 18.0
	fontSize, baseline    = 14.0, 13.2
	margin                = 14.0
)

// SVG draws a screen. Text is placed by cells, and lines and bars are drawn as
// shapes, so that they meet in any font.
func SVG(s Screen, t Theme) string {
	w, h := float64(s.Width)*cellWidth+2*margin, float64(s.Height)*cellHeight+2*margin

	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-label="groupcast in a terminal">`+"\n", w, h, w, h)
	fmt.Fprintf(&b, `<rect x="0.5" y="0.5" width="%.0f" height="%.0f" rx="9" fill="%s" stroke="%s"/>`+"\n", w-1, h-1, t.Ground, t.Rim)
	fmt.Fprintf(&b, `<g font-family="'DejaVu Sans Mono','Cascadia Mono','SF Mono',Menlo,Consolas,monospace" font-size="%.0f" fill="%s" xml:space="preserve">`+"\n", fontSize, t.Ink)
	for y := range s.Height {
		for x := 0; x < s.Width; {
			r := s.run(x, y)
			r.draw(&b, t)
			x += r.cells
		}
	}
	if s.CursorX >= 0 {
		x, y := place(s.CursorX, s.CursorY)
		fmt.Fprintf(&b, `<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" fill="%s" opacity="0.55"/>`+"\n", x, y+1, cellWidth, cellHeight-2, t.Ink)
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}

func place(x, y int) (float64, float64) {
	return margin + float64(x)*cellWidth, margin + float64(y)*cellHeight
}

// run is neighbouring cells of one style: one word or more of text, or one
// shape.
type run struct {
	x, y, cells int
	text        string
	style       Style
	shape       bool
}

func (s Screen) run(x, y int) run {
	r := run{x: x, y: y}
	for x < s.Width {
		c := s.At(x, y)
		shape := strings.Contains(shapes, c.Text) && c.Text != " " && c.Text != ""
		if r.cells > 0 && (c.Style != r.style || shape != r.shape || shape && c.Text != r.text[:len(c.Text)]) {
			break
		}
		r.style, r.shape = c.Style, shape
		r.text += c.Text
		r.cells += max(1, c.Width)
		x += max(1, c.Width)
	}
	return r
}

func (r run) draw(b *strings.Builder, t Theme) {
	x, y := place(r.x, r.y)
	paint, ground := t.Ink, ""
	if r.style.Fg != nil {
		paint = hex(r.style.Fg)
	}
	if r.style.Bg != nil {
		ground = hex(r.style.Bg)
	}
	if r.style.Reverse {
		paint, ground = cmp.Or(ground, t.Ground), paint
	}
	if ground != "" {
		fmt.Fprintf(b, `<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" fill="%s"/>`+"\n", x, y, float64(r.cells)*cellWidth, cellHeight, ground)
	}
	if r.shape {
		drawShape(b, r, paint)
		return
	}
	text := strings.TrimRight(r.text, " ")
	lead := len(text) - len(strings.TrimLeft(text, " "))
	text = text[lead:]
	if text == "" {
		return
	}
	attrs := ""
	if paint != t.Ink {
		attrs += fmt.Sprintf(` fill="%s"`, paint)
	}
	if r.style.Bold {
		attrs += ` font-weight="bold"`
	}
	if r.style.Underline {
		attrs += ` text-decoration="underline"`
	}
	n := r.cells - lead - (len(r.text) - lead - len(text)) // what was trimmed are spaces
	fmt.Fprintf(b, `<text x="%.2f" y="%.2f" textLength="%.2f"%s>%s</text>`+"\n", x+float64(lead)*cellWidth, y+baseline, float64(n)*cellWidth, attrs, html.EscapeString(text))
}

// heavy are those of the shapes that are drawn with a broad line.
const heavy = "━┃┏┓┗┛┢┪┡┩"

// shapes are the characters that are drawn and not written.
const shapes = "─│├┤╭╮╰╯▁▂▃▄▅▆▇█" + heavy

func drawShape(b *strings.Builder, r run, paint string) {
	const cw, ch = cellWidth, cellHeight
	x, y := place(r.x, r.y)
	width := ""
	if strings.ContainsAny(r.text, heavy) {
		width = ` stroke-width="2.5"`
	}
	line := func(format string, args ...any) {
		fmt.Fprintf(b, `<path d="%s" fill="none" stroke="%s"%s/>`+"\n", fmt.Sprintf(format, args...), paint, width)
	}
	mx, my, end := x+cw/2, y+ch/2, x+float64(r.cells)*cw
	switch first := []rune(r.text)[0]; first {
	case '─', '━':
		line("M%.2f %.2fH%.2f", x, my, end)
	case '│', '┃':
		for i := range r.cells {
			line("M%.2f %.2fV%.2f", mx+float64(i)*cw, y, y+ch)
		}
	case '├':
		line("M%.2f %.2fV%.2fM%.2f %.2fH%.2f", mx, y, y+ch, mx, my, x+cw)
	case '┤':
		line("M%.2f %.2fV%.2fM%.2f %.2fH%.2f", mx, y, y+ch, x, my, mx)
	case '╭':
		line("M%.2f %.2fV%.2fQ%.2f %.2f %.2f %.2f", mx, y+ch, my+4, mx, my, x+cw, my)
	case '╮':
		line("M%.2f %.2fV%.2fQ%.2f %.2f %.2f %.2f", mx, y+ch, my+4, mx, my, x, my)
	case '╰':
		line("M%.2f %.2fV%.2fQ%.2f %.2f %.2f %.2f", mx, y, my-4, mx, my, x+cw, my)
	case '╯':
		line("M%.2f %.2fV%.2fQ%.2f %.2f %.2f %.2f", mx, y, my-4, mx, my, x, my)
	case '┏':
		line("M%.2f %.2fV%.2fH%.2f", mx, y+ch, my, x+cw)
	case '┓':
		line("M%.2f %.2fV%.2fH%.2f", mx, y+ch, my, x)
	case '┗':
		line("M%.2f %.2fV%.2fH%.2f", mx, y, my, x+cw)
	case '┛':
		line("M%.2f %.2fV%.2fH%.2f", mx, y, my, x)
	case '┢', '┡': // drawn heavy as a whole
		line("M%.2f %.2fV%.2fM%.2f %.2fH%.2f", mx, y, y+ch, mx, my, x+cw)
	case '┪', '┩':
		line("M%.2f %.2fV%.2fM%.2f %.2fH%.2f", mx, y, y+ch, x, my, mx)
	default:
		tall := (ch - 5) * float64(first-'▁'+1) / 8
		for i := range r.cells {
			fmt.Fprintf(b, `<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" fill="%s"/>`+"\n", x+float64(i)*cw+0.6, y+ch-3-tall, cw-1.2, tall, paint)
		}
	}
}

func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}
