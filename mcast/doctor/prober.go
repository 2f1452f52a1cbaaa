package doctor

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/stream"
)

// prober is an active probe that runs. The goroutine that called [Probe.Run]
// does everything that depends on the network namespace, and it alone
// remembers; the other goroutines only read from sockets.
type prober struct {
	Probe
	groupConn   *mcast.Conn // joined
	sendConn    *mcast.Conn // on a port of its own
	controlConn *mcast.Conn // joined to a group that switches do not prune; nil: not wanted, or it could not be opened
	plainConn   reader      // joined to nothing; nil: it could not be opened

	open     []reader
	readers  sync.WaitGroup
	stop     context.CancelFunc
	groups   chan []Received
	controls chan []Received
	strays   chan []Received
	answers  chan []Received
	refusals chan refusal
	failed   chan error

	unsent    []probeDatagram
	own       map[uint64]probeDatagram // by Evidence.Hash
	tests     []*sendTest
	networks  host.Networks
	evidence  *Evidence
	revivals  *revivals
	conflicts *conflicts
	control   *stream.Tally // who is heard in the control group
	answered  map[netip.Addr]bool
	joinErr   error
	listen    Listened
	fromAsked bool // the host that is to be heard was asked
	fromSaid  error
	reports   reportCount

	watcher *igmp.Watcher // of IGMP and MLD; nil: it is not allowed, or there is nothing to look at
	wireErr error         // why not
	onWire  *onWire
	looked  time.Time

	start, lastSent time.Time
	cut             bool // it ended before it was over
}

func newProber(probe Probe) *prober {
	p := &prober{
		Probe:  probe,
		groups: make(chan []Received), controls: make(chan []Received), strays: make(chan []Received), answers: make(chan []Received),
		refusals: make(chan refusal), failed: make(chan error),
		own: map[uint64]probeDatagram{}, unsent: probeDatagrams(probe.places(), probe.Fill),
		networks: host.NetworksOf(probe.Facts.Interfaces), evidence: NewEvidence(),
		control: stream.New(stream.Config{Rows: maxEvidence}), answered: map[netip.Addr]bool{}, revivals: newRevivals(), conflicts: newConflicts(),
	}
	for _, d := range p.unsent {
		p.own[p.evidence.Hash([]byte(d.text))] = d
	}
	return p
}

// probe joins, sends, listens, and returns what it saw.
func (p *prober) probe(ctx context.Context) (Observed, error) {
	reading, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stop = stop
	defer p.close()
	if err := p.openSockets(ctx); err != nil {
		return Observed{}, err
	}
	p.reports.begin(p.Probe)
	p.openWire(reading)
	p.joinErr = p.join()
	p.reports.joined(p.Probe)
	if p.onWire != nil {
		p.onWire.first = p.reports.first
	}
	for _, by := range p.places() {
		joined := slices.Contains(p.Intent.Joined, by.Index) && p.joinErr == nil
		p.tests = append(p.tests, &sendTest{
			by:     by,
			echoed: joined && (p.Intent.Loopback || by.Loopback()),
			leaves: p.Intent.Hops > 0 && !p.Intent.Group.HostOnly(),
		})
	}
	p.start = time.Now()
	p.listen.Since = p.start
	p.read(reading, p.groupConn, p.groups)
	p.read(reading, p.sendConn, p.answers)
	if p.controlConn != nil {
		p.read(reading, p.controlConn, p.controls)
	}
	if p.plainConn != nil {
		p.read(reading, p.plainConn, p.strays)
	}
	err := p.run(ctx, reading)
	p.cut = err != nil
	return p.observed(), err
}

// run receives and sends until the probe is over or ctx ends.
func (p *prober) run(ctx, reading context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-p.failed:
			return err
		case list := <-p.groups:
			for _, d := range list {
				p.hear(d)
			}
		case list := <-p.controls:
			for _, d := range list {
				p.hearControl(d)
			}
		case list := <-p.strays:
			for _, d := range list {
				p.hearStray(d)
			}
		case list := <-p.answers:
			for _, d := range list {
				p.hearAnswer(d)
			}
		case r := <-p.refusals:
			if r.from.Port() == unlikelyPort && r.from.Addr().WithZone("") == p.Intent.wants() {
				p.fromSaid = r.err
			} else if errors.Is(r.err, syscall.ECONNREFUSED) {
				p.conflicts.refuse(r.from, r.at)
			}
		case <-timer.C:
			if p.step(ctx, reading) {
				return nil
			}
			timer.Reset(between) // from now on, so that no two datagrams are closer
		}
	}
}

// step does the next thing that is due, with one datagram at the most, and
// reports whether the probe is over.
func (p *prober) step(ctx, reading context.Context) (over bool) {
	now := time.Now()
	p.lookAtWire(now)
	switch {
	case len(p.unsent) > 0:
		if now.Sub(p.start) >= reportTime || len(p.Intent.Joined) == 0 {
			p.reports.end()
			p.sendNext()
		}
		return false
	case !p.fromAsked && p.Intent.wants().IsValid():
		p.fromAsked = true
		p.askFrom(ctx, reading)
	case p.For > 0:
		if to, ifIndex, ok := p.conflicts.next(now); ok {
			p.ask(ctx, reading, to, ifIndex)
		}
	}
	if p.wantsControl() && p.joinErr == nil {
		if ifIndex, ok := p.revivals.due(now); ok {
			p.again(ifIndex)
		}
	}
	least := p.For
	if p.Intent.wants().IsValid() {
		least = max(least, leastListen+between) // or it could not say that the host is not heard
	}
	return p.settled(now) && now.Sub(p.start) >= least
}

// settled reports whether the outcome of everything that was sent is known.
func (p *prober) settled(now time.Time) bool {
	var traffic map[int]Link
	if slices.ContainsFunc(p.tests, func(t *sendTest) bool { return !t.settled }) {
		traffic = readTraffic() // once for all tests: its cost grows with the host's interfaces
	}
	settled, sent := true, p.evidence.sums()
	for _, t := range p.tests {
		settled = t.settle(traffic, sent[t.by.Index].Copies, now.Sub(p.lastSent)) && settled
	}
	return settled
}

// sendNext sends the next datagram.
func (p *prober) sendNext() {
	d := p.unsent[0]
	p.unsent = p.unsent[1:]
	t := p.testBy(d.by.Index)
	if d.n == 1 {
		t.begin(readTraffic())
	}
	p.evidence.Send(Outgoing{ID: d.id, At: time.Now(), IfIndex: d.by.Index, Size: len(d.text), Content: p.evidence.Hash([]byte(d.text))})
	err := p.sendConn.Send([]byte(d.text), p.Intent.Group.AddrPort(), mcast.ViaInterface(d.by, p.Intent.Group.Addr))
	if err != nil {
		p.evidence.Outcome(d.id, Outcome{Err: err})
	} else {
		t.taken++
	}
	p.lastSent = time.Now()
}

func (p *prober) testBy(index int) *sendTest {
	n := slices.IndexFunc(p.tests, func(t *sendTest) bool { return t.by.Index == index })
	return p.tests[n]
}

// hear notes a datagram in the group.
func (p *prober) hear(d Received) {
	if d.To != p.Intent.Group.Addr.WithZone("") && d.To.IsValid() {
		return
	}
	sourceless := d.From.Addr().IsUnspecified() // a host without addresses sends so
	if d.From.Port() == p.sendConn.LocalAddr().Port() && (sourceless || d.Local) {
		if own, ok := p.own[d.Content]; ok {
			p.evidence.Outcome(own.id, Outcome{Copied: true})
			return
		}
	}
	p.evidence.Hear(d)
	if d.Local {
		return
	}
	p.revivals.hear(d)
	if !d.Outside && !sourceless {
		p.conflicts.hear(d)
	}
}

func (p *prober) hearControl(d Received) {
	if everywhere(d.To) && !d.Local {
		p.revivals.hearControl(d)
		p.control.Add(d.stream())
	}
}

// maxAnswers bounds the hosts that answered.
const maxAnswers = 64

// hearAnswer notes what came to the socket that sends: an own datagram that
// another host sent back to this one alone.
func (p *prober) hearAnswer(d Received) {
	if _, own := p.own[d.Content]; own && !d.Local && len(p.answered) < maxAnswers {
		p.answered[d.From.Addr().Unmap()] = true
	}
}

// hearStray notes a datagram that plainConn got of a group that the program has
// not joined. The control group is joined by the probe.
func (p *prober) hearStray(d Received) {
	if !d.To.IsMulticast() {
		return
	}
	p.hearControl(d)
	if d.To == p.Intent.Group.Addr.WithZone("") && d.IfIndex != 0 && !slices.Contains(p.listen.On, d.IfIndex) {
		p.evidence.HearElsewhere(d)
		return
	}
	ours := func(m mcast.Membership) bool { return m.Addr.WithZone("") == d.To }
	if d.To == p.Intent.Group.Addr.WithZone("") || slices.ContainsFunc(p.Intent.Memberships, ours) ||
		p.controlConn != nil && d.To == controlGroup(p.Intent.Group).Addr {
		return
	}
	p.evidence.HearStray(d.To, d.At)
}

// observed returns the observations so far.
func (p *prober) observed() Observed {
	seen := Observed{Joined: p.joinErr, Sent: p.sent(time.Now()), Senders: p.evidence.listSenders(), Doubled: p.evidence.listDoubled()}
	if p.listen.Until = time.Now(); len(p.listen.On) > 0 && !p.start.IsZero() {
		seen.Heard, seen.Listen = p.evidence.heard(p.listen.Until), p.listen
		if p.controlConn != nil {
			seen.Control = p.control.Snapshot()
		}
	}
	seen.FromAnswer = p.fromSaid
	for host := range p.answered {
		seen.Answers = append(seen.Answers, host)
	}
	slices.SortFunc(seen.Answers, netip.Addr.Compare)
	seen.Reports = p.reports.seen()
	seen.Wire, seen.WireErr = p.wire(), p.wireErr
	for _, t := range p.tests {
		if s, ok := seen.Sent[t.by.Index]; ok {
			s.Left, s.Queue = t.left, t.queue
			seen.Sent[t.by.Index], seen.Probed = s, true
		}
	}
	if p.plainConn != nil {
		seen.Strays = p.evidence.Strays()
	}
	if p.For > 0 {
		seen.Refused = p.conflicts.list()
	}
	if p.wantsControl() {
		seen.Revived = p.revivals.list()
	}
	return seen
}
