package tui

import (
	"fmt"
	"html"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	uv "github.com/charmbracelet/ultraviolet"
)

// The pictures of the README, drawn from the screen itself so that they never
// show what it no longer is. Run with -update to draw them anew.
func TestPictures(t *testing.T) {
	for _, p := range []struct {
		name             string
		dark             bool
		ground, ink, rim string
	}{
		{"talk-dark", true, "#12161d", "#d5dbe3", "#2a3340"},
		{"talk-light", false, "#ffffff", "#1f2630", "#d0d7de"},
	} {
		t.Run(p.name, func(t *testing.T) {
			s := newScreen(t, 100, 30, before(), beforeLines()...)
			background := lipgloss.Color("#ffffff")
			if p.dark {
				background = lipgloss.Color("#000000")
			}
			s.Update(tea.BackgroundColorMsg{Color: background})
			svg := picture(s.View(), s.width, s.height, p.ground, p.ink, p.rim)
			path := filepath.Join("..", "docs", "screens", p.name+".svg")
			if updating() {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(svg), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			old, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if strings.ReplaceAll(string(old), "\r\n", "\n") != svg {
				t.Errorf("%s is not what the screen looks like now: run go test ./tui -update", path)
			}
		})
	}
}

// The size of a cell, in the units of the picture: that of the usual
// monospaced fonts at 14.
const (
	cellWidth, cellHeight = 8.43, 18.0
	fontSize, baseline    = 14.0, 13.2
	margin                = 14.0
)

// picture draws a view as SVG. Text is placed by cells, and lines and bars
// are drawn as shapes, so that they meet in any font.
func picture(v tea.View, width, height int, ground, ink, rim string) string {
	canvas := lipgloss.NewCanvas(width, height)
	canvas.Compose(lipgloss.NewLayer(v.Content))
	w, h := float64(width)*cellWidth+2*margin, float64(height)*cellHeight+2*margin

	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-label="groupcast in a terminal">`+"\n", w, h, w, h)
	fmt.Fprintf(&b, `<rect x="0.5" y="0.5" width="%.0f" height="%.0f" rx="9" fill="%s" stroke="%s"/>`+"\n", w-1, h-1, ground, rim)
	fmt.Fprintf(&b, `<g font-family="'DejaVu Sans Mono','Cascadia Mono','SF Mono',Menlo,Consolas,monospace" font-size="%.0f" fill="%s" xml:space="preserve">`+"\n", fontSize, ink)
	for y := range height {
		for x := 0; x < width; {
			run := runAt(canvas, x, y, width)
			run.draw(&b, ink)
			x += run.cells
		}
	}
	if c := v.Cursor; c != nil {
		x, y := place(c.X, c.Y)
		fmt.Fprintf(&b, `<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" fill="%s" opacity="0.55"/>`+"\n", x, y+1, cellWidth, cellHeight-2, ink)
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
	style       uv.Style
	shape       bool
}

func runAt(canvas *lipgloss.Canvas, x, y, width int) run {
	r := run{x: x, y: y}
	for x < width {
		c := canvas.CellAt(x, y)
		shape := strings.Contains(shapes, c.Content) && c.Content != " " && c.Content != ""
		if r.cells > 0 && (c.Style != r.style || shape != r.shape || shape && c.Content != r.text[:len(c.Content)]) {
			break
		}
		r.style, r.shape = c.Style, shape
		r.text += c.Content
		r.cells += max(1, c.Width)
		x += max(1, c.Width)
	}
	return r
}

func (r run) draw(b *strings.Builder, ink string) {
	x, y := place(r.x, r.y)
	if r.style.Bg != nil {
		fmt.Fprintf(b, `<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" fill="%s"/>`+"\n", x, y, float64(r.cells)*cellWidth, cellHeight, hex(r.style.Bg))
	}
	paint := ink
	if r.style.Fg != nil {
		paint = hex(r.style.Fg)
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
	if r.style.Fg != nil {
		attrs += fmt.Sprintf(` fill="%s"`, paint)
	}
	if r.style.Attrs&uv.AttrBold != 0 {
		attrs += ` font-weight="bold"`
	}
	n := lipgloss.Width(text)
	fmt.Fprintf(b, `<text x="%.2f" y="%.2f" textLength="%.2f"%s>%s</text>`+"\n", x+float64(lead)*cellWidth, y+baseline, float64(n)*cellWidth, attrs, html.EscapeString(text))
}

// shapes are the characters that are drawn and not written.
const shapes = "─│├┤╭╮╰╯▁▂▃▄▅▆▇█"

func drawShape(b *strings.Builder, r run, paint string) {
	const cw, ch = cellWidth, cellHeight
	x, y := place(r.x, r.y)
	line := func(format string, args ...any) {
		fmt.Fprintf(b, `<path d="%s" fill="none" stroke="%s"/>`+"\n", fmt.Sprintf(format, args...), paint)
	}
	mx, my, end := x+cw/2, y+ch/2, x+float64(r.cells)*cw
	switch first := []rune(r.text)[0]; first {
	case '─':
		line("M%.2f %.2fH%.2f", x, my, end)
	case '│':
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
