package main

import (
	"context"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/session"
	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
	"github.com/groupcast/groupcast/tui"
)

// screen shows a watch on a live screen until the user ends it, the time is over or a
// signal comes, and reports in any case: a watch has no other end.
func (c *watchCommand) screen(_, ctx context.Context, w *watch.Watcher) error {
	shown, end := context.WithCancelCause(ctx)
	defer end(nil)
	running, stop := context.WithCancel(ctx)
	defer stop()
	watching := &screenWatch{Watcher: w, failed: make(chan error, 1), first: make(chan []string, 1)}
	watching.first <- c.first
	defer c.metrics.serve(w.Counts, watching.fail)()
	var work sync.WaitGroup
	for _, do := range []func() error{
		func() error { return w.Run(running) },
		func() error { c.keepCSV(running, watching); return nil },
	} {
		work.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					end(session.Recovered(r))
				}
			}()
			if err := do(); err != nil {
				end(err)
			}
		})
	}
	inLab, _ := lab.InHost()
	err := tui.RunWatch(shown, watching, tui.Options{Host: inLab, Suspend: canSuspend(), Theme: c.theme, ASCII: c.ascii || !speaksUTF8()})
	stop()
	work.Wait()
	if err != nil && ctx.Err() == nil {
		return err
	}
	return c.end(w.Counts())
}

// keepCSV writes each stream to the file of --csv every --every, until ctx ends.
func (c *watchCommand) keepCSV(ctx context.Context, to *screenWatch) {
	each := time.NewTicker(c.every)
	defer each.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-each.C:
			s := to.Watcher.Counts()
			_ = c.service.Status(summaryText(s)) // Ready has told what is wrong with the socket
			if err := c.csv.write(s, c.streamObject); err != nil {
				to.fail(err)
			}
		}
	}
}

// screenWatch is a watch as the screen takes it.
type screenWatch struct {
	*watch.Watcher
	first  chan []string // remarks, once
	failed chan error    // what the file of --csv met, or the server of --metrics
}

// fail shows what goes wrong while the watch goes on, unless another failure is waiting
// to be shown.
func (w *screenWatch) fail(err error) {
	select {
	case w.failed <- err:
	default:
	}
}

// Events implements tui.Watching: with the remarks before them, and those of the file that is written beside.
func (w *screenWatch) Events() []watch.Event {
	events := w.Watcher.Events()
	select {
	case texts := <-w.first:
		var before []watch.Event
		for _, text := range texts {
			now := time.Now()
			before = append(before, watch.Event{Event: stream.Event{Kind: watch.Changed, At: now}, Told: now, Group: -1, Text: text})
		}
		events = append(before, events...)
	default:
	}
	select {
	case err := <-w.failed:
		now := time.Now()
		events = append(events, watch.Event{Event: stream.Event{Kind: watch.Failed, At: now}, Told: now, Group: -1, Err: err})
	default:
	}
	return events
}
