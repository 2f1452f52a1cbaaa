package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/chat"
)

// whyWords say what became of a datagram, behind "dropped: " and behind a number.
var whyWords = map[bridge.Why]string{
	bridge.Standby:    "another bridge of the site led",
	bridge.Joined:     "the LANs are joined already",
	bridge.Limited:    "over --rate",
	bridge.TooLong:    "over --max-size",
	bridge.OneWay:     "the other direction only",
	bridge.Lost:       "lost: the hub was not reached, or nobody led",
	bridge.Unsent:     "the send failed",
	bridge.Own:        "sent by this bridge",
	bridge.Marked:     "sent by another bridge",
	bridge.IsProbe:    "a probe of a bridge",
	bridge.NotHere:    "to another address",
	bridge.Late:       "read 2 s too late",
	bridge.NotAllowed: "not from the networks of --from",
	bridge.Copy:       "a copy that a reflector brought",
	bridge.OwnSite:    "heard at this site",
	bridge.Duplicate:  "came before",
}

func whyText(w bridge.Why) string {
	if text, ok := whyWords[w]; ok {
		return text
	}
	return chat.CleanRow(string(w))
}

// atPort is "room-1 on eth0", or "eth0" where the site has no other name.
func atPort(p bridge.Port) string {
	site, name := chat.CleanRow(p.Site), chat.CleanRow(p.Interface)
	if site == name {
		return name
	}
	return site + " on " + name
}

// andList is "a", "a and b", "a, b and c"; of many the first two, and how many more.
func andList(names []string) string {
	if len(names) > chat.MostNames+1 {
		names = append(slices.Clone(names[:2]), fmt.Sprintf("%d more", len(names)-2))
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// groupNames are groups as a line has room for them.
func groupNames(groups []mcast.Group) string {
	var names []string
	for _, g := range groups {
		names = append(names, chat.CleanRow(g.Label()))
	}
	return andList(names)
}

// joinedText is the first line of a bridge without a hub.
func joinedText(ports []bridge.Port, groups []mcast.Group) string {
	var names []string
	for _, p := range ports {
		names = append(names, atPort(p))
	}
	is := "is"
	if len(groups) > 1 {
		is = "are"
	}
	return fmt.Sprintf("%s: %s %s carried between them", andList(names), groupNames(groups), is)
}

// portText is the first line about a port of a hub's client: whether it leads, and the
// other bridges of its site, as far as they have answered.
func portText(p bridge.Port, leads bool, groups []mcast.Group, place string, others []bridge.Status) string {
	var standing, leader []string
	for _, s := range others {
		at := chat.CleanRow(s.Bridge)
		if s.Addr.IsValid() {
			at = addrText(s.Addr)
		}
		switch {
		case s.Site != p.Site || slices.Contains(standing, at) || slices.Contains(leader, at):
		case s.Leads:
			leader = append(leader, at)
		default:
			standing = append(standing, at)
		}
	}
	what := groupNames(groups) + " by the hub at " + place
	switch {
	case leads && len(standing) == 1:
		return fmt.Sprintf("%s carries %s; %s stands by", atPort(p), what, standing[0])
	case leads && len(standing) > 1:
		return fmt.Sprintf("%s carries %s; %s stand by", atPort(p), what, andList(standing))
	case leads:
		return fmt.Sprintf("%s carries %s", atPort(p), what)
	case len(leader) > 0:
		return fmt.Sprintf("%s stands by: %s carries %s", atPort(p), andList(leader), what)
	}
	return fmt.Sprintf("%s does not lead yet: it will carry %s", atPort(p), what)
}

// leaseText says that a bridge leads now, or does not any more.
func leaseText(p bridge.Port, leads bool) string {
	if leads {
		return atPort(p) + ": this bridge leads now, and carries"
	}
	return atPort(p) + ": this bridge does not lead any more, and stands by"
}

// presenceText says that a bridge has come, or gone.
func presenceText(p bridge.Presence) string {
	what := "a bridge of " + chat.CleanRow(p.Site)
	if p.Addr.IsValid() {
		what += " at " + addrText(p.Addr)
	}
	if p.Joined {
		return what + " has joined"
	}
	return what + " has left"
}

// datagramLine is what -v prints of a datagram. One that was re-sent left with hops.
func datagramLine(e bridge.Event, on bridge.Port, hops int) string {
	what, from, ttl := string(e.Kind), e.From, e.Hops
	switch {
	case e.Kind == bridge.EventResent:
		what, from, ttl = "re-sent, from "+addrPortText(e.From), e.Via, hops
		if e.Message != nil {
			what += " of " + chat.CleanRow(e.Message.Site)
		}
	case e.Kind == bridge.EventDropped && e.Why == bridge.Lost:
		what = whyText(e.Why)
	case e.Kind == bridge.EventDropped:
		what += ": " + whyText(e.Why)
	}
	return fmt.Sprintf("%s  %s  %s → %s  ttl %d  %d B  %s", e.At.Format("15:04:05.000"), chat.CleanRow(on.Interface),
		addrPortText(from), chat.CleanRow(e.Group.String()), ttl, e.Bytes, what)
}

// manyOf is "1 datagram" or "1,204 datagrams".
func manyOf(n int, thing string) string { return chat.Many(uint64(max(n, 0)), thing) }
