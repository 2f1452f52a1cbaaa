package doctor

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

// groupTimeout is how long a snooping switch keeps a member that nobody asks
// about any more: the group membership interval of RFC 3376, section 8.4, and
// RFC 3810, section 9.4, with their defaults.
const groupTimeout = 260 * time.Second

// noQuerier: a switch snoops and there is no querier, so it forgets the members
// after some minutes.
func noQuerier(f Facts, in Intent) []Finding {
	const name = "no-querier"
	var out []Finding
	for _, r := range f.Observed.Revived {
		finding := Finding{
			Name: name, Verdict: Warning, Interface: in.labelOf(f, r.IfIndex),
			Title:    fmt.Sprintf("a switch behind %s may have forgotten that this host is a member", in.labelOf(f, r.IfIndex)),
			Evidence: fmt.Sprintf("%s was silent for %s, and was heard again once it was left and joined again", in.Group.Addr, r.Silent.Round(time.Second)),
			Hints:    f.askForMembers(in, r.IfIndex),
		}
		if r.Times > 1 {
			finding.Evidence += fmt.Sprintf(" (%d times)", r.Times)
		}
		if r.Control {
			finding.Evidence += ", while a group of 224.0.0.0/24, which switches do not prune, went on"
		}
		if r.Control || r.Times >= 2 {
			finding.Verdict = Failure
			finding.Title = fmt.Sprintf("a switch behind %s forgets that this host is a member", finding.Interface)
		}
		f.whyForgotten(&finding, r.IfIndex)
		out = append(out, finding)
	}
	if len(out) == 0 && !neverPruned(in.Group.Addr.WithZone("")) {
		out = f.forgotten(name, in)
	}
	if len(out) > 0 {
		return out
	}
	if neverPruned(in.Group.Addr.WithZone("")) {
		return fine(name, fmt.Sprintf("switches send %s to every port (RFC 4541)", in.Group.Addr))
	}
	for _, w := range f.Observed.Wire {
		if len(w.Asked) > 0 {
			return fine(name, fmt.Sprintf("%s sends queries on %s", w.Asked[len(w.Asked)-1].by(), f.nameOf(in, w.IfIndex)))
		}
	}
	watch := doctorCommand(in, "--probe --watch 5m") + ", while somebody sends"
	heard := slices.ContainsFunc(f.Observed.Senders, func(s Sender) bool { return !s.Local })
	if heard && f.Observed.Probed && f.Observed.For >= groupTimeout {
		return fine(name, fmt.Sprintf("watched for %s, longer than a switch remembers a member, and heard nothing come back by joining again", f.Observed.lasted()))
	}
	var fineAt, open []string
	for _, index := range in.concerns(f) {
		i, ok := host.ByIndex(f.Interfaces, index)
		if !ok {
			continue
		}
		if why, known := f.keepsMembers(i); known {
			fineAt = append(fineAt, why)
		} else {
			open = append(open, why)
		}
	}
	switch {
	case len(open) > 0:
		return unknown(name, enumerate(open), watch)
	case len(fineAt) > 0:
		return fine(name, enumerate(fineAt))
	}
	return unknown(name, "there is no interface to look at", watch)
}

// neverPruned: a switch sends them to every port, members or not (RFC 4541,
// sections 2.1.2 and 3).
func neverPruned(group netip.Addr) bool {
	return group.Is4() && group.IsLinkLocalMulticast() || group == netip.IPv6LinkLocalAllNodes()
}

// keepsMembers describes the switch at an interface, as far as it is known, and
// reports whether that is enough to call it fine.
func (f Facts) keepsMembers(i host.Interface) (why string, ok bool) {
	switch {
	case i.Loopback():
		return i.Name + " has no switch", true
	case i.Flags&net.FlagPointToPoint != 0:
		return i.Name + " is a point-to-point link, without a switch", true
	}
	l, known := f.Links[i.Index]
	at := i.Name
	if master, isPort := f.Links[l.Master]; known && isPort && l.Master != 0 && master.Bridge != nil {
		l, at = master, f.nameAt(host.Route{IfIndex: l.Master})
	}
	switch b := l.Bridge; {
	case !known:
		return i.Name + ": " + f.unread(FromLinks), false
	case b == nil:
		return i.Name + ": it cannot be seen from here whether there is a querier", false
	case f.leadsOn(b):
		return at + ": the switches behind its ports are not seen from here", false
	case !b.Snooping:
		return fmt.Sprintf("the bridge %s does not look for members (mcast_snooping 0): it sends every group to every port", at), true
	case b.Querier:
		return fmt.Sprintf("the bridge %s sends queries itself (mcast_querier 1)", at), true
	case !b.Heard:
		return fmt.Sprintf("the bridge %s has heard no querier, and so sends every group to every port", at), true
	}
	return fmt.Sprintf("the bridge %s has heard a querier that is elsewhere, and relies on it", at), false
}

// leadsOn reports whether a network card is among a bridge's ports: there are
// other switches behind it.
func (f Facts) leadsOn(b *Bridge) bool {
	return b.Ports == nil || slices.ContainsFunc(b.Ports, func(index int) bool {
		l, known := f.Links[index]
		return !known || l.Kind == ""
	})
}

// duplicateAddress: two hosts with one address drop each other's datagrams, as
// their own come back, and no counter tells.
func duplicateAddress(f Facts, in Intent) []Finding {
	const name = "duplicate-address"
	var out []Finding
	for _, from := range f.Observed.Refused {
		out = append(out, Finding{
			Name: name, Verdict: Warning,
			Title: fmt.Sprintf("another host may have the address %s as well", from.Addr()),
			Evidence: fmt.Sprintf("%s was heard, and while it sent, the host that answers for %s said that nobody is at port %d; a program that has connected its socket to the group looks the same",
				from, from.Addr(), from.Port()),
			Hints: []string{fmt.Sprintf("see whether two kinds of hardware answer, as root: arping -c 3 %s", from.Addr()), "if so, give one of the two another address"},
		})
	}
	var looked []string
	unread := false
	for _, index := range in.concerns(f) {
		i, listed := host.ByIndex(f.Interfaces, index)
		l, known := f.Links[index]
		if !listed || i.Loopback() {
			continue
		}
		if !known || l.Duplicate == nil {
			unread = true
			continue
		}
		looked = append(looked, i.Name)
		for _, a := range l.Duplicate {
			out = append(out, Finding{
				Name: name, Verdict: Failure, Interface: i.Name,
				Title:    fmt.Sprintf("another host on %s has the address %s as well", i.Name, a),
				Evidence: "the kernel found it taken, and does not use it (IFA_F_DADFAILED; RFC 4862, section 5.4)",
				Hints:    []string{takeAway(i, a)},
			})
		}
	}
	switch {
	case len(out) > 0:
		return out
	case in.Group.Addr.Is4():
		return unknown(name, "the kernel does not look for other hosts with its IPv4 addresses",
			doctorCommand(in, "--probe --watch 10s")+" on a third host, while both send", "as root: arping -D -c 3 -I INTERFACE ADDRESS")
	case len(looked) == 0 && !unread && f.Links != nil:
		return unknown(name, "no interface that leads to other hosts matters to it")
	case unread, len(looked) == 0:
		return unknown(name, f.unread(FromLinks))
	}
	return fine(name, "no other host had this one's addresses when it took them (RFC 4862, section 5.4): "+enumerate(looked))
}

// takeAway takes an address from an interface: ip(8) finds it only by its prefix
// length.
func takeAway(i host.Interface, a netip.Addr) string {
	for _, p := range i.Addrs {
		if p.Addr().WithZone("") == a.WithZone("") {
			return fmt.Sprintf("take it from this host, and then give it another: ip addr del %s dev %s", p, i.Name)
		}
	}
	return fmt.Sprintf("take it from this host, with the prefix length that ip addr show dev %s has, and give it another", i.Name)
}
