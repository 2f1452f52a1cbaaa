package main

import (
	"fmt"
	"net/netip"

	"github.com/groupcast/groupcast/mcast/host"
)

// choice is which interfaces a group is joined on and which one sends leave
// by. The zero Interface stands for the kernel's own choice.
type choice struct {
	joins  []host.Interface
	send   host.Interface
	byUser bool // -i named them
	lo     bool // there was nothing but lo
}

// everywhere reports whether the user named no interface, so that those that
// become usable later are joined as well.
func (c choice) everywhere() bool { return !c.byUser && len(c.joins) > 0 && c.joins[0].Index != 0 }

// kernelDefault is the interface name that leaves joining and sending to the
// kernel, as a program does that sets nothing.
const kernelDefault = "default"

// choose reads the -i flags. Without any, a group is joined on every usable
// interface and sent as the kernel routes it; on a host with no usable
// interface but lo, both are lo. Named interfaces are all joined, and the
// first is sent by; each must be up and have an address.
//
// The zone of an IPv6 group names an interface as -i does.
func choose(list []host.Interface, names []string, group netip.Addr) (choice, error) {
	c, err := named(list, names, group)
	if err != nil || !c.byUser {
		return c, err
	}
	for _, i := range c.joins {
		if err := i.Ready(group); err != nil {
			return choice{}, fmt.Errorf("interface %w", err)
		}
	}
	return c, nil
}

// named is choose, but that a named interface may be down or have no address.
func named(list []host.Interface, names []string, group netip.Addr) (choice, error) {
	if zone := group.Zone(); zone != "" {
		in, err := host.Find(list, zone)
		if err != nil {
			return choice{}, err
		}
		for _, name := range names {
			if i, err := host.Find(list, name); err != nil || i.Index != in.Index {
				return choice{}, fmt.Errorf("interface %q and zone %q: %w", name, zone, errZoneElsewhere)
			}
		}
		names = []string{zone}
	}
	if len(names) == 0 {
		return chooseUsable(list, group)
	}
	c := choice{byUser: true}
	for _, name := range names {
		if name == kernelDefault {
			if len(names) > 1 {
				return choice{}, fmt.Errorf("interface %q: %w", name, errDefaultAlone)
			}
			return choice{joins: []host.Interface{{}}}, nil
		}
		i, err := host.Find(list, name)
		if err != nil {
			return choice{}, err
		}
		if _, twice := host.ByIndex(c.joins, i.Index); !twice {
			c.joins = append(c.joins, i)
		}
	}
	c.send = c.joins[0]
	return c, nil
}

func chooseUsable(list []host.Interface, group netip.Addr) (choice, error) {
	var c choice
	for _, i := range list {
		if i.Usable(group) {
			c.joins = append(c.joins, i)
		}
	}
	if len(c.joins) > 0 {
		return c, nil
	}
	for _, i := range list {
		if i.Loopback() && i.Ready(group) == nil {
			return choice{joins: []host.Interface{i}, send: i, lo: true}, nil
		}
	}
	return choice{}, errNothingUsable
}
