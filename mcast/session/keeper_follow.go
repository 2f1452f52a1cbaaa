package session

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// Follow brings the memberships in line with a change of an interface, as
// [host.Watch] reports it.
func (k *Keeper) Follow(ch host.Change) {
	k.init()
	if ch.Kind != host.Appeared { // on what appears, groups are joined again first
		k.state(ch)
	}
	for _, conn := range k.Conns() {
		lost, rejoined, err := conn.Follow(ch)
		for _, m := range lost {
			k.tell(Lost, "%s is gone, and the membership in %s with it", m.Interface.Name, m.Group)
		}
		for _, m := range rejoined {
			k.tell(Rejoined, "%s is back: joined %s again", m.Interface.Name, m.Group)
		}
		if err != nil {
			k.Tell(Event{Kind: Failed, Err: err})
		}
	}
	switch ch.Kind {
	case host.Gone:
		delete(k.down, ch.Interface.Index)
	case host.Appeared:
		k.state(ch)
	}
	k.joinOnNew(ch)
}

// joinOnNew joins groups on an interface that may have become usable: those for
// which the user named no interface, and did not leave this one.
func (k *Keeper) joinOnNew(ch host.Change) {
	i := ch.Interface
	if ch.Kind != host.Appeared && ch.Kind != host.LinkUp && ch.Kind != host.AddressAdded {
		return
	}
	for g, widely := range k.widely {
		if k.Conn(g) == nil || !widely || k.left[membershipKey{g, i.Name}] || !i.Usable(g.Addr) {
			continue
		}
		err := k.joinOn(g, i)
		switch {
		case err == nil:
			k.tell(Widened, "%s is usable now: joined %s there", i.Name, g)
		case errors.Is(err, syscall.ENODEV): // it is gone again, which a later change says
		case !errors.Is(err, mcast.ErrJoined):
			k.Tell(Event{Kind: Failed, Err: err})
		}
	}
}

// state tells when an interface that is joined on stops and starts to carry
// anything.
func (k *Keeper) state(ch host.Change) {
	i := ch.Interface
	joined := slices.ContainsFunc(k.Memberships(), func(m mcast.Membership) bool { return m.Interface.Index == i.Index })
	why, stops := ch.Stops()
	switch {
	case !joined || ch.Kind == host.Gone: // the memberships are lost, which is told
	case stops:
		k.down[i.Index] = true
		k.tell(Down, "%s", NothingBy(i, why))
	case ch.Kind == host.LinkUp && k.down[i.Index]:
		k.down[i.Index] = false
		k.tell(Up, "%s is up again", i.Name)
	}
}

// NothingBy says that an interface carries nothing, and why.
func NothingBy(i host.Interface, why host.ChangeKind) string {
	verb := "is"
	if why == host.NoCarrier {
		verb = "has"
	}
	return fmt.Sprintf("%s %s %s: nothing arrives on it", i.Name, verb, why)
}
