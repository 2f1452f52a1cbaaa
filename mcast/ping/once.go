package ping

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// OnceConfig is the message of [Once], its target and its way.
type OnceConfig struct {
	Target  netip.AddrPort // a host and port
	Message []byte         // 0 to mcast.MaxPayload bytes
	Timeout time.Duration  // how long to wait for the answer; 0: DefaultTimeout
	Via     mcast.Via      // the way out
	Trace   *mcast.Trace   // sees every call on the socket
	Sent    func()         // is called when the message has left; may be nil
}

// Exchange is a message and its answer.
type Exchange struct {
	Written, Read int            // bytes of payload
	From          netip.AddrPort // who answered
	RTT           time.Duration
	Answer        []byte // nil: there was none; an empty one is not nil
}

// Once sends a message by a connected socket and waits for the first answer,
// whatever it says. The Exchange tells how far it came even when there is an
// error:
//   - [os.ErrDeadlineExceeded]: nothing came within Timeout. The message or the
//     answer may be lost, or a firewall drops them; silence does not tell
//   - ECONNREFUSED: the host answered that nobody listens on the port
//   - EHOSTUNREACH, ENETUNREACH and others: there is no way there, or a router
//     says so
//   - the context's own
func Once(ctx context.Context, cfg OnceConfig) (Exchange, error) {
	var x Exchange
	err := x.once(ctx, cfg)
	if _, named := errors.AsType[peerError](err); named {
		return x, fmt.Errorf("ping: %w", err)
	}
	if err != nil {
		return x, fmt.Errorf("ping: %s: %w", cfg.Target, err)
	}
	return x, nil
}

func (x *Exchange) once(ctx context.Context, cfg OnceConfig) error {
	if !cfg.Target.IsValid() || cfg.Target.Port() == 0 {
		return errNoTarget
	}
	if cfg.Target.Addr().IsMulticast() {
		return errors.New("a group has many hosts: want one host")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	// An ICMP error ends the wait even where no call returns it, as for a
	// neighbour that does not answer ARP.
	waiting, refuse := context.WithCancelCause(ctx)
	defer refuse(nil)
	c, err := mcast.Listen(ctx, mcast.Config{
		Remote:    netip.AddrPortFrom(cfg.Target.Addr().Unmap(), cfg.Target.Port()),
		PeerError: func(e mcast.PeerError) { refuse(peerError{e}) },
		Trace:     cfg.Trace,
	})
	if err != nil {
		return err
	}
	defer c.Close()
	sentAt := time.Now()
	if err := c.Send(cfg.Message, netip.AddrPort{}, cfg.Via); err != nil {
		return err
	}
	x.Written = len(cfg.Message)
	if cfg.Sent != nil {
		cfg.Sent()
	}
	if err := c.SetReadDeadline(sentAt.Add(cfg.Timeout)); err != nil {
		return err
	}
	batch := make([]mcast.Datagram, 1)
	_, err = c.Read(waiting, batch)
	if cause, ok := errors.AsType[peerError](context.Cause(waiting)); ok && err != nil {
		return cause
	}
	if ctx.Err() == nil && errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("no answer within %v: %w", cfg.Timeout, os.ErrDeadlineExceeded)
	}
	if err != nil {
		return err
	}
	d := batch[0]
	x.Read, x.From, x.RTT = len(d.Data), d.From, d.At.Sub(sentAt)
	x.Answer = append([]byte{}, d.Data...)
	return nil
}
