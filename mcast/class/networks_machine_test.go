package class

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// networksMachine does what students, networks and the teacher may do where each student
// has a network.
type networksMachine struct {
	c      *Class
	b      *copies
	tokens []Token
	seats  []*Seat
}

func TestNetworksInAnyOrder(outer *testing.T) {
	rapid.Check(outer, func(t *rapid.T) {
		var panicked any
		synctest.Test(outer, func(*testing.T) {
			defer func() { panicked = recover() }() // rapid's own goroutine is to have it
			b := &copies{t: t, takes: rapid.SampledFrom([]time.Duration{0, time.Second, 5 * time.Second}).Draw(t, "building takes")}
			cfg := Config{Lesson: anExercise(), Seats: 4}.withDefaults()
			places, err := cfg.places()
			if err != nil {
				t.Fatal(err)
			}
			m := &networksMachine{c: newClass(cfg, nil, b.build, places, "K7MQ4R"), b: b}
			defer func() {
				m.c.Close()
				if n := b.left(); n > 0 {
					t.Errorf("%d networks outlive the class", n)
				}
			}()
			t.Repeat(map[string]func(*rapid.T){
				"": m.check, "join": m.join, "leave": m.leave, "free": m.free, "type": m.types, "exercise": m.exercise, "reset by the teacher": m.reset,
				"reset by the shell": m.shell, "network ends": m.ends, "networks cannot be built": m.fails, "fault": m.fault, "time goes by": m.time,
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

func (m *networksMachine) seat(t *rapid.T) *Seat {
	if len(m.seats) == 0 {
		t.Skip("nobody yet")
	}
	return m.seats[rapid.IntRange(0, len(m.seats)-1).Draw(t, "seat")]
}

func (m *networksMachine) join(t *rapid.T) {
	a := Applicant{Code: "K7MQ4R", Name: rapid.SampledFrom([]string{"Ada", "Bob", "Cy", "Dan", "Eve"}).Draw(t, "name"), Plain: rapid.Bool().Draw(t, "plain")}
	token, s, err := m.c.Join(a)
	if err == nil {
		m.tokens, m.seats = append(m.tokens, token), append(m.seats, s)
	} else if err != ErrFull && err != ErrTaken {
		t.Fatal(err)
	}
}

func (m *networksMachine) leave(t *rapid.T) {
	if len(m.tokens) > 0 {
		_ = m.c.Leave(rapid.SampledFrom(m.tokens).Draw(t, "who"))
	}
}

func aPlace(t *rapid.T) string {
	return rapid.SampledFrom([]string{"S1", "S2", "S3", "S4"}).Draw(t, "place")
}

func (m *networksMachine) free(t *rapid.T) {
	if err := m.c.Free(aPlace(t)); err != nil {
		t.Fatal(err)
	}
}

func (m *networksMachine) reset(t *rapid.T) {
	if err := m.c.Reset(aPlace(t)); err != nil {
		t.Fatal(err)
	}
}

func (m *networksMachine) fault(t *rapid.T) {
	if err := m.c.Fault(aPlace(t), []string{"cut", "A.eth0"}); err != nil && !errors.Is(err, ErrSeat) {
		t.Fatal(err)
	}
	_, _ = m.c.Net(aPlace(t))
}

func (m *networksMachine) types(t *rapid.T) {
	tab := m.seat(t).Tabs()[rapid.IntRange(0, 1).Draw(t, "tab")]
	tab.Input(Input{Size: Size{80, 24}})
	tab.Input(Input{Key: Key{Name: "Enter"}})
	tab.Say("x")
}

func (m *networksMachine) exercise(t *rapid.T) {
	x := m.seat(t).Exercise()
	[]func(){x.Check, x.Hint, x.Reset}[rapid.IntRange(0, 2).Draw(t, "what")]()
}

func (m *networksMachine) one(t *rapid.T) *fakeCopy {
	if m.b.count() == 0 {
		t.Skip("none yet")
	}
	all := m.b.list()
	return all[rapid.IntRange(0, len(all)-1).Draw(t, "network")]
}

func (m *networksMachine) shell(t *rapid.T) {
	l := m.one(t)
	for _, host := range []string{"A", "B"} {
		if r := l.running(host); r != nil {
			r.exit(killed)
		}
	}
	l.change(func(s *lesson.State) { s.Resets++ })
}

func (m *networksMachine) ends(t *rapid.T) { m.one(t).close() }

func (m *networksMachine) fails(t *rapid.T) {
	fails := rapid.Bool().Draw(t, "fails")
	m.b.mu.Lock()
	defer m.b.mu.Unlock()
	if m.b.fails = nil; fails {
		m.b.fails = errors.New("no")
	}
}

func (m *networksMachine) time(t *rapid.T) {
	time.Sleep(rapid.SampledFrom([]time.Duration{0, 700 * time.Millisecond, 30 * time.Second, 3 * time.Hour}).Draw(t, "time"))
}

// check holds what is, after a while, beside what is to be.
func (m *networksMachine) check(t *rapid.T) {
	synctest.Wait()
	if most, _ := m.b.atOnce(); most > mostBuilds {
		t.Fatalf("%d networks were built at once", most)
	}
	if !rapid.Bool().Draw(t, "after a while") {
		return
	}
	time.Sleep(2 * time.Minute)
	synctest.Wait()
	taken, there := 0, m.b.left()
	m.c.mu.Lock()
	var places []place
	for _, p := range m.c.places {
		if p.seat != nil {
			places = append(places, *p)
		}
	}
	m.c.mu.Unlock()
	for _, p := range places {
		taken++
		in, known := p.network.stand()
		if !known {
			t.Fatalf("the network of %s is built for two minutes", p.name)
		}
		if s, _, err := p.exercise.Next(context.Background(), 0); err != nil || s.Busy != "" {
			t.Fatalf("%s: at work for two minutes: %q, %v", p.name, s.Busy, err)
		}
		for _, tab := range p.seat.tabs {
			tab.mu.Lock()
			runs, starts := tab.program != nil, tab.cancel != nil
			lost := tab.stopped && tab.unasked && in.err == nil && tab.round != in.round
			tab.mu.Unlock()
			if runs && (in.err != nil || in.lab.(*fakeCopy).running(tab.host) == nil) || starts && !runs {
				t.Fatalf("%s %s runs %v, starts %v, in %+v", p.name, tab.host, runs, starts, in)
			}
			if lost || runs && tab.round != in.round {
				t.Fatalf("%s %s ran in a network that was, and runs %v", p.name, tab.host, runs)
			}
		}
	}
	if there > taken {
		t.Fatalf("%d networks for %d students", there, taken)
	}
	if n := len(m.c.Results()); n < taken {
		t.Fatalf("%d results of %d students", n, taken)
	}
}
