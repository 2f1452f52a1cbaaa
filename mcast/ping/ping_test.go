package ping

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

const (
	peerAddr = "192.168.8.226:1234"
	group    = "224.0.0.114:1234"
)

// pinging runs a ping by m, and returns with its summary what it told, a word
// for each event: "reply 3".
func pinging(t *testing.T, ctx context.Context, m *memory, cfg Config) (Summary, []string) {
	t.Helper()
	var told []string
	cfg.Report = func(e Event) {
		if e.Kind != KindSent {
			told = append(told, fmt.Sprintf("%s %d", e.Kind, e.Seq))
		}
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.run(ctx, m)
	if err != nil {
		t.Errorf("Run ended with %v, want nil", err)
	}
	return s, told
}

func to(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// echo answers from the host after a while.
func echo(after time.Duration) func(*memory, request) {
	return func(m *memory, r request) { m.arrive(after, r.to.String(), r.data) }
}

func TestEveryKindOfAnswerIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(func(m *memory, r request) {
			switch r.nth {
			case 1:
				m.arrive(2*time.Millisecond, peerAddr, r.data)
			case 2: // twice
				m.arrive(4*time.Millisecond, peerAddr, r.data)
				m.arrive(5*time.Millisecond, peerAddr, r.data)
			case 3: // never
			case 4: // late
				m.arrive(1500*time.Millisecond, peerAddr, r.data)
			case 5: // changed
				r.data[25] ^= 1
				m.arrive(time.Millisecond, peerAddr, r.data)
			case 6: // cut, and something of the host's own, and of a stranger
				m.arrive(time.Millisecond, peerAddr, r.data[:24])
				m.arrive(time.Millisecond, peerAddr, []byte("what?"))
				m.arrive(time.Millisecond, "192.168.8.9:9", []byte("hello"))
			case 7: // from another of its addresses
				m.arrive(time.Millisecond, "192.168.9.226:1234", r.data)
				m.arrive(6*time.Millisecond, peerAddr, r.data)
			case 8: // more than was asked
				m.arrive(time.Millisecond, peerAddr, append(r.data, '!'))
			}
		})
		s, told := pinging(t, t.Context(), m, Config{Target: to(peerAddr), Count: 8, Size: 32})
		// Sorted, as either of two of the same time may be told first. What one
		// of its addresses has answered, both are expected to.
		want := []string{
			"changed 0", "changed 5", "changed 6", "changed 8", "duplicate 2", "late 4",
			"lost 3", "lost 4", "lost 5", "lost 6", "lost 8", "lost 8", "reply 1", "reply 2", "reply 7", "reply 7",
		}
		if slices.Sort(told); !slices.Equal(told, want) {
			t.Errorf("told\n%q, want\n%q", told, want)
		}
		r := s.Responders[0]
		if s.Sent != 8 || s.Unanswered != 5 || s.Foreign != 1 || len(s.Responders) != 2 {
			t.Errorf("%d sent, %d unanswered, %d foreign, %d responders; want 8, 5, 1, 2", s.Sent, s.Unanswered, s.Foreign, len(s.Responders))
		}
		if r.AddrPort() != to(peerAddr) || r.Sent != 8 || r.Received != 3 || r.Lost != 5 || r.Duplicates != 1 || r.Late != 1 || r.Changed != 4 || r.Hops != 64 {
			t.Errorf("counted %+v; want 8 sent, 3 received, 5 lost, 1 duplicate, 1 late, 4 changed, 64 hops", r)
		}
		if r.Min != 2*time.Millisecond || r.Avg != 4*time.Millisecond || r.Max != 6*time.Millisecond {
			t.Errorf("min %v, avg %v, max %v; want 2 ms, 4 ms, 6 ms", r.Min, r.Avg, r.Max)
		}
		if o := s.Responders[1]; o.From.String() != "192.168.9.226" || o.Sent != 2 || o.Received != 1 || o.Lost != 1 {
			t.Errorf("the other address is counted as %+v; want 2 sent, 1 received, 1 lost", o)
		}
	})
}

func TestIntervalsDoNotDrift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(echo(3 * time.Millisecond))
		m.slow = func() { time.Sleep(7 * time.Millisecond) } // of the bubble
		s, _ := pinging(t, t.Context(), m, Config{Target: to(peerAddr), Count: 1000, Interval: 10 * time.Millisecond, Size: 32})
		for i, at := range m.times {
			if got, want := at.Sub(m.began), time.Duration(i)*10*time.Millisecond; got != want {
				t.Fatalf("request %d is sent at %v, want %v", i+1, got, want)
			}
		}
		if r := s.Responders[0]; r.Received != 1000 || r.Min != 10*time.Millisecond {
			t.Errorf("%d received, in %v at least; want 1000 in the 10 ms from before the send", r.Received, r.Min)
		}
	})
}

func TestAStandstillIsNotMadeUpFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(nil)
		m.respond = func(m *memory, r request) {
			if r.nth == 2 {
				time.Sleep(3500 * time.Millisecond) // as when the computer sleeps
			}
			echo(time.Millisecond)(m, r)
		}
		pinging(t, t.Context(), m, Config{Target: to(peerAddr), Count: 4, Size: 32})
		for i, want := range []time.Duration{0, time.Second, 4500 * time.Millisecond, 5 * time.Second} {
			if got := m.times[i].Sub(m.began); got != want {
				t.Errorf("request %d is sent at %v, want %v", i+1, got, want)
			}
		}
	})
}

func TestAHostIsNotWaitedForLongerThanNeeded(t *testing.T) {
	for _, test := range []struct {
		name    string
		target  string
		respond func(*memory, request)
		want    time.Duration
	}{
		{"a host that answers", peerAddr, echo(2 * time.Millisecond), 2*time.Second + 2*time.Millisecond},
		{"one that does not", peerAddr, func(*memory, request) {}, 2*time.Second + 300*time.Millisecond},
		{"a group, where more may answer", group, func(m *memory, r request) { m.arrive(time.Millisecond, peerAddr, r.data) }, 2*time.Second + 300*time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, _ := pinging(t, t.Context(), newMemory(test.respond), Config{Target: to(test.target), Count: 3, Timeout: 300 * time.Millisecond, Size: 32})
			if s.Took != test.want {
				t.Errorf("%s: 3 requests took %v, want %v", test.name, s.Took, test.want)
			}
		})
	}
}

func TestCancelEndsAtOnceWithWhatWasSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		m := newMemory(func(m *memory, r request) {
			if r.nth < 3 {
				echo(time.Millisecond)(m, r)
			}
		})
		s, _ := pinging(t, ctx, m, Config{Target: to(peerAddr), Size: 32, Timeout: 10 * time.Second})
		if r := s.Responders[0]; s.Took != 2500*time.Millisecond || r.Sent != 3 || r.Received != 2 || r.Lost != 0 {
			t.Errorf("after %v: %d sent, %d received, %d lost; want 2.5s, 3, 2, and none lost that is still waited for", s.Took, r.Sent, r.Received, r.Lost)
		}
		if len(m.times) != 3 {
			t.Errorf("%d requests, want 3", len(m.times))
		}
	})
}

// blocked is a socket whose queue is full until it is closed.
type blocked struct{ *memory }

func (b blocked) Send([]byte, netip.AddrPort, mcast.Via) error {
	<-b.closed
	return errors.New("closed")
}

func TestCancelEndsASendThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		p, err := New(Config{Target: to(peerAddr)})
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.run(ctx, blocked{newMemory(nil)})
		if err != nil || s.Took != time.Second || s.Sent != 0 {
			t.Errorf("ended after %v with %d sent, %v; want 1s, 0, nil", s.Took, s.Sent, err)
		}
	})
}

func TestSmallRequests(t *testing.T) {
	for _, size := range []int{0, 1, 7, 8, 12, 19, 20, 21} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory(func(m *memory, r request) {
				if len(r.data) != size {
					t.Errorf("%d bytes are sent, want %d", len(r.data), size)
				}
				m.arrive(time.Millisecond, peerAddr, r.data)
				if r.nth < 3 {
					m.arrive(2*time.Millisecond, "192.168.8.9:1234", []byte("something else"))
				}
				if r.nth == 2 {
					m.arrive(3*time.Millisecond, peerAddr, r.data)
				}
			})
			s, _ := pinging(t, t.Context(), m, Config{Target: to(peerAddr), Count: 3, Size: size})
			if r := s.Responders[0]; r.Received != 3 || r.Lost != 0 || r.Duplicates != 1 || s.Foreign != 2 || r.Changed != 0 {
				t.Errorf("%d bytes: %+v, %d foreign; want 3 received, 1 duplicate, 2 foreign", size, r, s.Foreign)
			}
		})
	}
}

func TestAFloodHasOneRequestOutstanding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(func(m *memory, r request) {
			if r.nth%100 != 0 {
				echo(100*time.Microsecond)(m, r)
			}
		})
		s, _ := pinging(t, t.Context(), m, Config{Target: to(peerAddr), Count: 1000, Size: 32, Flood: true, Timeout: 20 * time.Millisecond})
		r := s.Responders[0]
		// 990 answers, 9 waits for one that is lost, and the timeout of the last.
		if want := 990*100*time.Microsecond + 9*floodWait + 20*time.Millisecond; s.Took != want || r.Received != 990 || r.Lost != 10 {
			t.Errorf("took %v, %d received, %d lost; want %v, 990, 10", s.Took, r.Received, r.Lost, want)
		}
	})
}

// An answer that arrived in time counts so, though the program was busy when
// time was up.
func TestABusyReporterLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(echo(10 * time.Millisecond))
		p, err := New(Config{Target: to(peerAddr), Count: 2, Size: 32, Report: func(e Event) {
			if e.Kind == KindSent {
				time.Sleep(1500 * time.Millisecond)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.run(t.Context(), m)
		if r := s.Responders[0]; err != nil || r.Received != 2 || r.Max != 10*time.Millisecond {
			t.Errorf("%d received in %v at most, %v; want 2 in 10 ms", r.Received, r.Max, err)
		}
	})
}

func TestTheSummaryCanBeAskedForAtAnyTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p *Pinger
		var during []uint64
		p, err := New(Config{Target: to(peerAddr), Count: 3, Size: 32, Report: func(e Event) {
			if e.Kind == KindReply {
				during = append(during, p.Summary().Responders[0].Received)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if s := p.Summary(); s.Sent != 0 || s.Responders != nil {
			t.Errorf("before it runs the summary is %+v, want none", s)
		}
		s, err := p.run(t.Context(), newMemory(echo(time.Millisecond)))
		if err != nil || !slices.Equal(during, []uint64{1, 2, 3}) {
			t.Errorf("received while running %v, %v; want 1, 2, 3", during, err)
		}
		time.Sleep(time.Hour)
		if after := p.Summary(); after.Took != s.Took || after.Responders[0].Received != 3 {
			t.Errorf("an hour later the summary is %+v, want %+v", after, s)
		}
	})
}

func TestWrongConfigs(t *testing.T) {
	for name, cfg := range map[string]Config{
		"ping: no address and port to ping":                                    {},
		"ping: count -1: want 0 or more":                                       {Target: to(peerAddr), Count: -1},
		"ping: interval 1µs: want 1ms or more":                                 {Target: to(peerAddr), Interval: time.Microsecond},
		"ping: timeout 2h0m0s: want more than 0, and 1h0m0s at most":           {Target: to(peerAddr), Timeout: 2 * time.Hour},
		"ping: size 65508: too long for a UDP datagram: want 0 to 65507 bytes": {Target: to(peerAddr), Size: 65508},
		"ping: hops 256: " + mcast.ErrHopsOutside.Error():                      {Target: to(peerAddr), Hops: 256},
	} {
		if _, err := New(cfg); err == nil || err.Error() != name {
			t.Errorf("error %v, want %q", err, name)
		}
	}
}
