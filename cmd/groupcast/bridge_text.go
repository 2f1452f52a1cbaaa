package main

import (
	"cmp"
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
	bridge.NotBridged: "for this LAN or one member",
	bridge.Forged:     "not signed by its author",
	bridge.Answered:   "this bridge answers it",
	bridge.Held:       "held, of the history",
	bridge.Nobody:     "there are no members",
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
	is := "is"
	if len(groups) > 1 {
		is = "are"
	}
	return fmt.Sprintf("%s: %s %s carried between them", portNames(ports), groupNames(groups), is)
}

// portNames are LANs as a line has room for them.
func portNames(ports []bridge.Port) string {
	var names []string
	for _, p := range ports {
		names = append(names, atPort(p))
	}
	return andList(names)
}

// carriesText says that a bridge leads its site, and which others stand by.
func carriesText(p bridge.Port, what string, standing []string) string {
	text := fmt.Sprintf("%s carries %s", atPort(p), what)
	switch len(standing) {
	case 0:
		return text
	case 1:
		return fmt.Sprintf("%s; %s stands by", text, standing[0])
	}
	return fmt.Sprintf("%s; %s stand by", text, andList(standing))
}

// presenceText says that a bridge has come, or gone.
func presenceText(p bridge.Presence, carried []mcast.Group) string {
	what := "a bridge of " + chat.CleanRow(p.Site)
	if p.Addr.IsValid() {
		what += " at " + addrText(p.Addr)
	}
	switch {
	case !p.Joined:
		return what + " has left"
	case len(p.Groups) == 0:
		return what + " has joined"
	case len(without(p.Groups, carried)) == len(p.Groups):
		return fmt.Sprintf("%s has joined, for %s: not for what this bridge carries", what, groupNames(p.Groups))
	}
	return fmt.Sprintf("%s has joined, for %s", what, groupNames(p.Groups))
}

// without are the groups of a list that are not in another.
func without(list, other []mcast.Group) (rest []mcast.Group) {
	for _, g := range list {
		if !slices.ContainsFunc(other, func(o mcast.Group) bool { return o.AddrPort() == g.AddrPort() }) {
			rest = append(rest, g)
		}
	}
	return rest
}

// datagramLine is what -v prints of a datagram. One that was re-sent left with hops.
func datagramLine(e bridge.Event, on bridge.Port, hops int) string {
	what, from, ttl, why := string(e.Kind), e.From, e.Hops, whyText
	if e.Frames {
		why = whyTextOfFrame
	}
	switch {
	case e.Kind == bridge.EventResent && !e.Frames:
		what, from, ttl = "re-sent, from "+addrPortText(e.From), e.Via, hops
		if e.Message != nil {
			what += " of " + chat.CleanRow(e.Message.Site)
		}
	case e.Kind == bridge.EventDropped && e.Why == bridge.Lost:
		what = why(e.Why)
	case e.Kind == bridge.EventDropped:
		what += ": " + why(e.Why)
	}
	if e.Frames {
		return frameLine(e, on, what)
	}
	return fmt.Sprintf("%s  %s  %s → %s  ttl %d  %d B  %s", e.At.Format("15:04:05.000"), chat.CleanRow(on.Interface),
		addrPortText(from), chat.CleanRow(e.Group.String()), ttl, e.Bytes, what)
}

// frameLine is datagramLine of a frame, or of what came on the port of frames. A frame of a
// site has no other sender.
func frameLine(e bridge.Event, on bridge.Port, what string) string {
	from := addrPortText(e.From)
	switch {
	case e.Parcel == nil:
	case e.Kind == bridge.EventResent:
		from, what = addrPortText(e.Via), "re-sent, of "+chat.CleanRow(e.Parcel.Site)
	default:
		from = chat.CleanRow(e.Parcel.Site)
	}
	return fmt.Sprintf("%s  %s  %s → %s  %d B  %s %s", e.At.Format("15:04:05.000"), chat.CleanRow(on.Interface),
		from, chat.CleanRow(e.Group.String()), e.Bytes, cmp.Or(frameName(e.Frame), "no frame"), what)
}

// manyOf is "1 datagram" or "1,204 datagrams".
func manyOf(n int, thing string) string { return chat.Many(uint64(max(n, 0)), thing) }
