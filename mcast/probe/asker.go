package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// asker asks one target by a socket that is connected to it.
type asker struct {
	cfg    Config
	pace   pacer
	target Target
	conn   *mcast.Conn
	own    host.Networks
	absent NoNeighbourError // the error if nobody answers ARP

	// Set by notice, while the socket reads or sends.
	final  *mcast.PeerError // an error that settles the result
	large  *mcast.PeerError // an error that does not yet: the next datagram goes in fragments
	wake   context.CancelFunc
	tries  int
	number int       // of the datagrams with the usual payload
	sent   time.Time // the last of them
	broken bool      // this host did not send
	batch  [1]mcast.Datagram
}

// open opens a socket to the target. If this host has no route to it, open returns
// a result and no asker.
func open(ctx context.Context, cfg Config, t Target, own host.Networks, pace pacer) (*asker, Result, error) {
	to := t.Addr.Addr()
	a := &asker{cfg: cfg, pace: pace, target: t, own: own, wake: func() {}}
	a.absent = NoNeighbourError{To: to, Direct: !own.Ours(to) && own.OnLink(to, 0)}
	if !a.absent.Direct {
		if r, err := host.RouteTo(netip.AddrPortFrom(to, t.Addr.Port()), host.RouteOptions{IfIndex: cfg.Via.IfIndex}); err == nil {
			a.absent.Gateway = r.Match.Gateway
		}
	}
	config := mcast.Config{Remote: t.Addr, ReadSize: maxSize, Trace: cfg.Trace}
	if runtime.GOOS == "linux" {
		config.PeerError = a.notice
	}
	config.Addr = sourceOf(cfg.Via, own, t.Addr)
	if cfg.Via.IfIndex != 0 {
		a.cfg.Via.Source = config.Addr
	}
	if config.Addr.IsValid() && config.Addr.Is4() != to.Is4() {
		return nil, a.unsent(mcast.ErrFamily), nil
	}
	conn, err := mcast.Listen(ctx, config)
	switch {
	case err == nil:
		a.conn = conn
		return a, Result{}, nil
	case ours(ctx, err):
		return nil, Result{}, err
	}
	return nil, a.unsent(err), nil
}

func (a *asker) close() { a.conn.Close() }

// notice notes an ICMP error, and ends the reading: some errors are not returned
// by a read.
func (a *asker) notice(e mcast.PeerError) {
	if tooLarge(e.From.Is6(), e.Type, e.Code) && !e.Local() {
		a.large = &e
		return
	}
	a.final = &e
	a.wake()
}

// ask sends until an answer or an error comes back, or the tries are used up. The
// error is that of ctx.
func (a *asker) ask(ctx context.Context) (Result, error) {
	a.final, a.large, a.tries, a.broken = nil, nil, 0, false
	if err := sleep(ctx, a.pace.next()); err != nil {
		return Result{}, err
	}
	began := time.Now()
	for try := 1; ; try++ {
		if r, ok := a.send(); ok {
			return r, nil
		}
		until := a.next(try, began)
		if r, ok, err := a.listen(ctx, until); ok || err != nil {
			return r, err
		}
		if try == a.cfg.Tries {
			return a.silent(), nil
		}
		if r, ok, err := a.listen(ctx, a.pace.next()); ok || err != nil {
			return r, err
		}
	}
}

// next is the end of the wait after a try.
func (a *asker) next(try int, began time.Time) time.Time {
	if try < a.cfg.Tries {
		return time.Now().Add(a.cfg.Interval)
	}
	until := time.Now().Add(a.cfg.Timeout)
	if a.absent.Direct {
		return later(until, began.Add(neighbourTime))
	}
	return until
}

// send sends one datagram; ok: the result is known at once.
func (a *asker) send() (r Result, ok bool) {
	at := time.Now()
	payload := a.cfg.Payload
	if payload == nil {
		a.number++
		payload = fmt.Appendf(nil, "%s %04d\n", DefaultPayload, a.number%10000)
	}
	err := a.conn.Send(payload, netip.AddrPort{}, a.cfg.Via)
	if a.tries == 0 && err != nil && (a.final != nil || refused(err)) {
		// The error is about a datagram of the round before.
		a.final = nil
		err = a.conn.Send(payload, netip.AddrPort{}, a.cfg.Via)
	}
	switch {
	case err == nil:
		a.tries++
		a.sent = at
		return r, false
	case errors.Is(err, syscall.EPERM):
		// A firewall on this host that rejects also sends an ICMP error, as if
		// it were the target.
		return a.unsent(err), true
	case a.final != nil:
		return a.back(*a.final), true
	case errors.Is(err, syscall.ENOBUFS), errors.Is(err, syscall.EMSGSIZE) && a.large != nil:
		return r, false // the next try may do better
	case refused(err):
		return a.nameless(err), true
	}
	return a.unsent(err), true
}

// listen waits until that time for an answer or an error; ok: one came. The error
// is that of ctx.
func (a *asker) listen(ctx context.Context, until time.Time) (r Result, ok bool, err error) {
	waiting, stop := context.WithDeadline(ctx, until)
	defer stop()
	a.wake = stop
	if a.final != nil {
		return a.back(*a.final), true, nil // it came during the send
	}
	for {
		n, err := a.conn.Read(waiting, a.batch[:])
		switch {
		case n > 0:
			return a.answered(a.batch[0]), true, nil
		case a.final != nil:
			return a.back(*a.final), true, nil
		case ctx.Err() != nil:
			return r, false, ctx.Err()
		case waiting.Err() != nil:
			return r, false, nil
		case errors.Is(err, syscall.EMSGSIZE):
			continue
		}
		return a.nameless(err), true, nil
	}
}

func (a *asker) result(v Verdict, at time.Time) Result {
	return Result{Target: a.target, Verdict: v, At: at, Tries: a.tries}
}

func (a *asker) answered(d mcast.Datagram) Result {
	r := a.result(Answered, d.At)
	r.RTT, r.By, r.Size = a.since(d.At), d.From.Addr(), len(d.Data)
	r.Answer = bytes.Clone(d.Data[:min(len(d.Data), maxAnswer)])
	return r
}

func (a *asker) since(at time.Time) time.Duration { return max(0, at.Sub(a.sent)) }

// back is the result of an ICMP error.
func (a *asker) back(e mcast.PeerError) Result {
	r := a.result(Unreachable, e.At)
	r.RTT, r.By, r.Type, r.Code, r.Err = a.since(e.At), e.From, e.Type, e.Code, e.Err
	switch {
	case refused(e.Err):
		r.Verdict = Refused
	case errors.Is(e.Err, syscall.EHOSTUNREACH) && (e.Local() || a.own.Ours(e.From)):
		// The kernel sends this error to itself when it gives up on a neighbour.
		absent := a.absent
		r.By, r.Type, r.Code, r.Err = netip.Addr{}, 0, 0, &absent
	}
	return r
}

// nameless is the result of an ICMP error of which the system tells no more than
// its number.
func (a *asker) nameless(err error) Result {
	r := a.result(Unreachable, time.Now())
	r.RTT, r.Err = a.since(r.At), namelessError{err}
	if refused(err) {
		r.Verdict = Refused
	}
	return r
}

// unsent is the result if this host does not send.
func (a *asker) unsent(err error) Result {
	a.broken = true
	r := a.result(Unreachable, time.Now())
	r.Err = err
	return r
}

func (a *asker) silent() Result {
	if a.large != nil {
		return a.back(*a.large)
	}
	if a.tries == 0 {
		return a.unsent(syscall.ENOBUFS)
	}
	return a.result(Silent, time.Now())
}

// refused reports whether err is an ICMP port unreachable. Windows has a
// number of its own for it (WSAECONNRESET).
func refused(err error) bool {
	const wsaECONNRESET = syscall.Errno(10054)
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, wsaECONNRESET)
}

// sourceOf is the address to send from when an interface was chosen: the one that
// the kernel takes for the target there, of several subnets on one interface that
// of the target's. Without it, a connected socket would take the one of the route
// without an interface. An interface that was named by an address of the other IP
// version is the interface alone.
func sourceOf(via mcast.Via, own host.Networks, to netip.AddrPort) netip.Addr {
	other := via.Source.IsValid() && via.Source.Is4() != to.Addr().Is4()
	if via.IfIndex == 0 || via.Source.IsValid() && !other {
		return via.Source
	}
	if r, err := host.RouteTo(to, host.RouteOptions{IfIndex: via.IfIndex}); err == nil && r.Source.IsValid() {
		return r.Source
	}
	i, _ := own.ByIndex(via.IfIndex)
	return i.Addr(to.Addr())
}
