package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/igmp"
)

// lookFirst is how long --query looks for another querier before it asks itself: one
// asks every 125 s, and may be some seconds late.
const lookFirst = 130 * time.Second

// queryTimeout ends --query where --timeout does not.
const queryTimeout = time.Hour

var (
	errOneInterface = errors.New("--query sends queries on one interface: name it with -i")
	errOtherQuerier = errors.New("there is a querier already, and one is enough")
)

// asking is a polite querier.
type asking struct {
	command *igmpCommand
	on      host.Interface
	state   *igmp.Querying
	asker   *igmp.Asker
	wire    wire
	heard   map[netip.Addr]time.Time // the latest query of each that was taken in
	silent  bool                     // it said that it gives way
}

// query looks for another querier, and asks itself if there is none.
func (c *igmpCommand) query(parent context.Context, w wire, on host.Interface) error {
	a := &asking{command: c, on: on, wire: w, heard: map[netip.Addr]time.Time{}}
	from := on.Addr(netip.IPv4Unspecified())
	var err error
	if a.state, err = igmp.NewQuerying(igmp.QueryConfig{From: from}); err == nil {
		a.asker, err = igmp.OpenAsker(on, from)
	}
	if err != nil {
		return err
	}
	defer a.asker.Close()
	c.remark("switches will send every group of the network to this port: they treat a querier as a router")
	c.remark(fmt.Sprintf("looking for another querier on %s for %s first: a querier sends a query every %s", interfaceName(on.Index), secondsText(c.wait), secondsText(igmp.DefaultInterval)))
	if err := a.look(parent); err != nil {
		return err
	}
	c.remark(fmt.Sprintf("%s sends queries on %s now, every %s; it stays silent for 255 s whenever it hears a querier with a lower address", from, interfaceName(on.Index), secondsText(igmp.DefaultInterval)))

	ctx, cancel := within(parent, c.timeout)
	defer cancel()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	ended := make(chan error, 1)
	go func() {
		err := a.ask(ctx)
		if err != nil {
			fail(err)
		}
		ended <- err
	}()
	err = c.follow(parent, ctx, w, []host.Interface{on})
	fail(nil)
	if failed := <-ended; failed != nil {
		return failed
	}
	c.remark("no more queries are sent: without another querier, the entries of switches time out within 260 s")
	return err
}

// look looks for another querier. Its error is errOtherQuerier if there is one.
func (a *asking) look(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, a.command.wait)
	defer stop()
	for {
		for _, l := range a.wire.Snapshot().Links {
			if l.Family == igmp.IGMP && len(l.Queriers) > 0 {
				q := l.Queriers[0]
				return &mcast.Advised{Err: fmt.Errorf("%s sends queries on %s: %w", addrText(q.Addr), interfaceName(a.on.Index), errOtherQuerier), Advice: "groupcast igmp without --query shows the members"}
			}
		}
		events, err := a.wire.Next(ctx)
		a.command.tell(events)
		if errors.Is(err, context.DeadlineExceeded) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// ask sends queries when they are due, until ctx ends.
func (a *asking) ask(ctx context.Context) error {
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		now := time.Now()
		a.hear(now)
		if send, _ := a.state.Next(now); send {
			if a.silent {
				a.silent = false
				a.command.note("no querier with a lower address is heard any more: this host sends queries again")
			}
			if err := a.asker.Ask(a.state.Query()); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
		}
	}
}

// hear takes in who else has asked.
func (a *asking) hear(now time.Time) {
	for _, l := range a.wire.Snapshot().Links {
		if l.Family != igmp.IGMP || l.Interface != a.on.Index {
			continue
		}
		for _, q := range l.Queriers {
			if q.Self || !q.Last.After(a.heard[q.Addr]) {
				continue
			}
			a.heard[q.Addr] = q.Last
			a.state.Heard(igmp.Message{
				Family: igmp.IGMP, Kind: igmp.Query, Version: q.Version, From: q.Addr, Hops: 1,
				MaxResponse: q.MaxResponse, Robustness: q.Robustness, Interval: q.Interval,
			}, q.Last)
		}
	}
	for addr, last := range a.heard { // as many as a View keeps
		if now.Sub(last) > 24*time.Hour {
			delete(a.heard, addr)
		}
	}
	if other := a.state.Other(); other.IsValid() && !a.silent {
		a.silent = true
		a.command.note(fmt.Sprintf("%s sends queries and has the lower address: this host gives way", other))
	}
}

// note is a remark that may come while there is a screen, which shows the same by its
// events.
func (c *igmpCommand) note(text string) {
	if !c.onScreen() {
		c.remark(text)
	}
}

// checkQuery looks at what --query needs.
func (c *igmpCommand) checkQuery(named func(string) bool) error {
	switch {
	case named("wait") && !c.asks:
		return errors.New("--wait is how long --query looks first: add --query, or leave it out")
	case !c.asks:
		return nil
	case c.set.ip6:
		return errors.New("--query and -6: it sends IGMP queries only")
	case c.proc:
		return errors.New("--query and --proc: queries need the wire")
	case len(c.set.interfaces) != 1:
		return errOneInterface
	case c.wait < 0:
		return fmt.Errorf("--wait %s: want 0 or more", c.wait)
	}
	c.timeout = cmp.Or(c.timeout, queryTimeout)
	return nil
}
