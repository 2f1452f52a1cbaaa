package mcast

import (
	"testing"
	"time"
)

func TestBulkSwitch(t *testing.T) {
	start := time.Now()
	for _, tt := range []struct {
		name  string
		step  time.Duration
		rates []uint64 // for a second each
		want  string   // after each second
	}{
		{"stays off at the bar", time.Second, []uint64{0, 50_000, 50_000, 0}, "...."},
		{"on over the bar, off under the lower one", time.Second, []uint64{50_001, 49_000, 25_000, 24_999, 49_000, 60_000}, "###..#"},
		{"looked at four times a second", 250 * time.Millisecond, []uint64{60_000, 30_000, 20_000}, "##."},
		{"looked at every five seconds", 5 * time.Second, []uint64{60_000, 30_000, 20_000}, "##."},
	} {
		var s BulkSwitch
		now, total, got := start, uint64(1000), ""
		s.Look(now, total)
		for _, rate := range tt.rates {
			var on bool
			for range max(1, time.Second/tt.step) {
				now = now.Add(tt.step)
				total += rate * uint64(tt.step) / uint64(time.Second)
				on = s.Look(now, total)
			}
			got += map[bool]string{true: "#", false: "."}[on]
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// A burst of less than a second, a clock that is set back and a count that begins
// again decide nothing.
func TestBulkSwitchWaits(t *testing.T) {
	var s BulkSwitch
	start := time.Now()
	for _, at := range []struct {
		after time.Duration
		total uint64
	}{{0, 0}, {999 * time.Millisecond, 1e6}, {-time.Hour, 2e6}, {-time.Hour + time.Second, 10}, {-time.Hour + 1500*time.Millisecond, 1e6}} {
		if s.Look(start.Add(at.after), at.total) {
			t.Fatalf("on at %v", at.after)
		}
	}
}
