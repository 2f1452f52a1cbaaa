package doctor

import (
	"context"
	"hash/maphash"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// look is an active probe that runs. All that depends on the network
// namespace, and all that is remembered, is the business of the goroutine that
// called Run; the others only read from sockets.
type look struct {
	Probe
	group   *mcast.Conn // joined
	sender  *mcast.Conn // on a port of its own
	control *mcast.Conn // joined to a group that switches do not prune; nil: not wanted, or not to be had
	plain   listener    // nil: not to be had

	open     []listener
	readers  sync.WaitGroup
	stop     context.CancelFunc
	groups   chan []arrival
	controls chan []arrival
	strays   chan []arrival
	refusals chan refusal
	failed   chan error

	shots    []shot // still to be sent
	own      map[uint64]shot
	seed     maphash.Seed
	volleys  []*volley
	audience *audience
	revivals *revivals
	twins    *twins
	stray    map[netip.Addr]int
	joinErr  error

	start, lastSent time.Time
}

// look joins, sends, listens, and says what it saw.
func (p Probe) look(ctx context.Context) (Observed, error) {
	l := &look{
		Probe:  p,
		groups: make(chan []arrival), controls: make(chan []arrival), strays: make(chan []arrival),
		refusals: make(chan refusal), failed: make(chan error),
		own: map[uint64]shot{}, seed: maphash.MakeSeed(), stray: map[netip.Addr]int{},
		audience: newAudience(host.NetworksOf(p.Facts.Interfaces)), revivals: newRevivals(), twins: newTwins(),
		shots: shots(p.places()),
	}
	for _, s := range l.shots {
		l.own[maphash.String(l.seed, s.text)] = s
	}
	reading, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	defer l.close()
	if err := l.listen(ctx); err != nil {
		return Observed{}, err
	}
	l.joinErr = l.join()
	for _, by := range p.places() {
		joined := slices.Contains(p.Intent.Joined, by.Index) && l.joinErr == nil
		l.volleys = append(l.volleys, &volley{
			by:     by,
			echoes: joined && (p.Intent.Loopback || by.Loopback()),
			leaves: p.Intent.Hops > 0 && !p.Intent.Group.HostOnly(),
		})
	}
	l.start = time.Now()
	l.read(reading, l.group, l.groups)
	if l.control != nil {
		l.read(reading, l.control, l.controls)
	}
	if l.plain != nil {
		l.read(reading, l.plain, l.strays)
	}
	err := l.run(ctx, reading)
	return l.observed(), err
}

// run is the probe's life, until it is over or ctx ends.
func (l *look) run(ctx, reading context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-l.failed:
			return err
		case list := <-l.groups:
			for _, d := range list {
				l.hear(d)
			}
		case list := <-l.controls:
			for _, d := range list {
				l.hearControl(d)
			}
		case list := <-l.strays:
			for _, d := range list {
				l.hearStray(d)
			}
		case r := <-l.refusals:
			l.twins.refuse(r.from, r.at)
		case <-timer.C:
			if l.step(ctx, reading) {
				return nil
			}
			timer.Reset(between) // from now on, so that no two datagrams are nearer
		}
	}
}

// step does what is due, one datagram at the most, and reports whether all is
// done.
func (l *look) step(ctx, reading context.Context) (over bool) {
	now := time.Now()
	switch {
	case len(l.shots) > 0:
		if now.Sub(l.start) >= reportTime || len(l.Intent.Joined) == 0 {
			l.shoot()
		}
		return false
	case l.For > 0:
		if to, ifIndex, ok := l.twins.next(now); ok {
			l.ask(ctx, reading, to, ifIndex)
		}
	}
	if l.wantsControl() && l.joinErr == nil {
		if ifIndex, ok := l.revivals.due(now); ok {
			l.again(ifIndex)
		}
	}
	return l.settled(now) && now.Sub(l.start) >= l.For
}

// settled reports whether it is known what became of all that was sent.
func (l *look) settled(now time.Time) bool {
	var traffic map[int]Link
	if slices.ContainsFunc(l.volleys, func(v *volley) bool { return !v.settled }) {
		traffic = readTraffic() // for all of them: it costs what the host has of interfaces
	}
	settled := true
	for _, v := range l.volleys {
		settled = v.settle(traffic, now.Sub(l.lastSent)) && settled
	}
	return settled
}

// shoot sends the next datagram.
func (l *look) shoot() {
	s := l.shots[0]
	l.shots = l.shots[1:]
	v := l.volleyBy(s.by.Index)
	if s.n == 1 {
		v.begin(readTraffic())
	}
	via := mcast.ViaInterface(s.by, l.Intent.Group.Addr)
	v.tried(l.sender.Send([]byte(s.text), l.Intent.Group.AddrPort(), via))
	l.lastSent = time.Now()
}

func (l *look) volleyBy(index int) *volley {
	n := slices.IndexFunc(l.volleys, func(v *volley) bool { return v.by.Index == index })
	return l.volleys[n]
}

// hear notes a datagram in the group.
func (l *look) hear(d arrival) {
	if d.to != l.Intent.Group.Addr.WithZone("") && d.to.IsValid() {
		return
	}
	sourceless := d.from.Addr().IsUnspecified() // as what leaves a host without addresses is
	if d.from.Port() == l.sender.LocalAddr().Port() && (sourceless || l.audience.networks.Ours(d.from.Addr())) {
		if s, ok := l.own[d.content]; ok {
			l.volleyBy(s.by.Index).copied(s.n)
			return
		}
	}
	s := l.audience.hear(d)
	if s == nil || s.Local {
		return
	}
	l.revivals.hear(d)
	if !s.Outside && !s.From.Addr().IsUnspecified() {
		l.twins.hear(d)
	}
}

func (l *look) hearControl(d arrival) {
	if everywhere(d.to) && !l.audience.networks.Ours(d.from.Addr()) {
		l.revivals.hearControl(d)
	}
}

// hearStray notes what the plain socket got of groups that the program has not
// joined. The control group is joined by the probe.
func (l *look) hearStray(d arrival) {
	if !d.to.IsMulticast() {
		return
	}
	l.hearControl(d)
	ours := func(m mcast.Membership) bool { return m.Addr.WithZone("") == d.to }
	if d.to == l.Intent.Group.Addr.WithZone("") || slices.ContainsFunc(l.Intent.Memberships, ours) ||
		l.control != nil && d.to == controlGroup(l.Intent.Group).Addr {
		return
	}
	if _, known := l.stray[d.to]; known || len(l.stray) < mostSenders {
		l.stray[d.to]++
	}
}

// observed is what was seen so far.
func (l *look) observed() Observed {
	seen := Observed{Joined: l.joinErr, Sent: map[int]Sent{}, Senders: l.audience.list(), Doubled: l.audience.doubles.list()}
	for _, v := range l.volleys {
		if v.sent.Tried > 0 {
			seen.Sent[v.by.Index], seen.Probed = v.sent, true
		}
	}
	if l.plain != nil {
		seen.Strays = l.stray
	}
	if l.For > 0 {
		seen.Refused = l.twins.list()
	}
	if l.wantsControl() {
		seen.Revived = l.revivals.list()
	}
	return seen
}
