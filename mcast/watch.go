package mcast

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Change is something that happened to an interface.
type Change struct {
	At        time.Time // when it was learned
	Kind      ChangeKind
	Interface Interface    // as it is after the change; for Gone as it was last
	Addr      netip.Prefix // which address, for AddressAdded and AddressRemoved
}

// ChangeKind says what happened.
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

// pollInterval leaves half of the second in which a lost membership is to be
// joined again.
const pollInterval = 500 * time.Millisecond

// Watch reports what happens to the interfaces until ctx ends, and returns
// nil then. It begins with what is there, as if it had just appeared, so that
// there is no moment between a list and the watching. report is called by
// the goroutine that called Watch, and never after ctx has ended.
//
// On Linux the changes are the kernel's own messages (rtnetlink(7)), in their
// order, even those that were undone in the meantime, unless report is so slow
// that some are lost: then the interfaces are compared. The carrier is an
// exception: of a network card's the kernel tells at most once a second, and
// a loss that is mended by then not at all. Where there are no such messages,
// the interfaces are compared every half second.
//
// The interfaces are those of the network namespace of the calling thread.
// The error is that of reading them, when it failed twice.
func Watch(ctx context.Context, report func(Change)) error {
	w := &watcher{list: Interfaces, report: report}
	if err := w.run(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("mcast: watch interfaces: %w", err)
	}
	return nil
}

// watcher knows the interfaces as the last report left them.
type watcher struct {
	list   func() ([]Interface, error)
	report func(Change)
	known  []Interface
}

// reread brings the watcher up to date with the system.
func (w *watcher) reread(ctx context.Context) error {
	list, err := w.list()
	if err != nil {
		list, err = w.list() // an interface may have vanished in the middle of it
	}
	if err != nil {
		return err
	}
	w.become(ctx, list)
	return nil
}

// become reports the way from the interfaces as they are known to after, or
// as much of it as ctx allows.
func (w *watcher) become(ctx context.Context, after []Interface) {
	now := time.Now()
	for _, c := range changes(w.known, after) {
		if ctx.Err() != nil {
			return
		}
		c.At = now
		w.report(c)
	}
	w.known = after
}

// poll compares the interfaces again and again.
func (w *watcher) poll(ctx context.Context) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		if err := w.reread(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
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
