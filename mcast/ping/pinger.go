package ping

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// conn is the part of an [mcast.Conn] that a [Pinger] needs.
type conn interface {
	Send(data []byte, to netip.AddrPort, via mcast.Via) error
	Read(ctx context.Context, dst []mcast.Datagram) (int, error)
	Close() error
}

// Pinger pings once, by [Pinger.Run].
type Pinger struct {
	cfg     Config
	ways    []mcast.Via
	payload payload
	request []byte // the memory of what is sent

	mu       sync.Mutex // guards the next three
	tracker  *tracker   // nil before Run
	events   []Event    // to be reported once mu is free
	finished *Summary

	answers chan answer
	failed  chan error    // of reading
	notices chan struct{} // holds a token when something was noticed

	noticing sync.Mutex
	noticed  []mcast.PeerError // guarded by noticing; at most maxNoticed
	missed   uint64            // guarded by noticing: those that found no room there
}

// Run pings until Count requests are answered or given up, or ctx ends. The end of
// ctx is no error: the Summary is then that of the run so far. Refused sends and
// ICMP errors are events, not errors. The error is that of a wrong Config, or of
// the socket.
func Run(ctx context.Context, cfg Config) (Summary, error) {
	p, err := New(cfg)
	if err != nil {
		return Summary{}, err
	}
	return p.Run(ctx)
}

// New makes a Pinger. It opens no socket yet.
func New(cfg Config) (*Pinger, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	var id [8]byte
	rand.Read(id[:])
	p := &Pinger{
		cfg:     cfg,
		ways:    cfg.ways(),
		answers: make(chan answer, 4*mcast.BatchSize),
		failed:  make(chan error, 1),
		notices: make(chan struct{}, 1),
	}
	p.payload = newPayload(cfg.Size, binary.BigEndian.Uint64(id[:]), len(p.ways))
	return p, nil
}

// Summary returns the counts so far. Any goroutine may call it at any time.
func (p *Pinger) Summary() Summary {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.finished != nil:
		return *p.finished
	case p.tracker == nil:
		return Summary{}
	}
	return p.tracker.result(time.Now())
}

// Run pings, as the function [Run] does. A Pinger runs once.
func (p *Pinger) Run(ctx context.Context) (Summary, error) {
	c, err := p.listen(ctx)
	if err != nil {
		return Summary{}, fmt.Errorf("ping: %w", err)
	}
	return p.run(ctx, c)
}

func (p *Pinger) listen(ctx context.Context) (*mcast.Conn, error) {
	cfg := mcast.Config{
		// One byte more than was sent, to see that an answer has more.
		ReadSize:  min(p.cfg.Size+1, 65535),
		PeerError: p.notice,
		Trace:     p.cfg.Trace,
	}
	target := p.cfg.Target.Addr()
	cfg.Addr = host.Unspecified(target)
	if target.IsMulticast() {
		cfg.Hops = p.cfg.Hops
	}
	c, err := mcast.Listen(ctx, cfg)
	if errors.Is(err, errors.ErrUnsupported) {
		cfg.PeerError = nil // here a host's silence has no reason
		c, err = mcast.Listen(ctx, cfg)
	}
	if err != nil || p.cfg.Hops == 0 || target.IsMulticast() {
		return c, err
	}
	if err := c.SetUnicastHops(p.cfg.Hops); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// run pings by c, and closes it.
func (p *Pinger) run(ctx context.Context, c conn) (Summary, error) {
	ctx, cancel := context.WithCancel(ctx)
	// A send can wait for room in the queue to an absent neighbour; closing the
	// socket ends that wait.
	stop := context.AfterFunc(ctx, func() { c.Close() })
	var reading sync.WaitGroup
	reading.Go(func() { p.read(ctx, c) })

	err := p.loop(ctx, c)

	p.mu.Lock()
	summary := p.tracker.result(time.Now())
	p.finished = &summary
	p.mu.Unlock()
	cancel()
	if stop() {
		c.Close()
	}
	reading.Wait()
	return summary, err
}

// loop sends the requests when they are due, and counts the answers.
func (p *Pinger) loop(ctx context.Context, c conn) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	due := time.Now()
	tried := 0
	for {
		now := time.Now()
		sending := p.cfg.Count == 0 || tried < p.cfg.Count
		ready := !now.Before(due)
		var wait time.Duration
		done := false
		p.do(func(t *tracker) {
			t.expire(now)
			ready = ready || p.cfg.Flood && t.answeredNewest()
			done = !sending && t.settled()
			wait = t.untilNext(now, due, sending)
		})
		switch {
		case ctx.Err() != nil || done:
			return nil
		case sending && ready:
			tried++
			p.send(ctx, c)
			due = p.nextDue(due, now)
			p.drain()
			continue
		}
		timer.Reset(wait)
		select {
		case a := <-p.answers:
			p.do(func(t *tracker) { t.receive(a) })
		case <-p.notices:
			p.takeNotices()
		case err := <-p.failed:
			return fmt.Errorf("ping: %w", err)
		case <-timer.C:
		case <-ctx.Done():
		}
		p.drain()
	}
}

// nextDue is the time of the request after the one that was due. Requests that
// were missed in a standstill are left out; the others stay multiples of Interval
// apart.
func (p *Pinger) nextDue(due, now time.Time) time.Time {
	if p.cfg.Flood {
		return now.Add(floodWait)
	}
	missed := now.Sub(due) / p.cfg.Interval
	return due.Add((missed + 1) * p.cfg.Interval)
}

// drain counts the answers that have arrived already, before any request is given
// up.
func (p *Pinger) drain() {
	for {
		select {
		case a := <-p.answers:
			p.do(func(t *tracker) { t.receive(a) })
		case <-p.notices:
			p.takeNotices()
		default:
			return
		}
	}
}

// send tries one request by each way.
func (p *Pinger) send(ctx context.Context, c conn) {
	var seq uint64
	p.do(func(t *tracker) { seq = t.open(time.Now()) })
	for way, via := range p.ways {
		p.request = p.payload.append(p.request[:0], way, seq)
		at := time.Now()
		err := c.Send(p.request, p.cfg.Target, via)
		if ctx.Err() != nil && errors.Is(err, net.ErrClosed) {
			return // it was not sent, because it is to end
		}
		p.do(func(t *tracker) {
			if err != nil {
				t.refused(way, err, at)
			} else {
				t.sent(way, at)
			}
		})
	}
}

// do lets fn use the tracker, and then reports the events.
func (p *Pinger) do(fn func(*tracker)) {
	p.mu.Lock()
	if p.tracker == nil {
		p.tracker = newTracker(p.cfg, p.payload.hasID(), time.Now(), func(e Event) { p.events = append(p.events, e) })
	}
	fn(p.tracker)
	events := p.events
	p.events = p.events[:0]
	p.mu.Unlock()
	if p.cfg.Report == nil {
		return
	}
	for _, e := range events {
		p.cfg.Report(e)
	}
}
