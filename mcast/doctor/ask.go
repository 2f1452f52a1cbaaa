package doctor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// doctorCommand is the command that finds out more than can be read.
func doctorCommand(in Intent, flags string) string {
	group := ""
	if in.Group != mcast.DefaultGroup && in.Group.Addr.IsValid() {
		group = in.Group.String() + " "
	}
	for _, i := range in.Wanted {
		group += "-i " + i.Name + " "
	}
	return "groupcast doctor " + group + flags
}

// enumerate names the first four, and counts the others.
func enumerate(names []string) string {
	const most = 4
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// socketsAt lists the host's sockets at the group's port.
func (f Facts) socketsAt(in Intent) (list []host.Socket) {
	for _, s := range f.Sockets {
		if in.Group.Port != 0 && s.Local.Port() == in.Group.Port {
			list = append(list, s)
		}
	}
	return list
}

// hears reports whether a socket at the group's port is bound so that the group
// reaches it: to the group itself, or to the wildcard. The wildcard of IPv6 takes
// IPv4 as well, unless the socket is IPV6_V6ONLY.
func hears(s host.Socket, group netip.Addr) bool {
	a := s.Local.Addr().Unmap().WithZone("")
	return a == group.WithZone("") || a.IsUnspecified() && (a.Is6() || group.Is4())
}

// who names the program of a socket.
func who(s host.Socket) string {
	switch {
	case s.Own:
		return "groupcast itself"
	case s.Program != "":
		return s.Program
	}
	return fmt.Sprintf("a program of user %d (socket %d)", s.UID, s.Inode)
}

// lasted is For, rounded for people.
func (o Observed) lasted() time.Duration {
	if o.For < time.Second {
		return o.For.Round(time.Millisecond)
	}
	return o.For.Round(100 * time.Millisecond)
}

// heardFrom names the senders of other hosts that were heard; empty: none was.
func (f Facts) heardFrom() (list []string) {
	for _, s := range f.Observed.Senders {
		if !s.Local {
			list = append(list, s.From.String())
		}
	}
	for _, i := range f.Interfaces {
		if f.Heard[i.Index] > 0 {
			list = append(list, "others by "+i.Name)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// receiving lists the interfaces that the group's datagrams come in by.
func (f Facts) receiving(in Intent) (list []host.Interface) {
	indexes := in.Joined
	if len(indexes) == 0 {
		indexes = in.concerns(f)
	}
	for _, index := range indexes {
		if i, ok := host.ByIndex(f.Interfaces, index); ok && !i.Loopback() {
			list = append(list, i)
		}
	}
	return list
}

// setting is a value of an interface. sysctl(8) writes a dot in its name as a
// slash.
func (f Facts) setting(prefix, ifname, leaf string) (key string, value int, known bool) {
	key = prefix + strings.ReplaceAll(ifname, ".", "/") + leaf
	value, known = f.Settings[key]
	if !known {
		value, known = f.Settings[prefix+ifname+leaf]
	}
	return key, value, known
}
