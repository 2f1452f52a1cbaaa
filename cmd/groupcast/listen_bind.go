package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
)

// sharing is whether another program has a port for what is sent to this host
// alone. The last of two sockets that share all addresses of a port gets it, on
// Linux: listen would take it away. It binds the group's address then, where it
// gets nothing else.
type sharing struct {
	taken bool
	by    string // the program, where the system tells
	told  bool
}

func (s sharing) program() string {
	if s.by == "" {
		return "another program"
	}
	return chat.Clean(s.by)
}

// bind is where the socket for a group is bound: to all addresses, or where
// another program has the port to the group alone.
func (l *listener) bind(g mcast.Group) netip.AddrPort {
	at := g.Wildcard()
	if s := l.sharing(at); s.taken && l.cannotBind(g) == "" {
		return netip.AddrPortFrom(g.Addr.WithZone(""), g.Port)
	}
	return at
}

// cannotBind is why a socket is not bound to a group; "": it can be.
func (l *listener) cannotBind(g mcast.Group) string {
	switch a := g.Addr; {
	case runtime.GOOS == "windows":
		return "Windows binds no group"
	case l.set.multicastAll:
		return "--multicast-all"
	case a.IsLinkLocalMulticast() && a.Is6() || a.IsInterfaceLocalMulticast():
		return "a socket that is bound to " + a.WithZone("").String() + " hears one interface only" // RFC 4007: it needs a zone
	}
	return ""
}

// sharing looks once who has a port.
func (l *listener) sharing(at netip.AddrPort) sharing {
	s, known := l.bound[at]
	if !known {
		if l.bound == nil {
			l.bound = map[netip.AddrPort]sharing{}
		}
		s.by, s.taken = portUser(at)
		l.bound[at] = s
	}
	return s
}

// portUser finds another program with a socket at a port that is bound to no
// group. Only Linux tells of it; elsewhere a socket is bound for a moment that
// shares the port with nobody.
func portUser(at netip.AddrPort) (program string, found bool) {
	root := os.DirFS("/")
	if runtime.GOOS != "linux" {
		conn, err := mcast.Listen(context.Background(), mcast.Config{Addr: at.Addr(), Port: at.Port(), Exclusive: true})
		if err == nil {
			conn.Close()
		}
		return "", errors.Is(err, mcast.ErrPortInUse)
	}
	sockets, err := host.ReadSockets(root, at.Addr().Is6())
	if err != nil {
		return "", false
	}
	host.NameSockets(root, sockets, at.Port())
	for _, s := range sockets {
		if s.Local.Port() == at.Port() && !s.Own && !s.Local.Addr().IsMulticast() {
			return s.Program, true
		}
	}
	return "", false
}

// withoutAddress is what is said of interfaces that are left out.
func withoutAddress(g mcast.Group) string {
	if g.Addr.Is6() {
		return "without an IPv6 address"
	}
	return "without an IPv4 address"
}

// tellSharing says what becomes of datagrams that are sent to this host alone,
// where another program has the port.
func (l *listener) tellSharing(g mcast.Group) {
	at := g.Wildcard()
	s := l.sharing(at)
	if !s.taken || s.told {
		return
	}
	program := s.program()
	text := fmt.Sprintf("port %d is shared with %s, which still receives unicast to this host: listen is bound to the group", g.Port, program)
	if why := l.cannotBind(g); why != "" {
		text = fmt.Sprintf("port %d is shared with %s, and unicast to this host may arrive here instead (%s)", g.Port, program, why)
	}
	l.remark(text)
	s.told = true
	l.bound[at] = s
}
