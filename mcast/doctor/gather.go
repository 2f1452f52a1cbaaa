package doctor

import (
	"errors"
	"net/netip"
	"slices"
	"syscall"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// maxBy is how many interfaces Gather asks the routing table about.
const maxBy = 64

// Gather reads everything about the host that Diagnose can use, without
// privileges, and sends nothing. It reads the network namespace of the calling
// thread. The error is that of listing the interfaces. Other facts that cannot be
// read are nil in the Facts, or missing in its map, and Unread says why.
//
// Linux tells everything. Other systems tell the interfaces and the routes, and
// [errors.ErrUnsupported] for the rest.
func Gather(in Intent) (Facts, error) {
	f, err := GatherRoutes(in.Group)
	if err != nil {
		return Facts{}, err
	}
	f.gatherBy(in)
	f.Back = map[netip.Addr]RouteResult{}
	for _, host := range []netip.Addr{in.From, in.To, in.Group.Source} {
		if host.IsValid() {
			f.Back[host] = Back(host)
		}
	}
	if in.Group.Addr.Is4() {
		routing, err := host.ReadRouting()
		if err == nil {
			f.Routing = &routing
		}
		f.failed(FromRouting, err)
	}
	f.gatherHost(in)
	return f, nil
}

// GatherRoutes reads the interfaces and where the kernel would join and send
// to a group, and nothing else. The error is that of listing the interfaces; an
// error of the routing table stands in its RouteResult.
func GatherRoutes(g mcast.Group) (Facts, error) {
	list, err := host.Interfaces()
	if err != nil {
		return Facts{}, err
	}
	f := Facts{Interfaces: list}
	f.Join.Route, f.Join.Err = host.RouteTo(g.AddrPort(), host.RouteOptions{Join: true})
	f.Send.Route, f.Send.Err = host.RouteTo(g.AddrPort(), host.RouteOptions{})
	return f, nil
}

// discard is the port that Back asks for: some systems answer for a port only.
const discard = 9

// Back looks up the route to a host. A reverse path filter compares it with the
// interface that the host's datagrams come by (RFC 3704). The filter's own lookup
// can differ: it is made as root, so routing rules for one user do not apply, and
// it takes any of the ways of a multipath route.
func Back(addr netip.Addr) RouteResult {
	r, err := host.RouteTo(netip.AddrPortFrom(addr, discard), host.RouteOptions{})
	if op, ok := errors.AsType[*mcast.OpError](err); ok {
		err = &mcast.OpError{Op: "route back to", Target: addr.String(), Err: op.Err}
	}
	return RouteResult{Route: r, Err: err}
}

// gatherBy looks up the route of a send by each usable interface, first by those
// that the program uses.
func (f *Facts) gatherBy(in Intent) {
	var used, others []int
	for _, i := range f.Interfaces {
		switch {
		case !i.Usable(in.Group.Addr):
		case i.Index == in.Send || slices.Contains(in.Joined, i.Index):
			used = append(used, i.Index)
		default:
			others = append(others, i.Index)
		}
	}
	list := append(used, others...)
	f.By = map[int]RouteResult{}
	for _, index := range list[:min(len(list), maxBy)] {
		r, err := host.RouteTo(in.Group.AddrPort(), host.RouteOptions{IfIndex: index})
		if refused(err) {
			f.By = nil
			f.failed(FromRoutes, err)
			return
		}
		f.By[index] = RouteResult{Route: r, Err: err}
	}
}

// refused reports whether an error says that the routing table cannot be asked,
// rather than being its answer.
func refused(err error) bool {
	return slices.ContainsFunc([]error{errors.ErrUnsupported, syscall.EPERM, syscall.EAFNOSUPPORT, syscall.EPROTONOSUPPORT},
		func(target error) bool { return errors.Is(err, target) })
}

// failed keeps why something is not known; nil is no reason.
func (f *Facts) failed(s Origin, err error) {
	if err == nil {
		return
	}
	if f.Unread == nil {
		f.Unread = map[Origin]error{}
	}
	f.Unread[s] = errors.Join(f.Unread[s], err)
}

// maxBack bounds the hosts that Take looks up the way back to: each lookup is a
// question to the kernel.
const maxBack = 16

// Take adds the observations of a [Probe], and looks up the ways back to the
// senders that were heard.
func (f *Facts) Take(seen Observed) {
	f.Observed = seen
	f.Heard = seen.byInterface()
	for _, s := range seen.Senders {
		if s.Local {
			continue
		}
		host := s.From.Addr().Unmap()
		if _, known := f.Back[host]; !known && f.Back != nil && len(f.Back) < maxBack {
			f.Back[host] = Back(host)
		}
	}
}

// groupsOf reads who has joined what now, on all interfaces, in a group's family.
func groupsOf(group netip.Addr) ([]host.InterfaceGroups, error) {
	if group.Is6() {
		return host.MLD()
	}
	return host.IGMP()
}
