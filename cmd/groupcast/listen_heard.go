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

// Anyone can forge senders: so many are counted, and so many are remembered.
const maxSenders, maxRows = 1 << 16, 1024

// tell notes who was heard, in which group and by which interface.
func (l *listener) tell(d mcast.Datagram, port uint16) {
	one := stream.Datagram{
		At: d.At, Group: netip.AddrPortFrom(d.To, port), From: d.From, IfIndex: d.IfIndex, Hops: d.Hops, Bytes: len(d.Data),
	}
	l.tally.Add(one)
	one.From = netip.AddrPortFrom(d.From.Addr(), 0)
	l.hosts.Add(one)
}

// jsonHeardLine is what --json says of one source at the end.
type jsonHeardLine struct {
	jsonHead // heard
	jsonHeard
}

// tellHeard says who was heard in that time, those that sent most first. That one
// stopped can be said only if all was read that came.
func (l *listener) tellHeard(all bool, lasted time.Duration) {
	if all {
		l.tally.Tick(time.Now())
		l.hosts.Tick(time.Now())
	}
	rows := l.tally.Snapshot()
	if !l.set.json {
		rows = byHost(l.hosts.Snapshot(), rows)
	}
	slices.SortStableFunc(rows, func(a, b stream.Row) int { return b.Datagrams - a.Datagrams })
	if list, err := host.Interfaces(); err == nil {
		networks := host.NetworksOf(list)
		for n := range rows {
			rows[n].Local = networks.Ours(rows[n].From.Addr())
		}
	}
	if l.set.json {
		for _, row := range rows {
			writeJSON(l.out, jsonHeardLine{headOf("heard"), heardObject(row, groupOf(row), l.by(row))})
		}
		return
	}
	if len(rows) > 0 && !slices.ContainsFunc(rows, func(r stream.Row) bool { return !r.Local }) {
		l.remark("nobody but this host was heard in " + shortly(lasted))
	}
	if l.heard.datagrams == 1 {
		return // its line has said it
	}
	for n, row := range rows {
		if n == mostHeard {
			more := "heard: and %d more"
			if len(rows) == maxRows {
				more += ", and maybe others before them"
			}
			l.remark(fmt.Sprintf(more, len(rows)-n))
			return
		}
		l.remark(l.heardText(row))
	}
}

// heardText is a row, with its group if it could be another.
func (l *listener) heardText(row stream.Row) string {
	where, text, group := "heard", row.Text(l.by(row), row.When()), groupOf(row)
	switch {
	case !group.Addr.IsValid() || len(l.ears) == 1 && !l.set.multicastAll:
	case group.Port == l.ears[0].group.Port:
		where = "heard in " + addrText(group.Addr)
	default:
		where = "heard in " + chat.Clean(group.String())
	}
	if row.Local {
		text += ", of this host itself"
	}
	return where + ": " + text
}

// byHost gives the rows of hosts their ports: how many, and which if it is one.
func byHost(hosts, ports []stream.Row) []stream.Row {
	of := map[stream.Key][]stream.Row{}
	for _, row := range ports {
		key := row.Key
		key.From = netip.AddrPortFrom(key.From.Addr(), 0)
		of[key] = append(of[key], row)
	}
	for n, row := range hosts {
		if same := of[row.Key]; len(same) == 1 && same[0].Datagrams == row.Datagrams {
			hosts[n] = same[0]
		} else {
			hosts[n].Ports = len(same)
		}
	}
	return hosts
}

func groupOf(row stream.Row) mcast.Group {
	return mcast.Group{Addr: row.Group.Addr(), Port: row.Group.Port()}
}

// by is the name of a row's interface.
func (l *listener) by(row stream.Row) string {
	if name := l.names[row.IfIndex]; name != "" {
		return name
	}
	return fmt.Sprintf("#%d", row.IfIndex)
}
