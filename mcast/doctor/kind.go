package doctor

import (
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast/host"
)

// Kind is the kind of network that a host is in, or its role there, where that
// says more of groups than the pitfalls one by one. It is what the facts look
// like: who made the network knows better.
type Kind struct {
	Name     string   // stable, as in Kinds: "container"
	Title    string   // what it is, and what that does to groups, in one line
	Evidence string   // the facts that it is known by
	Carries  []string // what carries groups there, one line each; empty where what was heard says that they come
}

// KindPage says of a kind what Network looks for.
type KindPage struct {
	Name    string
	Title   string
	Known   string // the facts that it is known by
	Carries string // what carries groups there
}

// kinds are those that Network looks for, in this order: the first counts.
var kinds = []struct {
	page KindPage
	find func(Facts, Intent) (Kind, bool)
}{
	{alonePage, isAlone},
	{unaddressedPage, isUnaddressed},
	{podPage, isPod},
	{containerPage, isContainer},
	{macvlanPage, isMacvlanChild},
	{multicastRouterPage, isMulticastRouter},
	{unicastRouterPage, isUnicastRouter},
	{vpnPage, isVPN},
}

// Network tells the kind of network; ok is false for one that is nothing special.
// It looks at nothing but its arguments.
func Network(f Facts, in Intent) (k Kind, ok bool) {
	for _, kind := range kinds {
		if k, ok = kind.find(f, in); ok {
			k.Name = kind.page.Name
			k.Carries = f.typed(in, k.Carries)
			return k, true
		}
	}
	return Kind{}, false
}

// Kinds explains the kinds that Network looks for.
func Kinds() (list []KindPage) {
	for _, k := range kinds {
		list = append(list, k.page)
	}
	return list
}

// asked are the hosts that a question is about.
func (in Intent) asked() []netip.Addr {
	list := []netip.Addr{in.wants(), in.To.Unmap().WithZone("")}
	return slices.DeleteFunc(list, func(a netip.Addr) bool { return !a.IsValid() })
}

// beyondBy is a host that was asked about and not heard, and that is behind a
// router by one interface; ok is false when there is none.
func (f Facts) beyondBy(in Intent, by host.Interface) (beyond netip.Addr, ok bool) {
	for _, a := range in.asked() {
		back, known := f.Back[a]
		if !f.met(in, a) && f.outside(a) && (!known || back.Err == nil && back.Route.IfIndex == by.Index) {
			return a, true
		}
	}
	return netip.Addr{}, false
}

// met reports whether a host that was asked about was heard, or showed that it
// hears.
func (f Facts) met(in Intent, a netip.Addr) bool {
	_, heard := f.heardHost(a)
	return heard || in.To.Unmap().WithZone("") == a && f.AnswerTo(in).State == Hears
}

// enters is who was heard by an interface, from beyond its networks, or is who was
// asked about, by any: groups do come in.
func (f Facts) enters(in Intent, by host.Interface) (s Sender, ok bool) {
	for _, s := range f.Observed.Senders {
		wanted := slices.ContainsFunc(in.asked(), s.is)
		if wanted || s.IfIndex == by.Index && !s.Local && s.Outside {
			return s, true
		}
	}
	return Sender{}, false
}

// unlessHeard says of a kind that groups do come in, where somebody was heard by
// the interface that they were not to come by.
func (k Kind) unlessHeard(f Facts, in Intent, by host.Interface) Kind {
	if s, ok := f.enters(in, by); ok {
		k.Evidence += "; and yet " + f.heardText(in, s)
		k.Carries = nil
	} else if a := f.AnswerTo(in); a.State == Hears {
		k.Evidence += "; and yet " + a.String()
		k.Carries = nil
	}
	return k
}
