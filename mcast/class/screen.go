package class

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Screen is what a terminal shows: all of it, or the rows that changed since a version.
type Screen struct {
	Width, Height int
	Version       int64         // of what is shown; grows with each change
	Rows          map[int][]Run // by their number from 0, from the top
	Cursor        Cursor
	Title         string // of the window, safe to show
	Mouse         bool   // the program wants to know of the mouse, so a page selects no text with it
	Dropped       int    // bytes of input that the program did not read in time, and that are lost
	Looked        bool   // the teacher looks on
	Ended         string // why nothing runs; "": a program does
}

// Cursor is where the next character comes, in cells from the upper left corner.
type Cursor struct {
	X, Y    int
	Visible bool
}

// Run is text of one look.
type Run struct {
	Text  string // safe for a page as text, not as markup
	Cells int    // that it is wide
	Fg    string // #rrggbb; "": the page's own
	Bg    string
	Look  Look
}

// Look is how text is drawn.
type Look uint8

// The looks. They can be combined.
const (
	Bold Look = 1 << iota
	Faint
	Italic
	Underline
	Blink
	Reverse
	Strike
)

// MarshalJSON writes an array: text, cells, foreground, background, look; what is zero at
// the end is left out.
func (r Run) MarshalJSON() ([]byte, error) { return r.appendJSON(nil), nil }

// MarshalJSON writes the object of docs/class.md: w, h, v, rows, cur, and what is not empty of
// title, mouse, dropped, looked, ended.
func (s Screen) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 256+200*len(s.Rows))
	b = fmt.Appendf(b, `{"w":%d,"h":%d,"v":%d,`, s.Width, s.Height, s.Version)
	if len(s.Rows) > 0 {
		b = append(b, `"rows":{`...)
		for _, y := range slices.Sorted(maps.Keys(s.Rows)) {
			b = append(strconv.AppendInt(append(b, '"'), int64(y), 10), `":[`...)
			for _, r := range s.Rows[y] {
				b = append(r.appendJSON(b), ',')
			}
			b = append(bytes.TrimSuffix(b, []byte{','}), "],"...)
		}
		b = append(bytes.TrimSuffix(b, []byte{','}), "},"...)
	}
	visible := 0
	if s.Cursor.Visible {
		visible = 1
	}
	b = fmt.Appendf(b, `"cur":[%d,%d,%d]`, s.Cursor.X, s.Cursor.Y, visible)
	if s.Title != "" {
		b = appendString(append(b, `,"title":`...), s.Title)
	}
	if s.Mouse {
		b = append(b, `,"mouse":true`...)
	}
	if s.Dropped != 0 {
		b = fmt.Appendf(b, `,"dropped":%d`, s.Dropped)
	}
	if s.Looked {
		b = append(b, `,"looked":true`...)
	}
	if s.Ended != "" {
		b = appendString(append(b, `,"ended":`...), s.Ended)
	}
	return append(b, '}'), nil
}

func (r Run) appendJSON(b []byte) []byte {
	b = appendString(append(b, '['), r.Text)
	b = strconv.AppendInt(append(b, ','), int64(r.Cells), 10)
	if r.Fg != "" || r.Bg != "" || r.Look != 0 {
		b = appendString(append(b, ','), r.Fg)
	}
	if r.Bg != "" || r.Look != 0 {
		b = appendString(append(b, ','), r.Bg)
	}
	if r.Look != 0 {
		b = strconv.AppendInt(append(b, ','), int64(r.Look), 10)
	}
	return append(b, ']')
}

// appendString writes a string of JSON (RFC 8259, section 7).
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < 0x20:
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
