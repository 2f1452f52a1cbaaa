package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/bridge/natslink"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// bridgeSum is what became of datagrams, for people.
type bridgeSum struct {
	heard, arrived, carried, resent, limited, lost uint64
	frames, framesResent, framesCame               uint64 // of members: carried, sent again, and all
	framesOver                                     uint64 // frames that came too fast, or whose send failed, in both directions
	dropped                                        uint64 // kept frames, of the bridge
	waiting                                        int    // of them, not acknowledged
}

// notOfPrograms is what a bridge hears and no program of the LAN has sent to the group.
var notOfPrograms = []bridge.Why{bridge.Own, bridge.Marked, bridge.IsProbe, bridge.NotHere}

func sumOf(s bridge.Status) bridgeSum {
	lan, sites := s.AtLAN, s.AtSites
	t := bridgeSum{
		heard: s.Heard, arrived: s.Arrived - min(s.Arrived, sites[bridge.OwnSite]), carried: lan[bridge.Carried], resent: sites[bridge.Resent],
		limited: lan[bridge.Limited] + lan[bridge.TooLong] + sites[bridge.Limited] + sites[bridge.TooLong],
		lost:    lan[bridge.Lost] + lan[bridge.Late] + sites[bridge.Unsent],
		frames:  s.FramesAtLAN[bridge.Carried], framesResent: s.FramesAtSites[bridge.Resent], dropped: s.Keeping.Dropped, waiting: s.Keeping.Waiting,
		framesCame: framesCame(s), framesOver: s.FramesAtLAN[bridge.Limited] + s.FramesAtSites[bridge.Limited] + s.FramesAtSites[bridge.Unsent],
	}
	for _, why := range notOfPrograms {
		t.heard -= min(t.heard, lan[why])
	}
	return t
}

func (t *bridgeSum) add(o bridgeSum) {
	t.heard += o.heard
	t.arrived += o.arrived
	t.carried += o.carried
	t.resent += o.resent
	t.limited += o.limited
	t.lost += o.lost
	t.frames += o.frames
	t.framesResent += o.framesResent
	t.framesCame += o.framesCame
	t.framesOver += o.framesOver
	t.dropped = max(t.dropped, o.dropped)
	t.waiting = max(t.waiting, o.waiting)
}

// totalsLine is how one group stood at one port at the end.
func totalsLine(s bridge.Status) string {
	t := sumOf(s)
	text := fmt.Sprintf("%s, %s: heard %s, carried %s, re-sent %s", atPort(bridge.Port{Site: s.Site, Interface: s.Interface}),
		chat.CleanRow(s.Group.Label()), thousands(t.heard), thousands(t.carried), thousands(t.resent))
	return text + notWords("not carried", s.AtLAN, append(notOfPrograms, bridge.Carried), whyText) + notWords("not re-sent", s.AtSites, []bridge.Why{bridge.OwnSite, bridge.Resent}, whyText)
}

// notWords is "; not carried: 12 (over --rate), 3 (the hub was not reached)".
func notWords(what string, counts map[bridge.Why]uint64, but []bridge.Why, text func(bridge.Why) string) string {
	var parts []string
	for _, why := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[why]; n > 0 && !slices.Contains(but, why) {
			parts = append(parts, fmt.Sprintf("%s (%s)", thousands(n), text(why)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "; " + what + ": " + strings.Join(parts, ", ")
}

// ended prints totals and gives the exit status.
func (b *bridgeCommand) ended(parent context.Context, hub natslink.Config, failed error) error {
	b.findings += b.doubts
	list, losses, now := b.bridge.Status(), b.bridge.Losses(), time.Now()
	var all bridgeSum
	for n, s := range list {
		all.add(sumOf(s))
		if b.place != "" {
			list[n].Leads = b.leads[s.Site] // until now: the lease was given back
		}
	}
	if b.set.json {
		b.writeStats(list, now)
		writeJSON(b.out, jsonBridgeTotals{
			jsonHead: jsonHead{Type: "totals", Time: now}, Heard: all.heard, Carried: all.carried, Resent: all.resent, Limited: all.limited, Lost: all.lost,
			LostKernel: losses.Kernel, LostLink: losses.Link, Findings: b.findings, LinesLost: b.unprinted,
			FramesCarried: all.frames, FramesResent: all.framesResent, jsonKeeping: keepingObject(keepingOf(list)),
		})
	} else {
		b.totals(list)
	}
	if losses.Kernel > 0 {
		complain(b.errs, errors.New(session.DropsText(losses.Kernel)))
	}
	if losses.Link > 0 {
		complain(b.errs, fmt.Errorf("%s of other sites came faster than this bridge took them, and were lost", chat.Many(losses.Link, "datagram")))
	}
	if b.unprinted > 0 {
		complain(b.errs, fmt.Errorf("%s lost: they came faster than they were printed", chat.Many(b.unprinted, "line")))
	}
	return b.verdict(parent, hub, all, losses, failed)
}

// totals prints a line for each group that something came of, at each port.
func (b *bridgeCommand) totals(list []bridge.Status) {
	silent := map[string][]mcast.Group{} // by port
	for _, s := range list {
		t, frames := sumOf(s), framesLine(s)
		if t.heard+t.arrived > 0 {
			fmt.Fprintln(b.out, totalsLine(s))
		}
		if frames != "" {
			fmt.Fprintln(b.out, frames)
		}
		if t.heard+t.arrived > 0 || frames != "" {
			continue
		}
		at := atPort(bridge.Port{Site: s.Site, Interface: s.Interface})
		silent[at] = append(silent[at], s.Group)
	}
	for _, at := range slices.Sorted(maps.Keys(silent)) {
		fmt.Fprintf(b.out, "%s: nothing came of %s\n", at, groupNames(silent[at]))
	}
	if words := keptWords(keepingOf(list)); words != "" {
		fmt.Fprintf(b.out, "the hub: %s\n", words)
	}
}

// keepingOf is that of the bridge.
func keepingOf(list []bridge.Status) bridge.Keeping {
	if len(list) == 0 {
		return bridge.Keeping{}
	}
	return list[0].Keeping
}

// verdict is how the command ends: a signal ends most bridges, and is no failure.
func (b *bridgeCommand) verdict(parent context.Context, hub natslink.Config, all bridgeSum, losses bridge.Losses, failed error) error {
	lasted := shortly(b.timeout)
	switch {
	case failed != nil:
		return failed
	case b.place != "" && !b.everUp && parent.Err() != nil:
		return parent.Err() // before it could do anything
	case b.place != "" && !b.everUp:
		return notReached(hub, lasted, b.awayErr)
	case parent.Err() == nil && all.carried+all.resent+all.frames+all.framesResent == 0:
		text := fmt.Sprintf("nothing was carried in %s", lasted)
		if all.heard+all.framesCame == 0 {
			return &mcast.Advised{Err: errors.New(text + ", as nothing was heard"), Advice: b.set.about(b.groups[0]).command()}
		}
		return errors.New(text)
	case b.findings > 0 || all.limited+all.lost+all.framesOver+all.dropped+losses.Kernel+losses.Link > 0 || all.waiting > 0:
		return status(exitDoubt)
	}
	return nil
}
