package watch

import (
	"context"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/stream"
)

// judge looks who is silent and how much came, until ctx ends. Without reading there
// is nothing to look at.
func (w *Watcher) judge(ctx context.Context) {
	tick, sum := time.NewTicker(tickEvery), time.NewTicker(sumEvery)
	defer tick.Stop()
	defer sum.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.look(time.Now())
		case <-sum.C:
			if !w.cfg.JoinOnly {
				w.sum(time.Now())
			}
		}
	}
}

// look is a tick, and tells that there was one.
func (w *Watcher) look(now time.Time) {
	if !w.cfg.JoinOnly {
		w.tick(now)
	}
	if w.cfg.Ticked != nil {
		w.cfg.Ticked(now)
	}
}

// tick tells what happened to the streams.
func (w *Watcher) tick(now time.Time) {
	var events []stream.Event
	stopped := false
	for _, e := range w.ears {
		for _, ev := range e.tick(now) {
			if ev.Kind == stream.Stopped {
				if stopped {
					continue // each Tally says so
				}
				stopped = true
			}
			events = append(events, ev)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if stopped {
		w.meters.stood()
	}
	for _, e := range w.lulls.take(now, w.latest, func(index int) string { return w.down[index] }, w.others) {
		w.put(e, now)
	}
	w.pairEvents(now)
	for _, ev := range events {
		if isCopies(ev.Kind) {
			told := false
			if ev.Copied, told = w.copied(ev.Key, ev.Copied); !told {
				continue
			}
		}
		e := w.about(ev)
		e.Text = w.outage(ev, now)
		if !w.lulls.put(e) {
			w.put(e, now)
		}
	}
}

// about is an event with the names of things. The caller holds mu.
func (w *Watcher) about(ev stream.Event) Event {
	e := Event{Event: ev, Group: -1}
	if ev.Kind != stream.Stopped {
		e.Interface, e.Group = w.names[ev.IfIndex], w.groupOf(ev.Key)
	}
	return e
}

// put queues an event. The caller holds mu.
func (w *Watcher) put(e Event, now time.Time) {
	e.Told = now
	w.queue.put(e)
}

// latest is when the last datagram came by an interface.
func (w *Watcher) latest(ifIndex int) (last time.Time) {
	for _, e := range w.ears {
		e.each(func(r *stream.Row) {
			if r.IfIndex == ifIndex && r.Last.After(last) {
				last = r.Last
			}
		})
	}
	return last
}

// others is how many streams of an event's interface are to be heard, beside those
// that it is about.
func (w *Watcher) others(e Event) (n int) {
	about := map[stream.Key]bool{}
	for _, one := range e.Each {
		about[one.Key] = true
	}
	for _, ear := range w.ears {
		ear.each(func(r *stream.Row) {
			if r.IfIndex == e.IfIndex && !about[r.Key] && toBeHeard(r, e.Kind, e.Told) {
				n++
			}
		})
	}
	return n
}

// toBeHeard reports whether a stream counts beside others that fell silent or came
// back: one that is missed already falls silent no more, and is not back yet.
func toBeHeard(r *stream.Row, kind stream.EventKind, now time.Time) bool {
	switch {
	case r.Numbers.Ended:
		return false
	case !r.SilentSince.IsZero():
		return kind == stream.Back
	}
	return now.Sub(r.Last) < liveFor
}

// groupOf is the target that a stream is of, or -1.
func (w *Watcher) groupOf(key stream.Key) int {
	list := w.byAddr[netip.AddrPortFrom(key.Group.Addr().WithZone(""), key.Group.Port())]
	return targetOf(list, key, func(n int) mcast.Group { return w.groups[n].Target.Group }, func(index int) string { return w.names[index] })
}

// targetOf is that of a list of targets that a stream is of, or -1.
func targetOf(list []int, key stream.Key, group func(int) mcast.Group, nameOf func(int) string) int {
	anybody := -1
	for _, n := range list {
		g := group(n)
		switch {
		case g.Addr.Zone() != "" && g.Addr.Zone() != nameOf(key.IfIndex):
		case g.Source.IsValid() && g.Source.WithZone("") == key.Host():
			return n
		case !g.Source.IsValid():
			anybody = n
		}
	}
	return anybody
}

// sum notes how much came.
func (w *Watcher) sum(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Sub(w.meters.now()) > sumEvery+time.Second {
		w.meters.stood()
	}
	w.meters.begin(now)
	for _, e := range w.ears {
		e.each(func(r *stream.Row) {
			w.meters.read(reading{Key: r.Key, sum: sum{uint64(r.Datagrams), r.Bytes}, quiet: !r.SilentSince.IsZero() || r.Numbers.Ended})
			if n := w.groupOf(r.Key); n >= 0 {
				w.heard[n] = true
			}
		})
	}
	w.meters.end(w.cfg.MinRate, func(key stream.Key, slow bool, rate Rate) {
		kind := Enough
		if slow {
			kind = Slow
			w.slow++
		}
		e := w.about(stream.Event{Kind: kind, Key: key, At: now, Rate: rate.Datagrams})
		e.Bits, e.Min = rate.Bits, w.cfg.MinRate
		w.put(e, now)
	})
	if w.stale {
		w.stale = false
		if nets, err := host.ReadNetworks(); err == nil {
			w.nets = nets
		}
	}
	w.sockets(now)
}

// dropsEvery is how often drops are told at most.
const dropsEvery = 10 * time.Second

// sockets looks how much comes by each socket, and what it had no room for. The
// caller holds mu.
func (w *Watcher) sockets(now time.Time) {
	tell := now.Sub(w.drops) >= dropsEvery
	for _, e := range w.ears {
		s := e.conn.Stats()
		if on := e.bulk.Look(now, s.Datagrams); on != e.fast && e.conn.SetBulk(on) == nil {
			e.fast = on
			w.put(Event{Event: stream.Event{Kind: Bulk, At: now}, Group: -1, Text: bulkText(e, on)}, now)
		}
		if s.Dropped > e.told && tell {
			ev := stream.Event{Kind: Drops, At: now, Lost: s.Dropped - e.told, Kernel: s.Dropped - e.told}
			ev.Key.Group = e.conn.LocalAddr()
			w.put(Event{Event: ev, Group: -1}, now)
			e.told, w.drops = s.Dropped, now
		}
	}
}
