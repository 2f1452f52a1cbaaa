package tui

// detail is the page about one row of a list.
type detail struct {
	styles *styles
	rows   []string
	offset int
}

// Scroll moves by rows, in a window of that height.
func (d *detail) Scroll(by, height int) { d.offset = scrollTo(d.offset+by, len(d.rows), height) }

func (d *detail) Render(height int) string {
	return d.styles.scrolled(d.rows, d.offset, height)
}

// lister is a list of datagrams or calls, whatever is in its rows.
type lister interface {
	Move(by int)
	Top()
	Newest()
	SetFilter(words string)
	Freeze(on bool)
	Select() bool // selects the newest row if none is; false: there is none
	Click(row int) (again bool)
	New() uint64
	Note() string
	Render(width, height int) string
	Detail(width int) []string
}
