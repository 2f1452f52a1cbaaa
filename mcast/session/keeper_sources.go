package session

import (
	"errors"
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// hearOnly joins a group for one source (RFC 4607) wherever it is joined for
// another or for all, or the other way round: from and to differ in their
// source. Between leaving it one way and joining it the other, nothing is
// heard. When the other way does not work, all is as before.
func (k *Keeper) hearOnly(from, to mcast.Group) error {
	conn, on := k.Conn(from), k.On(from)
	for _, i := range on {
		if !present(i) {
			return &mcast.OpError{Op: "join", Target: to.String(), Interface: i.Name, Err: host.ErrNoInterface}
		}
	}
	blocked := map[int][]netip.Addr{}
	for n, i := range on {
		blocked[i.Index] = conn.Blocked(from, i)
		if err := swap(conn, from, to, i); err != nil {
			for _, i := range on[:n] {
				err = errors.Join(err, swap(conn, to, from, i))
			}
			return errors.Join(err, blockAll(conn, from, on[:n+1], blocked))
		}
	}
	for _, m := range conn.Lost() {
		if m.Group == from {
			conn.Leave(from, m.Interface) // or it would be joined the old way when its interface is back
		}
	}
	k.widely[to] = k.widely[from]
	delete(k.widely, from)
	for at := range k.left {
		if at.group == from {
			delete(k.left, at)
			k.left[membershipKey{to, at.on}] = true
		}
	}
	for at := range k.failed {
		if at.group == from {
			delete(k.failed, at)
		}
	}
	return nil
}

// present reports whether an interface is there now. One that is being deleted
// cannot be joined the other way, nor again the one way; what becomes of its
// membership is for Follow to say.
func present(i host.Interface) bool {
	list, err := host.Interfaces()
	_, there := host.ByIndex(list, i.Index)
	return there || err != nil || i.Index == 0
}

// swap leaves one group on an interface and joins the other there, or stays in
// the one.
func swap(conn *mcast.Conn, leave, join mcast.Group, on host.Interface) error {
	if err := conn.Leave(leave, on); err != nil {
		return err
	}
	err := conn.Join(join, on)
	if err != nil && !errors.Is(err, mcast.ErrJoined) {
		return errors.Join(err, conn.Join(leave, on))
	}
	return nil
}

// blockAll blocks what was blocked before the group was left.
func blockAll(conn *mcast.Conn, g mcast.Group, on []host.Interface, blocked map[int][]netip.Addr) error {
	var errs []error
	for _, i := range on {
		for _, g.Source = range blocked[i.Index] {
			if err := conn.Block(g, i); !errors.Is(err, mcast.ErrBlocked) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// block stops hearing a source of a group, g.Source, or hears it again, on
// every interface where the group is joined: on all or on none. The error is
// mcast.ErrBlocked or mcast.ErrNotBlocked if that is so everywhere.
func (k *Keeper) block(g mcast.Group, stop bool) error {
	change, undo, already, op := (*mcast.Conn).Block, (*mcast.Conn).Unblock, mcast.ErrBlocked, "block"
	if !stop {
		change, undo, already, op = undo, change, mcast.ErrNotBlocked, "unblock"
	}
	conn := k.Conn(g)
	var done []host.Interface
	for _, i := range k.On(withoutSource(g)) {
		err := change(conn, g, i)
		switch {
		case err == nil:
			done = append(done, i)
		case !errors.Is(err, already):
			for _, i := range done {
				err = errors.Join(err, undo(conn, g, i))
			}
			return err
		}
	}
	if len(done) == 0 {
		return &mcast.OpError{Op: op, Target: g.String(), Err: already}
	}
	return nil
}

// Blocked lists the sources of a group that are not heard.
func (k *Keeper) Blocked(g mcast.Group) (all []netip.Addr) {
	for _, i := range k.On(g) {
		for _, source := range k.Conn(g).Blocked(g, i) {
			if !slices.Contains(all, source) {
				all = append(all, source)
			}
		}
	}
	return all
}

func withoutSource(g mcast.Group) mcast.Group {
	g.Source = netip.Addr{}
	return g
}
