package doctor

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// portTaken: a program has the port and does not share it, or shares it with the
// sockets of its own user only (SO_REUSEPORT without SO_REUSEADDR), and so nobody
// else can listen there. Which options a socket has is not told; it has to be tried.
func portTaken(f Facts, in Intent) []Finding {
	const name = "port-taken"
	at := others(f.socketsAt(in))
	switch {
	case errors.Is(f.Observed.Bound, mcast.ErrPortInUse):
		return []Finding{takenBy(in, at, f.Observed.Bound)}
	case in.Live:
		return fine(name, fmt.Sprintf("groupcast listens at port %d", in.Group.Port))
	case f.Observed.Probed:
		return fine(name, fmt.Sprintf("the probe was bound to port %d, beside other programs' sockets: %d", in.Group.Port, len(at)))
	case f.Sockets == nil:
		return unknown(name, f.unread(FromSockets))
	case len(at) == 0:
		return fine(name, fmt.Sprintf("no other program has port %d", in.Group.Port))
	}
	return unknown(name, fmt.Sprintf("%s has port %d, and the kernel does not tell whether it shares it", namesOfAll(at), in.Group.Port), doctorCommand(in, "--probe"))
}

// takenBy is the finding about a port that could not be bound, and the sockets
// that have it.
func takenBy(in Intent, at []host.Socket, err error) Finding {
	found := Finding{
		Name: "port-taken", Verdict: Failure,
		Title:    fmt.Sprintf("another program has port %d and does not share it with groupcast: no other program of this user can listen there", in.Group.Port),
		Evidence: "bound with SO_REUSEADDR, and with SO_REUSEPORT as well: " + reason(err),
		Hints: []string{
			"end it, or let it share the port: setsockopt SO_REUSEADDR before bind (in node, reuseAddr: true)",
			"or choose another port, the same for every member of the group",
		},
	}
	if len(at) == 0 {
		return found
	}
	found.Title = fmt.Sprintf("%s has port %d and does not share it with groupcast: no other program of this user can listen there", namesOfAll(at), in.Group.Port)
	if slices.ContainsFunc(at, func(s host.Socket) bool { return who(s) != who(at[0]) }) {
		found.Title = fmt.Sprintf("one of these has port %d and does not share it: %s", in.Group.Port, namesOfAll(at))
	}
	for n, s := range at[:min(len(at), maxDeaf)] {
		found.Evidence += fmt.Sprintf("; %s has uid %d, inode %d", s.Local, s.UID, s.Inode)
		if n == 0 {
			found.Hints = append(found.Hints, fmt.Sprintf("a socket that sets SO_REUSEPORT only shares with its own user's alone: as uid %d groupcast gets in, too", s.UID))
		}
	}
	return found
}

// unbound: a program has joined the group, and no socket at the port would hear it,
// as when it is bound to a port of the kernel's choice. Sockets that are bound to an
// address are unicastBind's.
func (f Facts) unbound(in Intent) (found Finding, ok bool) {
	group := in.Group.Addr.WithZone("")
	on, known := f.joinedByOthers(in)
	_, other := carriedBy(group)
	if !known || f.Sockets == nil || f.Router == nil && f.Unread[FromRouter] != nil || len(on) == 0 || other || joinedByKernel(group) {
		return found, false
	}
	var elsewhere []string // bound to another group
	for _, s := range f.socketsAt(in) {
		a := s.Local.Addr().Unmap()
		if !a.IsMulticast() && !a.IsLoopback() || hears(s, group) {
			return found, false
		}
		if a.IsMulticast() {
			elsewhere = append(elsewhere, fmt.Sprintf("%s is bound to %s, another group", who(s), a))
		}
	}
	found = Finding{
		Name: "wrong-port", Verdict: Warning, Interface: f.nameOf(in, on[0]),
		Title: fmt.Sprintf("another program has joined %s on %s, and nobody listens at port %d", group, f.namesOf(in, on), in.Group.Port),
		Evidence: fmt.Sprintf("%s has the group, and %s has no socket at that port that would hear it",
			in.groupsFile(), in.socketsFile()),
		Hints: []string{
			fmt.Sprintf("let the program bind port %d, or the group with it, before it joins; port 0 is one of the kernel's choice (in node, bind(%d))", in.Group.Port, in.Group.Port),
			"if it listens at another port on purpose, ask about that one: groupcast doctor GROUP:PORT",
		},
	}
	if len(elsewhere) > 0 {
		found.Evidence += "; " + enumerate(elsewhere)
	}
	if ports := f.portsOf(group); len(ports) > 0 {
		found.Evidence += "; sockets that would hear it have the ports " + enumerate(ports)
	}
	return found, true
}

// portsOf lists the ports of other programs' sockets that a group reaches.
func (f Facts) portsOf(group netip.Addr) (list []string) {
	var ports []uint16
	for _, s := range f.Sockets {
		if !s.Own && hears(s, group) {
			ports = append(ports, s.Local.Port())
		}
	}
	slices.Sort(ports)
	for _, port := range slices.Compact(ports) {
		list = append(list, fmt.Sprint(port))
	}
	return list
}

// socketsFile is where a user sees the host's sockets.
func (in Intent) socketsFile() string {
	if in.Group.Addr.Is6() {
		return "/proc/net/udp6"
	}
	return "/proc/net/udp"
}
