package main

import (
	"cmp"
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
		At: d.At, Group: netip.AddrPortFrom(d.To, port), From: d.From, IfIndex: d.IfIndex, Hops: d.Hops,
		Bytes: max(d.Size, len(d.Data)), Payload: d.Data, Drops: d.Drops,
	}
	l.tally.Add(&one)
	// Which of a host's sockets a number is of its port tells.
	one.From, one.Payload = netip.AddrPortFrom(d.From.Addr(), 0), nil
	l.hosts.Add(&one)
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

// byHost gives the rows of hosts their ports: how many, and which if it is one. What
// numbers told is added up.
func byHost(hosts, ports []stream.Row) []stream.Row {
	type of struct {
		rows      []stream.Row
		ports     map[uint16]bool
		datagrams int
		numbers   []stream.Numbers
		copied    *stream.Copied // of one of them
	}
	all := map[stream.Key]*of{}
	for _, row := range ports {
		key := row.Key
		key.From, key.Sub = netip.AddrPortFrom(key.From.Addr(), 0), 0
		o := all[key]
		if o == nil {
			o = &of{ports: map[uint16]bool{}}
			all[key] = o
		}
		o.rows = append(o.rows, row)
		o.copied = cmp.Or(o.copied, row.Copied)
		o.ports[row.From.Port()] = true
		o.datagrams += row.Datagrams
		o.numbers = append(o.numbers, row.Numbers)
	}
	for n := range hosts {
		row := &hosts[n]
		o := all[row.Key]
		switch {
		case o == nil:
		case len(o.rows) == 1 && o.datagrams == row.Datagrams:
			*row = o.rows[0]
		case len(o.ports) == 1 && o.datagrams == row.Datagrams:
			row.From, row.Numbers = o.rows[0].From, stream.Sum(o.numbers...) // several streams of one socket
		default:
			row.Ports, row.Numbers = len(o.ports), stream.Sum(o.numbers...)
		}
		if o != nil && row.Copied == nil {
			row.Copied = o.copied
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
