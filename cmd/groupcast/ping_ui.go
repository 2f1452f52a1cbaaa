package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/ping"
	"github.com/groupcast/groupcast/mcast/session"
	"github.com/groupcast/groupcast/tui"
)

// runScreen shows a ping on a live screen, and its statistics when that ends.
func (p *pingCommand) runScreen(ctx context.Context, t *pingText, cfg ping.Config) error {
	pinger, err := ping.New(cfg)
	if err != nil {
		return err
	}
	pinging := &screenPing{Pinger: pinger, text: t, begin: tui.PingSnapshot{
		Target: t.target.String(), Way: strings.TrimPrefix(t.way.String(), "requests "), Group: t.target.group,
	}}

	shown, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	running, stop := context.WithCancel(ctx)
	defer stop()
	var work sync.WaitGroup
	work.Go(func() {
		defer func() {
			if r := recover(); r != nil {
				fail(session.Recovered(r))
			}
		}()
		if _, err := pinger.Run(running); err != nil {
			fail(err)
		}
		pinging.ended.Store(true)
	})
	inLab, _ := lab.InHost()
	err = tui.RunPing(shown, pinging, tui.Options{Recording: p.recording.state, Host: inLab, Theme: p.theme, ASCII: p.ascii || !speaksUTF8()})
	early := !pinging.ended.Load()
	stop()
	work.Wait()
	if err != nil && ctx.Err() == nil {
		return err
	}
	var interrupted error
	if early {
		interrupted = context.Canceled
	}
	return t.end(pinger.Summary(), interrupted)
}

// screenPing is a ping as the screen takes it.
type screenPing struct {
	*ping.Pinger
	text  *pingText
	begin tui.PingSnapshot // what does not change
	ended atomic.Bool
}

// Snapshot implements tui.Pinging.
func (p *screenPing) Snapshot() tui.PingSnapshot {
	ended := p.ended.Load() // before the rest is read
	s := p.Summary()
	out := p.begin
	out.Ended, out.Sent, out.Unanswered, out.Took = ended, s.Sent, s.Unanswered, s.Took
	for _, r := range s.Responders {
		out.Responders = append(out.Responders, p.responder(r))
	}
	for _, text := range slices.Sorted(maps.Keys(s.Errors)) {
		out.Errors = append(out.Errors, tui.PingError{Text: strings.TrimPrefix(text, "mcast: "), Count: s.Errors[text]})
	}
	return out
}

func (p *screenPing) responder(r ping.Responder) tui.PingResponder {
	out := tui.PingResponder{
		From: r.AddrPort(), IfIndex: r.IfIndex,
		Sent: r.Sent, Received: r.Received, Lost: r.Lost, Duplicates: r.Duplicates, Late: r.Late, Changed: r.Changed, Hops: r.Hops,
		Min: r.Min, Avg: r.Avg, Max: r.Max, StdDev: r.StdDev, P50: r.P50, P99: r.P99, RTTs: r.RTTs,
	}
	if r.IfIndex != 0 {
		out.Interface = p.text.name(r.IfIndex)
	}
	for i, n := range r.Histogram {
		low, high := ping.HistogramBounds(i)
		out.Histogram = append(out.Histogram, tui.PingBar{Low: low, High: high, Count: n})
	}
	return out
}
