package igmp

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// A story is a script of what is heard when, with what a View tells of it indented
// below each line:
//
//	TIME HOST query vN [GROUP[/SOURCE,...]] [every=D] [within=D] [robustness=N] [suppress]
//	TIME HOST report vN GROUP           of IGMPv1, IGMPv2, MLDv1
//	TIME HOST report vN TYPE=GROUP[/SOURCE,...] ...
//	TIME HOST leave vN GROUP
//	TIME HOST neighbour
//	TIME HOST hops=N                    a report that crossed a router
//	TIME wait
//	TIME show                           the snapshot
//
// HOST is an address, or an address@MAC; me=ADDRESS is this host. What is heard is
// on eth2, and IGMP or MLD as the address is.
type story struct {
	t    *testing.T
	view View
}

func (s *story) tell(script string) string {
	var told strings.Builder
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		words := strings.Fields(line)
		if len(words) < 2 || !isTime(words[0]) {
			continue
		}
		told.WriteString(line + "\n")
		offset, _ := time.ParseDuration(words[0])
		at := began.Add(offset)
		if words[1] == "show" {
			for _, row := range show(s.view.Snapshot(at)) {
				told.WriteString("\t" + row + "\n")
			}
			continue
		}
		for _, e := range s.step(at, words[1:]) {
			told.WriteString("\t" + eventText(e, at) + "\n")
		}
	}
	return told.String()
}

func isTime(word string) bool {
	_, err := time.ParseDuration(word)
	return err == nil
}

func (s *story) step(at time.Time, words []string) []Event {
	if words[0] == "wait" {
		return s.view.Expire(at)
	}
	host, out := strings.CutPrefix(words[0], "me=")
	host, hardware, _ := strings.Cut(host, "@")
	seen := Seen{At: at, Interface: 2, Out: out}
	if hardware != "" {
		link, err := net.ParseMAC(hardware)
		if err != nil {
			s.t.Fatal(err)
		}
		seen.Link = link
	}
	from := netip.MustParseAddr(host)
	if words[1] == "neighbour" {
		return s.view.Neighbour(Neighbour{Interface: 2, Addr: from, Link: seen.Link, At: at})
	}
	m := Message{Family: familyOf(from), From: from, Hops: 1}
	switch verb := words[1]; verb {
	case "query":
		m.Kind, m.MaxResponse = Query, 10*time.Second
	case "report":
		m.Kind = Report
	case "leave":
		m.Kind = Leave
	default:
		s.t.Fatalf("no verb: %s", verb)
	}
	fmt.Sscanf(words[2], "v%d", &m.Version)
	if m.Kind == Query && (m.Family == IGMP && m.Version == 3 || m.Family == MLD && m.Version == 2) {
		m.Interval, m.Robustness = 125*time.Second, 2
	}
	for _, w := range words[3:] {
		s.read(&m, w)
	}
	return s.view.Add(m, seen)
}

var recordTypes = map[string]RecordType{
	"is-include": IsInclude, "is-exclude": IsExclude, "to-include": ToInclude, "to-exclude": ToExclude, "allow": Allow, "block": Block,
}

func (s *story) read(m *Message, word string) {
	name, value, _ := strings.Cut(word, "=")
	group, sources := groupOf(cmpOr(value, name))
	switch name {
	case "every":
		m.Interval, _ = time.ParseDuration(value)
	case "within":
		m.MaxResponse, _ = time.ParseDuration(value)
	case "robustness":
		fmt.Sscan(value, &m.Robustness)
	case "hops":
		fmt.Sscan(value, &m.Hops)
	case "suppress":
		m.Suppress = true
	default:
		switch typ, is := recordTypes[name]; {
		case is:
			m.Records = append(m.Records, Record{Type: typ, Group: group, Sources: sources})
		case group.IsValid():
			m.Group, m.Sources = group, sources
		default:
			s.t.Fatalf("what is %q?", word)
		}
	}
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func groupOf(text string) (group netip.Addr, sources []netip.Addr) {
	text, list, _ := strings.Cut(text, "/")
	group, _ = netip.ParseAddr(text)
	for source := range strings.SplitSeq(list, ",") {
		if a, err := netip.ParseAddr(source); err == nil {
			sources = append(sources, a)
		}
	}
	return group, sources
}

func eventText(e Event, at time.Time) string {
	words := []string{string(e.Kind)}
	if e.Group.IsValid() {
		words = append(words, e.Group.String())
	}
	switch {
	case e.Self:
		words = append(words, "me")
	case e.Host.IsValid():
		words = append(words, e.Host.String())
	case e.Link != nil:
		words = append(words, e.Link.String())
	}
	if e.Kind == SightChanged {
		words = append(words, e.Sight.String())
	}
	if !e.At.Equal(at) {
		words = append(words, "at "+e.At.Sub(began).String())
	}
	return strings.Join(words, " ") + ": " + e.Why
}

// show is a snapshot in lines.
func show(s Snapshot) (rows []string) {
	for _, l := range s.Links {
		rows = append(rows, fmt.Sprintf("%s sees %s: %s", l.Family, l.Sight, l.Why))
		for _, q := range l.Queriers {
			row := fmt.Sprintf("querier %s v%d every %s", q.Addr, q.Version, span(q.Interval))
			if q.Elected {
				row += ", elected"
			}
			rows = append(rows, row+", gone at "+q.Expires.Sub(began).String())
		}
		for _, g := range l.Groups {
			for _, m := range g.Members {
				row := fmt.Sprintf("%s %s v%d %s", g.Addr, who(m), m.Version, state{exclude: m.Mode == Exclude, sources: m.Sources})
				if g.AtLeast {
					row += ", at least"
				}
				rows = append(rows, row+", expires at "+m.Expires.Sub(began).String())
			}
		}
		for _, reason := range slices.Sorted(mapKeys(l.Counters.Bad)) {
			rows = append(rows, fmt.Sprintf("bad: %s %d", reason, l.Counters.Bad[reason]))
		}
	}
	return rows
}

func who(m Member) string {
	switch {
	case m.Self:
		return "me"
	case m.Host.IsValid():
		return m.Host.String()
	}
	return m.Link.String()
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func TestStories(t *testing.T) {
	for _, tt := range stories {
		t.Run(tt.name, func(t *testing.T) {
			s := story{t: t}
			var want strings.Builder
			for line := range strings.Lines(tt.script) {
				if line = strings.TrimSpace(line); line != "" {
					if !isTime(strings.Fields(line)[0]) {
						line = "\t" + line
					}
					want.WriteString(line + "\n")
				}
			}
			if got := s.tell(tt.script); got != want.String() {
				t.Errorf("the View tells\n%s\nwant\n%s", got, want.String())
			}
		})
	}
}
