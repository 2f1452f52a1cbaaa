package tui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/session"
)

// whoRows is the most senders that are listed.
const whoRows = 64

// who lists the senders that were heard, a row for each, in words that need no
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
	var rows []string
	if len(room.Senders) == 0 {
		rows = append(rows, "nobody was heard yet in "+where+": silence proves nothing; others may be quiet, or what they send may not get here")
	} else {
		rows = append(rows, fmt.Sprintf("heard in %s: %s", where, count(max(room.SendersTotal, len(room.Senders)), "sender")))
	}
	listed := room.Senders[:min(len(room.Senders), whoRows)]
	from, by := 0, 0
	for _, sender := range listed {
		from = max(from, len([]rune(clean(sender.From.String()))))
		by = max(by, len([]rune(clean(sender.Interface))))
	}
	for _, sender := range listed {
		facts := []string{count(sender.Datagrams, "datagram")}
		if sender.Hops != 0 {
			facts = append(facts, "ttl "+strconv.Itoa(sender.Hops))
		}
		facts = append(facts, perSecond(sender.Rate), ago(now.Sub(sender.Last)))
		for _, r := range s.Heard {
			if gap := r.LongestGap(); gap != "" && r.From == sender.From && r.IfIndex == sender.IfIndex {
				facts = append(facts, gap)
			}
		}
		if isBlocked(s, sender.From.Addr()) {
			facts = append(facts, "blocked in "+clean(s.Group.Addr.String()))
		}
		rows = append(rows, fmt.Sprintf("%-*s  %-*s  %s", from, clean(sender.From.String()), by, clean(sender.Interface), strings.Join(facts, ", ")))
	}
	if more := room.SendersTotal - len(listed); more > 0 && len(listed) > 0 {
		rows = append(rows, thousands(uint64(more))+" more, heard longer ago")
	}
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
