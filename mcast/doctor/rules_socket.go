package doctor

import (
	"cmp"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// unicastBind: a socket that is bound to an address of the host hears datagrams
// to that address, and no group.
func unicastBind(f Facts, in Intent) []Finding {
	const name = "unicast-bind"
	if f.Sockets == nil {
		return unknown(name, f.unread(FromSockets))
	}
	at := f.socketsAt(in)
	hear := hearing(at, in.Group.Addr)
	if theirs, known := f.joinedByOthers(in); known && len(theirs) == 0 {
		// Such a socket may be for unicast alone, as a server's or a client's is.
		return fine(name, fmt.Sprintf("no other program has joined %s, so none waits for it", in.Group.Addr.WithZone("")))
	}
	var out []Finding
	for _, s := range at {
		a := s.Local.Addr().Unmap()
		if s.Own || !a.IsValid() || a.IsUnspecified() || a.IsMulticast() || a.IsLoopback() || hear[owner{s.Program, s.UID}] {
			continue
		}
		if len(out) == maxDeaf {
			break
		}
		out = append(out, Finding{
			Name: name, Verdict: Warning, Interface: f.nameWith(a),
			Title:    fmt.Sprintf("%s is bound to %s, and hears no group", who(s), a),
			Evidence: fmt.Sprintf("a UDP socket at %s (uid %d, inode %d): the kernel compares the destination, %s, with what it is bound to", s.Local, s.UID, s.Inode, in.Group.Addr),
			Hints: []string{
				fmt.Sprintf("bind it to the wildcard, %s, or to the group itself, %s", in.Group.Wildcard(), in.Group.AddrPort()),
				"the interface is chosen by the join (MCAST_JOIN_GROUP), not by the bind",
				"a socket that is connected has an address as well: do not connect the one that is to hear",
			},
		})
	}
	if len(out) == 0 {
		return fine(name, fmt.Sprintf("no socket at port %d is bound to an address of this host (other programs' sockets there: %d)", in.Group.Port, len(others(at))))
	}
	return out
}

// maxDeaf bounds the findings of unicastBind.
const maxDeaf = 8

// owner is the owner of a socket. The user stands for a program that cannot be
// seen.
type owner struct {
	program string
	uid     uint32
}

// hearing returns the owners of sockets that hear the group. Responders answer
// from their other sockets.
func hearing(at []host.Socket, group netip.Addr) map[owner]bool {
	hear := map[owner]bool{}
	for _, s := range at {
		if !s.Own && hears(s, group) {
			hear[owner{s.Program, s.UID}] = true
		}
	}
	return hear
}

func others(at []host.Socket) []host.Socket {
	return slices.DeleteFunc(slices.Clone(at), func(s host.Socket) bool { return s.Own })
}

// nameWith is the interface that has the address, or "".
func (f Facts) nameWith(a netip.Addr) string {
	for _, i := range f.Interfaces {
		if slices.ContainsFunc(i.Addrs, func(p netip.Prefix) bool { return p.Addr() == a.WithZone("") }) {
			return i.Name
		}
	}
	return ""
}

// isGroupcast reports whether a program as [host.Socket] names it is groupcast, also under
// the name that this program runs by. It awaits answers on sockets of its own, so that it
// loses none.
func isGroupcast(program string) bool {
	n := strings.LastIndex(program, " (")
	return n > 0 && (program[:n] == "groupcast" || program[:n] == ownName())
}

// ownName is this program's name as Linux tells it: 15 bytes of its file's (proc(5)).
var ownName = sync.OnceValue(func() string {
	name := filepath.Base(os.Args[0])
	return name[:min(len(name), 15)]
})

// portShared: every socket at the port hears the group, but a unicast datagram
// reaches only one of them.
func portShared(f Facts, in Intent) []Finding {
	const name = "port-shared"
	if f.Sockets == nil {
		return unknown(name, f.unread(FromSockets))
	}
	at := others(f.socketsAt(in))
	type place struct { // that sockets are bound to
		addr   netip.Addr
		device int
	}
	programs := make(map[place][]string)
	named := make(map[place]int) // how many of them have a name
	for _, s := range at {
		a := place{s.Local.Addr().Unmap(), f.Devices[s.Inode]}
		// A socket bound to the group gets no unicast. IPv6's wildcard does not
		// compete for IPv4, which an IPv4 socket wins.
		if !a.addr.IsValid() || a.addr.IsMulticast() || a.addr.Is4() != in.Group.Addr.Is4() || s.Program != "" && slices.Contains(programs[a], who(s)) {
			continue
		}
		programs[a] = append(programs[a], who(s))
		if s.Program != "" {
			named[a]++
		}
	}
	var out []Finding
	var unseen []string
	for a, list := range programs {
		suffers := slices.ContainsFunc(list, func(name string) bool { return !isGroupcast(name) })
		if len(list) < 2 || !suffers {
			continue
		}
		slices.Sort(list)
		if named[a] < 2 {
			unseen = append(unseen, fmt.Sprintf("%d sockets are bound to %s, and it is not seen whether they are of one program: %s",
				len(list), netip.AddrPortFrom(a.addr, in.Group.Port), enumerate(list)))
			continue
		}
		out = append(out, Finding{
			Name: name, Verdict: Warning, Interface: f.nameWith(a.addr),
			Title:    fmt.Sprintf("%d programs share port %d: all hear the group, but an answer to one of them may reach another", named[a], in.Group.Port),
			Evidence: fmt.Sprintf("bound to %s: %s; a unicast datagram goes to one only, as a rule the last to bind", netip.AddrPortFrom(a.addr, in.Group.Port), enumerate(list)),
			Hints:    []string{"a program that awaits answers must send from a socket of its own, with a port of its own (bind to port 0), as groupcast does"},
		})
	}
	switch {
	case len(out) > 0:
	case len(unseen) > 0:
		slices.Sort(unseen)
		return unknown(name, enumerate(unseen))
	default:
		return fine(name, fmt.Sprintf("other programs' sockets at port %d: %d, and none competes with another for unicast", in.Group.Port, len(at)))
	}
	slices.SortFunc(out, func(a, b Finding) int { return cmp.Compare(a.Evidence, b.Evidence) })
	return out
}

// receiveOverflow: a socket that is read too slowly, or in bursts, loses the
// datagrams that its buffer has no room for.
func receiveOverflow(f Facts, in Intent) []Finding {
	const name = "receive-overflow"
	if f.Sockets == nil {
		return unknown(name, f.unread(FromSockets))
	}
	var out []Finding
	listening := 0
	for _, s := range f.socketsAt(in) {
		if !hears(s, in.Group.Addr) {
			continue
		}
		listening++
		now := f.Observed.Drops[s.Inode]
		watched := f.Observed.Drops != nil && f.Observed.For > 0
		if now == 0 && (watched || s.Drops == 0) {
			continue // also once it was cured: the count since it was opened stays
		}
		finding := Finding{
			Name: name, Verdict: Warning,
			Title:    fmt.Sprintf("%s has lost datagrams: its receive buffer was full", who(s)),
			Evidence: fmt.Sprintf("the socket at %s (uid %d, inode %d) dropped %d since it was opened", s.Local, s.UID, s.Inode, s.Drops),
		}
		if now > 0 {
			finding.Verdict = Failure
			finding.Title = fmt.Sprintf("%s is losing datagrams: its receive buffer is full", who(s))
			finding.Evidence += fmt.Sprintf(", %d of them in the last %s", now, f.Observed.lasted())
		}
		finding.Hints, finding.Fix = f.moreBuffer(in, s.Own)
		out = append(out, finding)
	}
	switch {
	case len(out) > 0:
		return out
	case listening == 0:
		return fine(name, fmt.Sprintf("no socket listens at port %d that could lose anything", in.Group.Port))
	case f.Observed.Drops != nil && f.Observed.For > 0:
		return fine(name, fmt.Sprintf("no socket at port %d dropped anything in %s", in.Group.Port, f.Observed.lasted()))
	}
	return fine(name, fmt.Sprintf("no socket at port %d has dropped anything since it was opened", in.Group.Port))
}

// moreBuffer says how a socket gets a larger buffer. Linux grants at most
// net.core.rmem_max, and reports the double (socket(7)).
func (f Facts) moreBuffer(in Intent, own bool) (hints []string, fix *Fix) {
	limit, known := f.Settings["net.core.rmem_max"]
	raise := fmt.Sprintf("the kernel grants more when root sets net.core.rmem_max=%d (sysctl -w), to what is opened after that", max(2*limit, mcast.DefaultReadBuffer))
	switch {
	case own && known && in.ReadBuffer > 0 && in.ReadBuffer < 2*limit:
		return []string{fmt.Sprintf("ask for %d bytes (net.core.rmem_max), now it has %d", limit, in.ReadBuffer/2)}, &Fix{ReadBuffer: limit}
	case own && known:
		return []string{fmt.Sprintf("%s; it is %d, and the socket has all of it", raise, limit)}, nil
	case known:
		return []string{fmt.Sprintf("the program must ask for more (SO_RCVBUF), up to net.core.rmem_max = %d", limit), raise}, nil
	}
	return []string{"the program must ask for more (SO_RCVBUF); what is granted is capped, so read it back", raise}, nil
}
