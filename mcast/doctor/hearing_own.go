package doctor

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast/host"
)

// alone reports whether this host has nothing but lo.
func (f Facts) alone() bool {
	return len(f.Interfaces) > 0 && !slices.ContainsFunc(f.Interfaces, func(i host.Interface) bool { return !i.Loopback() })
}

// deaf says that not even own copies came, though sends succeeded: this host itself
// keeps the group from its programs. "": they came, or nothing tells.
func (f Facts) deaf(in Intent) string {
	tried := 0
	for _, s := range f.Observed.Sent {
		if s.Err != nil || s.Copies > 0 {
			return ""
		}
		tried += s.Tried
	}
	if tried == 0 || !in.Loopback {
		return ""
	}
	return fmt.Sprintf("own copies did not come either: 0 of %d, so this host itself keeps the group out", tried)
}

// byAnotherName lists the link-local addresses that were heard, where a host that
// is known by another address sends from such a one: to the groups of a link
// (RFC 6724, section 5, rule 2).
func (f Facts) byAnotherName(in Intent, a netip.Addr) (list []string) {
	if !in.Group.Addr.Is6() || !in.Group.Addr.IsLinkLocalMulticast() || a.IsLinkLocalUnicast() {
		return nil
	}
	for _, r := range f.Observed.Heard {
		from := r.From.Addr()
		if !r.Local && from.IsLinkLocalUnicast() && !slices.Contains(list, from.String()) {
			list = append(list, from.String())
		}
	}
	return list
}

// snooping names what switches listen to.
func (in Intent) snooping() string {
	if in.Group.Addr.Is6() {
		return "MLD snooping"
	}
	return "IGMP snooping"
}
