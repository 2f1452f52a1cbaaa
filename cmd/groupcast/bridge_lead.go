package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/chat"
)

// mostBeside bounds the bridges of this site that are remembered: each can announce as
// many as it likes.
const mostBeside = 64

// note remembers a bridge of this site, as it has announced itself.
func (b *bridgeSight) note(p bridge.Presence) {
	same := func(o bridge.Presence) bool { return o.Bridge == p.Bridge && o.Site == p.Site }
	b.beside, b.afar = slices.DeleteFunc(b.beside, same), slices.DeleteFunc(b.afar, same)
	ours := slices.ContainsFunc(b.ports, func(o bridge.Port) bool { return o.Site == p.Site })
	if p.Joined && ours && p.Bridge != b.name && len(b.beside) < mostBeside {
		b.beside = append(b.beside, p)
	}
	if p.Joined && !ours && len(b.afar) < mostBeside {
		b.afar = append(b.afar, p)
	}
}

// placeOf is the address of a bridge of this site, or its name.
func placeOf(p bridge.Presence) string {
	if p.Addr.IsValid() {
		return addrText(p.Addr)
	}
	return chat.CleanRow(p.Bridge)
}

// stood takes how all bridges stand. Without this bridge's own answer the hub is perhaps
// away, and nothing follows from it that another is missing.
func (b *bridgeCommand) stood(list []bridge.Status) {
	b.answered, b.asking = true, false
	if len(list) > 0 {
		b.statuses, b.beside = nil, nil
	}
	own := false
	for _, s := range list {
		if s.Bridge == b.name {
			own = true
			continue
		}
		b.statuses = append(b.statuses, s)
		p := bridge.Presence{Site: s.Site, Bridge: s.Bridge, Addr: s.Addr, Joined: true, Groups: []mcast.Group{s.Group}}
		if n := slices.IndexFunc(b.beside, func(o bridge.Presence) bool { return o.Bridge == s.Bridge && o.Site == s.Site }); n >= 0 {
			p.Groups = append(p.Groups, b.beside[n].Groups...)
		}
		b.note(p)
	}
	b.counted = own
	b.beginSites(false)
	for _, p := range b.ports {
		switch leader, led := b.leaderOf(p.Site); {
		case !b.unled[p.Site]:
		case led:
			b.standsBy(p, leader, time.Now().Format(time.TimeOnly)+"  ")
		case own:
			delete(b.unled, p.Site)
			b.line(fmt.Sprintf("%s  %s: this bridge does not lead any more: its interface or the sends failed", time.Now().Format(time.TimeOnly), atPort(p)))
		}
	}
}

// leaderOf is the other bridge that has said that it leads a site.
func (b *bridgeSight) leaderOf(site string) (leader bridge.Presence, led bool) {
	n := slices.IndexFunc(b.statuses, func(s bridge.Status) bool { return s.Site == site && s.Leads })
	if n < 0 {
		return leader, false
	}
	return b.called(site, b.statuses[n].Bridge), true
}

// called is the bridge of a site that has this name.
func (b *bridgeSight) called(site, name string) bridge.Presence {
	for _, p := range b.beside {
		if p.Site == site && p.Bridge == name {
			return p
		}
	}
	return bridge.Presence{Site: site, Bridge: name}
}

// beginSites prints the first line about each site where it is known who leads; late: also
// where it is not.
func (b *bridgeCommand) beginSites(late bool) {
	if b.place == "" || !b.answered && !late {
		return
	}
	what := groupNames(b.groups) + " by the hub at " + b.place
	for _, p := range b.ports {
		leader, led := b.leaderOf(p.Site)
		switch {
		case b.begun[p.Site]:
			continue
		case b.leads[p.Site]:
			b.line(carriesText(p, what, b.standing(p.Site)) + b.notElsewhere(p))
		case led:
			b.standsBy(p, leader, "")
		case late:
			b.line(fmt.Sprintf("%s does not lead yet: it will carry %s", atPort(p), what))
		default:
			continue
		}
		b.begun[p.Site] = true
	}
}

// waits reports a site whose first line is not printed.
func (b *bridgeSight) waits() bool {
	return slices.ContainsFunc(b.ports, func(p bridge.Port) bool { return !b.begun[p.Site] })
}

// standing are the bridges of a site that stand by.
func (b *bridgeSight) standing(site string) (places []string) {
	for _, p := range b.beside {
		leads := slices.ContainsFunc(b.statuses, func(s bridge.Status) bool { return s.Site == site && s.Bridge == p.Bridge && s.Leads })
		if at := placeOf(p); p.Site == site && !leads && !slices.Contains(places, at) {
			places = append(places, at)
		}
	}
	return places
}

// notElsewhere says which groups no other site has.
func (b *bridgeSight) notElsewhere(p bridge.Port) string {
	if !b.counted || len(b.ports) > 1 {
		return ""
	}
	var there []mcast.Group
	for _, s := range b.statuses {
		if s.Site != p.Site {
			there = append(there, s.Group)
		}
	}
	for _, p := range b.afar { // they began just now, and had no answer yet
		there = append(there, p.Groups...)
	}
	missing := without(b.groups, there)
	switch {
	case len(missing) == 0:
		return ""
	case len(missing) < len(b.groups):
		return "; no other site carries " + groupNames(missing) + " yet"
	case len(missing) == 1:
		return "; no other site carries it yet"
	}
	return "; no other site carries them yet"
}

// standsBy says that another bridge leads, and what is wrong with that.
func (b *bridgeCommand) standsBy(p bridge.Port, leader bridge.Presence, at string) {
	missing := without(b.groups, leader.Groups)
	if len(leader.Groups) == 0 { // not known
		missing = nil
	}
	place := placeOf(leader)
	switch carried := without(b.groups, missing); {
	case at != "":
		b.line(fmt.Sprintf("%s%s: this bridge does not lead any more, and stands by: %s leads", at, atPort(p), place))
	case len(carried) > 0:
		b.line(fmt.Sprintf("%s stands by: %s carries %s by the hub at %s", atPort(p), place, groupNames(carried), b.place))
	}
	delete(b.unled, p.Site)
	if b.doubted[leader.Bridge] || len(b.doubted) >= mostBeside {
		return
	}
	b.doubted[leader.Bridge] = true
	if len(missing) > 0 {
		b.otherGroups(p, place, missing)
	}
	if a := leader.Addr; a.IsValid() && len(b.nets[p.Interface]) > 0 && !b.isNear(p, a.Unmap().WithZone("")) {
		complain(b.errs, &mcast.Advised{
			Err:    fmt.Errorf("%s is not on the networks of %s: if this is another LAN, it needs a hub file of its own", place, chat.CleanRow(p.Interface)),
			Advice: "groupcast hub --site NAME, where the hub runs",
		})
	}
}

// otherGroups tells of groups that this site's leader does not carry.
func (b *bridgeCommand) otherGroups(p bridge.Port, leader string, missing []mcast.Group) {
	b.doubts++
	text := func(groups []mcast.Group) string {
		return fmt.Sprintf("%s stands by: %s leads, and does not carry %s: nobody does", atPort(p), leader, groupNames(groups))
	}
	if !b.set.json {
		complain(b.errs, &mcast.Advised{Err: errors.New(text(missing)), Advice: "name the same groups at all bridges of a site"})
		return
	}
	for _, g := range missing {
		writeJSON(b.out, jsonBridgeFinding{
			jsonHead: jsonHead{Type: string(bridge.EventFinding), Time: time.Now()}, Name: string(bridge.OtherGroups), Group: chat.CleanRow(g.String()),
			Site: chat.CleanRow(p.Site), Text: text([]mcast.Group{g}),
		})
	}
}

// leased prints that this bridge leads now, or does not any more. Why it does not is asked
// for, unless it is known.
func (b *bridgeCommand) leased(e bridge.Event, on bridge.Port) {
	b.leads[e.Site] = e.Leads
	at := e.At.Format(time.TimeOnly) + "  "
	switch {
	case e.Leads:
		delete(b.unled, e.Site)
		if b.begun[e.Site] {
			b.line(at + atPort(on) + ": this bridge leads now, and carries")
		}
	case b.begun[e.Site] && e.Leader != "":
		b.standsBy(on, b.called(e.Site, e.Leader), at)
	case b.begun[e.Site]:
		b.unled[e.Site] = true
	}
	b.beginSites(false)
}
