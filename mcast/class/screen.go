package class

import "encoding/json"

// Screen is what a terminal shows: all of it, or the rows that changed since a version.
type Screen struct {
	Width, Height int
	Version       int64         // of what is shown; grows with each change
	Rows          map[int][]Run // by their number from 0, from the top
	Cursor        Cursor
	Title         string // of the window, safe to show
	Mouse         bool   // the program wants to know of the mouse, so a page selects no text with it
	Dropped       int    // bytes of input that the program did not read in time, and that are lost
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
func (r Run) MarshalJSON() ([]byte, error) {
	list := []any{r.Text, r.Cells, r.Fg, r.Bg, r.Look}
	switch {
	case r.Look != 0:
	case r.Bg != "":
		list = list[:4]
	case r.Fg != "":
		list = list[:3]
	default:
		list = list[:2]
	}
	return json.Marshal(list)
}

// MarshalJSON writes the object of docs/class.md: w, h, v, rows, cur, and what is not empty of
// title, mouse, dropped, ended.
func (s Screen) MarshalJSON() ([]byte, error) {
	visible := 0
	if s.Cursor.Visible {
		visible = 1
	}
	return json.Marshal(struct {
		Width   int           `json:"w"`
		Height  int           `json:"h"`
		Version int64         `json:"v"`
		Rows    map[int][]Run `json:"rows,omitempty"`
		Cursor  [3]int        `json:"cur"`
		Title   string        `json:"title,omitempty"`
		Mouse   bool          `json:"mouse,omitempty"`
		Dropped int           `json:"dropped,omitempty"`
		Ended   string        `json:"ended,omitempty"`
	}{s.Width, s.Height, s.Version, s.Rows, [3]int{s.Cursor.X, s.Cursor.Y, visible}, s.Title, s.Mouse, s.Dropped, s.Ended})
}
