package lab

import "slices"

// lans numbers the LANs by the switch that each stands on: a switch that hangs on
// another is of its LAN.
func (t Topology) lans() map[string]int {
	lans := map[string]int{}
	for n, s := range t.Switches {
		lan, ok := lans[s.On]
		if !ok {
			lan = n
		}
		lans[s.Name] = lan
	}
	return lans
}

// role is what an interface is to a router that forwards groups as a proxy (RFC
// 4605, section 2).
type role uint8

const (
	apart      role = iota // of no LAN, or of the upstream LAN once more
	upstream               // where it is a host
	downstream             // where it is a router, and asks who is a member
)

// roles are those of a router's interfaces, by their names. Without a word in the
// topology the upstream is the interface on the switch that stands first, so that
// routers never form a circle.
func (t Topology) roles(h Host) map[string]role {
	lans, roles := t.lans(), map[string]role{}
	up := h.Upstream
	if up == "" {
		first := len(t.Switches)
		for _, i := range h.Interfaces {
			if lan, ok := lans[i.Switch]; ok && lan < first {
				first, up = lan, i.Name
			}
		}
	}
	at := slices.IndexFunc(h.Interfaces, func(i Interface) bool { return i.Name == up })
	for _, i := range h.Interfaces {
		switch lan, ok := lans[i.Switch]; {
		case i.Name == up:
			roles[i.Name] = upstream
		case ok && (at < 0 || lan != lans[h.Interfaces[at].Switch] || h.Interfaces[at].Switch == ""):
			roles[i.Name] = downstream
		}
	}
	return roles
}

// circle reports whether a router stands below itself: what comes from its
// upstream would come back to it.
func (t Topology) circle(h Host) bool {
	if !h.Router || h.Flood {
		return false
	}
	lans, below := t.lans(), map[int][]int{}
	edges := func(h Host) (up int, down []int) {
		up = -1
		for name, role := range t.roles(h) {
			at := slices.IndexFunc(h.Interfaces, func(i Interface) bool { return i.Name == name })
			lan, ok := lans[h.Interfaces[at].Switch]
			switch {
			case role == upstream && ok:
				up = lan
			case role == downstream:
				down = append(down, lan)
			}
		}
		return up, down
	}
	for _, other := range t.Hosts {
		if other.Router && !other.Flood {
			up, down := edges(other)
			below[up] = append(below[up], down...)
		}
	}
	up, todo := edges(h)
	seen := map[int]bool{}
	for len(todo) > 0 {
		lan := todo[0]
		todo = todo[1:]
		if lan == up {
			return true
		}
		if !seen[lan] {
			seen[lan] = true
			todo = append(todo, below[lan]...)
		}
	}
	return false
}

// igmpOn is the version of IGMP that the switches of a LAN ask in, 0: they say none.
func (t Topology) igmpOn(on string) int {
	lans := t.lans()
	for _, s := range t.Switches {
		if lan, ok := lans[on]; ok && lans[s.Name] == lan && s.IGMP != 0 {
			return s.IGMP
		}
	}
	return 0
}
