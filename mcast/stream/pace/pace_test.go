package pace

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var begun = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func TestNext(t *testing.T) {
	s := New(begun, 1, 10)
	for _, tt := range []struct {
		at      time.Duration
		n       int
		wait    time.Duration
		skipped uint64
	}{
		{0, 1, 0, 0},
		{0, 0, 100 * time.Millisecond, 0},
		{30 * time.Millisecond, 0, 70 * time.Millisecond, 0},
		{100 * time.Millisecond, 1, 0, 0},
		{290 * time.Millisecond, 1, 0, 0}, // 90 ms late
		{290 * time.Millisecond, 0, 10 * time.Millisecond, 0},
		{400 * time.Millisecond, 2, 0, 0}, // one is late by just 100 ms
		{400 * time.Millisecond, 0, 100 * time.Millisecond, 0},
		{5050 * time.Millisecond, 0, 50 * time.Millisecond, 46}, // it was stopped: those of 0.5 s to 5.0 s
		{5100 * time.Millisecond, 1, 0, 0},
		{5100 * time.Millisecond, 0, 100 * time.Millisecond, 0},
	} {
		got := s.Next(begun.Add(tt.at), 64)
		if got.N != tt.n || got.Wait != tt.wait || got.Skipped != tt.skipped {
			t.Errorf("at %v: %+v, want %+v", tt.at, got, tt)
		}
	}
	if s.Skipped(0) != 46 || s.Latest() != 100*time.Millisecond {
		t.Errorf("skipped %d, latest %v", s.Skipped(0), s.Latest())
	}
}

// The same number of datagrams comes out after ten minutes as after a second: no drift.
func TestNoDrift(t *testing.T) {
	for _, rate := range []float64{1. / 7, 3, 999.7, 1000, 12345.678, 1e6 / 3} {
		s := New(begun, 1, rate)
		seconds, sent := 600., 0.
		now := begun
		step := time.Duration(float64(time.Second) / rate * 7.3) // the caller is late each time
		step = min(max(step, time.Millisecond), 90*time.Millisecond)
		for end := begun.Add(time.Duration(seconds) * time.Second); now.Before(end); now = now.Add(step) {
			sent += float64(s.Next(now, 1<<20).N)
		}
		if want := now.Sub(begun).Seconds() * rate; math.Abs(sent-want) > 1+step.Seconds()*rate {
			t.Errorf("%v/s: %v in %v, want %v", rate, sent, now.Sub(begun), want)
		}
	}
}

// Streams take turns, also over a gap, and none gets more than another.
func TestFair(t *testing.T) {
	s := New(begun, 3, 10) // one every 33.3 ms
	var order []int
	for _, ms := range []int{0, 50, 70, 90, 100, 1000, 1050, 1100} {
		turns := s.Next(begun.Add(time.Duration(ms)*time.Millisecond), 64)
		for i := range turns.N {
			order = append(order, (turns.First+i)%3)
		}
	}
	// Turn 0 is due at 0, 1 at 33, 2 at 67, 3 at 100; 4 to 30 are skipped at 1,000; 31 is
	// due at 1,033, 32 at 1,067, 33 at 1,100.
	if got, want := order, []int{0, 1, 2, 0, 1, 2, 0}; len(got) != len(want) {
		t.Fatalf("turns %v, want %v", got, want)
	} else {
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("turns %v, want %v", got, want)
			}
		}
	}
	if a, b, c := s.Skipped(0), s.Skipped(1), s.Skipped(2); a+b+c != 27 || a != 9 || b != 9 || c != 9 {
		t.Errorf("skipped %d, %d, %d", a, b, c)
	}
}

func TestMax(t *testing.T) {
	s := New(begun, 5, math.Inf(1))
	first := 0
	for range 10 {
		turns := s.Next(begun.Add(time.Hour), 7)
		if turns.N != 7 || turns.First != first || turns.Skipped != 0 {
			t.Fatalf("%+v, want 7 from %d on", turns, first)
		}
		first = (first + 7) % 5
	}
}

// A rate may be as small or as large as floats are.
func TestExtremes(t *testing.T) {
	slow := New(begun, 1, 1e-300)
	if got := slow.Next(begun, 64); got.N != 1 {
		t.Errorf("the first of a slow one: %+v", got)
	}
	if got := slow.Next(begun.Add(time.Hour), 64); got.N != 0 || got.Wait <= 0 {
		t.Errorf("the second of a slow one: %+v", got)
	}
	fast := New(begun, 2000, 1e9)
	if got := fast.Next(begun.Add(time.Millisecond), 64); got.N != 64 || got.Skipped != 0 {
		t.Errorf("a fast one: %+v", got)
	}
}

// Whenever it is asked: nothing comes early, each turn comes once or is skipped,
// nothing late is sent, and never more than what 100 ms hold at once.
func TestNextProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		streams := rapid.IntRange(1, 7).Draw(t, "streams")
		rate := rapid.Float64Range(0.01, 5000).Draw(t, "rate")
		s := New(begun, streams, rate)
		now, turn, skipped := begun, uint64(0), uint64(0)
		for range rapid.IntRange(1, 60).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int64{0, 1, 300, 1e4, 1e6, 2e7, 99e6, 1e8, 3e8, 1e10}).Draw(t, "later")))
			got := s.Next(now, rapid.IntRange(1, 64).Draw(t, "most"))
			turn += got.Skipped
			skipped += got.Skipped
			if got.N > 0 && got.First != int(turn%uint64(streams)) {
				t.Fatalf("%+v begins with another stream than turn %d", got, turn)
			}
			for i := range uint64(got.N) {
				due := begun.Add(time.Duration(float64(turn+i) / (rate * float64(streams)) * 1e9))
				if late := now.Sub(due); late < -1 || late > Overdue+1 {
					t.Fatalf("turn %d was due %v ago", turn+i, late)
				}
			}
			turn += uint64(got.N)
			if got.N == 0 {
				if got.Wait <= 0 {
					t.Fatalf("nothing is due, and the wait is %v", got.Wait)
				}
				if due := s.at(turn); !now.Add(got.Wait).Equal(due) {
					t.Fatalf("the wait is %v, and the next is due in %v", got.Wait, due.Sub(now))
				}
			}
		}
		sum := uint64(0)
		for i := range streams {
			sum += s.Skipped(i)
		}
		if sum != skipped {
			t.Fatalf("%d were skipped, and of the streams %d", skipped, sum)
		}
	})
}

func BenchmarkNext(b *testing.B) {
	s := New(begun, 100, 1000)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		s.Next(begun.Add(time.Duration(n)*time.Millisecond), 64)
	}
}
