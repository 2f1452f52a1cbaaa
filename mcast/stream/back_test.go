package stream

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
)

// What is missing after a silence is told once: by Back, or by a Loss where that was
// earlier; and what is lost later, or came late instead, hides nothing.
func TestBackTellsALossOnce(t *testing.T) {
	for _, tt := range []struct {
		what  string
		every int   // milliseconds between two
		after []int // numbers after the silence, from 6100 ms on
		more  []int // and later, from 8200 ms on
		want  []string
	}{
		{"fast", 50, []int{55, 56, 57, 58, 59}, []int{60, 61}, []string{"back 5"}},
		{"slow", 500, []int{55, 56, 57, 58, 59}, []int{60, 61}, []string{"back 5"}},
		{"another loss later", 50, []int{55, 56, 57, 58, 59}, []int{62, 63}, []string{"back 5", "loss 2"}},
		{"another loss at once", 50, []int{55, 56, 57, 60, 61}, []int{62, 63}, []string{"back 5", "loss 2"}},
		{"some came late, and others are lost", 50, []int{55, 56, 57, 51, 52, 58, 59}, []int{63, 64}, []string{"back 5", "loss 3"}},
		{"none is missing", 50, []int{50, 51, 52, 53}, []int{55, 56}, []string{"back", "loss 1"}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			tally := numberedTally(Seq{Bits: 32})
			var got []string
			now := 0
			until := func(ms int) {
				for ; now < ms; now += 100 {
					for _, e := range tally.Tick(at(now)) {
						text := string(e.Kind)
						if e.Lost > 0 {
							text += fmt.Sprint(" ", e.Lost)
						}
						if e.Kind == Back || e.Kind == Loss {
							got = append(got, text)
						}
					}
				}
			}
			hear := func(ms, every int, list ...int) {
				for _, n := range list {
					until(ms)
					hears(tally, ms, u32(n))
					ms += every
				}
			}
			for n := range 50 {
				hear(n*50, 0, n)
			}
			hear(6100, tt.every, tt.after...)
			hear(8200, 100, tt.more...)
			until(15_000)
			if !slices.Equal(got, tt.want) {
				t.Errorf("events %q, want %q", got, tt.want)
			}
		})
	}
}

// The losses of all streams are told by the same Tick, once a second.
func TestLossesAreToldTogether(t *testing.T) {
	tally := numberedTally(Seq{Bits: 32})
	ticks, losses := 0, 0
	for ms := 0; ms < 20_000; ms += 10 {
		for n := range 5 {

			if ms%50 != 10*n {
				continue // each at another time
			}
			from := netip.AddrPortFrom(a.Addr(), a.Port()+uint16(n))
			number := ms / 50
			if number += number / 4; number%5 == 3 {
				number++
			}
			tally.Add(&Datagram{At: at(ms), Group: group, From: from, IfIndex: 2, Bytes: 4, Payload: u32(number)})
		}
		if ms%100 != 0 {
			continue
		}
		told := 0
		for _, e := range tally.Tick(at(ms)) {
			if e.Kind == Loss {
				told++
			}
		}
		if told > 0 {
			ticks++
		}
		losses += told
	}
	if ticks < 10 || ticks > 20 || losses != 5*ticks {
		t.Errorf("%d losses are told by %d ticks in 20 s, want 5 by each, once a second", losses, ticks)
	}
}
