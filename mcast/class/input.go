package class

// Sizes that a terminal may have, in cells. What is beyond becomes the nearest.
const (
	MinWidth, MaxWidth   = 20, 300
	MinHeight, MaxHeight = 5, 100
)

// Input is one thing that a person does: what is set of it.
type Input struct {
	Text  string // typed, or composed
	Paste string
	Key   Key
	Mouse *Mouse
	Size  Size // of the page's grid, when it has changed
	Light bool // the page is light; it goes with Size
}

// Size is in cells.
type Size struct{ Width, Height int }

// Key is a key that is no text, or one with a modifier.
type Key struct {
	Name             string // as KeyboardEvent.key has it, such as ArrowUp, Enter, F7 or c
	Ctrl, Alt, Shift bool
}

// Mouse is what a mouse does in a cell.
type Mouse struct {
	X, Y             int
	Button           int // 0 none, 1 left, 2 middle, 3 right, 4 wheel up, 5 wheel down
	Kind             MouseKind
	Ctrl, Alt, Shift bool
}

// MouseKind is what happens to a button.
type MouseKind int

// The kinds.
const (
	Press MouseKind = iota
	Release
	Move
)
