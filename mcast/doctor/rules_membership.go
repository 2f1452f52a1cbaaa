package doctor

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// membershipLost: an interface that is deleted takes its memberships with it,
// and one that is made again under its name has another index. The socket is
// not told.
func membershipLost(f Facts, in Intent) []Finding {
	switch {
	case f.Groups == nil:
		return unknown("membership-lost", f.unread(FromGroups))
	case in.Live:
		return lostOwn(f, in)
	}
	return lostByOthers(f, in)
}

// lostOwn compares the program's memberships with the kernel's.
func lostOwn(f Facts, in Intent) []Finding {
	const name = "membership-lost"
	places := slices.Clone(in.Memberships)
	for _, index := range in.Joined {
		places = append(places, mcast.Membership{Group: in.Group, Interface: host.Interface{Index: index, Name: in.nameOf(index)}})
	}
	var out []Finding
	var held, seen []string
	for _, p := range places {
		group, on := p.Addr.WithZone(""), p.Interface
		if i, ok := host.ByIndex(f.Interfaces, on.Index); ok {
			on = i
		}
		place := fmt.Sprintf("%s on %s", group, on.Name)
		if on.Index == 0 || group.Is4() != in.Group.Addr.Is4() || slices.Contains(seen, place) {
			continue
		}
		seen = append(seen, place)
		if f.users(group, on.Index) > 0 {
			held = append(held, place)
			continue
		}
		finding := Finding{
			Name: name, Verdict: Failure, Interface: on.Name,
			Title: fmt.Sprintf("the membership of %s on %s is lost", group, on.Name),
			Hints: []string{fmt.Sprintf("join again: /leave %s, then /join %s", p.Group, p.Group)},
		}
		if group == in.Group.Addr.WithZone("") {
			finding.Fix = &Fix{Rejoin: on.Name}
		}
		now, listed := byName(f.Interfaces, on.Name)
		switch {
		case !listed:
			continue // gone, which is interface-down
		case now.Index != on.Index:
			finding.Evidence = fmt.Sprintf("%s had index %d, and was deleted with its memberships; it was made again, and has index %d now", on.Name, on.Index, now.Index)
		default:
			finding.Evidence = fmt.Sprintf("it was joined on %s (index %d), and the host's groups there are without it (%s)", on.Name, on.Index, in.groupsFile())
		}
		out = append(out, finding)
	}
	switch {
	case len(out) > 0:
		return out
	case len(held) > 0:
		return fine(name, "the kernel has it: "+enumerate(held))
	case len(places) == 0:
		return fine(name, "nothing is joined that could be lost")
	}
	return unknown(name, "the interface of the membership is not there", "groupcast interfaces")
}

func byName(list []host.Interface, name string) (host.Interface, bool) {
	n := slices.IndexFunc(list, func(i host.Interface) bool { return i.Name == name })
	if n < 0 {
		return host.Interface{}, false
	}
	return list[n], true
}

// groupsFile is where a user sees the host's memberships.
func (in Intent) groupsFile() string {
	if in.Group.Addr.Is6() {
		return "/proc/net/igmp6"
	}
	return "/proc/net/igmp"
}

// lostByOthers looks for programs that wait for a group that nobody has joined.
// A socket that is bound to the group waits for it. One that is bound to all
// addresses may be a server's or a sender's, which never joined; it is found only
// where the group had been joined when the watch began.
func lostByOthers(f Facts, in Intent) []Finding {
	const name = "membership-lost"
	if f.Sockets == nil {
		return unknown(name, f.unread(FromSockets))
	}
	group := in.Group.Addr.WithZone("")
	var bound, wide []string // to the group itself; to the wildcard of its IP version
	for _, s := range f.socketsAt(in) {
		switch a := s.Local.Addr().Unmap().WithZone(""); {
		case s.Own:
		case a == group:
			bound = append(bound, who(s))
		case a.IsUnspecified() && a.Is4() == group.Is4():
			wide = append(wide, who(s))
		}
	}
	waiting := slices.Concat(bound, wide)
	if len(waiting) == 0 {
		return fine(name, fmt.Sprintf("no other program of this host waits at port %d", in.Group.Port))
	}
	var joined []string
	for _, at := range f.Groups {
		if at.Users(group) > 0 {
			joined = append(joined, at.Name)
		}
	}
	lost := f.lostWithout(group)
	switch {
	case len(lost) > 0:
		finding := Finding{
			Name: name, Verdict: Failure, Interface: lost[0].Name,
			Title: fmt.Sprintf("%s was deleted and made again, and nobody has joined %s on it since", lost[0].Name, group),
			Evidence: fmt.Sprintf("it had been joined there; %s has index %d now, and %s still waits at port %d",
				lost[0].Name, lost[0].Index, enumerate(waiting), in.Group.Port),
			Hints: []string{joinAgain},
		}
		if len(joined) > 0 {
			finding.Verdict = Warning // the program may have left it there
		}
		return []Finding{finding}
	case len(joined) > 0:
		return fine(name, fmt.Sprintf("%s is joined on %s", group, enumerate(joined)))
	case len(bound) > 0:
		return []Finding{{
			Name: name, Verdict: Failure,
			Title: fmt.Sprintf("%s hears nothing of %s: it is joined nowhere", enumerate(bound), group),
			Evidence: fmt.Sprintf("bound to %s, and no interface has the group (%s): its membership was lost, or it never joined",
				in.Group.AddrPort(), in.groupsFile()),
			Hints: []string{joinAgain},
		}}
	}
	return unknown(name, fmt.Sprintf("%s waits at port %d, and nobody has joined %s: it may be a server or a sender, which never did",
		enumerate(wide), in.Group.Port, group), doctorCommand(in, "--watch 10m"))
}

const joinAgain = "start the program again; to survive an interface that goes and comes back it must join again on the new index, as groupcast does"

// lostWithout lists the interfaces that were made again, had the group, and have
// not got it any more.
func (f Facts) lostWithout(group netip.Addr) (list []host.Interface) {
	for _, i := range f.Observed.Lost {
		if slices.Contains(f.Observed.Had[i.Index], group) && f.users(group, i.Index) == 0 {
			list = append(list, i)
		}
	}
	return list
}

// ssmOverASM: a program adds a source to a group that it has joined for all
// sources, and all other sources fall silent, without an error.
func ssmOverASM(f Facts, in Intent) []Finding {
	const name = "ssm-over-asm"
	group := in.Group.Addr.WithZone("")
	switch {
	case in.Group.Source.IsValid():
		return fine(name, "one source is asked for: "+in.Group.Source.String())
	case sourceSpecific(group):
		return []Finding{{
			Name: name, Verdict: Warning,
			Title:    fmt.Sprintf("%s is a source-specific group, and no source is named", group),
			Evidence: "232.0.0.0/8 and ff3x::/32 are for one source each (RFC 4607): routers build no way to a member that names none",
			Hints:    []string{fmt.Sprintf("name the sender: SOURCE@%s", in.Group), "for any sender, take a group of 239.0.0.0/8 (IPv6: ff15::/16)"},
		}}
	case f.Filters == nil:
		return unknown(name, f.unread(FromFilters))
	case f.Groups == nil:
		return unknown(name, f.unread(FromGroups))
	}
	var out []Finding
	joined := false
	for _, at := range f.Groups {
		sources, sockets := f.narrowed(in, group, at.Index)
		users := f.users(group, at.Index)
		if in.Live && slices.Contains(in.Joined, at.Index) {
			users-- // its own, for all sources
		}
		joined = joined || users > 0
		if len(sources) == 0 || users > sockets {
			continue
		}
		out = append(out, Finding{
			Name: name, Verdict: Warning, Interface: at.Name,
			Title:    fmt.Sprintf("of %s on %s only %s is heard", group, at.Name, enumerate(sources)),
			Evidence: fmt.Sprintf("sockets that have joined it there: %d, and all have asked for single sources (%s); adding a source to a joined group narrows it to that source", users, in.filtersFile()),
			Hints:    []string{"the program must leave the group and join it again, without a source"},
		})
	}
	switch {
	case len(out) > 0:
		return out
	case joined && len(f.Filters) == 0:
		return unknown(name, fmt.Sprintf("%s is empty, which it also is where the group that was joined last has no sources", in.filtersFile()))
	}
	return fine(name, fmt.Sprintf("no other program of this host has narrowed %s to single sources", group))
}

// narrowed is which sources of a group other programs have asked for on an
// interface, and how many sockets have for certain: one can ask for several.
func (f Facts) narrowed(in Intent, group netip.Addr, index int) (sources []string, sockets int) {
	for _, filter := range f.Filters {
		if filter.IfIndex != index || filter.Group != group {
			continue
		}
		n := filter.Include
		if slices.ContainsFunc(in.Memberships, func(m mcast.Membership) bool {
			return m.Interface.Index == index && m.Addr.WithZone("") == group && m.Source == filter.Source
		}) {
			n--
		}
		if n > 0 {
			sources = append(sources, filter.Source.String())
			sockets = max(sockets, n)
		}
	}
	slices.Sort(sources)
	return sources, sockets
}

func (in Intent) filtersFile() string {
	if in.Group.Addr.Is6() {
		return "/proc/net/mcfilter6"
	}
	return "/proc/net/mcfilter"
}

// sourceSpecific reports the range of RFC 4607: 232.0.0.0/8, and ff3x::/32 of
// any scope x.
func sourceSpecific(group netip.Addr) bool {
	b := group.As16()
	if group.Is4() {
		return b[12] == 232
	}
	return b[0] == 0xff && b[1]>>4 == 3 && b[2] == 0 && b[3] == 0
}
