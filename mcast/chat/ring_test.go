package chat

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ids(lines []Line) []uint64 {
	var out []uint64
	for _, l := range lines {
		out = append(out, l.ID)
	}
	return out
}

func TestRingKeepsOrderAndCountsWhatItLoses(t *testing.T) {
	for _, c := range []struct {
		put, first, last, dropped uint64
	}{
		{1, 1, 1, 0},
		{3, 1, 3, 0},
		{4, 1, 4, 0},
		{5, 2, 5, 1},
		{8, 5, 8, 4},
		{11, 8, 11, 7},
	} {
		r := NewRing(4)
		for range 2 { // what is taken leaves an empty ring
			for id := range c.put {
				r.Put(Line{ID: id + 1})
			}
			lines, dropped, err := r.Next(t.Context())
			if err != nil || dropped != c.dropped || uint64(len(lines)) != c.last-c.first+1 {
				t.Fatalf("%d put in a ring of 4: lines %v, dropped %d, error %v; want %d to %d, %d dropped",
					c.put, ids(lines), dropped, err, c.first, c.last, c.dropped)
			}
			for i, l := range lines {
				if l.ID != c.first+uint64(i) {
					t.Errorf("%d put in a ring of 4: lines %v, want %d to %d", c.put, ids(lines), c.first, c.last)
				}
			}
		}
	}
}

// Next returns when it is woken, but not before, and once for all wakes.
func TestRingWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRing(0)
		woken := 0
		go func() {
			for {
				lines, _, err := r.Next(t.Context())
				if err != nil {
					return
				}
				if len(lines) > 0 {
					t.Errorf("lines %v, want none", ids(lines))
				}
				woken++
			}
		}()
		for want := range 3 {
			if synctest.Wait(); woken != want {
				t.Fatalf("Next returned %d times, want %d", woken, want)
			}
			r.Wake()
		}
		synctest.Wait()
		r.Close()
	})
	r := NewRing(0)
	r.Wake()
	r.Put(Line{ID: 1})
	r.Close()
	if lines, _, err := r.Next(t.Context()); len(lines) != 1 || err != nil {
		t.Errorf("lines %v, %v; want the one line", ids(lines), err)
	}
	if lines, _, err := r.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("then lines %v, %v; want io.EOF", ids(lines), err)
	}
}

// Long lines fill the ring before there are many of them.
func TestRingBoundsBytes(t *testing.T) {
	r := NewRing(0)
	long := Line{Text: SanitizeString(strings.Repeat("x", 65507))}
	const n = 1000
	for range n {
		r.Put(long)
	}
	lines, dropped, err := r.Next(t.Context())
	if want := ringBytes / 65507; err != nil || len(lines) != want || dropped != n-uint64(want) {
		t.Errorf("%d lines, %d let go, %v; want %d and %d", len(lines), dropped, err, want, n-want)
	}
}

// Under a flood the news of own lines is kept: it is not said twice.
func TestRingKeepsNewsOfOwnLines(t *testing.T) {
	r := NewRing(10)
	r.Put(Line{ID: 1, Kind: Own, Copy: CopyBack})
	for n := range uint64(100) {
		r.Put(Line{ID: n + 2, Kind: Heard})
	}
	lines, dropped, _ := r.Next(t.Context())
	if len(lines) != 10 || dropped != 91 || lines[0].ID != 1 || lines[1].ID != 93 || lines[9].ID != 101 {
		t.Errorf("kept %d lines, %d let go, the first %d, %d and the last %d; want 10, 91, 1, 93, 101",
			len(lines), dropped, lines[0].ID, lines[1].ID, lines[len(lines)-1].ID)
	}
}

func TestRingDefaultSize(t *testing.T) {
	r := NewRing(0)
	for range RingSize + 1 {
		r.Put(Line{})
	}
	if lines, dropped, _ := r.Next(t.Context()); len(lines) != RingSize || dropped != 1 {
		t.Errorf("%d lines, %d dropped; want %d, 1", len(lines), dropped, RingSize)
	}
}

// next is what a call of Next returned.
type next struct {
	lines   []Line
	dropped uint64
	err     error
}

// waitNext calls Next in a goroutine of the bubble, and waits until it blocks.
func waitNext(ctx context.Context, r *Ring) <-chan next {
	result := make(chan next, 1)
	go func() {
		lines, dropped, err := r.Next(ctx)
		result <- next{lines, dropped, err}
	}()
	synctest.Wait()
	return result
}

func TestRingNextWaits(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(*Ring, context.CancelFunc)
		lines int
		err   error
	}{
		{"for a line", func(r *Ring, _ context.CancelFunc) { r.Put(Line{ID: 1}) }, 1, nil},
		{"for the end", func(r *Ring, _ context.CancelFunc) { r.Close(); r.Close() }, 0, io.EOF},
		{"for its context", func(_ *Ring, cancel context.CancelFunc) { cancel() }, 0, context.Canceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				r := NewRing(4)
				result := waitNext(ctx, r)
				select {
				case got := <-result:
					t.Fatalf("Next of an empty ring returned %+v, want it to wait", got)
				default:
				}
				c.do(r, cancel)
				if got := <-result; len(got.lines) != c.lines || !errors.Is(got.err, c.err) {
					t.Errorf("Next returned %+v, want %d lines and the error %v", got, c.lines, c.err)
				}
			})
		})
	}
}

// A token left by a Put whose line was already taken wakes Next for nothing.
func TestRingNextIgnoresStaleWakeups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRing(4)
		r.Put(Line{ID: 1})
		if lines, _, _ := r.Next(t.Context()); len(lines) != 1 {
			t.Fatalf("%d lines, want 1", len(lines))
		}
		result := waitNext(t.Context(), r)
		r.Put(Line{ID: 2})
		if got := <-result; len(got.lines) != 1 || got.lines[0].ID != 2 {
			t.Errorf("Next returned %+v, want the second line", got)
		}
	})
}

func TestRingCloseLeavesTheRest(t *testing.T) {
	r := NewRing(4)
	r.Put(Line{ID: 1})
	r.Close()
	r.Put(Line{ID: 2})
	if lines, _, err := r.Next(t.Context()); err != nil || len(lines) != 1 || lines[0].ID != 1 {
		t.Errorf("after Close: lines %v, error %v; want the line put before it", ids(lines), err)
	}
	if lines, _, err := r.Next(t.Context()); err != io.EOF {
		t.Errorf("then: lines %v, error %v; want io.EOF", ids(lines), err)
	}
}

// Many put, one takes: each one's lines come in its order, and none is lost
// without being counted.
func TestRingConcurrent(t *testing.T) {
	const writers, each = 8, 5000
	r := NewRing(64)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				r.Put(Line{IfIndex: w, ID: uint64(i + 1)})
			}
		})
	}
	go func() { wg.Wait(); r.Close() }()
	var last [writers]uint64
	var taken, lost uint64
	for {
		lines, dropped, err := r.Next(t.Context())
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		taken += uint64(len(lines))
		lost += dropped
		for _, l := range lines {
			if l.ID <= last[l.IfIndex] {
				t.Fatalf("line %d of writer %d came after line %d", l.ID, l.IfIndex, last[l.IfIndex])
			}
			last[l.IfIndex] = l.ID
		}
	}
	if taken+lost != writers*each {
		t.Errorf("%d taken and %d lost, want %d in all", taken, lost, writers*each)
	}
}
