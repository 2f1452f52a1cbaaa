package stream

import (
	"math/rand/v2"
	"testing"
	"time"
)

// In a day of a sender's with 500 silences none is missed, none is invented, and
// each is told within the bar and 200 ms. Pauses shorter than the bar are none. The
// program stands now and then, and its clock is set.
func TestDay(t *testing.T) {
	const second = 1000
	random := rand.New(rand.NewPCG(1, 2))
	type span struct{ from, to int } // milliseconds
	var silences, pauses, stops []span
	for n := range 500 {
		base := n * 172800 // milliseconds: a day in 500 parts
		from := base + 20*second + random.IntN(50*second)
		silences = append(silences, span{from, from + 2300 + random.IntN(20*second)})
		from = base + 100*second + random.IntN(30*second)
		pauses = append(pauses, span{from, from + 1700})
		if n%10 == 3 {
			from = base + 140*second + random.IntN(10*second)
			stops = append(stops, span{from, from + 1500 + random.IntN(8*second)})
		}
	}
	inside := func(list *[]span, ms int) bool {
		for len(*list) > 0 && (*list)[0].to <= ms {
			*list = (*list)[1:]
		}
		return len(*list) > 0 && (*list)[0].from <= ms
	}
	tally := New(Config{Rows: 8, Every: 100 * time.Millisecond})
	left := [3][]span{silences, pauses, stops}
	var told, back []int
	stopped, set := 0, 0
	for ms := 0; ms < 24*3600*second; ms += 20 {
		clock := at(ms)
		if ms >= 12*3600*second {
			clock = clock.Add(time.Hour)
		}
		if ms >= 18*3600*second {
			clock = clock.Add(-2 * time.Hour)
		}
		if ms%100 == 0 && !inside(&left[0], ms) && !inside(&left[1], ms) {
			tally.Add(&Datagram{At: clock.Add(time.Duration(random.IntN(15)) * time.Millisecond), Group: group, From: a, IfIndex: 2, Bytes: 64})
		}
		if ms%100 != 20 || inside(&left[2], ms) {
			continue
		}
		for _, e := range tally.Tick(clock) {
			switch e.Kind {
			case Silent:
				told = append(told, ms)
			case Back:
				back = append(back, ms)
			case Stopped:
				stopped++
				if e.For >= time.Hour {
					set++
				}
			}
		}
	}
	if len(told) != 500 || len(back) != 500 || tally.Snapshot()[0].Silences != 500 {
		t.Fatalf("%d silences are told, and %d returns; want 500", len(told), len(back))
	}
	for n, ms := range told {
		if late := ms - silences[n].from; late < 1900 || late > 2200 {
			t.Errorf("silence %d is told %d ms after it began", n, late)
		}
	}
	if stopped != len(stops)+1 || set != 1 {
		t.Errorf("it stood %d times, and the clock was set %d; want %d and 1", stopped, set, len(stops)+1)
	}
}

// What is silent while the program stands is told once it has looked for as long as
// the bar.
func TestStoodInASilence(t *testing.T) {
	tally := New(Config{Rows: 8, Every: 100 * time.Millisecond})
	next := sends(tally, a, 0, 100, 100)
	tick(tally, 0, next+1000)
	if got := tick(tally, next+30000, next+31900); len(got) != 1 || got[0][:7] != "stopped" {
		t.Errorf("events %q, want that it stood", got)
	}
	if got := tick(tally, next+32000, next+32200); len(got) != 1 || got[0] != "silent 09.900" {
		t.Errorf("events %q, want the silence, from the last datagram on", got)
	}
}
