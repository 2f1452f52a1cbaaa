package doctor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/host"
)

// lossy is how many per mille of signs of life must be lost for a silence to say
// nothing.
const lossy = 200

// people names members: "bob", "bob and carol", "bob, carol, dave and 3 more". No hint
// may have such names: they are others' words, and a hint's command is executed.
func people(names []string) string {
	const most = 3
	switch n := len(names); {
	case n > most+1:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), n-most)
	case n > 1:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func namesOf(list []Member) (names []string) {
	for _, m := range list {
		names = append(names, m.Name)
	}
	return names
}

// local reports whether a member is another program of this host, whose hearing says
// nothing of the network.
func (f Facts) local(m Member) bool {
	a := m.From.Addr().Unmap()
	return a.IsLoopback() || slices.ContainsFunc(f.Interfaces, func(i host.Interface) bool { return owns(i, a) })
}

// remote leaves out the members of this host.
func (f Facts) remote(names []string) (list []string) {
	for _, name := range names {
		local, other := false, false
		for _, m := range f.Observed.Members.Members {
			if m.Name == name {
				here := f.local(m)
				local, other = local || here, other || !here
			}
		}
		if other || !local {
			list = append(list, name)
		}
	}
	return list
}

// hearing are the members of other hosts that say that they hear us.
func (f Facts) hearing() (list []Member) {
	for _, m := range f.Observed.Members.Members {
		if m.HearsUs && !m.OneWay && !m.Quiet && !f.local(m) {
			list = append(list, m)
		}
	}
	return list
}

// hearUsBy are the members of other hosts that hear what leaves by an interface, as
// they say.
func (f Facts) hearUsBy(ifIndex int) (names []string) {
	if f.Observed.Members == nil {
		return nil
	}
	for _, w := range f.Observed.Members.Ways {
		if w.IfIndex == ifIndex {
			names = append(names, f.remote(w.Heard)...)
		}
	}
	return names
}

// together reports whether two addresses are on one network of an interface.
func together(i host.Interface, a, b netip.Addr) bool {
	a, b = a.Unmap().WithZone(""), b.Unmap().WithZone("")
	return a.Is6() && a.IsLinkLocalUnicast() && b.IsLinkLocalUnicast() ||
		slices.ContainsFunc(i.Addrs, func(p netip.Prefix) bool { return p.Contains(a) && p.Contains(b) })
}

// memberAt is the member whose signs of life come from an address.
func (f Facts) memberAt(a netip.Addr) (m Member, ok bool) {
	if f.Observed.Members == nil {
		return m, false
	}
	for _, other := range f.Observed.Members.Members {
		if other.From.Addr().Unmap().WithZone("") == a && (!ok || m.Quiet) {
			m, ok = other, true
		}
	}
	return m, ok
}

// left reports whether an address is that of a member that is gone: nobody is there to
// be answered.
func (f Facts) left(a netip.Addr) bool {
	return f.Observed.Members != nil && slices.Contains(f.Observed.Members.Left, a.Unmap().WithZone(""))
}

// byOthers names the interfaces that signs of life leave by as well, while nobody
// hears the one that is chosen.
func (f Facts) byOthers(in Intent) string {
	chosen, ok := f.Observed.Members.chosen()
	if !ok || !chosen.Tried || len(f.remote(chosen.Heard)) > 0 {
		return ""
	}
	var names []string
	for _, w := range f.Observed.Members.Ways {
		if w.Tried && !w.Chosen {
			names = append(names, f.nameOf(in, w.IfIndex))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("signs of life go out by %s, too, until somebody hears you by %s", enumerate(names), f.nameOf(in, chosen.IfIndex))
}

// percent is a rate per mille for people.
func percent(perMille int) string {
	if perMille%10 == 0 {
		return fmt.Sprintf("%d %%", perMille/10)
	}
	return fmt.Sprintf("%.1f %%", float64(perMille)/10)
}
