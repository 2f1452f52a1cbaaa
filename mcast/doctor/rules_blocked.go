package doctor

import (
	"fmt"
	"slices"

	"github.com/groupcast/groupcast/mcast/host"
)

// sourceBlocked: a program has joined the group for all sources but one
// (MCAST_BLOCK_SOURCE, RFC 3678), the one that is to be heard. Known from the
// sources that the kernel lists as excluded, of which it does not tell by whom.
func sourceBlocked(f Facts, in Intent) []Finding {
	const name = "source-blocked"
	group, from := in.Group.Addr.WithZone(""), in.wants()
	switch {
	case f.Filters == nil:
		return unknown(name, f.unread(FromFilters))
	case f.Groups == nil:
		return unknown(name, f.unread(FromGroups))
	}
	var out []Finding
	var blocked []string
	for _, filter := range f.Filters {
		if filter.Group != group || filter.Exclude == 0 {
			continue
		}
		if filter.Source != from {
			if !slices.Contains(blocked, filter.Source.String()) {
				blocked = append(blocked, filter.Source.String())
			}
			continue
		}
		on := f.nameOf(in, filter.IfIndex)
		found := Finding{
			Name: name, Verdict: Warning, Interface: on,
			Title: fmt.Sprintf("a program of this host has blocked %s in %s on %s", from, group, on),
			Evidence: fmt.Sprintf("sockets that have joined %s there: %d, and %d exclude this source (%s)",
				group, f.users(group, filter.IfIndex), filter.Exclude, in.filtersFile()),
			Hints: []string{"let the program unblock it (MCAST_UNBLOCK_SOURCE), or leave the group and join it again"},
		}
		if in.Live {
			found.Hints = append(found.Hints, "if it is groupcast itself: /unblock "+from.String())
		}
		out = append(out, found)
	}
	joined := slices.ContainsFunc(f.Groups, func(at host.InterfaceGroups) bool { return at.Users(group) > 0 })
	switch {
	case len(out) > 0:
		return out
	case len(blocked) > 0 && !from.IsValid():
		return unknown(name, fmt.Sprintf("a program of this host has blocked %s in %s", enumerate(blocked), group), doctorCommand(in, "--from ADDRESS"))
	case joined && len(f.Filters) == 0:
		return unknown(name, fmt.Sprintf("%s is empty, which it also is where the group that was joined last has no sources", in.filtersFile()))
	case from.IsValid():
		return fine(name, fmt.Sprintf("no program of this host has blocked %s in %s", from, group))
	}
	return fine(name, fmt.Sprintf("no program of this host has blocked a source of %s", group))
}
