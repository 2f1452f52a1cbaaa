package tui

// detail is the page about one row of a list.
type detail struct {
	window
	styles *styles
	rows   []string
}

func (d *detail) render(height int) string {
	return d.styles.scrolled(d.rows, d.offset, height)
}

// lister is a list of datagrams or calls, whatever is in its rows.
type lister interface {
	move(by int)
	top()
	newest()
	setFilter(words string)
	freeze(on bool)
	selectNewest() bool // selects the newest row if none is; false: there is none
	click(row int) (again bool)
	newBelow() uint64
	note() string
	render(width, height int) string
	detail(width int) []string
}
