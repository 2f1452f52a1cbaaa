package host

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// Change is one change of an interface.
type Change struct {
	At        time.Time // when [Watch] learned of it
	Kind      ChangeKind
	Interface Interface    // as it is after the change; for Gone, as it was before
	All       []Interface  // of the first change that Watch reports: every interface there is, in order of the index; else nil
	Addr      netip.Prefix // the address of AddressAdded and AddressRemoved
}

// ChangeKind is a kind of change.
type ChangeKind string

// The kinds of changes. An interface that is deleted and made again under its
// old name is Gone, with its old index, and then Appeared, with its new one.
const (
	Appeared       ChangeKind = "appeared"        // LinkUp or NoCarrier follows if it is on, and AddressAdded for each address
	Gone           ChangeKind = "gone"            // the end of all that was joined on it
	Renamed        ChangeKind = "renamed"         // Interface has the new name, and the old index
	LinkUp         ChangeKind = "up"              // switched on and with carrier
	LinkDown       ChangeKind = "down"            // switched off
	NoCarrier      ChangeKind = "no carrier"      // switched on, but without a link below it; on the way to LinkUp for a moment
	AddressAdded   ChangeKind = "address added"   // of either family
	AddressRemoved ChangeKind = "address removed" // of either family
)

func (k ChangeKind) String() string { return string(k) }

// Stops reports whether nothing arrives via the interface after this change, and why:
// LinkDown, NoCarrier or Gone. An interface that appears switched off is LinkDown, which
// no change of its own says: it may have been switched off just before the watch began.
func (c Change) Stops() (why ChangeKind, stops bool) {
	switch {
	case c.Kind == Appeared && !c.Interface.Up():
		return LinkDown, true
	case c.Kind == LinkDown || c.Kind == NoCarrier || c.Kind == Gone:
		return c.Kind, true
	}
	return "", false
}

// changes are the steps from before to after, which are both in order of the
// index: first what is gone, then the rest by index. Their At is not set.
func changes(before, after []Interface) []Change {
	var out []Change
	for _, i := range before {
		if _, found := search(after, i.Index); !found {
			out = append(out, Change{Kind: Gone, Interface: i})
		}
	}
	for _, i := range after {
		var old Interface // switched off and without addresses, unless it was there
		switch n, found := search(before, i.Index); {
		case !found:
			out = append(out, Change{Kind: Appeared, Interface: i})
		case before[n].Name != i.Name:
			out = append(out, Change{Kind: Renamed, Interface: i})
			fallthrough
		default:
			old = before[n]
		}
		if kind := linkState(i); kind != linkState(old) {
			out = append(out, Change{Kind: kind, Interface: i})
		}
		for _, p := range without(old.Addrs, i.Addrs) {
			out = append(out, Change{Kind: AddressRemoved, Interface: i, Addr: p})
		}
		for _, p := range without(i.Addrs, old.Addrs) {
			out = append(out, Change{Kind: AddressAdded, Interface: i, Addr: p})
		}
	}
	return out
}

func linkState(i Interface) ChangeKind {
	switch {
	case !i.Up():
		return LinkDown
	case !i.Carrier() && !i.Loopback():
		return NoCarrier
	}
	return LinkUp
}

// search finds where an index is in list, or where it belongs.
func search(list []Interface, index int) (n int, found bool) {
	return slices.BinarySearchFunc(list, index, func(i Interface, index int) int { return cmp.Compare(i.Index, index) })
}

// only is the part of list with that index, as a list of its own.
func only(list []Interface, index int) []Interface {
	if n, found := search(list, index); found {
		return []Interface{list[n]}
	}
	return nil
}

// without returns the addresses of list that are not in others.
func without(list, others []netip.Prefix) []netip.Prefix {
	if slices.Equal(list, others) {
		return nil
	}
	known := make(map[netip.Prefix]bool, len(others))
	for _, p := range others {
		known[p] = true
	}
	return slices.DeleteFunc(slices.Clone(list), func(p netip.Prefix) bool { return known[p] })
}
