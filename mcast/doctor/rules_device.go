package doctor

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/groupcast/groupcast/mcast/host"
)

// wrongDevice: a socket that is bound to an interface (SO_BINDTODEVICE, socket(7))
// hears what comes by that one, whatever it has joined.
//
// A socket at the port may want no group at all. So it is found only where more
// sockets have joined the group than others at the port can be.
func wrongDevice(f Facts, in Intent) []Finding {
	const name = "wrong-device"
	group := in.Group.Addr.WithZone("")
	theirs, known := f.joinedByOthers(in)
	switch {
	case f.Sockets == nil:
		return unknown(name, f.unread(FromSockets))
	case f.Devices == nil:
		return unknown(name, f.unread(FromDevices))
	case !known:
		return unknown(name, f.unread(FromGroups))
	case len(theirs) == 0:
		return fine(name, fmt.Sprintf("no other program has joined %s, so none waits for it", group))
	}
	come, why := f.comesBy(in, theirs)
	if come == nil {
		return unknown(name, why, "groupcast interfaces")
	}
	come = slices.DeleteFunc(come, func(index int) bool { return !slices.Contains(theirs, index) })
	if len(come) == 0 {
		return fine(name, fmt.Sprintf("%s, and other programs have joined on %s: that is joined-elsewhere", why, f.namesOf(in, theirs)))
	}
	bound, hear, able := f.deviceBound(in, come)
	var out []Finding
	for _, s := range bound {
		if hear[owner{s.Program, s.UID}] || len(out) == maxDeaf {
			continue
		}
		device := f.nameOf(in, f.Devices[s.Inode])
		out = append(out, Finding{
			Name: name, Verdict: Warning, Interface: f.nameOf(in, come[0]),
			Title:    fmt.Sprintf("%s is bound to the interface %s, and %s comes by %s", who(s), device, group, f.namesOf(in, come)),
			Evidence: fmt.Sprintf("a UDP socket at %s (uid %d, inode %d) is bound to %s (SO_BINDTODEVICE); %s", s.Local, s.UID, s.Inode, device, why),
			Hints: []string{
				fmt.Sprintf("bind it to %s, or to no interface: by the program's setting, or setsockopt SO_BINDTODEVICE", f.namesOf(in, come)),
				"the join chooses the interface (MCAST_JOIN_GROUP); it has to be the same one",
			},
		})
	}
	joined := 0
	for _, at := range f.Groups {
		if slices.Contains(come, at.Index) {
			joined = max(joined, in.othersAt(at))
		}
	}
	switch {
	case len(out) > 0 && able >= joined:
		return unknown(name, fmt.Sprintf("%s is bound to another interface than %s comes by, but those that have joined it may be other sockets at port %d, which hear it (%d)",
			namesOfAll(bound), group, in.Group.Port, able))
	case len(out) > 0:
		return out
	}
	return fine(name, fmt.Sprintf("no other program's socket at port %d is bound to an interface that %s does not come by", in.Group.Port, group))
}

// comesBy lists the interfaces that the group comes by, or would, and says how
// that is known; nil if it is not.
func (f Facts) comesBy(in Intent, joined []int) (list []int, why string) {
	from := cmp.Or(in.From, in.Group.Source) // with its zone, unlike in.wants
	for _, s := range f.Observed.Senders {
		if !s.Local && (!from.IsValid() || s.is(from)) && !slices.Contains(list, s.IfIndex) {
			list = append(list, s.IfIndex)
		}
	}
	switch {
	case len(list) > 0 && from.IsValid():
		return list, fmt.Sprintf("%s is heard by %s", from, f.namesOf(in, list))
	case len(list) > 0:
		return list, "others are heard by " + f.namesOf(in, list)
	case !from.IsValid():
		return slices.Clone(joined), fmt.Sprintf("%s is joined on %s (%s)", in.Group.Addr.WithZone(""), f.namesOf(in, joined), in.groupsFile())
	}
	behind, why, ok := f.behind(from)
	if !ok {
		return nil, fmt.Sprintf("behind which interface %s is cannot be said: %s", from, why)
	}
	return []int{behind.Index}, why
}

// deviceBound lists other programs' sockets that hear the group, but for the
// interface that they are bound to; and who hears it by these interfaces, with
// how many sockets. An interface of a VRF is heard by the VRF's socket, too.
func (f Facts) deviceBound(in Intent, come []int) (bound []host.Socket, hear map[owner]bool, able int) {
	hear = map[owner]bool{}
	for _, s := range f.socketsAt(in) {
		device := f.Devices[s.Inode]
		switch {
		case s.Own || !hears(s, in.Group.Addr):
		case device == 0, slices.ContainsFunc(come, func(index int) bool { return index == device || f.Links[index].Master == device }):
			hear[owner{s.Program, s.UID}] = true
			able++
		default:
			bound = append(bound, s)
		}
	}
	return bound, hear, able
}

func namesOfAll(sockets []host.Socket) string {
	var names []string
	for _, s := range sockets {
		if !slices.Contains(names, who(s)) {
			names = append(names, who(s))
		}
	}
	return enumerate(names)
}
