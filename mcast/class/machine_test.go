package class

import (
	"context"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// sitter is what a student knows, and what is to be true.
type sitter struct {
	name, from string
	plain      bool
	token      Token
	seat       *Seat
	host       string
	key        time.Time
	gone       bool
	pages      []func()
}

// classMachine does what students, programs and the teacher may do, in any order.
type classMachine struct {
	t       *rapid.T
	c       *Class
	lab     *fakeLab
	sitters []*sitter // who ever joined
	locked  bool
	empty   map[string]time.Time // since when nobody sits at a host
}

func TestClassInAnyOrder(outer *testing.T) {
	rapid.Check(outer, func(t *rapid.T) {
		var panicked any
		synctest.Test(outer, func(*testing.T) {
			defer func() { panicked = recover() }() // rapid's own goroutine is to have it
			l := newLab(t)
			starts := rapid.SampledFrom([]time.Duration{0, 80 * time.Millisecond, 3 * time.Second}).Draw(t, "start takes")
			l.meanwhile = func() { time.Sleep(starts) }
			l.lags = rapid.SampledFrom([]time.Duration{0, 70 * time.Millisecond, 2 * time.Second}).Draw(t, "end takes")
			c := newClass(Config{}.withDefaults(), l, nil, placesOf("H1", "H2", "H3"), "K7MQ4R")
			m := &classMachine{t: t, c: c, lab: l, empty: map[string]time.Time{}}
			defer func() {
				c.Close()
				if n := len(l.active); n > 0 {
					t.Errorf("%d programs outlive the class", n)
				}
			}()
			t.Repeat(map[string]func(*rapid.T){
				"": m.check, "join": m.join, "leave": m.leave, "look": m.look, "look away": m.lookAway, "type": m.types,
				"program ends": m.programEnds, "reset": m.reset, "lock": m.lock, "time goes by": m.timeGoesBy,
			})
		})
		switch fmt.Sprintf("%T", panicked) { // by lines, which rapid tells failures apart by
		case "<nil>":
		case "rapid.invalidData":
			panic(panicked)
		default:
			panic(panicked)
		}
	})
}

// some is who ever joined, gone or not.
func (m *classMachine) some() *sitter {
	if len(m.sitters) == 0 {
		m.t.Skip("nobody yet")
	}
	return rapid.SampledFrom(m.sitters).Draw(m.t, "who")
}

// at is who sits at a host; nil: nobody.
func (m *classMachine) at(host string) *sitter {
	for _, s := range m.sitters {
		if s.host == host && !s.gone {
			return s
		}
	}
	return nil
}

func (m *classMachine) join(t *rapid.T) {
	a := Applicant{
		Code: "K7MQ4R", Name: rapid.SampledFrom([]string{"Ada", "ada", "A da", "Bob", "Cy", "Dan"}).Draw(t, "name"),
		From: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "from"), Plain: rapid.Bool().Draw(t, "plain"),
	}
	var again *sitter
	want, free := error(nil), 0
	for _, host := range []string{"H1", "H2", "H3"} {
		switch s := m.at(host); {
		case s == nil:
			free++
		case likeName(s.name) != likeName(a.Name):
		case sameName(s.name) == sameName(a.Name) && s.from == a.From && len(s.pages) == 0:
			again = s
		default:
			want = ErrTaken
		}
	}
	switch {
	case m.locked:
		want = ErrLocked
	case want == nil && again == nil && free == 0:
		want = ErrFull
	}
	token, seat, err := m.c.Join(a)
	if err != want {
		t.Fatalf("%+v: %v, want %v", a, err, want)
	}
	if err != nil {
		return
	}
	s := &sitter{name: a.Name, from: a.From, plain: a.Plain, token: token, seat: seat, host: seat.Host(), key: time.Now()}
	if again != nil {
		if same := again.seat == seat; same != (again.plain == a.Plain) || s.host != again.host {
			t.Fatalf("%s is back at %s, was at %s, the same seat: %v", a.Name, s.host, again.host, same)
		}
		if again.seat == seat {
			s.name = again.name
			again.seat = nil // it is theirs, by another token
		}
		again.gone = true
	} else if m.at(s.host) != nil {
		t.Fatalf("%s is given %s, which is taken", a.Name, s.host)
	}
	m.sitters = append(m.sitters, s)
}

func (m *classMachine) leave(t *rapid.T) {
	s := m.some()
	if err := m.c.Leave(s.token); (err == nil) == s.gone {
		t.Fatalf("%s leaves, gone %v: %v", s.name, s.gone, err)
	}
	s.gone = true
}

func (m *classMachine) look(*rapid.T) {
	if s := m.some(); s.seat != nil {
		s.pages = append(s.pages, s.seat.tabs[0].Look())
	}
}

func (m *classMachine) lookAway(*rapid.T) {
	if s := m.some(); len(s.pages) > 0 {
		s.pages[0]()
		s.pages = s.pages[1:]
	}
}

func (m *classMachine) types(t *rapid.T) {
	s := m.some()
	if s.seat == nil {
		return
	}
	what := rapid.SampledFrom([]Input{{Size: Size{80, 24}}, {Text: "x"}, {Key: Key{Name: "Enter"}}, {Paste: "long"}}).Draw(t, "what")
	s.seat.tabs[0].Input(what)
	if s.plain {
		s.seat.tabs[0].Say(what.Text)
	}
	if s.plain || what.Size == (Size{}) {
		s.key = time.Now()
	}
}

func (m *classMachine) programEnds(t *rapid.T) {
	if run := m.lab.running(rapid.SampledFrom([]string{"H1", "H2"}).Draw(t, "host")); run != nil {
		run.writes("bye")
		run.exit("it has ended")
	}
}

func (m *classMachine) reset(t *rapid.T) {
	if err := m.c.Reset("H1"); err != nil {
		t.Fatal(err)
	}
}

func (m *classMachine) lock(*rapid.T) {
	m.locked = !m.locked
	m.c.Lock(m.locked)
}

func (m *classMachine) timeGoesBy(t *rapid.T) {
	time.Sleep(rapid.SampledFrom([]time.Duration{0, 50 * time.Millisecond, 2500 * time.Millisecond, 25 * time.Minute, 3 * time.Hour}).Draw(t, "time"))
	synctest.Wait()
	for _, s := range m.sitters {
		idle := time.Since(s.key)
		if !s.gone && idle >= usualFree && idle <= usualFree+lookInterval {
			time.Sleep(lookInterval) // or it could be either
		}
		s.gone = s.gone || time.Since(s.key) >= usualFree
	}
}

// check holds what is, beside what is to be.
func (m *classMachine) check(t *rapid.T) {
	synctest.Wait()
	for n, state := range m.c.Seats() {
		host := fmt.Sprintf("H%d", n+1)
		run, name, pages := m.lab.running(host), "", 0
		s := m.at(host)
		if s != nil {
			delete(m.empty, host)
			name, pages = s.name, len(s.pages)
			idle := min(time.Since(s.key), time.Since(s.seat.shown)) - usualIdle - lookInterval
			if pages == 0 && state.Running && idle > 10*time.Second {
				t.Fatalf("the program of %s runs, where nobody was for %v", s.name, idle)
			}
		}
		since, was := m.empty[host]
		if s == nil && !was {
			m.empty[host] = time.Now()
		}
		if run != nil && was && time.Since(since) > 10*time.Second {
			t.Fatalf("the program of %s runs in %s, where nobody sits", run.name, host)
		}
		if state.Host != host || state.Name != name || state.Pages != pages || state.Running && run != nil && run.name != name {
			t.Fatalf("%+v, want %s and %d pages; there runs %v", state, name, pages, run)
		}
	}
	for _, s := range m.sitters {
		seat, err := m.c.Seat(s.token)
		if s.gone && err != ErrToken || !s.gone && (err != nil || seat != s.seat) {
			t.Fatalf("%s, gone %v: %p, %v", s.name, s.gone, seat, err)
		}
		if s.seat == nil || s.plain {
			continue
		}
		stopped, cancel := context.WithCancel(context.Background())
		cancel()
		screen, err := s.seat.tabs[0].Next(stopped, 0)
		if s.gone != (err == io.EOF) || s.gone && screen.Rows != nil {
			t.Fatalf("%s, gone %v, is shown %v: %v", s.name, s.gone, screen.Rows, err)
		}
	}
}
