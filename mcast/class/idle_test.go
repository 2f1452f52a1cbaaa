package class

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A program that nobody uses or looks at ends after a time, and the seat is free after a
// longer one.
func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := open(t, 1, nil)
		token, s := mustJoin(t, c, Applicant{Name: "Ada"})
		done := s.Look()
		s.Input(Input{Size: Size{80, 24}})
		run := l.last()
		runs := func(want bool) {
			t.Helper()
			if got := l.running("H1") == run; got != want {
				t.Errorf("the program runs: %v, want %v", got, want)
			}
		}
		time.Sleep(40 * time.Minute)
		runs(true) // a page shows it
		done()
		time.Sleep(usualIdle - 2*time.Second)
		runs(true)
		s.Input(Input{Mouse: &Mouse{Kind: Move}})
		time.Sleep(usualIdle - 2*time.Second)
		runs(true)
		time.Sleep(4 * time.Second)
		runs(false)
		s.Look()
		if _, screen := shown(t, s); screen.Ended != "nobody typed for 20 minutes" {
			t.Errorf("it has ended: %q", screen.Ended)
		}
		s.Input(Input{Key: Key{Name: "Enter"}})
		if run = l.last(); l.count() != 2 {
			t.Errorf("%d programs", l.count())
		}
		time.Sleep(usualFree - 2*time.Second)
		runs(true)
		time.Sleep(4 * time.Second)
		runs(false) // though a page shows it
		if _, err := s.Next(t.Context(), 0); err != io.EOF {
			t.Errorf("the page is told %v", err)
		}
		if _, err := c.Seat(token); err != ErrToken {
			t.Errorf("the seat is %v", err)
		}
		want := []string{"joined H1 Ada: ", "ended H1 Ada: nobody typed for 20 minutes", "freed H1 Ada: nobody typed for 2 hours"}
		if got := happened(c); !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	})
}

func TestInWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Hour: "1 hour", 48 * time.Hour: "48 hours", 90 * time.Minute: "90 minutes", time.Minute: "1 minute", 90 * time.Second: "1m30s",
	} {
		if got := inWords(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

// With over half of the seats busy each has ten screens a second instead of thirty, and
// again thirty when they are not.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := open(t, 4, nil)
		ctx, stop := context.WithCancel(t.Context())
		var working sync.WaitGroup
		defer working.Wait()
		defer stop()
		var screens [3]atomic.Int64
		var draws [3]atomic.Bool
		for n := range screens {
			_, s := mustJoin(t, c, Applicant{Name: fmt.Sprint("N", n)})
			s.Input(Input{Size: Size{80, 24}})
			run := l.last()
			draws[n].Store(true)
			working.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					if draws[n].Load() {
						run.writes(fmt.Sprintf("\x1b[H%d\n", i))
					}
					time.Sleep(5 * time.Millisecond)
				}
			})
			working.Go(func() {
				for seen := int64(0); ; screens[n].Add(1) {
					screen, err := s.Next(ctx, seen)
					if err != nil {
						return
					}
					seen = screen.Version
				}
			})
		}
		rate := func() int64 {
			time.Sleep(3 * time.Second)
			before := screens[0].Load()
			time.Sleep(10 * time.Second)
			return (screens[0].Load() - before + 5) / 10
		}
		if r := rate(); r < 9 || r > 10 {
			t.Errorf("%d screens a second by 3 busy seats of 4", r)
		}
		draws[2].Store(false)
		if r := rate(); r < 27 || r > 30 {
			t.Errorf("%d screens a second by 2 busy seats of 4", r)
		}
	})
}

// The oldest of what nobody asks for is lost.
func TestEventsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := open(t, 1, nil)
		for n := range 3 * maxEvents {
			c.Lock(n%2 == 0)
		}
		_, _ = mustJoin(t, c, Applicant{Name: "Ada"})
		list := happened(c)
		if len(list) != maxEvents || !strings.HasPrefix(list[maxEvents-1], "joined") || strings.HasPrefix(list[0], "joined") {
			t.Errorf("%d events, the last %q", len(list), list[len(list)-1])
		}
		got := make(chan Event)
		go func() {
			e, err := c.Next(t.Context())
			if err != nil {
				t.Error(err)
			}
			got <- e
		}()
		synctest.Wait()
		c.Lock(true)
		if e := <-got; e.Kind != "locked" || !e.At.Equal(time.Now()) {
			t.Errorf("%+v", e)
		}
	})
}
