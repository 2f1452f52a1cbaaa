package doctor

import (
	"errors"
	"io/fs"
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
// thread. The error is that of listing the interfaces; what else could not be
// read is nil in the Facts, or not in its map, and Unread says why.
//
// Linux tells everything. Other systems tell the interfaces and the routes, and
// errors.ErrUnsupported for the rest.
func Gather(in Intent) (Facts, error) {
	f, err := GatherRoutes(in.Group)
	if err != nil {
		return Facts{}, err
	}
	f.gatherBy(in)
	f.Back = map[netip.Addr]RouteResult{}
	for _, host := range []netip.Addr{in.From, in.Group.Source} {
		if host.IsValid() {
			f.Back[host] = Back(host)
		}
	}
	f.gatherHost(in)
	return f, nil
}

// GatherRoutes reads the interfaces and where the kernel would join and send
// to a group, and nothing else. The error is that of listing the interfaces;
// what the routing table could not say stands in the RouteResults.
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

// Back asks which way a datagram to a host would go, which is what a reverse
// path filter compares with the way that the host's own datagrams come by
// (RFC 3704). The filter asks as root: rules for one user can part the two, and
// of a multipath route it takes any way, of which this is one.
func Back(addr netip.Addr) RouteResult {
	const discard = 9 // some systems answer for a port only
	r, err := host.RouteTo(netip.AddrPortFrom(addr, discard), host.RouteOptions{})
	if op, ok := errors.AsType[*mcast.OpError](err); ok {
		err = &mcast.OpError{Op: "route back to", Target: addr.String(), Err: op.Err}
	}
	return RouteResult{Route: r, Err: err}
}

// gatherBy asks for each usable interface what a send by it would be like,
// first for those that the program uses.
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

// refused reports whether an error is no answer of the routing table's, but
// that it may not be asked.
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

// maxBack is of how many of the hosts that a probe heard the way back is asked,
// a question to the kernel each.
const maxBack = 16

// Take adds what a Probe has observed, and asks the kernel for the ways back to
// those who were heard.
func (f *Facts) Take(seen Observed) {
	f.Observed = seen
	f.Heard = map[int]uint64{}
	for _, s := range seen.Senders {
		if s.Local {
			continue
		}
		f.Heard[s.IfIndex] += uint64(s.Datagrams)
		host := s.From.Addr().Unmap()
		if _, known := f.Back[host]; !known && f.Back != nil && len(f.Back) < maxBack {
			f.Back[host] = Back(host)
		}
	}
}

// absent is err, or nil when it says that there is no such file.
func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
