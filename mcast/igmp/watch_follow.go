package igmp

import (
	"errors"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/internal/tap"
)

// follow keeps looking at interfaces that change.
func (w *Watcher) follow(ch host.Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ch.All != nil { // the first change: some may have gone before the watching began
		for _, t := range w.taps {
			if _, there := host.ByIndex(ch.All, t.on.Index); !there {
				w.forget(t, ch.At)
			}
		}
	}
	t := w.at(ch.Interface.Index)
	switch {
	case ch.Kind == host.Gone && t != nil:
		w.forget(t, ch.At)
	case ch.Kind == host.Gone:
	case t != nil:
		w.change(t, ch)
	default:
		w.resume(ch)
	}
}

// change takes over what an interface has become.
func (w *Watcher) change(t *watched, ch host.Change) {
	t.on = ch.Interface
	switch ch.Kind {
	case host.AddressAdded, host.AddressRemoved:
		w.start(t, ch.At)
	case host.LinkUp, host.LinkDown, host.NoCarrier, host.Appeared:
		why, stops := ch.Stops()
		if ch.Kind == host.Appeared && !stops {
			break // LinkUp or NoCarrier follows
		}
		if up := carries(ch.Interface); up != t.up {
			t.up = up
			kind := InterfaceDown
			if up {
				kind, why = InterfaceUp, ch.Kind
			}
			w.tellOf(t, kind, ch.At, string(why))
		}
	}
}

// forget ends what is known of an interface that is gone.
func (w *Watcher) forget(t *watched, at time.Time) {
	if t.gone {
		return
	}
	t.gone = true
	for _, f := range []Family{IGMP, MLD} {
		w.view.Stop(t.on.Index, f)
	}
	w.tellOf(t, InterfaceGone, at, "deleted")
}

// resume looks at the interface that has the name of one that is gone.
func (w *Watcher) resume(ch host.Change) {
	i := slices.IndexFunc(w.taps, func(t *watched) bool { return t.gone && t.on.Name == ch.Interface.Name })
	if i < 0 {
		return
	}
	t := w.taps[i]
	err := errors.Join(t.reports.Rebind(ch.Interface.Index), t.mdns.Rebind(ch.Interface.Index))
	if errors.Is(err, tap.ErrNoInterface) {
		return // it is gone again, which a later change says
	}
	if err != nil {
		w.stop(err)
		return
	}
	t.on, t.gone, t.up = ch.Interface, false, carries(ch.Interface)
	w.start(t, ch.At)
	w.tellOf(t, InterfaceBack, ch.At, "there again")
}
