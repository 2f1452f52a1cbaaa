package class

import (
	"hash/maphash"
	"image/color"
	"strings"
	"unicode"
	"unicode/utf8"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/vt"
)

// row is a row as pages have it.
type row struct {
	version int64
	hash    uint64 // of its cells
	runs    []Run
}

// look is how a cell is drawn.
type look struct {
	fg, bg rgb
	look   Look
}

// rgb is a colour, or none.
type rgb struct {
	r, g, b uint8
	set     bool
}

func colour(c color.Color) rgb {
	if c == nil {
		return rgb{}
	}
	r, g, b, _ := c.RGBA()
	return rgb{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), true}
}

// String is #rrggbb, or nothing.
func (c rgb) String() string {
	if !c.set {
		return ""
	}
	const digits = "0123456789abcdef"
	return string([]byte{'#', digits[c.r>>4], digits[c.r&15], digits[c.g>>4], digits[c.g&15], digits[c.b>>4], digits[c.b&15]})
}

var attributes = []struct {
	attr uint8
	look Look
}{
	{uv.AttrBold, Bold}, {uv.AttrFaint, Faint}, {uv.AttrItalic, Italic}, {uv.AttrBlink | uv.AttrRapidBlink, Blink},
	{uv.AttrReverse, Reverse}, {uv.AttrStrikethrough, Strike},
}

func lookOf(s *uv.Style) look {
	l := look{fg: colour(s.Fg), bg: colour(s.Bg)}
	for _, a := range attributes {
		if s.Attrs&a.attr != 0 {
			l.look |= a.look
		}
	}
	if s.Underline != uv.UnderlineNone {
		l.look |= Underline
	}
	return l
}

// cellOf is a cell's text and width.
func cellOf(c *uv.Cell) (text string, width int) {
	if c == nil || c.Content == "" || c.Style.Attrs&uv.AttrConceal != 0 {
		return " ", 1
	}
	return c.Content, max(1, c.Width)
}

// hashRow is the same for rows that look the same.
func hashRow(h *maphash.Hash, e *vt.Emulator, y, width int) uint64 {
	h.Reset()
	for x := 0; x < width; x++ {
		c := e.CellAt(x, y)
		if c == nil {
			h.WriteByte(0)
			continue
		}
		h.WriteString(c.Content)
		l := lookOf(&c.Style)
		maphash.WriteComparable(h, l)
	}
	return h.Sum64()
}

// runsOf are the cells of a row as runs of one look. What is blank at the end is left
// out, and a wide character has a run of its own, so that a page can give it two cells.
func runsOf(e *vt.Emulator, y, width int) (runs []Run) {
	var b strings.Builder
	var now look
	cells := 0
	flush := func() {
		if cells > 0 {
			runs = append(runs, Run{b.String(), cells, now.fg.String(), now.bg.String(), now.look})
		}
		b.Reset()
		cells = 0
	}
	for x := 0; x < width; {
		c := e.CellAt(x, y)
		text, wide := cellOf(c)
		var l look
		if c != nil {
			l = lookOf(&c.Style)
		}
		if l != now || wide > 1 {
			flush()
			now = l
		}
		b.WriteString(harmless(text))
		cells += wide
		x += wide
		if wide > 1 {
			flush()
		}
	}
	flush()
	if n := len(runs); n > 0 {
		last := &runs[n-1]
		if last.Bg == "" && last.Look&(Underline|Reverse|Strike) == 0 {
			text := strings.TrimRight(last.Text, " ")
			last.Cells -= len(last.Text) - len(text)
			if last.Text = text; text == "" {
				runs = runs[:n-1]
			}
		}
	}
	return runs
}

// harmless is the text of a cell without what does not stand for itself: controls, and
// what turns the direction of text around.
func harmless(s string) string {
	if len(s) == 1 && s[0] >= 0x20 && s[0] < 0x7f {
		return s
	}
	if len(s) > maxCluster {
		s = s[:maxCluster]
		for len(s) > 0 && !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
	}
	return strings.Map(func(r rune) rune {
		const zwnj, zwj = '\u200c', '\u200d'
		switch {
		case r == zwnj || r == zwj || r >= 0xe0020 && r <= 0xe007f: // tags, in flags
			return r
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
			return utf8.RuneError
		}
		return r
	}, s)
}
