package doctor

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

// growth compares two readings of a host: it fills For, Grown, AtMost, Drops, Lost
// and Had. A counter that shrank, or that one of the two lacks, is left out. A
// counter that stayed as it was is 0.
func growth(before, after Facts, over time.Duration) Observed {
	return Observed{
		For:    over,
		Grown:  grown(before.Counters, after.Counters),
		AtMost: grown(before.Counters, after.Recounted), // from before the first reading of the others to after their last
		Drops:  dropped(before.Sockets, after.Sockets),
		Lost:   madeAgain(before.Interfaces, after.Interfaces),
		Had:    had(before, after),
	}
}

// had lists by the index of an interface that was made again the groups that were
// joined on it before.
func had(before, after Facts) map[int][]netip.Addr {
	if before.Groups == nil {
		return nil
	}
	groups := map[int][]netip.Addr{}
	for _, now := range madeAgain(before.Interfaces, after.Interfaces) {
		if was, ok := byName(before.Interfaces, now.Name); ok {
			groups[now.Index] = before.groupsOn(was.Index)
		}
	}
	return groups
}

func grown(before, after map[string]uint64) map[string]uint64 {
	if before == nil || after == nil {
		return nil
	}
	by := map[string]uint64{}
	for name, now := range after {
		if was, ok := before[name]; ok && now >= was {
			by[name] = now - was
		}
	}
	return by
}

// dropped counts by inode. A socket that was opened meanwhile has dropped all its
// drops meanwhile.
func dropped(before, after []host.Socket) map[uint64]uint64 {
	if before == nil || after == nil {
		return nil
	}
	were := map[uint64]uint64{}
	for _, s := range before {
		were[s.Inode] = s.Drops
	}
	by := map[uint64]uint64{}
	for _, s := range after {
		if was := were[s.Inode]; s.Inode != 0 && s.Drops >= was {
			by[s.Inode] = s.Drops - was
		}
	}
	return by
}

// madeAgain are the interfaces whose name has another index now, while the
// index that it had is gone: two that changed their names are not.
func madeAgain(before, after []host.Interface) []host.Interface {
	indexes := map[string]int{}
	for _, i := range before {
		indexes[i.Name] = i.Index
	}
	var list []host.Interface
	for _, now := range after {
		was, ok := indexes[now.Name]
		if _, there := host.ByIndex(after, was); ok && was != now.Index && !there {
			list = append(list, now)
		}
	}
	return list
}
