package main

import (
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/igmp"
)

// jsonWatching is what --json prints first: from now on events are seen.
type jsonWatching struct {
	jsonHead            // watching
	Interfaces []string `json:"interfaces"`
}

// jsonIGMPEvent is a change of the querier, of a member or of what is seen, as --json
// prints it. Fields are only added.
type jsonIGMPEvent struct {
	jsonHead           // igmp-event
	Event     string   `json:"event"` // member-joined and so on, as groupcast igmp --help lists them
	Interface string   `json:"interface"`
	IfIndex   int      `json:"ifindex"`
	Family    string   `json:"family,omitempty"`  // igmp, mld; left out of an event of the interface itself
	Group     string   `json:"group,omitempty"`   // its address alone
	Host      string   `json:"host,omitempty"`    // the member or the querier
	Link      string   `json:"link,omitempty"`    // its hardware address
	Version   int      `json:"version,omitempty"` // of its message
	Mode      string   `json:"mode,omitempty"`    // include, exclude
	Sources   []string `json:"sources,omitzero"`  // of the mode: only these, or all but these
	Self      bool     `json:"self"`              // it is this host
	Sight     string   `json:"sight,omitempty"`   // how much of others' reports its port sees by now: all, own, unknown
	Because   string   `json:"because,omitempty"`
}

func igmpEventObject(t *igmpText, e igmp.Event) jsonIGMPEvent {
	o := jsonIGMPEvent{
		jsonHead: jsonHead{Type: "igmp-event", Time: e.At}, Event: string(e.Kind), Interface: t.name(e.Interface), IfIndex: e.Interface,
		Group: addrText(e.Group), Host: addrText(e.Host), Link: linkText(e.Link), Version: e.Version, Mode: string(e.Mode), Self: e.Self,
		Because: chat.CleanRow(e.Why),
	}
	if e.Mode != "" {
		o.Sources = addrTexts(e.Sources)
	}
	if e.Family != 0 {
		o.Family, o.Sight = e.Family.String(), e.Sight.String()
	}
	return o
}

// jsonIGMP is what is known at one time, as --once --json prints it. Fields are only
// added.
type jsonIGMP struct {
	jsonHead                   // igmp
	Queriers []jsonQuerier     `json:"queriers"` // the elected one of a link first
	Members  []jsonIGMPMember  `json:"members"`  // of the groups that were asked about
	Counters []jsonIGMPCounter `json:"counters"` // of each link
	Sight    []jsonSight       `json:"sight"`    // of each link
}

// jsonQuerier is one that asks who is a member.
type jsonQuerier struct {
	Interface  string    `json:"interface"`
	IfIndex    int       `json:"ifindex"`
	Family     string    `json:"family"`                // igmp, mld
	Host       string    `json:"host"`                  // 0.0.0.0 or :: is a switch that asks without being a router
	Link       string    `json:"link,omitempty"`        // its hardware address
	Version    int       `json:"version"`               // of its queries
	IntervalMS float64   `json:"interval_ms,omitempty"` // between two queries; left out: not known yet
	ResponseMS float64   `json:"response_ms"`           // within which members answer
	Robustness int       `json:"robustness"`            // how many queries in a row may be lost
	Since      time.Time `json:"since"`                 // its first general query
	Last       time.Time `json:"last"`                  // its latest
	Expires    time.Time `json:"expires"`               // when it counts as gone
	Queries    uint64    `json:"queries"`               // how many
	Elected    bool      `json:"elected"`               // the others should fall silent
	Self       bool      `json:"self"`                  // it is this host
}

// jsonIGMPMember is a host that was seen to report a group.
type jsonIGMPMember struct {
	Interface string    `json:"interface"`
	IfIndex   int       `json:"ifindex"`
	Family    string    `json:"family"`         // igmp, mld
	Group     string    `json:"group"`          // its address alone
	Host      string    `json:"host,omitempty"` // left out: it reports from 0.0.0.0 or ::
	Link      string    `json:"link,omitempty"` // its hardware address
	Version   int       `json:"version"`        // of its latest report
	Mode      string    `json:"mode"`           // include, exclude
	Sources   []string  `json:"sources"`        // of the mode: only these, or all but these
	Since     time.Time `json:"since"`          // its first report
	Last      time.Time `json:"last"`           // its latest report
	Expires   time.Time `json:"expires"`        // when it counts as gone
	AtLeast   bool      `json:"at_least"`       // members silence each other there, so there may be more
	Self      bool      `json:"self"`           // it is this host: its report was seen leaving
}

// jsonIGMPCounter is how many messages were seen on a link.
type jsonIGMPCounter struct {
	Interface      string            `json:"interface"`
	IfIndex        int               `json:"ifindex"`
	Family         string            `json:"family"`          // igmp, mld
	Messages       uint64            `json:"messages"`        // good and bad
	Queries        uint64            `json:"queries"`         // how many
	Reports        uint64            `json:"reports"`         // how many
	OwnReports     uint64            `json:"own_reports"`     // sent by this host
	OthersReports  uint64            `json:"others_reports"`  // of other hosts
	Leaves         uint64            `json:"leaves"`          // how many
	Bad            map[string]uint64 `json:"bad,omitempty"`   // not believed, by reason
	Evicted        uint64            `json:"evicted"`         // members forgotten because there were too many
	SourcesDropped uint64            `json:"sources_dropped"` // not kept of members that named too many
}

// jsonSight is how much of other hosts' reports a port sees.
type jsonSight struct {
	Interface string    `json:"interface"`
	IfIndex   int       `json:"ifindex"`
	Family    string    `json:"family"`  // igmp, mld
	Sight     string    `json:"sight"`   // all, own, unknown
	Because   string    `json:"because"` // the evidence
	Since     time.Time `json:"since"`   // when looking began
}

func igmpObject(t *igmpText, s igmp.Snapshot) jsonIGMP {
	s = t.only(s)
	o := jsonIGMP{jsonHead: jsonHead{Type: "igmp", Time: t.now}, Queriers: []jsonQuerier{}, Members: []jsonIGMPMember{}, Counters: []jsonIGMPCounter{}, Sight: []jsonSight{}}
	for _, l := range s.Links {
		on, index, family, c := t.name(l.Interface), l.Interface, l.Family.String(), l.Counters
		o.Sight = append(o.Sight, jsonSight{on, index, family, l.Sight.String(), chat.CleanRow(l.Why), l.Since})
		o.Counters = append(o.Counters, jsonIGMPCounter{
			Interface: on, IfIndex: index, Family: family, Messages: c.Messages, Queries: c.Queries, Reports: c.Reports, OwnReports: c.OwnReports,
			OthersReports: c.ReportsOfOthers, Leaves: c.Leaves, Bad: c.Bad, Evicted: c.Evicted, SourcesDropped: c.SourcesDropped,
		})
		for _, q := range l.Queriers {
			o.Queriers = append(o.Queriers, jsonQuerier{
				Interface: on, IfIndex: index, Family: family, Host: addrText(q.Addr), Link: linkText(q.Link), Version: q.Version,
				IntervalMS: inMillis(q.Interval), ResponseMS: inMillis(q.MaxResponse), Robustness: q.Robustness,
				Since: q.Since, Last: q.Last, Expires: q.Expires, Queries: q.Queries, Elected: q.Elected, Self: q.Self,
			})
		}
		for _, g := range l.Groups {
			for _, m := range g.Members {
				o.Members = append(o.Members, jsonIGMPMember{
					Interface: on, IfIndex: index, Family: family, Group: addrText(g.Addr), Host: addrText(m.Host), Link: linkText(m.Link), Version: m.Version,
					Mode: string(m.Mode), Sources: addrTexts(m.Sources), Since: m.Since, Last: m.Last, Expires: m.Expires, AtLeast: g.AtLeast, Self: m.Self,
				})
			}
		}
	}
	return o
}

func addrTexts(list []netip.Addr) []string {
	out := make([]string, len(list)) // [], not null
	for i, a := range list {
		out[i] = addrText(a)
	}
	return out
}

func linkText(a net.HardwareAddr) string {
	if len(a) == 0 {
		return ""
	}
	return a.String()
}

func writeIGMPEvents(w io.Writer, t *igmpText, events []igmp.Event, asJSON bool) {
	for _, e := range events {
		if asJSON {
			writeJSON(w, igmpEventObject(t, e))
		} else {
			io.WriteString(w, t.event(e)+"\n")
		}
	}
}
