package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/chat"
)

// findingWords say what a bridge has found out about a group, and no more than was seen.
func (b *bridgeCommand) findingWords(f bridge.Finding, on bridge.Port, g mcast.Group) string {
	site, other, from, group := chat.CleanRow(f.Site), chat.CleanRow(f.Other), addrPortText(f.From), chat.CleanRow(g.String())
	through, of := "", ""
	if f.From.IsValid() {
		through, of = ", by "+from, " from "+from
	}
	switch f.Name {
	case bridge.JoinedAlready:
		if f.Stops != "" && b.oneLAN(f, on) {
			return fmt.Sprintf("%s and %s are one LAN: give their bridges one site name; until then %s stops for %s", site, other, chat.CleanRow(f.Stops), group)
		}
		if f.Stops == "" {
			return fmt.Sprintf("%s and %s are joined already in one direction%s: that direction is not carried for %s", site, other, through, group)
		}
		return fmt.Sprintf("%s and %s are joined already%s: %s stops for %s", site, other, through, chat.CleanRow(f.Stops), group)
	case bridge.JoinedNoMore:
		return fmt.Sprintf("%s and %s are not joined any more: %s is carried again", site, other, group)
	case bridge.SecondHub:
		if f.Count > 1 {
			return fmt.Sprintf("%d bridges that no site knows send to %s at %s, one of them%s: perhaps they are of another hub", f.Count, group, site, of)
		}
		return fmt.Sprintf("a bridge that no site knows sends to %s at %s%s: perhaps it is of another hub", group, site, of)
	case bridge.ManyRepeats:
		return fmt.Sprintf("within 10 s, %s to %s at %s had the bytes of one just sent again, and no probe came back: nothing is dropped", manyOf(f.Count, "datagram"), group, site)
	case bridge.AnswersStay:
		they, last := "they", ""
		if f.Count == 1 {
			they = "it"
		} else if of != "" {
			last = ", the last"
		}
		return fmt.Sprintf("%s came to the bridge at %s%s%s: %s cannot reach the program that asked", manyOf(f.Count, "unicast answer"), site, last, of, they)
	case bridge.OverRate:
		if f.Other != "" {
			return fmt.Sprintf("%s: %s of %s is over %s a second: %s not sent again (--rate)", atPort(on), group, other, strconv.FormatFloat(b.rate, 'f', -1, 64), manyOf(f.Count, "datagram"))
		}
		return fmt.Sprintf("%s: %s is over %s a second: %s not carried (--rate)", atPort(on), group, strconv.FormatFloat(b.rate, 'f', -1, 64), manyOf(f.Count, "datagram"))
	case bridge.OverMTU:
		if f.Count > 0 {
			return fmt.Sprintf("a datagram of %s to %s leaves %s in fragments: if one is lost, all are", manyOf(f.Count, "byte"), group, chat.CleanRow(on.Interface))
		}
		return fmt.Sprintf("a datagram to %s leaves %s in fragments: if one is lost, all are", group, chat.CleanRow(on.Interface))
	case bridge.SiteAway:
		return fmt.Sprintf("%s is away: nothing has come of it for %d s", other, f.Count)
	case bridge.SiteBack:
		return other + " is back"
	case bridge.FramesDropped:
		were := "were dropped, the oldest first"
		if f.Count == 1 {
			were = "was dropped"
		}
		return fmt.Sprintf("%s of members %s: too many waited for the hub, or for more than an hour", manyOf(f.Count, "frame"), were)
	case bridge.NoHistory:
		why := ""
		if f.Err != nil {
			why = ": " + chat.CleanRow(f.Err.Error())
		}
		if slices.ContainsFunc(b.ports, func(p bridge.Port) bool { return b.leads[p.Site] }) {
			return fmt.Sprintf("the hub keeps no history%s; frames cross, and what is lost on the way to it stays lost", why)
		}
		return "the hub keeps no history" + why
	}
	return fmt.Sprintf("%s: %s, %s", chat.CleanRow(string(f.Name)), atPort(on), group)
}

// findingPages are the pages about findings.
var findingPages = map[bridge.FindingName]string{
	bridge.JoinedAlready: "joined-already", bridge.JoinedNoMore: "joined-already", bridge.SecondHub: "beyond-one-lan",
	bridge.ManyRepeats: "beyond-one-lan", bridge.AnswersStay: "answers-stay-behind", bridge.OverRate: "beyond-one-lan", bridge.OverMTU: "over-mtu",
	bridge.NoHistory: "beyond-one-lan", bridge.FramesDropped: "beyond-one-lan", bridge.SiteAway: "beyond-one-lan", bridge.SiteBack: "beyond-one-lan",
}

// findingLine is a finding as it is printed, with the page that explains it.
func (b *bridgeCommand) findingLine(at time.Time, f bridge.Finding, on bridge.Port, g mcast.Group) string {
	page := ""
	if name := findingPages[f.Name]; name != "" {
		page = fmt.Sprintf(" (groupcast explain %s)", name)
	}
	return fmt.Sprintf("%s  %s%s", at.Format(time.TimeOnly), b.findingWords(f, on, g), page)
}

// oneLAN reports that two LANs that are joined are one: with a TTL of 1 a bridge's own
// datagram, from an address of this LAN's networks, passes no router.
func (b *bridgeCommand) oneLAN(f bridge.Finding, on bridge.Port) bool {
	at := f.From.Addr().Unmap().WithZone("")
	return f.From.Port() == bridge.Mark && b.set.ttl <= 1 && b.isNear(on, at)
}

// isNear reports an address of the networks of a port.
func (b *bridgeSight) isNear(on bridge.Port, at netip.Addr) bool {
	return slices.ContainsFunc(b.nets[on.Interface], func(p netip.Prefix) bool { return p.Contains(at) })
}
