package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// Probe finds out facts that cannot be read but must be tried or waited for. It
// needs no privileges. Show the user the text of [Probe.Announce] before an active
// probe runs.
type Probe struct {
	Intent Intent
	Facts  Facts // as read before
	// Active lets it join the group and send to it. A probe that is not active only
	// watches the counters, the sockets, the interfaces, and what comes at the port of
	// frames of a group that another program has joined.
	Active bool
	// For is how long it watches. An active probe takes one to four seconds at
	// the least, and three tenths of a second more for each interface, for its
	// own datagrams.
	For   time.Duration
	Trace *mcast.Trace // sees the calls on its sockets

	// Fill is how many bytes each datagram in the group is filled up to, so that it
	// is known by its length where nothing else of it can be seen; 0: it is not.
	Fill int
}

const (
	datagramsEach  = 3                      // by each interface
	mostInterfaces = 16                     // to send by
	between        = 100 * time.Millisecond // any two datagrams, at least
)

// gather reads the host's facts before and after.
var gather = Gather

// Announce describes everything that the probe will put on the network, one thing
// a line; "" when that is nothing.
func (p Probe) Announce() string {
	places := p.places()
	if !p.Active || len(places) == 0 {
		return ""
	}
	g := p.Intent.Group
	by := names(places)
	if len(places) > 1 {
		by = "each of " + by
	}
	lines := []string{
		fmt.Sprintf("sends %d datagrams to %s, at most %d a second: %d by %s", datagramsEach*len(places), g.AddrPort(),
			time.Second/between, datagramsEach, by),
		fmt.Sprintf("they say %q and a random number%s", payload(places[0], 1), p.filled()),
	}
	if joins := p.joins(); len(joins) > 0 {
		lines = append(lines, fmt.Sprintf("joins %s on %s; meanwhile what is sent to port %d of this host alone may reach the probe, and not the program that has the port",
			g.Addr, names(joins), g.Port))
	}
	if from := p.Intent.wants(); from.IsValid() {
		lines = append(lines, fmt.Sprintf("sends one empty datagram to %s alone, port %d, to see whether it is there", from, unlikelyPort))
	}
	if p.For > 0 {
		if p.wantsControl() {
			lines = append(lines,
				fmt.Sprintf("joins %s as well, to compare", controlGroup(g)),
				fmt.Sprintf("leaves the group and joins it again when a steady sender falls silent, at most every %v", reviveEvery))
		}
		lines = append(lines, "sends one empty datagram to each of several senders that have one address, by the same limit")
	}
	return strings.Join(lines, "\n")
}

func (p Probe) filled() string {
	if p.Fill == 0 {
		return ""
	}
	return fmt.Sprintf(", filled up to %d bytes", p.Fill)
}

// Run runs the probe and returns its observations so far, also with an error. The
// error is that of ctx, of opening a socket, or of reading the host's counters. A
// join that fails is no error: it is Observed.Joined. Nor is a port that a program
// holds without sharing it, [mcast.ErrPortInUse]: it is Observed.Bound, and the
// probe only watches.
//
// While the probe is joined it shares the group's port: it may get unicast
// datagrams that another program would have got.
func (p Probe) Run(ctx context.Context) (Observed, error) {
	beside := LookBeside(ctx, p.Intent.Group, p.joins(), nil) // before the kernel's counters are read, and until they are
	defer beside.Close()
	before, err := gather(p.Intent)
	if err != nil {
		return Observed{}, err
	}
	start := time.Now()
	var seen Observed
	if p.Active {
		seen, err = newProber(p).probe(ctx)
		if errors.Is(err, mcast.ErrPortInUse) {
			seen.Bound, err = err, wait(ctx, p.For)
		}
	} else {
		err = wait(ctx, p.For)
	}
	after, failed := gather(p.Intent)
	if err == nil {
		err = failed
	}
	if failed != nil {
		seen.For = time.Since(start)
		return seen, err
	}
	grown := growth(before, after, time.Since(start))
	seen.For, seen.Grown, seen.AtMost, seen.Drops = grown.For, grown.Grown, grown.AtMost, grown.Drops
	seen.Lost, seen.Had = grown.Lost, grown.Had
	seen.Beside = beside.Seen(start)
	return seen, err
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// places lists the interfaces to send by: the one that sends leave by, and those
// on which the group is joined.
func (p Probe) places() []host.Interface {
	out := p.Intent.Send
	if out == 0 {
		out = p.Facts.Send.Route.IfIndex
	}
	list := p.interfaces(append([]int{out}, p.Intent.Joined...))
	return list[:min(len(list), mostInterfaces)]
}

// joins lists the interfaces to join on.
func (p Probe) joins() []host.Interface { return p.interfaces(p.Intent.Joined) }

// interfaces lists the interfaces of some indexes, each once.
func (p Probe) interfaces(indexes []int) []host.Interface {
	var list []host.Interface
	for n, index := range indexes {
		if index == 0 || slices.Contains(indexes[:n], index) {
			continue
		}
		i, ok := host.ByIndex(p.Facts.Interfaces, index)
		if !ok {
			i = host.Interface{Index: index, Name: p.Intent.nameOf(index)}
		}
		list = append(list, i)
	}
	return list
}

func names(list []host.Interface) string {
	var out []string
	for _, i := range list {
		out = append(out, i.Name)
	}
	return strings.Join(out, ", ")
}

// payload is the text of the nth datagram by an interface, without the token.
func payload(by host.Interface, n int) string {
	return fmt.Sprintf("groupcast doctor probe %d/%d by %s", n, datagramsEach, by.Name)
}

// wantsControl reports whether the group is compared with another, and is left
// and joined again: not a group that every switch forwards everywhere.
func (p Probe) wantsControl() bool { return p.For > 0 && !everywhere(p.Intent.Group.Addr) }

// everywhere reports whether switches that snoop forward the group to every port:
// 224.0.0.0/24 (RFC 4541, section 2.1.2), and the link-local scope of IPv6, which
// most switches treat alike.
func everywhere(group netip.Addr) bool {
	return group.IsLinkLocalMulticast() || group.IsInterfaceLocalMulticast()
}

// controlGroup is the group that the probe's own is compared with.
func controlGroup(g mcast.Group) mcast.Group {
	if g.Addr.Is6() {
		return mcast.Group{Addr: netip.MustParseAddr("ff02::114"), Port: mcast.DefaultPort}
	}
	return mcast.DefaultGroup
}
