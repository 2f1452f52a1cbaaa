package main

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
)

func countersOf(l *lab.Lab) map[string]lab.Counters {
	all := map[string]lab.Counters{}
	for _, h := range l.Topology().Hosts {
		for _, i := range h.Interfaces {
			if c, err := l.Host(h.Name).Link(i.Name).Counters(); err == nil {
				all[h.Name+"."+i.Name] = c
			}
		}
	}
	return all
}

// hostsOf looks into the hosts of a lab.
func hostsOf(l *lab.Lab) map[string]hostState {
	all := map[string]hostState{}
	for _, h := range l.Topology().Hosts {
		n := l.Host(h.Name)
		all[h.Name] = hostState{inside: insideOf(n), groups: groupsOf(n)}
	}
	return all
}

// insideOf are the names of the commands in a host, each once.
func insideOf(n *lab.Node) (names []string) {
	for _, name := range n.Inside() {
		names = append(names, chat.CleanRow(name))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// groupsOf are the groups that programs in a host have joined, with the
// interfaces; not those that every interface is in.
func groupsOf(n *lab.Node) (texts []string) {
	_ = n.Do(func() error { // where it cannot be read, nothing is shown
		v4, err4 := host.IGMP()
		v6, err6 := host.MLD()
		by := map[netip.Addr][]string{}
		for _, i := range slices.Concat(v4, v6) {
			for _, g := range i.Groups {
				if addr := g.Addr.WithZone(""); !ofEveryHost(addr) {
					by[addr] = append(by[addr], i.Name)
				}
			}
		}
		for g, names := range by {
			texts = append(texts, fmt.Sprintf("%s (%s)", g, chat.CleanRow(strings.Join(names, " "))))
		}
		return errors.Join(err4, err6)
	})
	slices.Sort(texts)
	return texts
}

// ofEveryHost reports whether the kernel joins the group by itself: 224.0.0.1 (RFC
// 1112), ff01::1 and ff02::1, and the solicited-node groups ff02::1:ff00:0/104 (RFC
// 4291, section 2.8).
func ofEveryHost(g netip.Addr) bool {
	return g == netip.MustParseAddr("224.0.0.1") || g == netip.MustParseAddr("ff02::1") || g == netip.MustParseAddr("ff01::1") ||
		netip.MustParsePrefix("ff02::1:ff00:0/104").Contains(g)
}
