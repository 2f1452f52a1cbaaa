package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/session"
)

// whoRows is the most hosts that are listed.
const whoRows = 64

// who lists the hosts that were heard, in the order of their addresses, a row for each, in words that need no
// screen.
func who(s session.Snapshot, now time.Time) []string {
	room := s.Room
	where := clean(s.Group.AddrPort().String())
	if len(s.Groups) > 1 {
		where = count(len(s.Groups), "group") // the room does not tell who was heard where
	}
	if s.Group.Source.IsValid() && len(s.Groups) <= 1 {
		where += ", where only " + clean(s.Group.Source.String()) + " is heard"
	}
	rows := whoMembers(s, now)
	known := len(rows) > 0 && len(s.Members.Members) > 0
	senders, local := others(room.Senders, s.Members), others(room.Local, s.Members)
	total := max(room.SendersTotal, len(room.Senders)) - (len(room.Senders) - len(senders))
	switch {
	case known && len(senders)+len(local) == 0:
	case known:
		rows = append(rows, fmt.Sprintf("other programs heard in %s: %s", where, count(total, "host")))
	case len(senders) == 0 && len(s.Members.Bridges) > 0:
		rows = append(rows, "nobody but bridges was heard yet in "+where+": others may be quiet, here and at the other sites")
	case len(senders) == 0:
		rows = append(rows, "nobody else was heard yet in "+where+": silence proves nothing; others may be quiet, or their datagrams may not arrive here")
	default:
		rows = append(rows, fmt.Sprintf("heard in %s: %s", where, count(total, "host")))
	}
	listed := sortedHosts(senders[:min(len(senders), whoRows)])
	hosts := slices.Concat(listed, sortedHosts(local))
	name, by := 0, 0
	for _, host := range hosts {
		name = max(name, len([]rune(hostName(host))))
		by = max(by, len([]rune(clean(host.Interface))))
	}
	for n, host := range hosts {
		facts := whoFacts(s, host, now)
		if n >= len(listed) {
			facts = append([]string{"this host"}, facts...)
		}
		rows = append(rows, fmt.Sprintf("%-*s  %-*s  %s", name, hostName(host), by, clean(host.Interface), strings.Join(facts, ", ")))
	}
	if more := total - len(listed); more > 0 && len(listed) > 0 {
		rows = append(rows, thousands(uint64(more))+" more, heard longer ago")
	}
	rows = append(rows, reporters(s, now)...)
	if len(s.Blocked) > 0 {
		names := blockedSources(s, 0)
		more := ""
		if len(names) > whoRows {
			more = fmt.Sprintf(" and %d more", len(names)-whoRows)
			names = names[:whoRows]
		}
		rows = append(rows, "blocked in "+clean(s.Group.Addr.String())+", so not heard there: "+clean(strings.Join(names, ", "))+more)
	}
	return rows
}

// whoFacts is what is known of a host that was heard.
func whoFacts(s session.Snapshot, host chat.Sender, now time.Time) []string {
	facts := []string{count(host.Datagrams, "datagram")}
	if ttl := ttlOf(host); ttl != "" {
		facts = append(facts, ttl)
	}
	facts = append(facts, perSecond(host.Rate), ago(now.Sub(host.Last)))
	for _, r := range s.Heard {
		// Of several sockets, the gaps of each say nothing about the host.
		if gap := r.LongestGap(); gap != "" && portCount(host) == "" && r.From.Addr() == host.Addr && r.IfIndex == host.IfIndex {
			facts = append(facts, gap)
		}
	}
	if isBlocked(s, host.Addr) {
		facts = append(facts, "blocked in "+clean(s.Group.Addr.String()))
	}
	if ports := portList(host); ports != "" {
		facts = append(facts, ports)
	}
	return facts
}

// reporters are the members of the group that were never heard: their reports were
// seen, so they would hear what is sent. A line for each interface.
func reporters(s session.Snapshot, now time.Time) (rows []string) {
	for _, i := range s.Interfaces {
		var names []string
		for _, r := range i.Wire.Others {
			if slices.ContainsFunc(s.Room.Senders, func(h chat.Sender) bool { return h.Addr == r.Host && h.IfIndex == i.Index }) {
				continue
			}
			if slices.ContainsFunc(s.Members.Members, func(m members.Member) bool {
				return m.From.Addr().WithZone("") == r.Host.WithZone("") && m.IfIndex == i.Index
			}) {
				continue
			}
			name := "a host without an address"
			if r.Host.IsValid() {
				name = clean(r.Host.String())
			}
			names = append(names, fmt.Sprintf("%s (v%d, %s)", name, r.Version, ago(now.Sub(r.Last))))
		}
		if len(names) == 0 {
			continue
		}
		text := fmt.Sprintf("reported on %s, and not heard: %s", clean(i.Name), strings.Join(names, ", "))
		if i.Wire.More > 0 {
			text += " and " + thousands(uint64(i.Wire.More)) + " more members"
		}
		if i.Wire.AtLeast {
			text += "; there may be more: a report silences those of other members"
		}
		rows = append(rows, text)
	}
	return rows
}
