package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// watchReport is what a watch comes to.
type watchReport struct {
	exit   int
	never  []watch.Group // that nothing was heard of
	broken []barBroken
	csv    error
}

// report judges a watch that has ended.
func (c *watchCommand) report(s watch.Snapshot) (r watchReport) {
	for _, g := range s.Groups {
		if !g.Ever {
			r.never = append(r.never, g)
		}
	}
	r.broken = c.bars.broken(s)
	if r.csv = c.csv.failed; r.csv != nil {
		r.broken = append(r.broken, barBroken{"--csv " + chat.CleanRow(c.csv.file), -1, "rows are missing in it: " + c.csv.why, 0})
	}
	switch {
	case len(r.never) > 0:
		r.exit = exitNot
	case len(r.broken) > 0 || r.csv != nil:
		r.exit = exitDoubt
	}
	return r
}

// Bounds of what is said of many alike. JSON has all of them.
const (
	mostStreamHints = 3 // commands that look closer, for streams
	mostGroupHints  = 8 // the same, for groups that were never heard
	mostBroken      = 8 // streams that broke the same bar, named one by one
)

// reportText is a report in lines: all of it, each stream, and what is not as it
// should be.
func (c *watchCommand) reportText(s watch.Snapshot, r watchReport) (rows []string) {
	rows = append(rows, fmt.Sprintf("watched %s for %s: %d heard, %d never; %s from %s",
		chat.Count(len(s.Groups), "group"), shortly(s.At.Sub(s.Began)), len(s.Groups)-len(r.never), len(r.never),
		manyText(datagramsOf(s), "datagram"), chat.Count(len(s.Streams), "stream")))
	closer := worthALook(s)
	for n, one := range s.Streams {
		rows = append(rows, c.streamReport(s, one, closer[n]))
	}
	for _, p := range s.Pairs {
		rows = append(rows, pairText(s, p))
	}
	rows = append(rows, besideStreams(s)...)
	return append(rows, c.faultsText(s, r)...)
}

// faultsText are the last lines of a report: what was never heard, and which bars did
// not hold.
func (c *watchCommand) faultsText(s watch.Snapshot, r watchReport) (rows []string) {
	for n, g := range s.Groups {
		if text := unreadableText(s, n); text != "" && !g.Ever {
			rows = append(rows, groupText(g)+": heard only what this version cannot read, "+text)
		}
	}
	hints := 0
	for _, g := range r.never {
		if slices.ContainsFunc(s.Unreadable, func(u watch.Unreadable) bool { return u.Group >= 0 && s.Groups[u.Group].Target == g.Target }) {
			continue
		}
		rows = append(rows, c.neverText(g, hints < mostGroupHints))
		hints++
	}
	return append(rows, brokenBars(s, r.broken)...)
}

// worthALook are the streams whose rows name the command that looks closer: a few of
// those that are silent, else those that lost the largest part before the socket. One
// whose sender said that it ends has nothing left to be looked at.
func worthALook(s watch.Snapshot) map[int]bool {
	var list []int
	for n, one := range s.Streams {
		if !one.Numbers.Ended && (!one.SilentSince.IsZero() || one.Numbers.Lost > one.Numbers.LostKernel) {
			list = append(list, n)
		}
	}
	worth := func(n int) float64 {
		if !s.Streams[n].SilentSince.IsZero() {
			return 2
		}
		part, _ := lossOf(s.Streams[n].Numbers)
		return part
	}
	slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(worth(b), worth(a)) })
	chosen := map[int]bool{}
	for _, n := range list[:min(len(list), mostStreamHints)] {
		chosen[n] = true
	}
	return chosen
}

// besideStreams is what was counted of no stream that is listed.
func besideStreams(s watch.Snapshot) (rows []string) {
	if s.Others > 0 {
		text := fmt.Sprintf("and %s of further streams, for which there was no room", manyText(s.Others, "datagram"))
		if n := s.MadeRoom.Streams; n > 0 {
			text += fmt.Sprintf("; %s of them made room for others", thousands(n))
			if gone := roomNumbers(s); gone.Distinct > 0 {
				text += ", and lost " + lostOfText(gone)
			}
		}
		rows = append(rows, text)
	}
	for _, few := range []struct {
		n    uint64
		what string
	}{{s.Damaged, "with a wrong checksum, as of send --rate"}, {s.Newer, "of a newer version of send --rate, which this one cannot read"}} {
		if few.n > 0 {
			rows = append(rows, fmt.Sprintf("%s %s", manyText(few.n, "datagram"), few.what))
		}
	}
	if s.ComparedOneIn > 1 {
		rows = append(rows, fmt.Sprintf("of up to %s datagrams only one was looked at for copies, because so many arrived", thousands(s.ComparedOneIn)))
	}
	if s.EventsLost > 0 {
		rows = append(rows, fmt.Sprintf("%s came faster than they were printed", manyText(s.EventsLost, "event")))
	}
	if s.Dropped > 0 {
		rows = append(rows, session.DropsText(s.Dropped)+"; "+session.DropsHint(s.ReadBuffer))
	}
	return rows
}

// neverText is a group that nothing was heard of.
func (c *watchCommand) neverText(g watch.Group, hint bool) string {
	text := "never heard: " + groupText(g)
	switch {
	case g.Err != nil:
		text += ": " + chat.CleanRow(strings.TrimPrefix(g.Err.Error(), "mcast: "))
	case len(g.Joined) > 0:
		text += ", joined on " + chat.ShortList(cleanAll(g.Joined))
	}
	if hint {
		text += "; " + c.askGroup(g).command()
	}
	return text
}

// brokenBars are the bars that did not hold. Of many streams that broke the same one
// the worst is named.
func brokenBars(s watch.Snapshot, list []barBroken) (rows []string) {
	of := func(b barBroken) string {
		if b.stream < 0 {
			return b.text
		}
		return nameOf(s, s.Streams[b.stream].Group) + keyText(s.Streams[b.stream].Key, s.Streams[b.stream].Interface) + " " + b.text
	}
	count, worst := map[string]int{}, map[string]barBroken{}
	for _, b := range list {
		if b.stream < 0 {
			continue
		}
		if count[b.bar]++; count[b.bar] == 1 || b.worth > worst[b.bar].worth {
			worst[b.bar] = b
		}
	}
	told := map[string]bool{}
	for _, b := range list {
		switch n := count[b.bar]; {
		case b.stream < 0 || n <= mostBroken:
			rows = append(rows, chat.CleanRow(b.bar+": "+of(b)))
		case !told[b.bar]:
			told[b.bar] = true
			rows = append(rows, chat.CleanRow(fmt.Sprintf("%s: %s, the worst %s", b.bar, manyText(uint64(n), "stream"), of(worst[b.bar]))))
		}
	}
	return rows
}

// unreadableText is who sends to a group what cannot be read: "from 10.0.0.1:5004 on
// eth0: 100 datagrams of a newer version"; "": nobody.
func unreadableText(s watch.Snapshot, group int) string {
	var parts []string
	for _, u := range s.Unreadable {
		if u.Group != group {
			continue
		}
		var what []string
		if u.Newer > 0 {
			what = append(what, manyText(u.Newer, "datagram")+" of a newer version")
		}
		if u.Damaged > 0 {
			what = append(what, manyText(u.Damaged, "datagram")+" with a wrong checksum")
		}
		by := ""
		if u.Interface != "" {
			by = " on " + u.Interface
		}
		parts = append(parts, fmt.Sprintf("from %s%s: %s", addrPortText(u.From), by, strings.Join(what, ", ")))
	}
	if more := len(parts) - 8; more > 0 {
		parts = append(parts[:8], fmt.Sprintf("and from %d more", more))
	}
	return chat.CleanRow(strings.Join(parts, "; "))
}

// streamReport is one stream in a report, with the command that looks closer if that
// is wanted.
func (c *watchCommand) streamReport(s watch.Snapshot, one watch.Stream, closer bool) string {
	parts := []string{manyText(uint64(one.Datagrams), "datagram")}
	if rate := one.Row.Rate(); rate > 0 && one.Last.Sub(one.First) >= time.Second { // of a burst it says nothing
		parts = append(parts, perSecond(rate))
	}
	parts = append(parts, factsText(one)...)
	if gap := one.LongestGap(); gap != "" {
		parts = append(parts, gap)
	}
	text := nameOf(s, one.Group) + keyText(one.Key, one.Interface) + ": "
	if f := one.Numbers.Format; f != stream.Unnumbered {
		text += string(f) + ", "
	}
	text += strings.Join(parts, ", ")
	if closer {
		text += "; " + c.askStream(one.Key, one.Interface).command()
	}
	return chat.CleanRow(text)
}
