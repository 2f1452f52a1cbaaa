package doctor

import (
	"fmt"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

// The counters of reports of MLD: those of version 2 (RFC 3810), which name
// sources, and those of version 1, which do not.
const (
	mldReports1 = "Icmp6.OutGroupMembResponses"
	mldReports2 = "Icmp6.OutMLDv2Reports"
)

// igmpVersion: a source is asked for, and the host speaks a version of IGMP or MLD
// that cannot name it: it reports the group alone (RFC 3376, section 7.2.1; RFC
// 3810, section 8.2.1).
func igmpVersion(f Facts, in Intent) []Finding {
	const name = "igmp-version"
	if !in.Group.Source.IsValid() && !sourceSpecific(in.Group.Addr) {
		return fine(name, "no source is asked for, and so none has to be reported")
	}
	if in.Group.Addr.Is6() {
		return f.mldVersion(name, in)
	}
	if f.Groups == nil {
		return unknown(name, f.unread(FromGroups))
	}
	var out []Finding
	var good, open []string
	for _, i := range f.receiving(in) {
		version := f.igmpOn(i.Index)
		if asked, ok := f.askedBefore(i.Index, 3); ok {
			version = asked.Version // what was read is older
		}
		switch {
		case version == 0:
			open = append(open, "which version of IGMP is in use on "+i.Name+" is not known")
		case version >= 3:
			good = append(good, fmt.Sprintf("IGMPv%d on %s", version, i.Name))
		default:
			out = append(out, f.oldVersion(name, in, i, version))
		}
	}
	return f.versionOf(name, in, out, good, open)
}

// igmpOn is the version of IGMP on an interface; 0: not known.
func (f Facts) igmpOn(index int) int {
	for _, g := range f.Groups {
		if g.Index == index {
			return g.Version
		}
	}
	return 0
}

func (f Facts) oldVersion(name string, in Intent, i host.Interface, version int) Finding {
	finding := Finding{
		Name: name, Verdict: Warning, Interface: i.Name,
		Title:    fmt.Sprintf("IGMPv%d is in use on %s: reports cannot name the source that is wanted", version, i.Name),
		Evidence: fmt.Sprintf("/proc/net/igmp has V%d for %s, and a report of IGMPv%d has no source (RFC 3376, section 7.2.1)", version, i.Name, version),
		Hints:    []string{"let the querier of that network, a router or a switch, ask by IGMPv3; this host then follows within some minutes"},
	}
	if a, ok := f.askedBefore(i.Index, 3); ok {
		finding.Evidence = fmt.Sprintf("%s asked at %s, and hosts answer in that version, in which a report has no source (RFC 3376, section 7.2.1)", a.by(), a.At.Format(time.TimeOnly))
	}
	for _, where := range []string{i.Name, "all"} {
		if key, forced, known := f.setting("net.ipv4.conf.", where, ".force_igmp_version"); known && forced == version {
			finding.Evidence += fmt.Sprintf("; %s = %d", key, forced)
			finding.Hints = []string{fmt.Sprintf("let the kernel choose, as root: sysctl -w %s=0", key)}
			break
		}
	}
	if !in.Group.Source.IsValid() {
		finding.Hints = append(finding.Hints, "or use a group outside 232.0.0.0/8, which needs no source")
	}
	return finding
}

// versionOf weighs what was found on the interfaces.
func (f Facts) versionOf(name string, in Intent, out []Finding, good, open []string) []Finding {
	heard := f.heardFrom()
	switch {
	case len(out) > 0 && len(heard) > 0 && !in.Live:
		return fine(name, out[0].Title+"; all the same the group is heard, from "+enumerate(heard))
	case len(out) > 0:
		return out
	case len(open) > 0:
		return unknown(name, enumerate(open))
	case len(good) > 0:
		return fine(name, enumerate(good))
	}
	return unknown(name, "there is no interface to look at")
}

// mldVersion goes by the setting, and by the reports that were sent meanwhile: the
// kernel shows the version of a querier nowhere.
func (f Facts) mldVersion(name string, in Intent) []Finding {
	var out []Finding
	for _, i := range f.receiving(in) {
		for _, where := range []string{i.Name, "all"} {
			key, forced, known := f.setting("net.ipv6.conf.", where, ".force_mld_version")
			if known && forced == 1 {
				out = append(out, Finding{
					Name: name, Verdict: Warning, Interface: i.Name,
					Title:    fmt.Sprintf("MLDv1 is in use on %s: reports cannot name the source that is wanted", i.Name),
					Evidence: fmt.Sprintf("%s = 1, and a report of MLDv1 has no source (RFC 3810, section 8.2.1)", key),
					Hints:    []string{fmt.Sprintf("let the kernel choose, as root: sysctl -w %s=0", key)},
				})
				break
			}
		}
	}
	for _, i := range f.receiving(in) {
		if a, ok := f.askedBefore(i.Index, 2); ok && len(out) == 0 {
			out = append(out, Finding{
				Name: name, Verdict: Warning, Interface: i.Name,
				Title:    fmt.Sprintf("MLDv1 is in use on %s: reports cannot name the source that is wanted", i.Name),
				Evidence: fmt.Sprintf("%s asked at %s, and hosts answer in that version (RFC 3810, section 8.2.1)", a.by(), a.At.Format(time.TimeOnly)),
				Hints:    []string{"let the querier of that network, a router or a switch, ask by MLDv2"},
			})
		}
	}
	old, known := f.Observed.Grown[mldReports1]
	current := f.Observed.Grown[mldReports2]
	if len(out) == 0 && old > 0 && current == 0 {
		out = append(out, Finding{
			Name: name, Verdict: Warning,
			Title:    "this host reports its groups by MLDv1, which does not say which source is asked for",
			Evidence: fmt.Sprintf("in %s %s grew by %d, %s by 0 (RFC 3810, section 8.2.1)", f.Observed.lasted(), mldReports1, old, mldReports2),
			Hints:    []string{"let the querier of that network, a router or a switch, ask by MLDv2"},
		})
	}
	switch {
	case len(out) > 0:
		return f.versionOf(name, in, out, nil, nil)
	case known && old == 0 && current > 0:
		return fine(name, fmt.Sprintf("in %s %d reports were sent by MLDv2, and none by MLDv1", f.Observed.lasted(), current))
	}
	return unknown(name, "the kernel does not tell which version of MLD a querier uses, and no report was seen to leave", doctorCommand(in, "--probe"))
}
