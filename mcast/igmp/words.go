package igmp

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// String is is-include, is-exclude, to-include, to-exclude, allow or block.
func (t RecordType) String() string {
	switch t {
	case IsInclude:
		return "is-include"
	case IsExclude:
		return "is-exclude"
	case ToInclude:
		return "to-include"
	case ToExclude:
		return "to-exclude"
	case Allow:
		return "allow"
	case Block:
		return "block"
	}
	return "unknown"
}

// String is a record in words: "239.1.2.3 to exclude nothing". Of many sources it
// names the first ones, and how many more there are.
func (r Record) String() string {
	return r.Group.String() + " " + strings.ReplaceAll(r.Type.String(), "-", " ") + " " + list(r.Sources)
}

// String is a message in one line: "IGMPv3 report: 239.1.2.3 to exclude nothing;
// 232.1.1.1 allow 10.9.0.77". It says neither sender nor destination, and of what
// is many the first ones. It holds letters, digits and punctuation of ASCII only.
func (m Message) String() string {
	kind := m.Kind.String()
	if m.Family == MLD && m.Kind == Leave {
		kind = "done" // its name in RFC 2710
	}
	name := fmt.Sprintf("%sv%d %s", strings.ToUpper(m.Family.String()), m.Version, kind)
	switch {
	case m.Kind == Query:
		return name + ": " + m.asked()
	case m.Group.IsValid():
		return name + ": " + m.Group.String()
	case len(m.Records) == 0:
		return name + ": nothing"
	}
	said := make([]string, 0, namedRecords+1)
	for i, r := range m.Records {
		if i == namedRecords {
			said = append(said, fmt.Sprintf("and %d more", len(m.Records)-i))
			break
		}
		said = append(said, r.String())
	}
	return name + ": " + strings.Join(said, "; ")
}

// asked is a query in words: "all groups, answer within 10 s, every 125 s,
// robustness 2".
func (m Message) asked() string {
	said := "all groups"
	if m.Group.IsValid() {
		said = m.Group.String()
		if len(m.Sources) > 0 {
			said += " from " + list(m.Sources)
		}
	}
	said += ", answer within " + seconds(m.MaxResponse)
	if m.Interval > 0 {
		said += ", every " + seconds(m.Interval)
	}
	if m.Robustness > 0 {
		said += fmt.Sprintf(", robustness %d", m.Robustness)
	}
	if m.Suppress {
		said += ", routers keep their timers"
	}
	return said
}

// What of a message is named in its line.
const (
	namedRecords = 4
	namedSources = 4
)

func list(sources []netip.Addr) string {
	if len(sources) == 0 {
		return "nothing"
	}
	var said strings.Builder
	for i, s := range sources {
		switch {
		case i == namedSources:
			return said.String() + fmt.Sprintf(" and %d more", len(sources)-i)
		case i > 0:
			said.WriteString(", ")
		}
		said.WriteString(s.String())
	}
	return said.String()
}

func seconds(d time.Duration) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.3f", d.Seconds()), "0"), ".") + " s"
}
