package doctor

import (
	"context"
	"errors"
	"net"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Passively it joins and sends nothing, and sees an interface that is made
// again.
func TestProbeWatches(t *testing.T) {
	l := labtest.Build(t, twoOnLAN)
	a := l.Host("A")
	p := prepared(t, a, labGroup)
	c := labtest.Socket(t, a, mcast.Config{Port: p.Intent.Group.Port}) // another program
	labtest.In(t, a, func() error { return c.Join(p.Intent.Group, labtest.Device(t, a, "eth0")) })
	p.Active = false
	p.Trace = &mcast.Trace{Call: func(c mcast.Call) { t.Errorf("a passive probe calls %v", c) }}
	ctx, cancel := context.WithCancel(t.Context())
	p.For = time.Hour
	var seen Observed
	var err error
	ended := make(chan struct{})
	started := onGather(t)
	go func() {
		defer close(ended)
		_ = a.Do(func() error {
			seen, err = p.Run(ctx)
			return nil
		})
	}()
	<-started
	if err := errors.Join(a.Link("eth0").Delete(), a.Link("eth0").Make()); err != nil {
		t.Fatal(err)
	}
	cancel()
	<-ended
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled, it ended with %v", err)
	}
	if len(seen.Lost) != 1 || seen.Lost[0].Name != "eth0" || seen.Lost[0].Index == index(t, p, "eth0") {
		t.Errorf("lost %+v, want eth0 as it is now", seen.Lost)
	}
	if len(seen.Lost) == 1 && !slices.Contains(seen.Had[seen.Lost[0].Index], p.Intent.Group.Addr) {
		t.Errorf("on the lost one was joined %v, want %s among them", seen.Had, p.Intent.Group.Addr)
	}
	if seen.Probed || seen.Sent != nil || seen.For <= 0 {
		t.Errorf("a passive probe saw %+v", seen)
	}
}

// onGather tells when the facts have been read.
func onGather(t *testing.T) <-chan struct{} {
	real, read := gather, make(chan struct{}, 2)
	gather = func(in Intent) (Facts, error) {
		f, err := real(in)
		read <- struct{}{}
		return f, err
	}
	t.Cleanup(func() { gather = real })
	return read
}

// What was seen until it is cancelled is returned. A copy that was not waited for
// is not missing.
func TestProbeCancelled(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, twoOnLAN)
	a := l.Host("A")
	p := prepared(t, a, labGroup)
	p.For = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p.Trace = &mcast.Trace{Call: func(c mcast.Call) {
		if c.Name == "sendmsg" {
			cancel()
		}
	}}
	labtest.In(t, a, func() error {
		seen, err := p.Run(ctx)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled, it ended with %v", err)
		}
		if s := seen.Sent[index(t, p, "eth0")]; s.Tried != s.Copies || seen.Probed != (s.Tried > 0) {
			t.Errorf("cancelled after its first datagram it misses its copy: %+v", s)
		}
		if seen.Listen.Lasted() <= 0 || seen.For <= 0 || len(seen.Listen.On) == 0 {
			t.Errorf("cancelled after its first datagram it has listened %+v, in %s", seen.Listen, seen.For)
		}
		return nil
	})
}

func TestProbePortInUse(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, twoOnLAN)
	a := l.Host("A")
	labtest.In(t, a, func() error {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{Port: 5000})
		if err == nil {
			t.Cleanup(func() { c.Close() })
		}
		return err
	})
	p := prepared(t, a, labGroup)
	if seen := run(t, a, p); !errors.Is(seen.Bound, mcast.ErrPortInUse) || seen.Probed || seen.Grown == nil {
		t.Errorf("with the port taken: %+v, want it bound with %v, and the counters read", seen, mcast.ErrPortInUse)
	}
}

// A join that fails is something to be told of, and the sends go on.
func TestProbeJoinFails(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, twoOnLAN)
	a := l.Host("A")
	if err := a.Sysctl("net.ipv4.igmp_max_memberships", "0"); err != nil {
		t.Fatal(err)
	}
	p := prepared(t, a, labGroup)
	seen := run(t, a, p)
	if !errors.Is(seen.Joined, syscall.ENOBUFS) {
		t.Errorf("joined with %v, want %v", seen.Joined, syscall.ENOBUFS)
	}
	if s := seen.Sent[index(t, p, "eth0")]; s.Tried != datagramsEach || s.Copies != 0 || leftOf(s) < datagramsEach {
		t.Errorf("without a membership: %+v, want them sent, and no copies", s)
	}
}

// No two datagrams leave nearer to each other than it was announced.
func TestProbePace(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, onOneSwitch([]string{"A", "192.168.1.10/24", "192.168.2.10/24", "192.168.3.10/24"}))
	p := prepared(t, l.Host("A"), labGroup)
	var sent []time.Time
	p.Trace = &mcast.Trace{Call: func(c mcast.Call) {
		if c.Name == "sendmsg" {
			sent = append(sent, c.At)
		}
	}}
	run(t, l.Host("A"), p)
	if len(sent) != 3*datagramsEach {
		t.Errorf("%d datagrams were sent, want %d", len(sent), 3*datagramsEach)
	}
	for n := 1; n < len(sent); n++ {
		if gap := sent[n].Sub(sent[n-1]); gap < between {
			t.Errorf("datagram %d left %v after the one before, want %v at least", n+1, gap, between)
		}
	}
}
