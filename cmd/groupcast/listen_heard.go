package main

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/stream"
)

// maxRows bounds who is remembered, since anyone can forge senders.
const maxRows = 1024

// tell notes who was heard, in which group and by which interface.
func (l *listener) tell(d mcast.Datagram, port uint16) {
	l.tally.Add(stream.Datagram{
		At: d.At, Group: netip.AddrPortFrom(d.To, port), From: d.From, IfIndex: d.IfIndex, Hops: d.Hops, Bytes: len(d.Data),
	})
}

// jsonHeardLine is what --json says of one source at the end.
type jsonHeardLine struct {
	Type string `json:"type"` // heard
	jsonHeard
}

// tellHeard says who was heard, those that sent most first. That one stopped can
// be said only if all was read that came.
func (l *listener) tellHeard(all bool) {
	if all {
		l.tally.Tick(time.Now())
	}
	rows := l.tally.Snapshot()
	slices.SortStableFunc(rows, func(a, b stream.Row) int { return b.Datagrams - a.Datagrams })
	var networks host.Networks
	if list, err := host.Interfaces(); err == nil {
		networks = host.NetworksOf(list)
	}
	for n, row := range rows {
		by, group := l.names[row.IfIndex], mcast.Group{Addr: row.Group.Addr(), Port: row.Group.Port()}
		if by == "" {
			by = fmt.Sprintf("#%d", row.IfIndex)
		}
		row.Local = networks.Ours(row.From.Addr())
		if l.set.json {
			writeJSON(l.out, jsonHeardLine{"heard", heardObject(row, group, by)})
			continue
		}
		if n == mostHeard {
			more := "heard: and %d more"
			if len(rows) == maxRows {
				more = "heard: and %d more, and maybe others before them"
			}
			l.remark(fmt.Sprintf(more, len(rows)-n))
			return
		}
		where, text := "heard", row.Text(by, row.When())
		if group.Addr.IsValid() && (len(l.ears) > 1 || l.set.multicastAll) {
			where = "heard in " + addrText(group.Addr)
			if group.Port != l.ears[0].group.Port {
				where = "heard in " + chat.Clean(group.String())
			}
		}
		if row.Local {
			text += ", of this host itself"
		}
		l.remark(where + ": " + text)
	}
}
