package probe

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// DefaultPayload is the payload unless [Config] has another, with a number and a
// newline after it: whoever finds it in a log reads where it came from. Few
// services answer an empty datagram, and some echo servers do not answer equal
// payloads repeatedly (CVE-2024-2169).
const DefaultPayload = "groupcast probe"

// Config says how to ask. The zero Config asks each target three times in two
// seconds.
type Config struct {
	Tries    int           // datagrams to a target that is silent, 1 to 100; 0: 3
	Interval time.Duration // between the tries of one target; 0: 1 s
	// Timeout is how long to wait after the last try; 0: 2 s. A target on one of
	// this host's networks is called silent after 3.5 s at the earliest, for the
	// kernel asks for its link-layer address for 3 s (mcast_solicit and
	// retrans_time_ms of arp(7)).
	Timeout time.Duration
	Payload []byte  // of each datagram, 0 to mcast.MaxPayload bytes; nil: DefaultPayload and a number
	Rate    float64 // datagrams a second to all targets together; 0: 100
	// Via is the way out of each datagram; see mcast.Via.
	Via   mcast.Via
	Trace *mcast.Trace // sees every call on the sockets
}

const (
	maxTries   = 100
	maxSockets = 64

	// neighbourTime is a little more than the kernel needs to give up on a
	// neighbour.
	neighbourTime = 3500 * time.Millisecond
)

// complete checks the Config and fills in the defaults.
func (c Config) complete() (Config, error) {
	switch {
	case c.Tries < 0 || c.Tries > maxTries:
		return c, fmt.Errorf("probe: %d tries: want 1 to %d", c.Tries, maxTries)
	case c.Interval < 0 || c.Timeout < 0:
		return c, fmt.Errorf("probe: an interval of %s and a timeout of %s: want 0 or more", c.Interval, c.Timeout)
	case len(c.Payload) > mcast.MaxPayload:
		return c, fmt.Errorf("probe: %d bytes: %w: %d bytes fit", len(c.Payload), mcast.ErrTooLong, mcast.MaxPayload)
	case c.Rate != 0 && !(c.Rate >= 0.01 && c.Rate <= 1e6):
		return c, fmt.Errorf("probe: a rate of %g: want 0.01 to 1000000 datagrams a second", c.Rate)
	}
	if c.Tries == 0 {
		c.Tries = 3
	}
	if c.Interval == 0 {
		c.Interval = time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 2 * time.Second
	}
	if c.Rate == 0 {
		c.Rate = 100
	}
	return c, nil
}

// Probe asks the targets, up to 64 at the same time, and reports a result of
// each as soon as it is known. One call of report ends before the next begins.
//
// The error is that of ctx, and then some targets have no result. Or it has nothing
// to do with a single target: the Config is wrong, [ErrTooManyTargets],
// [ErrNotOneHost] (all three before anything is sent), or there are no file
// descriptors left.
func Probe(ctx context.Context, cfg Config, targets []Target, report func(Result)) error {
	cfg, err := cfg.complete()
	if err != nil {
		return err
	}
	if len(targets) > maxTargets {
		return fmt.Errorf("probe: %d targets: %w", len(targets), ErrTooManyTargets)
	}
	own, err := host.ReadNetworks()
	if err != nil {
		return err
	}
	for _, t := range targets {
		if err := t.check(own); err != nil {
			return err
		}
	}
	var telling sync.Mutex
	tell := func(r Result) {
		telling.Lock()
		defer telling.Unlock()
		report(r)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pace := newPacer(cfg.Rate)
	var asking sync.WaitGroup
	defer asking.Wait()
	free := make(chan struct{}, maxSockets)
	for _, t := range targets {
		if t.Err != nil {
			tell(unresolved(t))
			continue
		}
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		// The sockets are opened here, so that all are in the network
		// namespace of the caller's thread.
		a, r, err := open(ctx, cfg, t, own, pace)
		if err != nil {
			cancel()
			return err
		}
		if a == nil {
			tell(r)
			<-free
			continue
		}
		asking.Go(func() {
			defer func() { <-free }()
			defer a.close()
			if r, err := a.ask(ctx); err == nil {
				tell(r)
			}
		})
	}
	asking.Wait()
	return ctx.Err()
}

func unresolved(t Target) Result {
	return Result{Target: t, Verdict: Unresolved, At: time.Now(), Err: t.Err}
}

// ours reports whether opening a socket failed for a reason that has nothing
// to do with the target.
func ours(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return true
	}
	for _, errno := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}
