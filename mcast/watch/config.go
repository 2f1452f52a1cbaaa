package watch

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/stream"
)

// The bounds of a watch.
const (
	MaxTargets = 2000 // groups
	MaxPorts   = 256  // sockets: one for each port and IP version, and each keeps 128 KiB of datagrams
	MaxStreams = 16384
	MaxEvents  = 4096 // that wait to be fetched
)

// How often a watch looks.
const (
	tickEvery = 100 * time.Millisecond // who is silent
	sumEvery  = 250 * time.Millisecond // how much came
)

// ReadSize is how many bytes of a datagram are kept: the numbers stand at its
// beginning.
const ReadSize = 2048

// Config says what is watched.
type Config struct {
	Targets    []Target         // 1 to MaxTargets, at MaxPorts ports at most; one that is there twice is watched once
	Pairs      [][2]mcast.Group // legs A and B of one stream each, MaxPairs at most; those that are no Targets become some
	Interfaces []string         // as [host.ChooseToListen] takes them; none: every usable one, and those that become usable later
	Stream     stream.Config    // MaxGap and Seq, and Rows, which 0 means MaxStreams; the rest is the watch's
	MinRate    Rate             // of each stream; the zero Rate: any
	JoinOnly   bool             // join, and read nothing
	ReadBuffer int              // of each socket, in bytes; 0: mcast.DefaultReadBuffer
	// Bind, if it is set, is where a group's socket is bound, the same address each
	// time, so that there may be a socket for each group. Else it is all addresses.
	Bind  func(mcast.Group) netip.AddrPort
	Trace *mcast.Trace
	// Ticked, if it is set, is called each 100 ms by the goroutine that looks who is
	// silent, after it has looked: if it stands still, this is not called. It must not
	// wait.
	Ticked func(now time.Time)
}

// Rate is a bound of what a stream brings, averaged over 10 s, with a tolerance of
// 10 %: in datagrams a second, or in bits of payload, or in both.
type Rate struct {
	Datagrams, Bits float64
}

// ErrTooMuch is of a Config with more groups or ports than a watch has room for.
var ErrTooMuch = errors.New("more than one watch has room for")

// checked is the Config without targets that are there twice.
func (cfg Config) checked() (Config, error) {
	if cfg.Stream.Rows <= 0 {
		cfg.Stream.Rows = MaxStreams
	}
	known := map[mcast.Group]int{}
	var targets []Target
	for _, t := range cfg.Targets {
		t.Group.Addr, t.Group.Source = t.Group.Addr.Unmap(), t.Group.Source.Unmap()
		if at, twice := known[t.Group]; twice {
			if targets[at].Name == "" {
				targets[at].Name = t.Name
			}
			continue
		}
		known[t.Group] = len(targets)
		targets = append(targets, t)
	}
	cfg.Targets = targets
	cfg, err := cfg.withPairs()
	if err != nil {
		return cfg, err
	}
	targets = cfg.Targets
	switch n := len(targets); {
	case n == 0:
		return cfg, errors.New("watch: no group is named")
	case n > MaxTargets:
		return cfg, fmt.Errorf("watch: %d groups: %w, %d", n, ErrTooMuch, MaxTargets)
	}
	sockets := map[netip.AddrPort]bool{}
	for _, t := range targets {
		sockets[cfg.at(t.Group)] = true
	}
	if n := len(sockets); n > MaxPorts {
		return cfg, fmt.Errorf("watch: %d ports: %w, %d", n, ErrTooMuch, MaxPorts)
	}
	return cfg, nil
}

// at is what the socket for a group is bound to.
func (cfg Config) at(g mcast.Group) netip.AddrPort {
	if cfg.Bind != nil {
		return cfg.Bind(g)
	}
	return g.Wildcard()
}
