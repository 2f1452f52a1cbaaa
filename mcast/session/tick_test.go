package session

import (
	"testing"
	"time"
)

// A host that is expensive to read is read seldom while nothing happens, and
// soon again when something does.
func TestPause(t *testing.T) {
	for _, c := range []struct {
		took time.Duration
		idle bool
		want time.Duration
	}{
		{3 * time.Millisecond, false, RefreshEvery},
		{time.Millisecond, true, RefreshEvery},
		{10 * time.Millisecond, true, 10 * time.Second},
		{200 * time.Millisecond, false, 4 * time.Second},
		{200 * time.Millisecond, true, idleAtLeast},
		{3 * time.Second, false, refreshAtLeast},
	} {
		if got := pause(c.took, c.idle); got != c.want {
			t.Errorf("after a reading of %v, idle %v, the facts hold for %v, want %v", c.took, c.idle, got, c.want)
		}
	}
}

func TestStirWakesOnce(t *testing.T) {
	s := &Session{woken: make(chan struct{}, 1)}
	now := time.Now()
	s.stir(now)
	if s.rest(now.Add(evidenceTime)) || !s.rest(now.Add(evidenceTime+1)) {
		t.Error("a session rests when its evidence is over, not before")
	}
	s.stir(now)
	s.stir(now)
	if len(s.woken) != 1 || s.idle || s.rest(now) {
		t.Error("a datagram does not wake a session that rests")
	}
}
