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
	"github.com/groupcast/groupcast/tui/picture"
)

// networkOf is a topology as it is drawn.
func networkOf(t lab.Topology) picture.Network {
	n := picture.Network{Notes: t.Notes()}
	for _, s := range t.Switches {
		n.Switches = append(n.Switches, picture.NetworkSwitch{Name: s.Name, On: s.On})
	}
	for _, h := range t.Hosts {
		drawn := picture.NetworkHost{Name: h.Name, Router: h.Router}
		for _, i := range h.Interfaces {
			end := picture.NetworkInterface{Name: i.Name, Switch: i.Switch, Extra: i.Settings()}
			for _, a := range i.Addrs {
				end.Addrs = append(end.Addrs, a.String())
			}
			drawn.Interfaces = append(drawn.Interfaces, end)
		}
		n.Hosts = append(n.Hosts, drawn)
	}
	return n
}

// linksOf are the interfaces of a lab's hosts with their counters.
func linksOf(now lab.Now) map[string]picture.LinkState {
	all := map[string]picture.LinkState{}
	for name, c := range now.Links {
		all[name] = picture.LinkState(c)
	}
	return all
}

// faultsOf are the faults that stand in a lab, but for those that a picture of its
// interfaces shows anyway.
func faultsOf(now lab.Now) map[string][]string {
	all := map[string][]string{}
	for place, list := range now.Faults {
		for _, f := range list {
			if f.Kind != "cut" && f.Kind != "down" && f.Kind != "delete" {
				all[place] = append(all[place], f.Text())
			}
		}
	}
	return all
}

// hostsOf looks into the hosts of a lab.
func hostsOf(l *lab.Lab) map[string]picture.HostState {
	all := map[string]picture.HostState{}
	for _, h := range l.Topology().Hosts {
		n := l.Host(h.Name)
		all[h.Name] = picture.HostState{Inside: insideOf(n), Groups: groupsOf(n)}
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
				if addr := g.Addr.WithZone(""); !ofTheKernel(addr) {
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
