package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// eventText is an event in one line.
func (c *watchCommand) eventText(s watch.Snapshot, e watch.Event) string {
	return chat.CleanRow(fmt.Sprintf("%s%s%s", c.clock(e.Told), subjectText(s, e), c.eventWords(s, e)))
}

// subjectText is what an event is about.
func subjectText(s watch.Snapshot, e watch.Event) string {
	switch {
	case len(e.Each) > 0 && e.Kind == stream.Loss:
		return fmt.Sprintf("%s on %s: ", chat.Count(len(e.Each), "stream"), e.Interface)
	case len(e.Each) > 0:
		return watch.EachText(e) + ": "
	case e.Pair > 0:
		return "pair " + pairName(s, e) + ": "
	case e.From.IsValid():
		return nameOf(s, e.Group) + keyText(e.Key, e.Interface) + ": "
	}
	return ""
}

// nameOf is the user's name of a target, and a space.
func nameOf(s watch.Snapshot, group int) string {
	if group < 0 || group >= len(s.Groups) || s.Groups[group].Name == "" {
		return ""
	}
	return chat.CleanRow(s.Groups[group].Name) + " "
}

// keyText is "239.1.1.7:5004 from 10.0.0.1:5004 on eth0".
func keyText(k stream.Key, by string) string {
	text := fmt.Sprintf("%s from %s", addrPortText(k.Group), addrPortText(k.From))
	if by != "" {
		text += " on " + chat.Clean(by)
	}
	if k.Sub > 0 {
		text += fmt.Sprintf(", stream %d", k.Sub+1)
	}
	return text
}

func (c *watchCommand) eventWords(s watch.Snapshot, e watch.Event) string {
	if text, page := e.CopiesText(); page != "" {
		return text + "; groupcast explain " + page
	} else if text != "" {
		return text
	}
	switch e.Kind {
	case stream.First:
		if e.Format != "" {
			return fmt.Sprintf("heard, numbered: %s", e.Format)
		}
		return "heard"
	case stream.Found:
		if e.Format == stream.Told {
			return "numbered: by --seq " + c.seq.String()
		}
		return fmt.Sprintf("numbered: %s", e.Format)
	case stream.Dropped:
		return fmt.Sprintf("its numbers are not those of %s any more", e.Format)
	case stream.Loss:
		text := "lost " + lossWords(e.Lost, e.Kernel, e.AtLeast, e.About)
		if len(e.Each) > 0 {
			worst := e.Each[0]
			text += fmt.Sprintf(" in the last second; the worst %s%s, %s", nameOf(s, e.Group), keyText(worst.Key, ""), thousands(worst.Lost))
		}
		if e.Text != "" {
			text += "; " + e.Text
		}
		return text
	case stream.NotRead:
		return "a datagram as of send --rate that this version cannot read: it is damaged, or of a newer version"
	case stream.Restart:
		return "the sender began anew"
	case stream.End:
		return "ended, as the sender says"
	case stream.Silent:
		text := "silent since " + e.At.Format(time.TimeOnly)
		if e.Rate > 0 && len(e.Each) == 0 {
			text += fmt.Sprintf(", %s until then", perSecond(e.Rate))
		}
		if e.Text != "" {
			return text + ": " + e.Text
		}
		if len(e.Each) > 0 { // they have one cause, so one question will do
			e.Key = e.Each[0].Key
		}
		return text + "; " + c.askStream(e.Key, e.Interface).command()
	case stream.Back:
		text := "back, silent " + stream.Seconds(e.For)
		if e.Lost > 0 {
			text += fmt.Sprintf(" (%s%s missing%s%s)", qualifier(e.AtLeast, e.About), thousands(e.Lost), noRoom(e), wrapped(e))
		}
		return text
	case stream.OnOff:
		return fmt.Sprintf("on and off: %s, longest %s", chat.Count(e.Count, "silence"), stream.Seconds(e.For))
	case stream.Stopped:
		return fmt.Sprintf("this watch itself stood still for %s: it reports nothing about that time", stream.Seconds(e.For))
	case watch.Slow, watch.Enough:
		now, bar := perSecond(e.Rate), c.bars.minRate.String()
		if e.Min.Bits > 0 {
			now = bitsText(e.Bits)
		}
		if e.Kind == watch.Slow {
			return fmt.Sprintf("%s over 10 s, and --min-rate is %s", now, bar)
		}
		return fmt.Sprintf("%s over 10 s again", now)
	case watch.Drops:
		return fmt.Sprintf("all groups of port %d: %s", e.Key.Group.Port(), session.DropsText(e.Lost))
	case watch.BothLoss:
		return fmt.Sprintf("both legs lost %s%s", qualifier(false, e.About), thousands(e.Lost))
	case watch.Failed:
		return mcast.Plain(e.Err)
	}
	return e.Text // watch.Changed, watch.Bulk
}

// noRoom says how many of those that are missing the socket had no room for.
func noRoom(e watch.Event) string {
	if e.Kernel == 0 {
		return ""
	}
	return fmt.Sprintf(", up to %s of them for want of room in this host's socket", thousands(e.Kernel))
}

// wrapped says why a loss is not exact.
func wrapped(e watch.Event) string {
	if !e.About || e.Format == "" {
		return ""
	}
	return fmt.Sprintf(": numbers of %s wrapped meanwhile", e.Format)
}

// askStream is the question why a stream is not heard.
func (c *watchCommand) askStream(k stream.Key, by string) question {
	ask := question{group: mcast.Group{Addr: k.Group.Addr().WithZone(""), Port: k.Group.Port()}, from: k.Host()}
	if by != "" && (len(c.set.interfaces) > 0 || ask.group.Addr.Is6() && ask.group.Addr.IsLinkLocalMulticast()) {
		ask.interfaces = []string{by}
	}
	return ask
}

// askGroup is the question why nothing is heard in a group.
func (c *watchCommand) askGroup(g watch.Group) question {
	ask := c.set.about(g.Target.Group)
	ask.hops = 0
	return ask
}

// qualifier says how sure a number is.
func qualifier(atLeast, about bool) string {
	switch {
	case about:
		return "about "
	case atLeast:
		return "at least "
	}
	return ""
}

// lossWords is "12 before this host's socket", "12 for want of room in this host's
// socket", or both; what the kernel dropped is at most so many.
func lossWords(lost, kernel uint64, atLeast, about bool) string {
	return qualifier(atLeast, about) + thousands(lost) + whereLost(lost, kernel)
}

// lostOfText is "12 of 3,423,012 (0.0004 %) before this host's socket".
func lostOfText(n stream.Numbers) string {
	part, of := lossOf(n)
	text := fmt.Sprintf("%s%s of %s (%s)", qualifier(n.AtLeast, n.About), thousands(n.Lost), thousands(of), percentText(100*part))
	if n.Lost == 0 {
		return text
	}
	return text + whereLost(n.Lost, n.LostKernel)
}

// whereLost says what is known of where numbers were lost: the socket counts what it
// had no room for, and the others did not get as far.
func whereLost(lost, kernel uint64) string {
	switch {
	case kernel == 0:
		return " before this host's socket"
	case kernel >= lost:
		return " for want of room in this host's socket"
	}
	return fmt.Sprintf(", up to %s of them for want of room in this host's socket, the rest before it", thousands(kernel))
}

// percentText is a part in two digits.
func percentText(p float64) string { return significant(p, 2) + " %" }

// manyText is "1 datagram" or "3,423,000 datagrams".
func manyText(n uint64, thing string) string { return chat.Many(n, thing) }

// summaryText is how it stands with all of it.
func summaryText(s watch.Snapshot) string {
	heard, silent, never := 0, 0, 0
	for _, g := range s.Groups {
		switch {
		case !g.Ever:
			never++
		case g.Heard > 0 && g.Silent == g.Heard:
			silent++
		default:
			heard++
		}
	}
	text := fmt.Sprintf("%s: %d heard", chat.Count(len(s.Groups), "group"), heard)
	if silent > 0 {
		text += fmt.Sprintf(", %d silent", silent)
	}
	if never > 0 {
		text += fmt.Sprintf(", %d never heard", never)
	}
	text += fmt.Sprintf("; %s, %s; lost %s before this host's socket, %s in it", perSecond(s.Rate), bitsText(s.Bits), thousands(s.Lost), thousands(s.LostKernel))
	if s.Bulk {
		text += "; read in bulk"
	}
	return text
}

// streamText is how it stands with one stream.
func streamText(s watch.Snapshot, one watch.Stream) string {
	parts := []string{fmt.Sprintf("%s %s", perSecond(one.Rate), bitsText(one.Bits))}
	return chat.CleanRow(nameOf(s, one.Group) + keyText(one.Key, one.Interface) + ": " + strings.Join(append(parts, factsText(one)...), ", "))
}

// factsText is what the numbers and times of a stream told.
func factsText(one watch.Stream) (parts []string) {
	n := one.Numbers
	if n.Format == stream.Unnumbered && n.Distinct == 0 {
		parts = append(parts, "not numbered")
	} else {
		parts = append(parts, fmt.Sprintf("lost %s", lostOfText(n)))
	}
	for _, more := range []struct {
		n    uint64
		what string
	}{{n.Duplicates, "twice"}, {n.Reordered, "late"}, {n.Old, "too late to say"}} {
		if more.n > 0 {
			parts = append(parts, thousands(more.n)+" "+more.what)
		}
	}
	if n.Restarts > 0 {
		parts = append(parts, manyText(uint64(n.Restarts), "restart"))
	}
	if copies := one.Copied.Text(); copies != "" {
		parts = append(parts, copies)
	}
	if one.Silences > 0 {
		parts = append(parts, manyText(uint64(one.Silences), "silence"))
	}
	switch {
	case !one.SilentSince.IsZero():
		parts = append(parts, "silent since "+one.SilentSince.Format(time.TimeOnly))
	case n.Ended:
		parts = append(parts, "ended")
	}
	return parts
}

func silencesText(one watch.Stream) string {
	text := "silent " + manyText(uint64(one.Silences), "time")
	if !one.SilentSince.IsZero() {
		return text + ", and since " + one.SilentSince.Format(time.TimeOnly)
	}
	return text
}

// groupText is a target as it was named.
func groupText(g watch.Group) string {
	name := ""
	if g.Name != "" {
		name = chat.CleanRow(g.Name) + " "
	}
	return name + chat.Clean(g.Target.Group.String())
}
