package bridge

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// store is a Register's entry, with the time that a call takes left to the test.
type store struct{ e Entry }

func (s *store) call(name string, a Ask) (Entry, error) {
	switch {
	case a.Kind == AskGet:
		return s.e, nil
	case a.Revision != s.e.Revision:
		return Entry{}, ErrChanged
	case a.Kind == AskDelete:
		s.e = Entry{}
		return Entry{}, nil
	}
	s.e = Entry{name, s.e.Revision + 1}
	return s.e, nil
}

// candidate is a bridge that wants the lease, and the call it waits for.
type candidate struct {
	*Lease
	name    string
	stopped time.Time // until then it does nothing (SIGSTOP)
	dead    bool

	ask     Ask
	serve   time.Time // the store has the call then; zero: it has had it
	answer  time.Time
	e       Entry
	err     error
	applied bool
}

func (c *candidate) step(t *rapid.T, now time.Time, s *store, slow int, away bool) {
	if c.ask.Kind != AskNothing && !c.applied && !now.Before(c.serve) {
		c.applied = true
		c.e, c.err = s.call(c.name, c.ask)
	}
	if c.dead || now.Before(c.stopped) {
		return
	}
	if c.ask.Kind != AskNothing {
		if now.Before(c.answer) {
			return
		}
		e, err := c.e, c.err
		if !c.applied || away {
			e, err = Entry{}, errors.New("no answer")
		}
		c.ask = Ask{}
		c.Answered(now, e, err)
	}
	if c.ask = c.Step(now); c.ask.Kind == AskNothing {
		return
	}
	c.applied = false
	c.serve = now.Add(time.Duration(rapid.IntRange(0, slow).Draw(t, "there")) * time.Millisecond)
	c.answer = c.serve.Add(time.Duration(rapid.IntRange(0, slow).Draw(t, "back")) * time.Millisecond)
	if away { // the call is lost, or its answer
		c.answer = now.Add(time.Second)
		if rapid.Bool().Draw(t, "lost") {
			c.serve = now.Add(time.Hour)
		}
	}
}

// Whatever is stopped, dies, is cut off or is slow: two bridges never lead at once, and
// when all is well again one of them leads within 2 s.
func TestTwoNeverLead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s store
		now := time.Now()
		all := make([]*candidate, rapid.IntRange(2, 4).Draw(t, "bridges"))
		for n := range all {
			name := fmt.Sprint("bridge ", n)
			all[n] = &candidate{Lease: NewLease(name), name: name}
		}
		slow := rapid.SampledFrom([]int{0, 5, 60}).Draw(t, "slow")
		var cut time.Time // nobody reaches the store until then
		quiet := now
		for range 10 {
			switch rapid.SampledFrom([]string{"stop", "cut", "unwanted", "nothing", "dies"}).Draw(t, "what") {
			case "stop":
				c := rapid.SampledFrom(all).Draw(t, "who")
				c.stopped = now.Add(time.Duration(rapid.IntRange(1, 4000).Draw(t, "for")) * time.Millisecond)
				quiet = c.stopped
			case "cut":
				cut = now.Add(time.Duration(rapid.IntRange(1, 4000).Draw(t, "for")) * time.Millisecond)
				quiet = cut
			case "unwanted":
				c := rapid.SampledFrom(all[1:]).Draw(t, "who")
				c.Want(now, rapid.Bool().Draw(t, "wanted"))
				quiet = now
			case "dies":
				if c := rapid.SampledFrom(all[1:]).Draw(t, "who"); !c.dead {
					c.dead, quiet = true, now
				}
			}
			leads := false
			for end := now.Add(3500 * time.Millisecond); now.Before(end); now = now.Add(5 * time.Millisecond) {
				held := 0
				for _, c := range all {
					c.step(t, now, &s, slow, now.Before(cut))
					if c.Holds(now) {
						held++
						leads = leads || !c.dead
					}
				}
				if held > 1 {
					t.Fatalf("%d lead", held)
				}
			}
			if settled := now.Sub(quiet) > 3*time.Second; settled && !leads {
				t.Fatal("nobody leads")
			}
		}
	})
}

func TestLeaseIsTakenOver(t *testing.T) {
	for _, test := range []struct {
		name  string
		dies  func(c *candidate, now time.Time)
		least time.Duration
		most  time.Duration
	}{
		{"killed", func(c *candidate, _ time.Time) { c.dead = true }, leaseHolds - leaseRenewEvery, 2 * time.Second},
		{"stopped for a while", func(c *candidate, now time.Time) { c.stopped = now.Add(3 * time.Second) }, leaseHolds - leaseRenewEvery, 2 * time.Second},
		{"it lets go", func(c *candidate, now time.Time) { c.Want(now, false) }, 0, 3 * leaseWatchEvery},
	} {
		t.Run(test.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				var s store
				now := time.Now()
				first := &candidate{Lease: NewLease("first"), name: "first"}
				second := &candidate{Lease: NewLease("second"), name: "second"}
				run := func(d time.Duration) {
					for end := now.Add(d); now.Before(end); now = now.Add(time.Millisecond) {
						first.step(t, now, &s, 1, false)
						second.step(t, now, &s, 1, false)
					}
				}
				run(200 * time.Millisecond)
				run(time.Duration(rapid.IntRange(0, 1000).Draw(t, "later")) * time.Millisecond)
				if !first.Holds(now) || second.Holds(now) {
					t.Fatal("the first to come does not lead")
				}
				test.dies(first, now)
				dead := now
				for !second.Holds(now) {
					run(time.Millisecond)
					if took := now.Sub(dead); took > test.most {
						t.Fatalf("after %v the second does not lead", took)
					}
				}
				if first.Holds(now) || test.least > 0 && !first.Holds(dead.Add(test.least-10*time.Millisecond)) {
					t.Fatal("the first leads for too long, or not as long as it may")
				}
				if first.stopped.After(now) {
					run(first.stopped.Sub(now) + 100*time.Millisecond)
					if first.Holds(now) || !second.Holds(now) || second.Leader() != "second" {
						t.Fatal("who was stopped leads again")
					}
				}
			})
		})
	}
}
