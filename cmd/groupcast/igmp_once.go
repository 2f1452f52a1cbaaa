package main

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/igmp"
)

// table prints one table, once a query is answered.
func (c *igmpCommand) table(parent, ctx context.Context, w wire, on []host.Interface) error {
	c.remark(fmt.Sprintf("waiting for a query on %s, %s at most; ctrl+c shows what is known", chat.InterfaceList(on), c.atMost()))
	for ctx.Err() == nil {
		due := dueAt(c.text(time.Now()).only(w.Snapshot()), c.began)
		if !time.Now().Before(due) {
			break
		}
		wait, stop := context.WithDeadline(ctx, due)
		_, err := w.Next(wait)
		over := wait.Err() != nil
		stop()
		if err != nil && !over {
			return err
		}
	}
	t := c.text(time.Now())
	s := t.only(w.Snapshot())
	if c.set.json {
		writeJSON(c.out, igmpObject(t, s))
	} else {
		t.write(c.out, s, rowColumns(c.out))
	}
	if parent.Err() != nil && messages(s) == 0 {
		return status(exitInterrupted)
	}
	return c.judge(s, t.now)
}

func (c *igmpCommand) atMost() string {
	if c.timeout > 0 && c.timeout < queryWait {
		return secondsText(c.timeout)
	}
	return secondsText(queryWait)
}

// dueAt is when the first query that was heard is answered, or when the first is
// overdue.
func dueAt(s igmp.Snapshot, began time.Time) time.Time {
	due := began.Add(queryWait)
	for _, l := range s.Links {
		for _, q := range l.Queriers {
			if answered := q.Since.Add(q.MaxResponse + answerMargin); answered.Before(due) {
				due = answered
			}
		}
	}
	return due
}

// judge is the exit status of one table, with what to do.
func (c *igmpCommand) judge(s igmp.Snapshot, now time.Time) error {
	asked, several, own, members := false, false, false, false
	for _, l := range s.Links {
		asked = asked || len(l.Queriers) > 0
		several = several || len(realQueriers(l)) > 1
		own = own || l.Sight == igmp.SightOwn
		members = members || len(l.Groups) > 0
	}
	overdue := now.Sub(c.began) >= queryWait
	switch {
	case several, own:
		c.advise(s)
		return status(exitDoubt)
	case !asked && (overdue || messages(s) > 0):
		c.advise(s)
		return status(exitDoubt)
	case !asked, len(c.groups) > 0 && !members:
		return status(exitNot)
	}
	return nil
}

// realQueriers are the queriers of a link that take part in an election.
func realQueriers(l igmp.Link) (list []igmp.Querier) {
	for _, q := range l.Queriers {
		if !q.Addr.IsUnspecified() {
			list = append(list, q)
		}
	}
	return list
}

// messages counts what was seen, good and bad.
func messages(s igmp.Snapshot) (n uint64) {
	for _, l := range s.Links {
		n += l.Counters.Messages
	}
	return n
}

// advise leads to the doctor, about the first group that is asked about or reported.
func (c *igmpCommand) advise(s igmp.Snapshot) {
	ask := question{interfaces: c.set.interfaces}
	ask.group.Addr, ask.group.Port = c.firstGroup(s), usualPort(c.firstGroup(s))
	if !ask.group.Addr.IsValid() {
		c.hint("whether groups arrive nevertheless: " + question{interfaces: c.set.interfaces}.command() + " GROUP")
		return
	}
	c.hint(ask.command())
}

func (c *igmpCommand) firstGroup(s igmp.Snapshot) netip.Addr {
	if len(c.groups) > 0 {
		return c.groups[0]
	}
	for _, l := range s.Links {
		for _, g := range l.Groups {
			if !ofTheKernel(g.Addr) && !g.Addr.IsLinkLocalMulticast() {
				return g.Addr
			}
		}
	}
	return netip.Addr{}
}
