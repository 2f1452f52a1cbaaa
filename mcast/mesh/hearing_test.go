package mesh

import (
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
)

// What is counted of the numbers of one sender.
func TestHearing(t *testing.T) {
	type counts struct{ first, high, distinct, twice, late, lost uint64 }
	for _, c := range []struct {
		name    string
		numbers []int64 // negative: the end, after so many; each 100 ms after the one before
		want    counts
	}{
		{"all", []int64{0, 1, 2, 3}, counts{0, 3, 4, 0, 0, 0}},
		{"from the fifth on", []int64{5, 6}, counts{5, 6, 2, 0, 0, 0}},
		{"two lost", []int64{0, 1, 4}, counts{0, 4, 3, 0, 0, 2}},
		{"late", []int64{0, 2, 1, 3}, counts{0, 3, 4, 0, 1, 0}},
		{"twice", []int64{0, 1, 1, 0, 2}, counts{0, 2, 3, 2, 0, 0}},
		{"before the first", []int64{5, 4, 6}, counts{5, 6, 2, 0, 0, 0}},
		{"too late to tell", []int64{0, 1500, 1501, 1, 400}, counts{0, 1501, 2, 0, 0, 1500}},
		{"the tail", []int64{0, 1, -5}, counts{0, 4, 2, 0, 0, 3}},
		{"an end, three times", []int64{0, 1, -2, -2, -2}, counts{0, 1, 2, 0, 0, 0}},
		{"late after the end", []int64{0, -3, 1, 2}, counts{0, 2, 3, 0, 2, 0}},
		{"a number that nobody can have reached", []int64{0, 1, 1 << 40, 2, 3}, counts{0, 3, 4, 0, 0, 0}},
		{"it goes on from there", []int64{0, 1 << 20, 1<<20 + 1}, counts{0, 1<<20 + 1, 2, 0, 0, 1 << 20}},
		{"two that nobody can have reached, apart", []int64{0, 1 << 40, 1 << 41, 1}, counts{0, 1, 2, 0, 0, 0}},
		{"the end of nothing", []int64{-5}, counts{}},
		{"an end too far away", []int64{0, -1 << 40, 1}, counts{0, 1, 2, 0, 0, 0}},
	} {
		var h hearing
		h.line = &line{}
		now := time.Hour
		for _, n := range c.numbers {
			now += 100 * time.Millisecond
			d := stream.Header{Number: uint64(n), Sent: now, Promise: 200 * time.Millisecond}
			if n < 0 {
				d.Number, d.End = uint64(-n), true
			}
			h.take(now, &d, 2, 64, span{})
		}
		if got := (counts{h.first, h.high, h.distinct, h.twice, h.late, h.lost()}); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		var sent, received uint64
		for _, x := range h.line.cells {
			sent, received = sent+uint64(x.sent), received+uint64(x.received)
		}
		if h.begun && (sent != h.sent() || received != h.distinct) {
			t.Errorf("%s: in the timeline there are %d of %d", c.name, received, sent)
		}
	}
}

// What an author says that it has sent counts a second later, so that what is on its way
// is not lost; its last word does at once.
func TestSays(t *testing.T) {
	var h hearing
	at := time.Hour
	take := func(n uint64) { h.take(at, &stream.Header{Number: n, Promise: 200 * time.Millisecond}, 2, 64, span{}) }
	take(0)
	h.says(at, 3, false)
	if h.settle(at + settleTime - 1); h.lost() != 0 {
		t.Errorf("at once %d are lost", h.lost())
	}
	at += settleTime
	if h.settle(at); h.lost() != 3 {
		t.Errorf("a second later %d are lost", h.lost())
	}
	take(2)
	h.says(at, 1<<50, false) // it lies
	at += time.Minute
	h.settle(at)
	h.says(at, 5, true)
	if h.lost() != 4 || h.endedAt == 0 || h.quiet(at+time.Hour) {
		t.Errorf("at the end %d are lost, it ended at %v", h.lost(), h.endedAt)
	}
}

// The spread is that of the delays, whatever the clocks do: they differ, drift, and jump.
func TestSpread(t *testing.T) {
	var s spread
	offset := 1e6 * time.Second
	now := time.Hour
	for i := range 100_000 {
		now += 100 * time.Millisecond
		if i == 50_000 {
			offset += time.Hour
		}
		delay := time.Duration(i%20) * 100 * time.Microsecond // to 1.9 ms, evenly
		drift := time.Duration(i) * 5 * time.Microsecond      // 50 ppm
		s.add(now+delay, now+offset+drift)
	}
	if got := s.most(); got < 1700 || got > 2300 {
		t.Errorf("95 of 100 are within %d us, want about 1,800", got)
	}
	if new(spread).most() != 0 {
		t.Error("of nothing there is a spread")
	}
	for us := uint64(0); us < 1<<20; us = us*5/4 + 1 {
		if i := slot(us); top(i) < us || i > 0 && top(i-1) >= us {
			t.Fatalf("%d us is in slot %d, which ends at %d", us, i, top(i))
		}
	}
}

// A timeline becomes coarser when it is full, and loses nothing by that.
func TestLine(t *testing.T) {
	l := &line{}
	now := time.Hour
	for range 100_000 {
		l.add(now, now+time.Second, 10, 9)
		now += time.Second
	}
	l.add(now, now+40*24*time.Hour, 1<<20, 0)
	var sent, received uint64
	begun := time.Unix(0, 0)
	list := l.intervals(func(t at) time.Time { return begun.Add(t) })
	for _, x := range list {
		sent, received = sent+uint64(x.Sent), received+uint64(x.Received)
	}
	if len(list) > MaxIntervals || len(list) < MaxIntervals/2 || sent != 1_000_000+1<<20 || received != 900_000 {
		t.Errorf("%d intervals, %d of %d", len(list), received, sent)
	}
	var none *line
	none.add(1, 2, 3, 4)
	if none.intervals(nil) != nil {
		t.Error("there is something in no timeline")
	}
}
