package probe

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

// Watch asks one target once in every interval, 0 meaning one second, until ctx
// ends. It reports the first result, and each result that differs from the one
// before in its verdict, its cause or the host that sent it. A silent round takes
// longer than the interval, and the next begins when it ends.
//
// All rounds use one socket: the next datagram notices that a service has stopped,
// and a service that is back answers the next one. A new socket is opened only if
// this host itself could not send.
//
// The error is that of ctx, or as that of [Probe]. A target without an address is
// reported, and its Err returned.
func Watch(ctx context.Context, cfg Config, t Target, every time.Duration, report func(Result)) error {
	cfg, err := cfg.complete()
	if err != nil {
		return err
	}
	if every < 0 {
		return fmt.Errorf("probe: every %s: want 0 or more", every)
	}
	if every == 0 {
		every = time.Second
	}
	if t.Err != nil {
		report(unresolved(t))
		return t.Err
	}
	w := watcher{cfg: cfg, target: t, pace: newPacer(cfg.Rate), report: report}
	defer w.close()
	for {
		next := time.Now().Add(every)
		if err := w.round(ctx); err != nil {
			return err
		}
		if err := w.idle(ctx, next); err != nil {
			return err
		}
	}
}

// watcher asks one target in rounds.
type watcher struct {
	cfg    Config
	target Target
	pace   pacer
	asker  *asker // nil: there is no socket
	last   Result
	report func(Result)
}

func (w *watcher) close() {
	if w.asker != nil {
		w.asker.close()
		w.asker = nil
	}
}

// round asks, by a new socket if there is none.
func (w *watcher) round(ctx context.Context) error {
	if w.asker == nil {
		own, err := host.ReadNetworks()
		if err != nil {
			return err
		}
		if err := w.target.check(own); err != nil {
			return err
		}
		a, r, err := open(ctx, w.cfg, w.target, own, w.pace)
		if err != nil {
			return err
		}
		if a == nil {
			w.tell(r)
			return nil
		}
		w.asker = a
	}
	r, err := w.asker.ask(ctx)
	if err != nil {
		return err
	}
	if w.asker.broken {
		w.close()
	}
	w.tell(r)
	return nil
}

// idle waits for the next round, and reads meanwhile. A late answer is news after
// silence; otherwise it must not count for the next round.
func (w *watcher) idle(ctx context.Context, until time.Time) error {
	if w.asker == nil {
		return sleep(ctx, until)
	}
	for {
		w.asker.final = nil
		r, late, err := w.asker.listen(ctx, until)
		if err != nil || !late {
			return err
		}
		if w.last.Verdict == Silent {
			w.tell(r)
		}
	}
}

func (w *watcher) tell(r Result) {
	if causeOf(r) != causeOf(w.last) {
		w.report(r)
	}
	w.last = r
}

// cause is the part of a result whose change is reported.
type cause struct {
	verdict   Verdict
	by        netip.Addr
	typ, code int
	because   string
}

func causeOf(r Result) cause {
	c := cause{verdict: r.Verdict, by: r.By, typ: r.Type, code: r.Code}
	if r.Verdict == Unreachable {
		c.because = r.Because()
	}
	return c
}
