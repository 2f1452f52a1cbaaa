package bridge

import (
	"slices"
	"testing"
	"time"
)

// What happens ten times a second for an hour is told a few times, with the sum.
func TestReminder(t *testing.T) {
	var r reminder
	start := time.Now()
	var at []time.Duration
	for d := time.Duration(0); d < time.Hour; d += 100 * time.Millisecond {
		now := start.Add(d)
		r.add(now)
		if n, due := r.take(now); due {
			at = append(at, d)
			if want := int(d/(100*time.Millisecond)) + 1; n != want {
				t.Errorf("after %v %d are told, want %d", d, n, want)
			}
		}
	}
	want := []time.Duration{time.Second, 11 * time.Second, 71 * time.Second, 431 * time.Second, 1031 * time.Second, 1631 * time.Second, 2231 * time.Second, 2831 * time.Second, 3431 * time.Second}
	if !slices.Equal(at, want) {
		t.Errorf("told at %v, want %v", at, want)
	}
	if _, due := r.take(start.Add(24 * time.Hour)); !due {
		t.Error("what came since is not told")
	}
	if _, due := r.take(start.Add(48 * time.Hour)); due {
		t.Error("told, and nothing has happened")
	}
}
