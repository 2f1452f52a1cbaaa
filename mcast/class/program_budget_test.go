package class

import (
	"strings"
	"testing"
	"time"
)

// A program that writes without end gets a tenth of a processor, whatever one write
// costs; one that writes now and then is never made to wait.
func TestBudget(t *testing.T) {
	const drawing = 3 * time.Millisecond
	for _, tt := range []struct {
		name        string
		every       time.Duration // between writes, when it need not rest
		draw        time.Duration // for each
		least, most float64       // of a processor
		rests       bool
	}{
		{"without end", 0, drawing, 0.09, 0.11, true},
		{"dear ones", 0, 3 * time.Second, 0.09, 0.11, true},
		{"ten a second", 100 * time.Millisecond, drawing, 0.02, 0.04, false},
		{"a screen a second", time.Second, 40 * time.Millisecond, 0.03, 0.05, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			begin := time.Unix(0, 0)
			now := begin
			b := newBudget(now)
			var drawn time.Duration
			rested := false
			for range 1000 {
				now = now.Add(tt.draw)
				drawn += tt.draw
				rest := b.spend(now, tt.draw)
				rested = rested || rest > 0
				now = now.Add(max(rest, tt.every))
			}
			if share := float64(drawn) / float64(now.Sub(begin)); share < tt.least || share > tt.most || rested != tt.rests {
				t.Errorf("%.3f of a processor, rests: %v", share, rested)
			}
		})
	}
}

// Everything is drawn, in parts of few bytes and few sequences.
func TestAtOnce(t *testing.T) {
	for text, want := range map[string]int{
		strings.Repeat("x", 1000): 4, strings.Repeat("\x1bc", 100): 4, strings.Repeat("\x1b[1mx", 200): 7, "": 0, "x": 1, strings.Repeat("\x1b\x00c", 33): 2,
	} {
		var all []byte
		parts := 0
		for part, more := atOnce([]byte(text)); len(part) > 0; part, more = atOnce(more) {
			all = append(all, part...)
			parts++
		}
		if string(all) != text || parts != want {
			t.Errorf("%.20q: %d parts, want %d; %d bytes of %d", text, parts, want, len(all), len(text))
		}
	}
}
