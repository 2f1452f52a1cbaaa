package tui

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/session"
)

// whoMembers lists the members, a row for each, in words that need no screen; nil:
// nothing is known of members.
func whoMembers(s session.Snapshot, now time.Time) []string {
	m := s.Members
	mode := memberMode(s)
	switch {
	case mode == "":
		return nil
	case !m.On:
		return []string{mode + ": " + clean(m.Off)}
	}
	head := mode
	if m.Sealed {
		head = "sealed: only those who have its key read what is said here"
	}
	if m.Port != 0 {
		head += fmt.Sprintf(", port %d", m.Port)
	}
	rows := []string{fmt.Sprintf("%s; you are %s, %s", head, label(m.Self.Who), clean(m.Self.Fingerprint))}
	if text := session.SitesText(m.Sites); text != "" {
		rows = append(rows, text)
	}
	if len(m.Members) == 0 {
		rows = append(rows, "no other member is heard; to get one, "+clean(m.Invite))
	} else {
		sum := count(len(m.Members)+m.More, "other member")
		if n := len(m.Bridges); n > 0 {
			sum += " and " + count(n, "bridge")
		}
		rows = append(rows, sum+":")
	}
	var table [][]string
	for _, other := range m.Members[:min(len(m.Members), whoRows)] {
		table = append(table, whoMember(s, other, now))
	}
	listed := len(table)
	for _, bridge := range m.Bridges[:min(len(m.Bridges), whoRows)] {
		table = append(table, whoMember(s, bridge, now))
	}
	rows = append(rows, inColumns(table)...)
	if more := len(m.Members) + m.More - listed; more > 0 {
		rows = append(rows, thousands(uint64(more))+" more")
	}
	var gone []string
	for _, other := range m.Gone {
		gone = append(gone, label(other.Who)+" "+ago(now.Sub(other.Last)))
	}
	if len(gone) > 0 {
		rows = append(rows, "gone, and heard last: "+strings.Join(gone, ", "))
	}
	for _, text := range m.Notices {
		rows = append(rows, clean(text))
	}
	return rows
}

// whoMember is what is known of a member, in columns.
func whoMember(s session.Snapshot, m members.Member, now time.Time) []string {
	m = seen(s.Members, m)
	facts := []string{lossBoth(m), ago(now.Sub(m.Last))}
	if m.Verified {
		facts = append(facts, "verified")
	}
	if m.Repaired > 0 {
		facts = append(facts, count(m.Repaired, "line")+" repaired")
	}
	if m.From.IsValid() {
		facts = append(facts, clean(m.From.String()))
	}
	presence := presenceWords[m.Presence]
	if m.Bridge {
		presence = "bridge"
	}
	switch {
	case m.Site != "":
		presence += " at " + clean(m.Site)
	case m.Afar:
		presence += " beyond a bridge"
	}
	return []string{label(m.Who), clean(m.Fingerprint), presence, interfaceAt(s, m.IfIndex), cmp.Or(roundTripText(m.RoundTrip), "-"), strings.Join(facts, ", ")}
}

// inColumns aligns cells of rows that have equally many.
func inColumns(table [][]string) []string {
	var widths []int
	for _, cells := range table {
		for i, c := range cells {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], ansi.WcWidth.StringWidth(c))
		}
	}
	rows := make([]string, len(table))
	for n, cells := range table {
		var b strings.Builder
		for i, c := range cells {
			b.WriteString(c)
			if i < len(cells)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-ansi.WcWidth.StringWidth(c)+2))
			}
		}
		rows[n] = strings.TrimRight(b.String(), " ")
	}
	return rows
}
