package doctor

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast/host"
)

// interfaceDown: an interface that the program counts on is off, has no link,
// or is gone, or lo is off; known from the interfaces' flags.
func interfaceDown(f Facts, in Intent) []Finding {
	const name = "interface-down"
	if f.Interfaces == nil {
		return unknown(name, noInterfaces)
	}
	var out []Finding
	indexes := in.concerns(f)
	for _, index := range indexes {
		i, ok := host.ByIndex(f.Interfaces, index)
		if !ok {
			i, ok = f.again(in, index)
		}
		switch {
		case !ok:
			out = append(out, Finding{
				Name:      name,
				Verdict:   Failure,
				Title:     in.nameOf(index) + " is gone",
				Evidence:  fmt.Sprintf("it had index %d, and was deleted, its memberships with it", index),
				Hints:     []string{"make it again under its name, or choose another: /interface NAME; groupcast interfaces lists them"},
				Interface: in.nameOf(index),
			})
		case errors.Is(i.Ready(in.Group.Addr), host.ErrInterfaceDown):
			finding := Finding{
				Name:      name,
				Verdict:   Failure,
				Title:     i.Name + " is down",
				Evidence:  "it is switched off (no IFF_UP)",
				Hints:     []string{"ip link set " + i.Name + " up"},
				Interface: i.Name,
			}
			if i.Up() {
				finding.Title = i.Name + " has no carrier"
				finding.Evidence = "it is up, but has no link (no IFF_RUNNING); sends seem to work, and own copies still come back"
				finding.Hints = []string{"check the cable, the access point, or the other end of a virtual wire"}
			}
			out = append(out, finding)
		}
	}
	for _, i := range f.Interfaces {
		if i.Loopback() && !i.Up() && !slices.Contains(indexes, i.Index) {
			out = append(out, Finding{
				Name:      name,
				Verdict:   Warning,
				Title:     i.Name + " is down: this host cannot talk to itself",
				Evidence:  "it is switched off (no IFF_UP), as in a network namespace that was just made",
				Hints:     []string{"ip link set " + i.Name + " up"},
				Interface: i.Name,
			})
		}
	}
	for _, i := range f.stranded(in) {
		finding := Finding{Name: name, Verdict: Warning, Interface: i.Name}
		switch err := i.Ready(in.Group.Addr); {
		case err == nil:
			finding.Title = fmt.Sprintf("%s has multicast switched off, so that only this host is talked to", i.Name)
			finding.Evidence = "it is up, with an address, but not for groups (no IFF_MULTICAST), and no other network is usable"
			finding.Hints = []string{fmt.Sprintf("ip link set %s multicast on", i.Name), "or name it all the same: -i " + i.Name}
		case !errors.Is(err, host.ErrInterfaceDown):
			continue // no-address
		case i.Up():
			finding.Title = fmt.Sprintf("%s has no carrier, so that only this host is talked to", i.Name)
			finding.Evidence = "it is up, but has no link (no IFF_RUNNING), and no other network is usable"
			finding.Hints = []string{"check the cable, the access point, or the other end of a virtual wire"}
		default:
			finding.Title = fmt.Sprintf("%s is down, so that only this host is talked to", i.Name)
			finding.Evidence = "it is switched off (no IFF_UP), and no other network is usable"
			finding.Hints = []string{fmt.Sprintf("ip link set %s up", i.Name)}
		}
		out = append(out, finding)
	}
	switch {
	case len(out) > 0:
		return out
	case len(indexes) == 0:
		return fine(name, "no interface matters to it")
	}
	return fine(name, "up, with a link: "+describeAll(f.concerned(in), in.Group))
}

// again is the interface that has the name of one that is gone, and so was made
// again. Of one that the user did not name, only the index is known, and that one
// was made again (Observed.Lost).
func (f Facts) again(in Intent, index int) (host.Interface, bool) {
	was, ok := host.ByIndex(in.Wanted, index)
	switch {
	case !ok && len(f.Observed.Lost) == 1:
		was = f.Observed.Lost[0]
	case !ok:
		return host.Interface{}, false
	}
	n := slices.IndexFunc(f.Interfaces, func(i host.Interface) bool { return i.Name == was.Name })
	if n < 0 {
		return host.Interface{}, false
	}
	return f.Interfaces[n], true
}

// stranded lists the interfaces that could lead to the host's network, when only
// lo is usable.
func (f Facts) stranded(in Intent) (list []host.Interface) {
	joined := f.listed(in.Joined)
	if in.Wanted != nil || len(joined) == 0 || !slices.ContainsFunc(joined, host.Interface.Loopback) {
		return nil
	}
	for _, i := range f.Interfaces {
		link, known := f.Links[i.Index]
		card := known && link.Kind == "" // also one that is off and has nothing
		switch {
		case i.Usable(in.Group.Addr):
			return nil
		case i.Flags&net.FlagBroadcast == 0, !f.leads(i): // tunnels are made for groups or not
		case i.Up() || len(i.Addrs) > 0 || card:
			list = append(list, i)
		}
	}
	return list
}

// noAddress: it joins, hears and sends, with source 0.0.0.0; known from the
// interfaces' addresses.
func noAddress(f Facts, in Intent) []Finding {
	const name = "no-address"
	if f.Interfaces == nil {
		return unknown(name, noInterfaces)
	}
	version, example, ownAddress := "IPv4", "192.0.2.1/24", "127.0.0.1/8"
	if in.Group.Addr.Is6() {
		version, example, ownAddress = "IPv6", "2001:db8::1/64", "::1/128"
	}
	var out []Finding
	list := f.concerned(in)
	for _, i := range slices.Concat(list, f.stranded(in)) {
		if !errors.Is(i.Ready(in.Group.Addr), host.ErrNoAddress) {
			continue
		}
		give := fmt.Sprintf("%s dev %s (an address of your network)", example, i.Name)
		if i.Loopback() {
			give = ownAddress + " dev " + i.Name
		}
		evidence, hints := "its sends carry another interface's address, or none at all, and no host can reply", []string{"give it one: ip addr add " + give}
		if off := settingName("ipv6", i.Name, "disable_ipv6"); in.Group.Addr.Is6() && f.Settings[off] == 1 {
			evidence = fmt.Sprintf("%s = 1: IPv6 is switched off on it", off)
			hints = []string{fmt.Sprintf("sysctl -w %s=0", off), "then, if the network gives it none: ip addr add " + give}
		}
		out = append(out, Finding{
			Name:      name,
			Verdict:   Warning,
			Title:     i.Name + " has no " + version + " address",
			Evidence:  evidence,
			Hints:     hints,
			Interface: i.Name,
		})
	}
	switch {
	case len(out) > 0:
		return out
	case len(list) == 0:
		return fine(name, "no interface matters to it")
	}
	return fine(name, describeAll(list, in.Group))
}

// twoOnOneLAN: the group is joined on two interfaces of one LAN, so that each
// datagram comes twice; known from datagrams that did, or from the interfaces'
// subnets.
func twoOnOneLAN(f Facts, in Intent) []Finding {
	const name = "two-on-one-lan"
	if len(in.Joined) < 2 {
		return fine(name, fmt.Sprintf("interfaces that the group is joined on: %d", len(in.Joined)))
	}
	list := f.listed(in.Joined)
	var out []Finding
	for n, a := range list {
		for _, b := range list[n+1:] {
			because := ""
			if p, ok := sharedSubnet(a, b); ok {
				because = fmt.Sprintf("both have an address in %s", p)
			}
			for _, d := range f.Observed.Doubled {
				if slices.Contains(d.Interfaces[:], a.Index) && slices.Contains(d.Interfaces[:], b.Index) {
					because = fmt.Sprintf("datagrams from %s that came by both: %d", d.From, d.Datagrams)
				}
			}
			if because == "" {
				continue
			}
			stay, leave := a, b
			if out, ok := f.egress(in); ok && out.Index == b.Index {
				stay, leave = b, a
			}
			out = append(out, Finding{
				Name:      name,
				Verdict:   Warning,
				Title:     fmt.Sprintf("%s and %s are on one LAN: each datagram comes twice", a.Name, b.Name),
				Evidence:  fmt.Sprintf("%s is joined on %s and %s; %s", in.Group.Addr, describe(a, in.Group), describe(b, in.Group), because),
				Hints:     in.joinOnOne(stay, leave),
				Interface: leave.Name,
				Fix:       &Fix{Leave: &Place{Group: in.Group, Interface: leave.Name}},
			})
		}
	}
	bare := slices.IndexFunc(list, func(i host.Interface) bool { return !i.Loopback() && len(subnets(i)) == 0 })
	switch {
	case len(out) > 0:
		return out
	case f.Interfaces == nil:
		return unknown(name, noInterfaces)
	case bare >= 0:
		return unknown(name, fmt.Sprintf("%s has no address that tells its network", list[bare].Name),
			"groupcast doctor --probe --watch 30s tells whether datagrams come twice")
	}
	return fine(name, "no two are in one subnet: "+describeAll(list, in.Group))
}

func sharedSubnet(a, b host.Interface) (netip.Prefix, bool) {
	others := subnets(b)
	for _, p := range subnets(a) {
		if slices.Contains(others, p) {
			return p, true
		}
	}
	return netip.Prefix{}, false
}

// subnets are the networks that an interface's addresses tell. A link-local
// one is the same everywhere, and that of a single host is no network.
func subnets(i host.Interface) []netip.Prefix {
	var list []netip.Prefix
	for _, p := range i.Addrs {
		if a := p.Addr(); !a.IsLinkLocalUnicast() && !a.IsLoopback() && !p.IsSingleIP() {
			list = append(list, p.Masked())
		}
	}
	return list
}
