package host

import (
	"net/netip"
	"slices"
)

// Joined asks the kernel for the groups that all programs of the host have
// joined, of both IP versions, by the index of the interface; every interface of
// on has an entry. joins is nil where the system does not tell. For IPv4 it asks
// for the version of IGMP as well, 1 to 3, that is spoken on each interface.
func Joined(on []Interface, is4 bool) (versions map[int]int, joins map[int][]netip.Addr) {
	v4, err4 := IGMP()
	v6, err6 := MLD()
	versions = map[int]int{}
	if is4 {
		for _, i := range v4 {
			versions[i.Index] = i.Version
		}
	}
	if err4 != nil && err6 != nil {
		return versions, nil
	}
	joins = map[int][]netip.Addr{}
	for _, i := range on {
		joins[i.Index] = []netip.Addr{}
	}
	for _, i := range slices.Concat(v4, v6) {
		for _, g := range i.Groups {
			joins[i.Index] = append(joins[i.Index], g.Addr)
		}
	}
	return versions, joins
}
