package sender

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/internal/nap"
	"github.com/groupcast/groupcast/mcast/stream"
)

// sent is a datagram that the kernel of a test took.
type sent struct {
	at   time.Duration // since the beginning
	to   string
	data string
	h    stream.Header
}

// kernel takes datagrams, in a bubble whose clock is its own.
type kernel struct {
	t       *testing.T
	began   time.Time
	got     []sent
	calls   []int                               // how many datagrams each took
	refuse  func(n int, o mcast.Outgoing) error // n: how many it was given before
	given   int
	delayed func(n int) // before a call
}

func (k *kernel) send(list []mcast.Outgoing) (int, error) {
	if k.delayed != nil {
		k.delayed(len(k.calls))
	}
	for i, o := range list {
		k.given++
		if k.refuse != nil {
			if err := k.refuse(k.given-1, o); err != nil {
				k.calls = append(k.calls, i)
				return i, &mcast.OpError{Op: "send", Err: err}
			}
		}
		one := sent{at: time.Since(k.began), to: o.To.String(), data: string(o.Data)}
		one.h, _ = stream.ParseHeader(o.Data, len(o.Data))
		k.got = append(k.got, one)
	}
	k.calls = append(k.calls, len(list))
	return len(list), nil
}

// open makes a sender that sends into the kernel of a test, and waits by timers
// alone.
func (k *kernel) open(t *testing.T, cfg Config) *Sender {
	s, err := newSender(cfg, func(netip.Addr) (*lane, error) {
		return &lane{send: k.send, apart: k.send, deadline: func(time.Time) error { return nil }}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.wait = func(ctx context.Context, due time.Time) error { return nap.Timer(ctx, time.Until(due)) }
	k.t, k.began = t, time.Now()
	return s
}

func streamsOf(groups ...string) (list []Stream) {
	for _, text := range groups {
		g, err := mcast.ParseGroup(text)
		if err != nil {
			panic(err)
		}
		list = append(list, Stream{Group: g})
	}
	return list
}

// numbers are those of one group, without ends.
func (k *kernel) numbers(to string) (list []uint64) {
	for _, one := range k.got {
		if one.to == to && !one.h.End {
			list = append(list, one.h.Number)
		}
	}
	return list
}

func upTo(n int) (list []uint64) {
	for i := range n {
		list = append(list, uint64(i))
	}
	return list
}

// Each group has its rate, its id and its numbers, they take turns, and each end is
// said three times.
func TestStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kernel{}
		s := k.open(t, Config{Streams: streamsOf("239.1.1.1:5000", "ff3e::1:5000", "239.1.1.2"), Rate: 10, Count: 20, Size: 64})
		s.Run(t.Context())
		ids := map[uint64]bool{}
		for _, to := range []string{"239.1.1.1:5000", "[ff3e::1:5000]:1234", "239.1.1.2:1234"} {
			if got := k.numbers(to); !slices.Equal(got, upTo(20)) {
				t.Errorf("to %s went %v", to, got)
			}
			var ends []time.Duration
			for _, one := range k.got {
				if one.to == to {
					ids[one.h.Stream] = true
				}
				if one.to == to && one.h.End {
					ends = append(ends, one.at)
					if one.h.Number != 20 || len(one.data) != stream.HeaderSize {
						t.Errorf("the end is %+v, %d bytes", one.h, len(one.data))
					}
				}
			}
			if len(ends) != 3 || ends[1]-ends[0] != 100*time.Millisecond || ends[2]-ends[0] != 300*time.Millisecond {
				t.Errorf("the ends to %s came at %v", to, ends)
			}
		}
		if len(ids) != 3 {
			t.Errorf("three streams have the ids %v", ids)
		}
		for i, one := range k.got[:60] {
			want := time.Duration(i) * time.Second / 30
			if late := one.at - want; late < 0 || late > time.Millisecond || len(one.data) != 64 || one.h.Promise != 200*time.Millisecond {
				t.Errorf("datagram %d was sent %v late, %d bytes, %+v", i, late, len(one.data), one.h)
			}
			if off := one.h.Sent - time.Duration(k.began.UnixNano()) - one.at; off != 0 {
				t.Errorf("datagram %d says another time by %v", i, off)
			}
		}
		snap := s.Snapshot()
		if snap.Sent != 60 || snap.Bytes != 60*64 || snap.Refused != 0 || snap.Skipped != 0 || !snap.Ended || math.Abs(snap.Rate()-30) > 0.1 || math.Abs(snap.Streams[0].Rate-10) > 0.1 {
			t.Errorf("%+v, %v/s, %v/s", snap, snap.Rate(), snap.Streams[0].Rate)
		}
	})
}

// What the kernel refuses uses no number, wherever in a batch it is, and is counted
// with its cause for its stream.
func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kernel{refuse: func(n int, o mcast.Outgoing) error {
			switch {
			case n%7 == 3:
				return syscall.ENOBUFS
			case o.To.Port() == 5002:
				return syscall.EPERM
			}
			return nil
		}}
		s := k.open(t, Config{Streams: streamsOf("239.1.1.1:5001", "239.1.1.1:5002", "239.1.1.1:5003"), Rate: Max, Count: 100, Size: 40})
		s.Run(t.Context())
		snap := s.Snapshot()
		for i, to := range []string{"239.1.1.1:5001", "239.1.1.1:5002", "239.1.1.1:5003"} {
			c := snap.Streams[i]
			if got := k.numbers(to); !slices.Equal(got, upTo(int(c.Sent))) || c.Sent+c.Refused != 100 {
				t.Errorf("to %s went %v; %+v", to, got, c)
			}
			if to == "239.1.1.1:5002" != (c.Sent == 0) || c.Refused == 0 || c.Err == nil {
				t.Errorf("%s: %+v", to, c)
			}
		}
		sum := uint64(0)
		for _, c := range snap.Causes {
			sum += c.Datagrams
		}
		if len(snap.Causes) != 2 || sum != snap.Refused {
			t.Errorf("%d were refused, by %+v", snap.Refused, snap.Causes)
		}
		for _, one := range k.got {
			if one.h.End && one.to == "239.1.1.1:5002" {
				t.Error("the end of a stream that never began was said")
			}
		}
	})
}

// A sender that stood goes on with what is due then: it skips, counts, and sends no
// burst. Numbers go on, as nothing was lost.
func TestStood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kernel{}
		k.delayed = func(n int) {
			if n == 50 {
				time.Sleep(5 * time.Second)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		s := k.open(t, Config{Streams: streamsOf("239.1.1.1"), Rate: 1000, Size: 64})
		s.Run(ctx)
		snap := s.Snapshot()
		if snap.Skipped < 4990 || snap.Skipped > 5010 || snap.Sent+snap.Skipped < 9990 || snap.Sent+snap.Skipped > 10010 {
			t.Errorf("%d sent and %d skipped of 10,000", snap.Sent, snap.Skipped)
		}
		if got := k.numbers("239.1.1.1:1234"); !slices.Equal(got, upTo(int(snap.Sent))) {
			t.Error("the numbers are not in a row")
		}
		for i, n := range k.calls {
			if n > 2 {
				t.Errorf("call %d sent %d at once", i, n)
			}
		}
		if last := k.got[len(k.got)-1]; !last.h.End || last.h.Number != snap.Sent {
			t.Errorf("the last datagram is %+v of %d", last.h, snap.Sent)
		}
	})
}

// Joined datagrams are of one stream in each call, the streams take turns, and the
// numbers are in a row for each.
func TestJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kernel{}
		s := k.open(t, Config{Streams: streamsOf("239.1.1.1:5001", "239.1.1.1:5002"), Rate: Max, Count: 100, Size: 1316, Joined: true})
		s.Run(t.Context())
		for _, to := range []string{"239.1.1.1:5001", "239.1.1.1:5002"} {
			if got := k.numbers(to); !slices.Equal(got, upTo(100)) {
				t.Errorf("to %s went %v", to, got)
			}
		}
		if want := []int{49, 49, 49, 49, 2, 2}; !slices.Equal(k.calls[:6], want) { // 49 of 1,316 bytes fit in a packet
			t.Errorf("calls of %v, want %v first", k.calls, want)
		}
		if k.got[0].to != "239.1.1.1:5001" || k.got[48].to != "239.1.1.1:5001" || k.got[49].to != "239.1.1.1:5002" {
			t.Errorf("the streams do not take turns")
		}
	})
}

// What ctx ends while a send waits is neither sent nor refused.
func TestEndedInSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		k := &kernel{}
		k.refuse = func(n int, _ mcast.Outgoing) error {
			if n == 10 {
				cancel()
				return context.DeadlineExceeded
			}
			return nil
		}
		s := k.open(t, Config{Streams: streamsOf("239.1.1.1"), Rate: Max, Size: 64})
		s.Run(ctx)
		if snap := s.Snapshot(); snap.Sent != 10 || snap.Refused != 0 || !slices.Equal(k.numbers("239.1.1.1:1234"), upTo(10)) {
			t.Errorf("%+v", snap.Totals)
		}
	})
}

func TestMcjoin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kernel{}
		s := k.open(t, Config{Streams: streamsOf("239.1.1.1", "ff3e::1"), Rate: 10, Count: 12, Kind: Mcjoin, Size: 100})
		s.Run(t.Context())
		if len(k.got) != 24 {
			t.Fatalf("%d datagrams: mcjoin has no end", len(k.got))
		}
		for i, one := range k.got {
			group := []string{"239.1.1.1", "ff3e::1"}[i%2]
			var pid int
			fmt.Sscanf(one.data, "Sender PID %d,", &pid)
			want := fmt.Sprintf("Sender PID %d, MC group %s ... count: %d, freq: 100", pid, group, i/2)
			if text := strings.TrimRight(one.data, "\x00"); text != want || pid == 0 || len(one.data) != 100 {
				t.Errorf("datagram %d is %q, want %q", i, one.data, want)
			}
		}
	})
}

func TestFixed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kernel{}
		s := k.open(t, Config{Streams: streamsOf("239.1.1.1"), Rate: 2, Count: 3, Kind: Fixed, Data: []byte("TICK")})
		s.Run(t.Context())
		if snap := s.Snapshot(); len(k.got) != 3 || k.got[2].data != "TICK" || snap.Bytes != 12 {
			t.Errorf("%+v; %+v", k.got, snap)
		}
	})
}

func TestConfig(t *testing.T) {
	good := Config{Streams: streamsOf("239.1.1.1"), Rate: 10, Size: 64}
	for what, change := range map[string]func(*Config){
		"no streams":   func(c *Config) { c.Streams = nil },
		"rate of 0":    func(c *Config) { c.Rate = 0 },
		"rate of NaN":  func(c *Config) { c.Rate = math.NaN() },
		"rate of 2e+":  func(c *Config) { c.Rate = 2e9 },
		"size of 39":   func(c *Config) { c.Size = 39 },
		"size of 6550": func(c *Config) { c.Size = 65508 },
		"size of 50":   func(c *Config) { c.Size, c.Kind = 50, Mcjoin },
		"too long":     func(c *Config) { c.Kind, c.Data = Fixed, make([]byte, 65508) },
		"rate Max":     func(c *Config) { c.Joined = true },
		"TTL of 256":   func(c *Config) { c.Hops = 256 },
	} {
		cfg := good
		change(&cfg)
		if err := cfg.check(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := good.check(); err != nil {
		t.Error(err)
	}
	failing := errors.New("no socket")
	if _, err := newSender(good, func(netip.Addr) (*lane, error) { return nil, failing }); !errors.Is(err, failing) {
		t.Errorf("without a socket: %v", err)
	}
}
