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
	hidden bool
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
	l := look{fg: colour(s.Fg), bg: colour(s.Bg), hidden: s.Attrs&uv.AttrConceal != 0}
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

// cellOf is a cell's text and width, of which there is so much room.
func cellOf(c *uv.Cell, room int) (text string, width int) {
	if c == nil || c.Content == "" || c.Width > room {
		return " ", 1
	}
	return c.Content, max(1, c.Width)
}

// rowReader reads rows of an emulator.
type rowReader struct {
	seed  maphash.Seed
	bytes []byte // of the cells of a row
	looks []look // of them

	style uv.Style // of the last cell
	look  look
}

func newRowReader() rowReader { return rowReader{seed: maphash.MakeSeed()} }

// read reads the cells of a row, and returns a number that is the same for rows that look
// the same.
func (r *rowReader) read(e *vt.Emulator, y, width int) uint64 {
	r.bytes, r.looks = r.bytes[:0], r.looks[:0]
	for x := range width {
		c := e.CellAt(x, y)
		if c == nil {
			c = &uv.EmptyCell
		}
		if c.Style != r.style {
			r.style, r.look = c.Style, lookOf(&c.Style)
		}
		l := r.look
		r.looks = append(r.looks, l)
		r.bytes = append(r.bytes, c.Content...)
		r.bytes = append(r.bytes, 0, l.fg.r, l.fg.g, l.fg.b, l.bg.r, l.bg.g, l.bg.b, byte(l.look), flags(l.fg.set, l.bg.set, l.hidden))
	}
	return maphash.Bytes(r.seed, r.bytes)
}

func flags(list ...bool) (b byte) {
	for n, on := range list {
		if on {
			b |= 1 << n
		}
	}
	return b
}

// runs are the cells of the row that was read as runs of one look. What is blank at the
// end is left out, and a wide character has a run of its own, so that a page can give it
// two cells.
func (r *rowReader) runs(e *vt.Emulator, y int) (runs []Run) {
	text := r.bytes[:0] // which is read
	var now look
	cells := 0
	flush := func() {
		if cells > 0 {
			runs = append(runs, Run{string(text), cells, now.fg.String(), now.bg.String(), now.look})
		}
		text, cells = text[:0], 0
	}
	for x := 0; x < len(r.looks); {
		l := r.looks[x]
		content, wide := cellOf(e.CellAt(x, y), len(r.looks)-x)
		if l.hidden {
			content = strings.Repeat(" ", wide)
			l.hidden = false
		}
		if l != now || wide > 1 {
			flush()
			now = l
		}
		text = append(text, harmless(content)...)
		cells += wide
		x += wide
		if wide > 1 {
			flush()
		}
	}
	flush()
	return withoutBlanks(runs)
}

// withoutBlanks is a row without the blanks at its end.
func withoutBlanks(runs []Run) []Run {
	n := len(runs)
	if n == 0 {
		return runs
	}
	last := &runs[n-1]
	if last.Bg != "" || last.Look&(Underline|Reverse|Strike) != 0 {
		return runs
	}
	text := strings.TrimRight(last.Text, " ")
	last.Cells -= len(last.Text) - len(text)
	if last.Text = text; text == "" {
		return runs[:n-1]
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
