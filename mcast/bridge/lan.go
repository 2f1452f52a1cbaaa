package bridge

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// lan is one LAN of a bridge.
type lan struct {
	engine   *engine
	port     Port
	register Register // nil: this bridge always leads
	lease    *Lease
	passages []*passage

	mu    sync.Mutex
	addr  netip.Addr
	led   bool // as it was told
	ready bool // the interface carries, and the groups are joined
	// Sends fail since then; zero: the last one did not.
	failing time.Time
	until   time.Time // this bridge does not lead before, because sends failed

	// Of the goroutine that keeps the lease.
	refused  time.Time // the hub is reached and gives no lease since then; zero: it does
	refusals reminder
}

// refusedFor is how long a hub that is reached gives no lease before that is told: one that
// begins, or is slow, has none for a moment.
const refusedFor = 10 * time.Second

// LeaseError says why a bridge cannot lead its site, though the hub is reached.
type LeaseError struct {
	Site string
	Err  error
}

func (e *LeaseError) Error() string {
	why := strings.TrimPrefix(e.Err.Error(), ErrAway.Error()+": ") // it is reached, and says nothing
	return e.Site + ": this bridge cannot lead, and carries nothing: " + why
}

// Unwrap returns Err.
func (e *LeaseError) Unwrap() error { return e.Err }

func (l *lan) passage(g mcast.Group) *passage {
	for _, p := range l.passages {
		if p.group == g {
			return p
		}
	}
	return nil
}

func (l *lan) presence(joined bool) Presence {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Presence{Site: l.port.Site, Bridge: l.engine.name, Addr: l.addr, Joined: joined, Groups: l.engine.cfg.Groups, At: time.Now()}
}

// holds says whether this bridge led the LAN at that time.
func (l *lan) holds(at time.Time) bool { return l.register == nil || l.lease.Holds(at) }

// keepLease asks the Register what the Lease wants, until ctx ends. Then it gives the
// lease back.
func (l *lan) keepLease(ctx context.Context) {
	if l.register == nil {
		return
	}
	every(ctx, stepEvery, func() {
		l.lease.Want(time.Now(), l.able())
		l.askOnce(ctx)
		l.tellLease()
	})
	l.lease.Want(time.Now(), false)
	end, cancel := context.WithTimeout(context.Background(), leaveWithin)
	defer cancel()
	l.askOnce(end)
}

func (l *lan) askOnce(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	ask := l.lease.Step(time.Now())
	var e Entry
	var err error
	switch ask.Kind {
	case AskNothing:
		return
	case AskGet:
		e, err = l.register.Get(ctx)
	case AskUpdate:
		e.Revision, err = l.register.Update(ctx, l.engine.name, ask.Revision)
	case AskDelete:
		err = l.register.Delete(ctx, ask.Revision)
	}
	now := time.Now()
	l.lease.Answered(now, e, err)
	switch {
	case err == nil, errors.Is(err, ErrChanged), !l.engine.reached():
		l.refused, l.refusals = time.Time{}, reminder{}
		return
	case l.refused.IsZero():
		l.refused = now
	}
	if now.Sub(l.refused) < refusedFor {
		return
	}
	l.refusals.add(now)
	if _, due := l.refusals.take(now); due {
		l.engine.tell(Event{Kind: EventError, At: now, Site: l.port.Site, Err: &LeaseError{l.port.Site, err}})
	}
}

// tellLease tells when this bridge begins or ceases to lead.
func (l *lan) tellLease() {
	if l.register == nil {
		return
	}
	l.mu.Lock()
	now := time.Now()
	leads := l.holds(now)
	changed := leads != l.led
	l.led = leads
	l.mu.Unlock()
	if changed {
		l.engine.tell(Event{Kind: EventLease, At: now, Site: l.port.Site, Leads: leads, Leader: l.otherLeader()})
	}
}

// otherLeader is the other bridge that leads, as far as is known; "": none.
func (l *lan) otherLeader() string {
	if name := l.lease.Leader(); name != l.engine.name {
		return name
	}
	return ""
}

// unled is true of a datagram that no bridge of the site takes.
func (l *lan) unled(v Verdict) bool { return v.Why == Standby && l.otherLeader() == "" }

// able says whether this bridge can lead the LAN: its groups are joined and sends leave.
func (l *lan) able() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if !l.failing.IsZero() && now.Sub(l.failing) >= failingFor {
		l.until, l.failing = now.Add(failsAgainIn), time.Time{} // nobody sends meanwhile
	}
	return l.ready && !now.Before(l.until)
}

// sent notes how a send into the LAN ended. first says that it failed, and the one before
// did not.
func (l *lan) sent(err error) (first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first = err != nil && l.failing.IsZero()
	switch {
	case err == nil:
		l.failing = time.Time{}
	case first && l.ready:
		l.failing = time.Now()
	}
	return first
}

// setReady notes how the interface is.
func (l *lan) setReady(ready bool, addr netip.Addr) {
	l.mu.Lock()
	if ready != l.ready {
		l.failing, l.until = time.Time{}, time.Time{} // sends fail while an interface is down
	}
	l.ready, l.addr = ready, addr
	l.mu.Unlock()
	if l.register != nil && !ready {
		l.lease.Want(time.Now(), false) // at once
	}
}

func (l *lan) address() netip.Addr {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.addr
}
