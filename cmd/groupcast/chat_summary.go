package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// talkSummary is what is left of a conversation when its screen is gone.
type talkSummary struct {
	snap   session.Snapshot
	lasted time.Duration
	ask    question // for when something is wrong, or nobody else is heard
	last   bool     // no command is next: one leads through the demonstration, and in a seat of a class is no shell
}

// rows are seven at most: a few facts, and one command.
func (t talkSummary) rows() []string {
	s, c := t.snap, t.snap.Room.Counters
	where := "not joined"
	if names := joinedNames(s); len(names) > 0 {
		where = "joined on " + chat.ShortList(names)
	}
	rows := []string{fmt.Sprintf("groupcast: %s in %s, %s", shortly(t.lasted.Round(time.Second)), chat.Clean(s.Group.String()), where)}
	add := func(format string, args ...any) { rows = append(rows, "  "+fmt.Sprintf(format, args...)) }
	heard, hosts, here := chat.Count(int(c.Texts), "datagram"), chat.Count(s.Room.SendersTotal, "host"), len(s.Room.Local) > 0
	if text := membersText(s.Members); text != "" {
		add("%s", text)
	}
	switch {
	case c.Texts == 0 && anyMember(s.Members): // which said it, or nothing
	case c.Texts == 0 && len(s.Members.Others) > 0:
		add("heard frames of another room from %s, which cannot be read without its key", addrText(s.Members.Others[0].From))
	case c.Texts == 0:
		add("heard nobody else; silence proves nothing")
	case s.Room.SendersTotal == 0:
		add("heard %s from other programs of this host, and no other host", heard)
	case here:
		add("heard %s from %s and from other programs of this one", heard, hosts)
	default:
		add("heard %s from %s", heard, hosts)
	}
	if c.Sent+c.Failed > 0 {
		add("%s", saidText(c))
	}
	if s.Dropped > 0 {
		add("lost %s: they found the receive buffer full", chat.Count(int(s.Dropped), "datagram"))
	}
	if len(s.Findings) > 0 {
		more := ""
		if n := len(s.Findings) - 1; n > 0 {
			more = fmt.Sprintf(" (and %d more)", n)
		}
		add("%s%s", headline(s.Findings[0]), more)
	}
	switch {
	case t.last:
	case len(s.Findings) > 0, s.Room.SendersTotal == 0 && !anyMember(s.Members) && len(s.Members.Others) == 0:
		ask := t.ask
		ask.hops = s.Hops
		if s.Group != ask.group { // of the commands of the screen
			ask.group, ask.from = s.Group, s.Group.Source
		}
		add("next: %s", ask.command())
	}
	return rows
}

func (t talkSummary) write(out io.Writer) {
	for _, row := range t.rows() {
		fmt.Fprintln(out, row)
	}
}

// saidText says what became of the lines that were said. The group and the way
// out may have changed meanwhile.
func saidText(c chat.Counters) string {
	text := "sent " + chat.Count(int(c.Sent), "line")
	if c.Failed > 0 {
		text += fmt.Sprintf(", and %d could not be sent", c.Failed)
	}
	switch {
	case c.Stayed > 0 && c.Stayed == c.Sent:
		text += "; nothing left this host, with TTL 0"
	case c.Stayed > 0:
		text += fmt.Sprintf(", of which %d stayed on this host, with TTL 0", c.Stayed)
	}
	switch {
	case c.Missing > 0:
		return text + "; no own copy of " + chat.Count(int(c.Missing), "line")
	case c.Reached > 0 && c.Reached >= c.Sent:
		return text + "; a member confirmed each of them"
	case c.Reached > 0:
		return text + fmt.Sprintf("; a member confirmed %d of them", c.Reached)
	case c.OwnCopies > 0:
		return text + "; own copies came back, which proves nothing about other hosts"
	}
	return text
}

func anyMember(m session.Members) bool { return len(m.Snapshot.Members)+len(m.Gone) > 0 }

// membersText says who was there, and what became of their lines; "" where there was
// no other member.
func membersText(m session.Members) string {
	if !anyMember(m) {
		return ""
	}
	all := slices.Concat(m.Snapshot.Members, m.Gone)
	var names []string
	lines, repaired := 0, 0
	for _, one := range all {
		names = append(names, memberName(one.Who))
		lines += one.Texts
		repaired += one.Repaired
	}
	text := chat.Count(len(all), "member")
	if m.More > 0 {
		text += fmt.Sprintf(" (and %d more, heard but not listed)", m.More)
	}
	text += ": " + someNames(names) + "; "
	switch {
	case lines == 0:
		text += "nothing was said by them"
	default:
		text += chat.Count(lines, "line") + " of theirs"
	}
	if repaired > 0 {
		text += fmt.Sprintf(", %d of them lost at first and sent again", repaired)
	}
	if m.Missing > 0 {
		text += fmt.Sprintf("; %d did not come", m.Missing)
	}
	return text
}

// someNames is names as a sentence has room for them.
func someNames(names []string) string {
	const most = 8
	if n := len(names) - most; n > 0 {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(names, ", ")
}
