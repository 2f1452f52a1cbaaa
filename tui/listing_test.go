package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// numbers is a listing of ten numbers at most, each row the number alone.
func numbers(upTo int) *listing[int] {
	list := newListing(10, 1<<20,
		func(int) int { return 8 },
		func(_ *styles, v, _ int) string { return fmt.Sprint(v) },
		func(v int) string {
			if v%2 == 0 {
				return fmt.Sprint("Even ", v)
			}
			return fmt.Sprint("odd ", v)
		})
	list.styles = newStyles(true, true, ansi.WcWidth, colorprofile.TrueColor)
	for v := range upTo {
		list.add(v + 1)
	}
	return list
}

// drawnRows is the listing in three rows, as one line.
func drawnRows(list *listing[int]) string {
	rows := strings.Fields(ansi.Strip(list.render(4, 3)))
	return strings.Join(rows, " ")
}

func TestListing(t *testing.T) {
	type list = *listing[int]
	more := func(values ...int) func(list) {
		return func(l list) {
			for _, v := range values {
				l.add(v)
			}
		}
	}
	move := func(by int) func(list) { return func(l list) { l.move(by) } }
	filter := func(s string) func(list) { return func(l list) { l.setFilter(s) } }
	freeze := func(on bool) func(list) { return func(l list) { l.freeze(on) } }
	click := func(row int) func(list) { return func(l list) { l.render(4, 3); l.click(row) } }
	do := func(steps ...func(list)) []func(list) { return steps }

	for _, c := range []struct {
		name  string
		steps []func(list)
		want  string // on the screen
		note  string
	}{
		{"it follows the newest", do(more(6)), "4 5 6", ""},
		{"the first move selects the newest", do(move(-1)), "3 4 >5", ""},
		{"and holds the list", do(move(-1), more(6, 7)), "3 4 >5", "2 new below"},
		{"a first move down selects and follows", do(move(1), more(6, 7)), "5 6 >7", ""},
		{"up", do(move(-1), move(-1)), "3 >4 5", ""},
		{"up beyond the screen", do(move(-4)), ">2 3 4", ""},
		{"up beyond the first", do(move(-99)), ">1 2 3", ""},
		{"down to the last row still holds", do(move(-2), more(6), move(1)), "3 4 >5", "1 new below"},
		{"down from the last row follows", do(move(-2), more(6), move(1), move(1)), "4 5 >6", ""},
		{"a page up", do(func(l list) { l.move((-1) * max(1, (3)-1)) }), "3 >4 5", ""},
		{"the top", do(list.top, more(6)), ">1 2 3", "1 new below"},
		{"the newest", do(list.top, more(6), list.newest), "4 5 >6", ""},
		{"a click selects and holds", do(click(1), more(6)), "3 >4 5", "1 new below"},
		{"a click below the rows", do(click(3), more(6)), "4 5 6", ""},

		{"frozen without a selection", do(freeze(true), more(6)), "3 4 5", "1 new below"},
		{"frozen, the newest does not release", do(freeze(true), more(6), list.newest), "3 4 5", "1 new below"},
		{"frozen, down from the last row does not", do(freeze(true), more(6), move(-1), move(1)), "3 4 >5", "1 new below"},
		{"no longer frozen", do(freeze(true), more(6), freeze(false)), "4 5 6", ""},

		{"filtered", do(filter("even"), more(6, 7)), "2 4 6", "3 of 7 match"},
		{"every word must match", do(filter("ODD 3")), "3", "1 of 5 match"},
		{"nothing matches", do(filter("x")), "n...", "0 of 5 match"},
		{"no filter again", do(filter("x"), filter("")), "3 4 5", ""},
		{"only what matches is selected", do(filter("even"), move(-2)), ">2 4", "2 of 5 match"},
		{"only what matches is new", do(filter("odd"), move(-1), more(6, 7)), "1 3 >5", "1 new below, 3 of 5 match"},
		{"a filter that hides the selected row", do(move(-2), move(-1), filter("even")), ">2 4", "2 of 5 match"},
		{"and gives it back", do(move(-3), filter("even"), filter("")), ">3 4 5", ""},
		{"a filter while some wait", do(move(-1), more(6, 7, 8), filter("even")), "2 >4", "2 new below, 2 of 5 match"},
		{"released with a filter", do(filter("even"), move(-1), more(6), move(1)), "2 4 >6", "3 of 6 match"},

		{"the oldest are let go", do(more(6, 7, 8, 9, 10, 11, 12), list.top), ">3 4 5", "2 older let go"},
		{"with a filter, too", do(filter("odd"), more(6, 7, 8, 9, 10, 11, 12), list.top), ">3 5 7", "5 of 10 match, 2 older let go"},
		{"more waited than there is room for", do(filter("odd"), move(-1), more(6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17), list.newest), "13 15 >17", "5 of 10 match, 7 older let go"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := numbers(5)
			l.render(4, 3)
			for _, step := range c.steps {
				step(l)
			}
			got := drawnRows(l)
			if got != c.want || l.note() != c.note {
				t.Errorf("the list shows %q and notes %q, want %q and %q", got, l.note(), c.want, c.note)
			}
		})
	}
}

func TestSelected(t *testing.T) {
	l := numbers(0)
	for _, do := range []func(){func() { l.move(-1) }, l.top, l.newest, func() { l.click(0) }, func() { l.move((1) * max(1, (3)-1)) }} {
		do()
		if _, ok := l.selectedValue(); ok {
			t.Error("in an empty list something is selected")
		}
	}
	l = numbers(3)
	l.freeze(true)
	if !l.scrollback.held || !l.frozen {
		t.Error("a frozen list says that it is not held")
	}
	l.freeze(false)
	if l.scrollback.held || l.frozen {
		t.Error("a list that follows says that it is held")
	}
	if _, ok := l.selectedValue(); ok {
		t.Error("before the first move something is selected")
	}
	l.move(-2)
	if v, ok := l.selectedValue(); !ok || v != 2 {
		t.Errorf("two up from 3 is %d (%v), want 2", v, ok)
	}
	l.setFilter("nothing")
	if _, ok := l.selectedValue(); ok || l.len() != 0 {
		t.Error("with a filter that nothing matches something is selected")
	}
}

// A list without room for all of what was added while it was held says how
// many were lost.
func TestListingBoundsMemory(t *testing.T) {
	l := numbers(10)
	l.move(-1)
	for v := range 1000 {
		l.add(v)
	}
	if got := l.scrollback.waiting.len(); got != 10 || l.newBelow() != 1000 {
		t.Errorf("%d wait of %d that came, want 10 of 1,000", got, l.newBelow())
	}
	l.newest()
	if l.len() != 10 || l.note() != "1,000 older let go" {
		t.Errorf("%d are kept, and it notes %q, want 10 and that 1,000 are gone", l.len(), l.note())
	}
}

// Frames of 40 rows, with 667 datagrams between two of them: 20,000 in a
// second.
func BenchmarkListing(b *testing.B) {
	for _, c := range []struct {
		name, filter string
		added        int
	}{
		{"still", "", 0},
		{"still, filtered", "eth0 hello", 0},
		{"20,000 a second", "", 667},
		{"20,000 a second, filtered", "eth0 hello", 667},
	} {
		b.Run(c.name, func(b *testing.B) {
			d := newDatagrams(newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor))
			for range datagramsKept {
				d.add(received)
			}
			d.setFilter(c.filter)
			for b.Loop() {
				for range c.added {
					d.add(received)
				}
				d.render(100, 40)
			}
		})
	}
}
