package session

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// keeper joins groups and keeps them joined while interfaces come and go. It
// is for one goroutine after the other.
type Keeper struct {
	Conns  map[netip.AddrPort]*mcast.Conn // by what they are bound to
	widely map[mcast.Group]bool           // joined wherever they can be, also on interfaces to come
	down   map[int]bool                   // interfaces, by index
	say    func(string)
	fail   func(error) // says what could not be done, which is not the end
}

func NewKeeper(say func(string), fail func(error)) *Keeper {
	return &Keeper{
		Conns: map[netip.AddrPort]*mcast.Conn{}, widely: map[mcast.Group]bool{}, down: map[int]bool{},
		say: say, fail: fail,
	}
}

// join joins a group on each interface that is chosen for it, on the socket
// for its IP version and port, and returns where it is joined. A group that
// cannot be joined anywhere is an error; one that is joined on some interfaces
// only is a remark.
func (k *Keeper) Join(g mcast.Group, c host.Choice) ([]host.Interface, error) {
	conn := k.Conns[g.Wildcard()]
	k.widely[wherever(g)] = c.Everywhere()
	var errs []error
	for _, i := range c.Joins {
		if err := conn.Join(g, i); err != nil && !errors.Is(err, mcast.ErrJoined) {
			errs = append(errs, err)
		}
	}
	if len(errs) == len(c.Joins) {
		return nil, errors.Join(errs...)
	}
	for _, err := range errs {
		k.fail(err)
	}
	var where []host.Interface
	for _, m := range conn.Memberships() {
		if m.Group == wherever(g) {
			where = append(where, m.Interface)
		}
	}
	return where, nil
}

func (k *Keeper) Close() {
	for _, conn := range k.Conns {
		conn.Close()
	}
}

// follow brings the memberships in line with a change of an interface.
func (k *Keeper) Follow(ch host.Change) {
	k.state(ch)
	for _, conn := range k.Conns {
		lost, rejoined, err := conn.Follow(ch)
		for _, m := range lost {
			k.say(lostText(m))
		}
		for _, m := range rejoined {
			k.say(rejoinedText(m))
		}
		if err != nil {
			k.fail(err)
		}
	}
	if ch.Kind == host.Gone {
		delete(k.down, ch.Interface.Index)
	}
	k.joinOnNew(ch)
}

// joinOnNew joins groups on an interface that may have become usable: those for
// which the user named no interface.
func (k *Keeper) joinOnNew(ch host.Change) {
	for g, widely := range k.widely {
		if !widely || !brings(ch) || !ch.Interface.Usable(g.Addr) {
			continue
		}
		err := k.Conns[g.Wildcard()].Join(g, ch.Interface)
		switch {
		case err == nil:
			k.say(usableText(ch.Interface, g))
		case !errors.Is(err, mcast.ErrJoined):
			k.fail(err)
		}
	}
}

// wherever is the group without the interface that its zone names.
func wherever(g mcast.Group) mcast.Group {
	g.Addr = g.Addr.WithZone("")
	return g
}

// state says when an interface that is joined on stops and starts to carry
// anything.
func (k *Keeper) state(ch host.Change) {
	i := ch.Interface
	joined := slices.ContainsFunc(k.memberships(), func(m mcast.Membership) bool { return m.Interface.Index == i.Index })
	switch {
	case !joined:
	case ch.Kind == host.LinkDown || ch.Kind == host.NoCarrier:
		k.down[i.Index] = true
		k.say(NothingBy(i, ch.Kind))
	case ch.Kind == host.LinkUp && k.down[i.Index]:
		k.down[i.Index] = false
		k.say(i.Name + " is up again")
	}
}

func NothingBy(i host.Interface, why host.ChangeKind) string {
	return fmt.Sprintf("%s is %s: nothing arrives by it", i.Name, why)
}

func (k *Keeper) memberships() (all []mcast.Membership) {
	for _, conn := range k.Conns {
		all = append(all, conn.Memberships()...)
	}
	return all
}

// forGroup makes an error of opening a socket name the group it was for.
func ForGroup(err error, g mcast.Group) error {
	if op, ok := errors.AsType[*mcast.OpError](err); ok {
		op.Target = g.String()
	}
	return err
}
