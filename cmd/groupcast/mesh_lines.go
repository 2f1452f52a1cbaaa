package main

import (
	"context"
	"fmt"
	"net/netip"
	"reflect"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/mesh"
	"github.com/groupcast/groupcast/mcast/mesh/meshreport"
)

// meshLook is the time between two looks at who is here.
const meshLook = 500 * time.Millisecond

// meshWaits is the time between two lines about who is waited for.
const meshWaits = 10 * time.Second

// mostShort is how many pairs a line about an interval names.
const mostShort = 3

// measure measures until ctx or the time of --timeout ends, and tells what happens.
func (c *meshCommand) measure(ctx context.Context) error {
	now := time.Now()
	look := time.NewTimer(0)
	defer look.Stop()
	told, began, waiting := now, now, c.waitFor > 0
	remark := func(text string) {
		if !c.onScreen() {
			c.printer.remark(text)
		}
	}
	if waiting {
		remark(fmt.Sprintf("waiting for %s, with this one", chat.Count(c.waitFor, "member")))
	}
	cases := []reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ctx.Done())}, {Dir: reflect.SelectRecv, Chan: reflect.ValueOf(look.C)}}
	for _, r := range c.runs {
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(r.said)})
	}
	for {
		chosen, value, ok := reflect.Select(cases)
		switch {
		case chosen == 0:
			return nil
		case chosen > 1 && !ok:
			return c.ended(c.runs[chosen-2])
		case chosen > 1:
			c.lines(c.runs[chosen-2], value.Interface().([]chat.Line))
			continue
		}
		begin := time.Now()
		here := c.meet()
		now = time.Now()
		if waiting && here >= c.waitFor {
			waiting, began, told = false, now, now
			remark(chat.Count(here, "member") + " are here: it begins")
		}
		switch {
		case !waiting && c.timeout > 0 && now.Sub(began) >= c.timeout:
			return nil
		case waiting && now.Sub(told) >= meshWaits:
			told = now
			c.stillWaiting(here)
		case !waiting && now.Sub(told) >= c.every:
			told = now
			c.interval()
		}
		next := max(meshLook, 20*now.Sub(begin)) // a crowd's report is long
		if !waiting && c.timeout > 0 {
			next = min(next, began.Add(c.timeout).Sub(now))
		}
		look.Reset(max(next, time.Millisecond))
	}
}

// ended is why a session ended by itself.
func (c *meshCommand) ended(r *meshRun) error {
	select {
	case err := <-r.failed:
		return err
	default:
		return fmt.Errorf("mesh %s: it ended", r.name())
	}
}

// meet looks at each group, and tells who came and who left. It returns how many are in
// the group with the fewest.
func (c *meshCommand) meet() int {
	least := mesh.MaxPeers + 1
	for _, r := range c.runs {
		v := r.look()
		least = min(least, present(v))
		if c.set.quiet || c.onScreen() {
			continue
		}
		for m, one := range v.Members {
			if one.Self {
				continue
			}
			key := one.Fingerprint + " " + one.Name + " " + one.Addr.String()
			here, known := r.here[key]
			if known && here == !one.Gone || !known && one.Gone {
				continue
			}
			if len(r.here) > 2*mesh.MaxPeers {
				clear(r.here)
			}
			r.here[key] = !one.Gone
			c.tellMember(r, v, m, !one.Gone)
		}
	}
	return least
}

// tellMember tells that a member came or left.
func (c *meshCommand) tellMember(r *meshRun, v *meshreport.View, m int, came bool) {
	if c.set.json {
		writeJSON(c.out, meshMemberObject(v, m, came))
		return
	}
	text := v.Went(m)
	if came {
		text = v.Came(m)
	}
	c.say(r, text)
}

// say prints a line with the time.
func (c *meshCommand) say(r *meshRun, text string) {
	fmt.Fprintf(c.out, "%s %s%s\n", time.Now().Format(time.TimeOnly), c.subject(r), text)
}

// interval tells how it stands.
func (c *meshCommand) interval() {
	for _, r := range c.runs {
		v, before := r.last, r.before
		r.before = v
		switch {
		case c.set.quiet || c.onScreen():
		case c.set.json:
			writeJSON(c.out, meshIntervalObject(v, before))
		default:
			c.say(r, v.Interval(before, mostShort))
		}
	}
}

// stillWaiting tells who is here, and who is not yet.
func (c *meshCommand) stillWaiting(here int) {
	if c.onScreen() {
		return
	}
	for _, r := range c.runs {
		v := r.last
		if present(v) >= c.waitFor {
			continue
		}
		var names []string
		for m, one := range v.Members {
			if !one.Gone {
				names = append(names, v.Names[m])
			}
		}
		text := fmt.Sprintf("%swaiting for %d members: %d here (%s)", c.subject(r), c.waitFor, len(names), chat.ShortList(names))
		if len(v.Missing) > 0 {
			text += ", not yet " + chat.ShortList(cleanAll(v.Missing))
		}
		c.printer.remark(text)
	}
}

// tellReports prints the reports and writes their files. Its error is the exit status.
func (c *meshCommand) tellReports() error {
	worst := exitOK
	for n, r := range c.runs {
		report := r.Report()
		v := meshreport.Look(report)
		exit := meshStatus(v)
		if c.report != "" {
			if err := writeReport(c.files[n], report); err != nil {
				complain(c.errs, c.unreported(c.files[n], err))
				if exit == exitOK {
					exit = exitDoubt
				}
			} else {
				c.printer.remark("the report is in " + chat.CleanRow(c.files[n]))
			}
		}
		if worst != exitNot && exit != exitOK {
			worst = exit
		}
		if c.set.json {
			writeJSON(c.out, meshReportObject(v, exit))
			continue
		}
		if n > 0 {
			fmt.Fprintln(c.out)
		}
		fmt.Fprint(c.out, v.Text(meshreport.Options{Width: columns(c.out), ASCII: c.drawsASCII()}))
		if ask, ok := c.askOwn(r, v); ok {
			c.printer.advise(ask)
		}
	}
	if worst != exitOK {
		return status(worst)
	}
	return nil
}

// askOwn is what the doctor can be asked on this host, where nobody is heard, or where the
// worst pair of this host is a hole.
func (c *meshCommand) askOwn(r *meshRun, v *meshreport.View) (ask question, ok bool) {
	ask = c.set.about(r.group.joins[0])
	ask.from = netip.Addr{}
	if len(v.Members) < 2 {
		return ask, true
	}
	for _, i := range v.Worst {
		p := v.Pairs[i]
		switch {
		case !v.States[i].Hole():
			return ask, false
		case v.Members[p.By].Self && v.Members[p.From].Addr.IsValid():
			ask.from = v.Members[p.From].Addr.WithZone("")
			return ask, true
		case v.Members[p.From].Self && v.Members[p.By].Addr.IsValid():
			ask.to = v.Members[p.By].Addr.WithZone("")
			return ask, true
		}
	}
	return ask, false
}

// meshStatus is the exit status that a report comes to.
func meshStatus(v *meshreport.View) int {
	switch {
	case len(v.Members) < 2 || v.Absent() > 0:
		return exitNot
	case v.Holes() > 0 || v.Counts[meshreport.Unknown] > 0:
		return exitDoubt
	}
	return exitOK
}
