package lab

import (
	"maps"
	"net/netip"
)

// Now is a lab as it is at one moment.
type Now struct {
	Links map[string]Counters // by names such as A.eth0; one that is missing was deleted

	// Faults stand, by HOST or HOST.INTERFACE, the oldest first: those that were made, by
	// [Lab.Apply] or the topology, and that no command in the host has ended since; and an
	// interface that is off or gone, a wire that is cut and a host that has ended, whoever did
	// that. A host that has ended has that fault alone, and a deleted interface, too.
	Faults map[string][]Fault

	// Groups that programs have joined, by names such as A.eth0, sorted; not those that the
	// kernel joins by itself. Of each host there are 256 at most. A host that has ended has none.
	// Interfaces that commands have made may have any name that Linux allows.
	Groups map[string][]netip.Addr
}

// mostGroups bounds the groups of a host, which strangers join.
const mostGroups = 256

// add takes in another part of the same lab.
func (n *Now) add(part Now) {
	maps.Copy(n.Links, part.Links)
	maps.Copy(n.Faults, part.Faults)
	maps.Copy(n.Groups, part.Groups)
}

func emptyNow() Now {
	return Now{map[string]Counters{}, map[string][]Fault{}, map[string][]netip.Addr{}}
}

// size is about how many bytes it has as JSON.
func (n *Now) size() int {
	const link, fault, group = 200, 140, 64
	size := link * len(n.Links)
	for _, list := range n.Faults {
		size += fault * len(list)
	}
	for _, list := range n.Groups {
		size += group * len(list)
	}
	return size
}

// mostNow is how many bytes of it go in one message.
const mostNow = 48 << 10

// kernelsGroups are those that Linux joins by itself: all hosts (RFC 1112, RFC 4291 2.7.1);
// as an IPv6 router, all routers (RFC 4291 2.7.1); as a bridge that snoops, all snoopers
// (RFC 4286).
var kernelsGroups = []netip.Addr{
	netip.MustParseAddr("224.0.0.1"), netip.MustParseAddr("ff01::1"), netip.MustParseAddr("ff02::1"),
	netip.MustParseAddr("ff01::2"), netip.MustParseAddr("ff02::2"), netip.MustParseAddr("ff05::2"),
	netip.MustParseAddr("224.0.0.106"), netip.MustParseAddr("ff02::6a"),
}

// solicited are the groups by which IPv6 finds neighbours (RFC 4291, section 2.7.1).
var solicited = netip.MustParsePrefix("ff02::1:ff00:0/104")
