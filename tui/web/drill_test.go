package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// drill is an exercise that does what the test says.
type drill struct {
	mu      sync.Mutex
	state   class.ExerciseState
	version int64
	done    []string
	changed chan struct{} // closed when the state is another, or it has ended
	over    bool
}

func newDrill(s class.ExerciseState) *drill {
	return &drill{state: s, version: 1, changed: make(chan struct{})}
}

func (d *drill) Next(ctx context.Context, seen int64) (class.ExerciseState, int64, error) {
	for {
		d.mu.Lock()
		state, version, changed, over := d.state, d.version, d.changed, d.over
		d.mu.Unlock()
		switch {
		case over:
			return class.ExerciseState{}, seen, io.EOF
		case version > seen:
			return state, version, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return class.ExerciseState{}, seen, ctx.Err()
		}
	}
}

// set changes the state.
func (d *drill) set(change func(*class.ExerciseState)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.state)
	d.version++
	close(d.changed)
	d.changed = make(chan struct{})
}

func (d *drill) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.over {
		d.over = true
		close(d.changed)
	}
}

func (d *drill) do(what string) {
	d.mu.Lock()
	d.done = append(d.done, what)
	d.mu.Unlock()
	d.set(func(s *class.ExerciseState) { s.Busy = what })
}

func (d *drill) Check() { d.do("check") }
func (d *drill) Hint()  { d.do("hint") }
func (d *drill) Reset() { d.do("reset") }

// did is what pages have asked for.
func (d *drill) did() []string { d.mu.Lock(); defer d.mu.Unlock(); return slices.Clone(d.done) }

// exerciseDesk is a seat with two hosts and an exercise of two expectations and three hints.
func exerciseDesk(t *testing.T) (a, b *desk, x *drill) {
	x = newDrill(class.ExerciseState{
		Lesson: "article", Title: "A sends, and B hears nothing", Task: []string{"B has joined 224.0.0.114. A sends to it <b>without</b> -i, and B hears nothing.", "Mend A, so that B hears it."},
		Progress: class.Progress{Of: 2, HintsOf: 3},
	})
	a, b = screenDesk(t), screenDesk(t)
	a.host, b.host, a.others, a.drill = "A", "B", []*desk{b}, x
	return a, b, x
}

// checked is a check of which the first so many expectations are met.
func checked(met int) func(*class.ExerciseState) {
	return func(s *class.ExerciseState) {
		s.Busy, s.Said = "", ""
		s.Progress.Checks++
		s.Progress.Met = met
		s.Progress.Solved = s.Progress.Solved || met == 2
		s.Expectations = []lesson.Expectation{
			{Line: 7, Text: "B prints third, sent by A", After: "groupcast send 224.0.0.114 third", Seen: []string{"<img src=x onerror=alert(1)>"}, Met: met > 0},
			{Line: 9, Text: "A sends by eth0", Seen: []string{"by eth1, source 169.254.167.41", strings.Repeat("x", 400)}, Met: met > 1},
		}
	}
}

// A page shows the tab that it asked for, and is told of the exercise.
func TestTabs(t *testing.T) {
	alone(t, func(t *testing.T, h *house, ada *desk) {
		a, b, x := exerciseDesk(t)
		h.desks["bob"] = a
		fmt.Fprint(a, "this is A")
		fmt.Fprint(b, "this is B")
		first, second := h.page(t, "bob"), h.tab(t, "bob", "?tab=B")
		one, two, alone := look(t, first), look(t, second), look(t, h.page(t, "ada"))
		settle()
		if one.row(0) != "this is A" || two.row(0) != "this is B" || a.pages() != 1 || b.pages() != 1 {
			t.Errorf("they show %q and %q, for %d and %d pages", one.row(0), two.row(0), a.pages(), b.pages())
		}
		want := introduced{Seat: "S1", Name: "Ada <b>", Tabs: []string{"A", "B"}, Exercise: true, Shell: true}
		if !reflect.DeepEqual(one.seat, want) || !reflect.DeepEqual(two.seat, want) {
			t.Errorf("they are told %+v and %+v", one.seat, two.seat)
		}
		if want := (introduced{Seat: "S1", Name: "Ada <b>", Tabs: []string{"H1"}}); !reflect.DeepEqual(alone.seat, want) || len(alone.exercise) > 0 {
			t.Errorf("a seat without an exercise is told %+v, %+v", alone.seat, alone.exercise)
		}
		say(t, first, `{"w":50,"h":6}`, `{"i":"x"}`)
		say(t, second, `{"w":60,"h":7}`, `{"do":"check"}`, `{"i":"y"}`)
		settle()
		if got := fmt.Sprint(a.done(), b.done()); got != fmt.Sprint(
			[]class.Input{{Size: class.Size{Width: 50, Height: 6}}, {Text: "x"}}, []class.Input{{Size: class.Size{Width: 60, Height: 7}}, {Text: "y"}}) {
			t.Errorf("the tabs were told %s", got)
		}
		x.set(checked(1))
		settle()
		say(t, first, `{"do":"hint"}`, `{"do":"reset"}`)
		settle()
		if got := x.did(); !slices.Equal(got, []string{"check", "hint", "reset"}) {
			t.Errorf("with the exercise was done %q", got)
		}
		for n, page := range []*shown{one, two} {
			page.mu.Lock()
			last := page.exercise[len(page.exercise)-1]
			if page.exercise[0].Title != x.state.Title || last.Busy != "reset" || last.Progress.Met != 1 || !reflect.DeepEqual(last.Expectations, x.state.Expectations) {
				t.Errorf("page %d was told %+v", n, page.exercise)
			}
			page.mu.Unlock()
		}
		for _, query := range []string{"?tab=C", "?tab=a", "?tab=%00", "?tab=" + strings.Repeat("A", 4000)} {
			page := look(t, h.tab(t, "bob", query))
			settle()
			if got := page.how(); got != "1008 this seat has no such tab" {
				t.Errorf("%.10s: %s", query, got)
			}
		}
		if answer, _ := h.do(t, "GET /ws?tab=A", "", append(handshake, own)...); answer.StatusCode == http.StatusForbidden {
			t.Errorf("a page without a cookie is refused by %d, and so not told why", answer.StatusCode)
		}
		h.Leave("bob")
		settle()
		for n, page := range []*shown{one, two} {
			if got := page.how(); got != "4001 this seat is no longer yours" {
				t.Errorf("page %d: %s", n, got)
			}
		}
	})
}

// Pages of one tab take no room from those of another.
func TestPagesOfTabs(t *testing.T) {
	alone(t, func(t *testing.T, h *house, _ *desk) {
		a, _, _ := exerciseDesk(t)
		h.desks["bob"] = a
		for range maxPages {
			h.tab(t, "bob", "?tab=A")
		}
		full, free := look(t, h.page(t, "bob")), look(t, h.tab(t, "bob", "?tab=B"))
		settle()
		if full.how() != "1013 too many pages show this seat: close one" || free.how() != "open" {
			t.Errorf("one more of A: %s, one of B: %s", full.how(), free.how())
		}
	})
}
