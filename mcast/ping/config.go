package ping

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// DefaultInterval is the time between requests, and DefaultTimeout how long a
// ping waits for an answer, when [Config] does not say.
const (
	DefaultInterval = time.Second
	DefaultTimeout  = time.Second
)

// floodWait is how long a flood waits for an answer before its next request.
const floodWait = 10 * time.Millisecond

// MinInterval is the shortest Interval.
const MinInterval = time.Millisecond

// MaxTimeout is the longest Timeout.
const MaxTimeout = time.Hour

// errNoTarget is the error of a Config without a target address and port.
var errNoTarget = errors.New("no address and port to ping")

// Config says which host or group to ping, and how.
type Config struct {
	// Target is a host, a group or a broadcast address, and a port. The zone
	// of a link-local IPv6 address names its interface.
	Target netip.AddrPort
	// Group says that anyone may answer. It is implied by a multicast address.
	// Without it, only Target itself is expected to answer.
	Group bool
	// Interfaces are the indexes of the interfaces that each request leaves by,
	// all at once and under one sequence. None: as Via says.
	Interfaces []host.Interface
	// Via is the way out of each request; with Interfaces only its Source counts.
	Via mcast.Via
	// Count is how many requests to try; 0: until the context ends.
	Count int
	// Interval is the time from one request to the next, MinInterval at least;
	// 0: DefaultInterval. Requests that were missed in a standstill are left out.
	Interval time.Duration
	// Timeout is how long an answer may take, to MaxTimeout; 0: DefaultTimeout.
	Timeout time.Duration
	// Size is the payload in bytes, 0 to mcast.MaxPayload (MaxPayload6 over
	// IPv6). Below 20 a request has no room for the run's own number, so only
	// answers from Target's own address count. Below 8 it has no room for the
	// sequence either, so an answer counts for the oldest request that has none.
	Size int
	// Flood sends as soon as anyone has answered the last request, or after 10 ms,
	// and not by Interval. It is for the lab and the loopback interface; the
	// caller has to make sure of that.
	Flood bool
	// Hops is the TTL of the requests, 1 to 255; 0: 1 for a group, and the
	// system's for a host.
	Hops int
	// Trace sees every call on the socket.
	Trace *mcast.Trace
	// Report is called with every event, in order, by the goroutine that runs the
	// ping; the ping waits until it returns.
	Report func(Event)
}

// check returns cfg with its defaults, or an error that says why it is wrong.
func (cfg Config) check() (Config, error) {
	if !cfg.Target.IsValid() || cfg.Target.Port() == 0 {
		return cfg, fmt.Errorf("ping: %w", errNoTarget)
	}
	cfg.Target = netip.AddrPortFrom(cfg.Target.Addr().Unmap(), cfg.Target.Port())
	cfg.Group = cfg.Group || cfg.Target.Addr().IsMulticast()
	if cfg.Interval == 0 {
		cfg.Interval = DefaultInterval
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	most := mcast.MaxPayload
	if cfg.Target.Addr().Is6() {
		most = mcast.MaxPayload6
	}
	switch {
	case cfg.Count < 0:
		return cfg, fmt.Errorf("ping: count %d: want 0 or more", cfg.Count)
	case cfg.Interval < MinInterval:
		return cfg, fmt.Errorf("ping: interval %v: want %v or more", cfg.Interval, MinInterval)
	case cfg.Timeout < 0 || cfg.Timeout > MaxTimeout:
		return cfg, fmt.Errorf("ping: timeout %v: want more than 0, and %v at most", cfg.Timeout, MaxTimeout)
	case cfg.Size < 0 || cfg.Size > most:
		return cfg, fmt.Errorf("ping: size %d: %w: want 0 to %d bytes", cfg.Size, mcast.ErrTooLong, most)
	case cfg.Hops < 0 || cfg.Hops > 255:
		return cfg, fmt.Errorf("ping: hops %d: %w", cfg.Hops, mcast.ErrHopsOutside)
	}
	return cfg, nil
}

// ways are the ways out of each request.
func (cfg Config) ways() []mcast.Via {
	if len(cfg.Interfaces) == 0 {
		return []mcast.Via{cfg.Via}
	}
	var ways []mcast.Via
	for _, i := range cfg.Interfaces {
		via := mcast.ViaInterface(i, cfg.Target.Addr())
		if i.Index == cfg.Via.IfIndex {
			via = cfg.Via
		}
		ways = append(ways, via)
	}
	return ways
}
