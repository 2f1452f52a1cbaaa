package session

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// Keeper joins groups and keeps them joined while interfaces come and go: on an
// interface that was deleted and made again, and, where the user named none, on
// those that become usable later. It is not safe for concurrent use.
type Keeper struct {
	// Open opens the socket for a group's port and IP version, when the first
	// such group is joined.
	Open func(mcast.Group) (*mcast.Conn, error)
	// Bind, if it is set, is where Open binds a group's socket, the same address each
	// time: groups of one address share a socket. Else it is all addresses.
	Bind func(mcast.Group) netip.AddrPort
	// Opened, if it is set, is called with a socket when a group is joined on it
	// for the first time: there is something to read from now on.
	Opened func(*mcast.Conn)
	// Closing, if it is set, is called before a socket is closed whose last
	// group was left.
	Closing func(*mcast.Conn)
	// Tell is called with what happened and was not asked for.
	Tell func(Event)

	conns  map[netip.AddrPort]*mcast.Conn // by what they are bound to
	widely map[mcast.Group]bool           // joined wherever they can be, also on interfaces to come
	left   map[membershipKey]bool         // where the user left them
	failed map[membershipKey]error        // why a group is not joined there
	down   map[int]bool                   // interfaces that are joined on, by index
}

// membershipKey is a group on an interface, by its name: it outlives the interface.
type membershipKey struct {
	group mcast.Group
	on    string
}

// Event is what happened to a membership, or to an interface that is joined on.
type Event struct {
	Kind EventKind
	Text string // what happened, in one sentence; for Failed it is ""
	Err  error  // for Failed
}

// EventKind says what kind of thing happened.
type EventKind int

// The kinds of events.
const (
	Lost     EventKind = iota // a membership went with its interface; it is joined again when that comes back
	Rejoined                  // it was
	Widened                   // a group was joined on an interface that is usable now
	Down                      // nothing arrives by an interface that is joined on
	Up                        // it carries again
	Failed                    // a join did not work
)

func (k *Keeper) tell(kind EventKind, format string, args ...any) {
	k.Tell(Event{Kind: kind, Text: fmt.Sprintf(format, args...)})
}

// at is what the socket for a group is bound to.
func (k *Keeper) at(g mcast.Group) netip.AddrPort {
	if k.Bind != nil {
		return k.Bind(g)
	}
	return g.Wildcard()
}

// Conn is the socket for a group; nil if there is none.
func (k *Keeper) Conn(g mcast.Group) *mcast.Conn { return k.conns[k.at(g)] }

// Conns are the sockets, in the order of the addresses that they are bound to.
func (k *Keeper) Conns() []*mcast.Conn {
	list := make([]*mcast.Conn, 0, len(k.conns))
	for _, at := range slices.SortedFunc(maps.Keys(k.conns), netip.AddrPort.Compare) {
		list = append(list, k.conns[at])
	}
	return list
}

// Join joins a group on each interface that was chosen for it, on the socket for
// its IP version and port, and returns where it is joined. Sources that are
// blocked in it on one interface are blocked on the others. The error is that of
// opening the socket, or those of the joins when none worked; if some worked,
// events report the others.
func (k *Keeper) Join(g mcast.Group, c host.Choice) ([]host.Interface, error) {
	g = withoutZone(g)
	on, err := k.join(g, c.Joins)
	if err != nil {
		return nil, err
	}
	k.widely[g] = c.Everywhere()
	for _, i := range c.Joins {
		delete(k.left, membershipKey{g, i.Name})
	}
	return on, nil
}

// join is Join, but that it changes nothing of where the group is joined later.
func (k *Keeper) join(g mcast.Group, on []host.Interface) ([]host.Interface, error) {
	k.init()
	conn, known := k.conns[k.at(g)]
	if !known {
		var err error
		if conn, err = k.Open(g); err != nil {
			return nil, forGroup(err, g)
		}
		k.conns[k.at(g)] = conn
	}
	var errs []error
	for _, i := range on {
		if err := k.joinOn(g, i); err != nil && !errors.Is(err, mcast.ErrJoined) {
			errs = append(errs, err)
		}
	}
	if len(errs) == len(on) {
		if !known {
			conn.Close()
			delete(k.conns, k.at(g))
		}
		return nil, errors.Join(errs...)
	}
	if !known && k.Opened != nil {
		k.Opened(conn)
	}
	for _, err := range errs {
		k.Tell(Event{Kind: Failed, Err: err})
	}
	return k.On(g), nil
}

func (k *Keeper) init() {
	if k.conns == nil {
		k.conns = map[netip.AddrPort]*mcast.Conn{}
		k.widely, k.left = map[mcast.Group]bool{}, map[membershipKey]bool{}
		k.failed, k.down = map[membershipKey]error{}, map[int]bool{}
	}
}

// joinOn joins a group on one more interface.
func (k *Keeper) joinOn(g mcast.Group, on host.Interface) error {
	return k.joinWithout(g, on, func() []netip.Addr { return k.Blocked(g) })
}

// joinWithout joins a group on an interface, where these sources are not to be
// heard. Most changes of an interface find all groups joined there already, so that
// it asks for them once it is.
func (k *Keeper) joinWithout(g mcast.Group, on host.Interface, blocked func() []netip.Addr) error {
	conn, at := k.Conn(g), membershipKey{g, on.Name}
	err := conn.Join(g, on)
	if err != nil && !errors.Is(err, mcast.ErrJoined) {
		k.failed[at] = err
	}
	if err != nil {
		return err
	}
	for _, source := range blocked() {
		g.Source = source
		if err := conn.Block(g, on); err != nil {
			k.failed[at] = err
			return errors.Join(err, conn.Leave(withoutSource(g), on))
		}
	}
	delete(k.failed, at)
	return nil
}

// Leave leaves a group on the interface that key names, or, if that is "",
// wherever it is joined, or was before its interface was lost. It returns where
// it was left; the error is mcast.ErrNotJoined when there is nothing to leave.
func (k *Keeper) Leave(g mcast.Group, key string) (left []host.Interface, err error) {
	g = withoutZone(g)
	conn := k.Conn(g)
	var errs []error
	for _, m := range k.held(g) {
		if _, other := host.Find([]host.Interface{m.Interface}, key); key != "" && other != nil {
			continue
		}
		if err := conn.Leave(g, m.Interface); err != nil {
			errs = append(errs, err)
			continue
		}
		left = append(left, m.Interface)
		k.left[membershipKey{g, m.Interface.Name}] = true
		delete(k.failed, membershipKey{g, m.Interface.Name})
	}
	if key == "" {
		delete(k.widely, g)
		maps.DeleteFunc(k.failed, func(at membershipKey, _ error) bool { return at.group == g })
	}
	if len(left) == 0 && len(errs) == 0 {
		return nil, &mcast.OpError{Op: "leave", Target: g.String(), Interface: key, Err: mcast.ErrNotJoined}
	}
	if len(conn.Memberships())+len(conn.Lost()) == 0 {
		if k.Closing != nil {
			k.Closing(conn)
		}
		conn.Close()
		delete(k.conns, k.at(g))
	}
	return left, errors.Join(errs...)
}

// rejoin leaves a group on the interfaces of a name, also one that was lost, and
// joins it again on the interface that has this name now.
func (k *Keeper) rejoin(g mcast.Group, on host.Interface) error {
	blocked := k.Blocked(g)
	for _, m := range k.held(g) {
		if m.Interface.Name != on.Name {
			continue
		}
		if err := k.Conn(g).Leave(g, m.Interface); err != nil {
			return err
		}
	}
	delete(k.left, membershipKey{g, on.Name})
	return k.joinWithout(g, on, func() []netip.Addr { return blocked })
}

// held lists the memberships in a group: those that are joined, and those that
// wait for their interface.
func (k *Keeper) held(g mcast.Group) (list []mcast.Membership) {
	conn := k.Conn(g)
	if conn == nil {
		return nil
	}
	for _, m := range slices.Concat(conn.Memberships(), conn.Lost()) {
		if m.Group == g {
			list = append(list, m)
		}
	}
	return list
}

// Memberships lists those of all groups.
func (k *Keeper) Memberships() (all []mcast.Membership) {
	for _, conn := range k.Conns() {
		all = append(all, conn.Memberships()...)
	}
	return all
}

// On lists the interfaces that a group is joined on.
func (k *Keeper) On(g mcast.Group) []host.Interface {
	conn := k.Conn(g)
	if conn == nil {
		return nil
	}
	return conn.JoinedOn(withoutZone(g))
}

// Failed is why a group is not joined on an interface; nil if it is, or was
// never to be.
func (k *Keeper) Failed(g mcast.Group, on host.Interface) error {
	return k.failed[membershipKey{g, on.Name}]
}

// Close closes every socket.
func (k *Keeper) Close() {
	for _, conn := range k.conns {
		conn.Close()
	}
}

// withoutZone is the group without the interface that its zone names.
func withoutZone(g mcast.Group) mcast.Group {
	g.Addr, g.Source = g.Addr.WithZone(""), g.Source.WithZone("")
	return g
}

// forGroup makes an error of opening a socket name the group it was for.
func forGroup(err error, g mcast.Group) error {
	if op, ok := errors.AsType[*mcast.OpError](err); ok {
		op.Target = g.String()
	}
	return err
}
