package igmp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/internal/place"
	"github.com/groupcast/groupcast/mcast/internal/tap"
)

// Changes of the interfaces that a [Watcher] looks at. The Family of these events
// is zero, and Why begins with the name of the interface.
const (
	InterfaceGone EventKind = "interface-gone" // deleted: what was known of it is forgotten
	InterfaceBack EventKind = "interface-back" // there is one of its name again, which is looked at from now on
	InterfaceDown EventKind = "interface-down" // switched off, or without carrier: nothing is seen there
	InterfaceUp   EventKind = "interface-up"
)

// Options say what to watch.
type Options struct {
	Interfaces []host.Interface // at least one; each is followed by its name when it is deleted and comes back

	// EveryGroup lets the network cards pass all groups, and so the reports of
	// groups that this host has not joined. It changes what this host receives: a
	// card whose filter is at fault seems to be well meanwhile.
	EveryGroup bool

	neighbours time.Duration // between two looks at the neighbours; 0: usualNeighbours
}

const (
	usualNeighbours = 10 * time.Second
	maxEvents       = 4096 // that wait for Next
)

// Watcher looks at the IGMP and MLD of interfaces: a [View] that is kept up to
// date. It joins nothing, sends nothing and asks nobody. Its methods may be called
// by several goroutines at once.
type Watcher struct {
	end     context.CancelFunc
	ended   context.Context
	running sync.WaitGroup

	everyGroup bool

	mu     sync.Mutex
	view   *View
	timer  *time.Timer // when the view has something to do
	taps   []*watched
	events []Event // for Next
	lost   uint64
	err    error         // why the watching ended
	woken  chan struct{} // holds one: there are events, or the end
}

// watched is an interface that is looked at.
type watched struct {
	on      host.Interface
	gone    bool
	up      bool
	reports *tap.Tap
	mdns    *tap.Tap // what is sent to 224.0.0.251: by hosts that must be its members
}

// Watch looks at interfaces from now on, until ctx ends or [Watcher.Close]. The
// interfaces are those of the network namespace of the calling thread.
//
// It needs CAP_NET_RAW, without which the error is fs.ErrPermission, and is
// errors.ErrUnsupported on systems other than Linux. An interface that is not
// there is host.ErrNoInterface. [ReadOwn] needs no privileges.
//
// A packet with a VLAN tag is left out: it is seen on the VLAN's own interface.
func Watch(ctx context.Context, o Options) (*Watcher, error) {
	if len(o.Interfaces) == 0 {
		return nil, fmt.Errorf("igmp: watch: %w", host.ErrNoInterface)
	}
	w := &Watcher{everyGroup: o.EveryGroup, view: NewView(), woken: make(chan struct{}, 1)}
	w.ended, w.end = context.WithCancel(ctx)
	w.timer = time.AfterFunc(time.Hour, w.expire)
	w.timer.Stop()
	for _, on := range o.Interfaces {
		if err := w.open(on); err != nil {
			w.Close()
			return nil, fmt.Errorf("igmp: watch %s: %w", on.Name, err)
		}
	}
	following, err := place.Here()
	meeting, merr := place.Here()
	if err := errors.Join(err, merr); err != nil {
		w.Close()
		return nil, fmt.Errorf("igmp: watch: %w", err)
	}
	w.meetOnce()
	for _, t := range w.taps {
		w.run(t)
	}
	w.running.Go(func() {
		following.Run(func() error { return host.Watch(w.ended, w.follow) }, w.fail)
	})
	w.running.Go(func() {
		meeting.Run(func() error { w.meet(cmp.Or(o.neighbours, usualNeighbours)); return nil }, w.fail)
	})
	context.AfterFunc(w.ended, w.close)
	return w, nil
}

// open begins to look at an interface.
func (w *Watcher) open(on host.Interface) error {
	sent, err := tap.SentTo(mdns)
	if err != nil {
		return err
	}
	t := &watched{on: on, up: carries(on)}
	reports := tap.Membership()
	if w.everyGroup {
		reports = reports.EveryGroup()
	}
	t.reports, err = tap.Open(on.Index, reports)
	if err == nil {
		if t.mdns, err = tap.Open(on.Index, sent); err != nil {
			t.reports.Close()
		}
	}
	switch {
	case errors.Is(err, tap.ErrNoInterface):
		return fmt.Errorf("%w: %w", host.ErrNoInterface, err)
	case err != nil:
		return err
	}
	w.taps = append(w.taps, t)
	w.start(t, time.Now())
	return nil
}

func (w *Watcher) run(t *watched) {
	w.running.Go(func() { w.read(t.reports, w.message) })
	w.running.Go(func() { w.read(t.mdns, w.neighbourOf()) })
}

// Add looks at one interface more, in the network namespace of Watch. One that is
// looked at already, by its name or index, is left as it is. The errors are those of Watch, and
// net.ErrClosed after the end.
func (w *Watcher) Add(on host.Interface) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended.Err() != nil {
		return fmt.Errorf("igmp: watch %s: %w", on.Name, net.ErrClosed)
	}
	if slices.ContainsFunc(w.taps, func(t *watched) bool { return t.on.Name == on.Name || !t.gone && t.on.Index == on.Index }) {
		return nil
	}
	if err := w.open(on); err != nil {
		return fmt.Errorf("igmp: watch %s: %w", on.Name, err)
	}
	w.run(w.taps[len(w.taps)-1])
	return nil
}

func carries(i host.Interface) bool { return i.Up() && (i.Carrier() || i.Loopback()) }

// start lets the view know an interface and its addresses.
func (w *Watcher) start(t *watched, at time.Time) {
	for _, f := range []Family{IGMP, MLD} {
		w.view.Start(t.on.Index, f, at, t.on.Addrs...)
	}
}

// at is what is looked at with an index. The caller holds w.mu.
func (w *Watcher) at(index int) *watched {
	for _, t := range w.taps {
		if t.on.Index == index && !t.gone {
			return t
		}
	}
	return nil
}

func (w *Watcher) tellOf(t *watched, kind EventKind, at time.Time, why string) {
	w.tell([]Event{{Kind: kind, At: at, Interface: t.on.Index, Why: t.on.Name + ": " + why}})
}

// tell keeps events for Next, and sees that the view is woken in time. The caller
// holds w.mu.
func (w *Watcher) tell(events []Event) {
	if next := w.view.Next(); next.IsZero() {
		w.timer.Stop()
	} else {
		w.timer.Reset(max(time.Until(next), time.Millisecond))
	}
	if len(events) == 0 {
		return
	}
	w.events = append(w.events, events...)
	if over := len(w.events) - maxEvents; over > 0 {
		over += maxEvents / 4 // many at once: each time all others are moved
		w.lost += uint64(over)
		w.events = slices.Delete(w.events, 0, over)
	}
	w.wake()
}

func (w *Watcher) wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

// expire does what is due in the view.
func (w *Watcher) expire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended.Err() == nil {
		w.tell(w.view.Expire(time.Now()))
	}
}

// fail ends the watching, unless it has ended.
func (w *Watcher) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stop(err)
}

// stop is fail, of a caller that holds w.mu.
func (w *Watcher) stop(err error) {
	if w.err == nil && w.ended.Err() == nil {
		w.err = fmt.Errorf("igmp: watch: %w", err)
	}
	w.end()
}

// Next waits for events, in the order in which they were seen; events of the same
// interface are in order of time. Its error is that of ctx, net.ErrClosed after
// Close and after the end of Watch's context, or why nothing can be seen any more.
// Of events that are not fetched at most 4,096 are kept, the latest; see Losses.
func (w *Watcher) Next(ctx context.Context) ([]Event, error) {
	for {
		w.mu.Lock()
		events, err := w.events, w.err
		w.events = nil
		w.mu.Unlock()
		switch {
		case len(events) > 0:
			return events, nil
		case err != nil:
			return nil, err
		case w.ended.Err() != nil:
			return nil, fmt.Errorf("igmp: watch: %w", net.ErrClosed)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-w.ended.Done():
		case <-w.woken:
		}
	}
}

// Snapshot returns what is known now.
func (w *Watcher) Snapshot() Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.tell(w.view.Expire(now))
	return w.view.Snapshot(now)
}

// Look returns what is known now of one interface in one family, with no groups but
// these: see [View.Look].
func (w *Watcher) Look(ifIndex int, f Family, groups ...netip.Addr) (Link, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.tell(w.view.Expire(now))
	return w.view.Look(ifIndex, f, now, groups...)
}

// Losses are what a Watcher could not take.
type Losses struct {
	Packets uint64 // of IGMP and MLD, which the kernel dropped because too many came at once
	Events  uint64 // the oldest, which Next did not fetch in time
}

// Losses counts since the beginning.
func (w *Watcher) Losses() Losses {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := Losses{Events: w.lost}
	for _, t := range w.taps {
		l.Packets += t.reports.Stats().Drops
	}
	return l
}

// Close ends the watching, and returns when nothing of it runs any more.
func (w *Watcher) Close() error {
	w.close()
	w.running.Wait()
	return nil
}

func (w *Watcher) close() {
	w.end()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
	for _, t := range w.taps {
		t.reports.Close()
		t.mdns.Close()
	}
}
