package host

import (
	"net/netip"
)

// RouteTo asks the kernel for the outgoing interface of a datagram to a group or
// a host, or for the interface that a join of the group without one would use,
// and for the route that decides. It sends no packet. The zone of an IPv6 group
// chooses the interface of both. (A plain sendto on Linux heeds the zone of an
// interface-local or link-local group only, and ignores that of a wider scope.)
//
// The error is an OpError with the kernel's own reason: ENETUNREACH (no
// route), EHOSTUNREACH, EINVAL or EACCES (an unreachable, blackhole or
// prohibit route), or EADDRNOTAVAIL (no IPv6 address to send from). A join
// that meets any of the first four fails with ENODEV. It is ErrNoInterface for
// a zone that is none, and errors.ErrUnsupported where the system cannot say
// where a join would be.
//
// The kernel cannot be asked everything, so the answer may be wrong for
//   - a join of an IPv4 group past rules for two protocols, or over a
//     multipath route that goes by ports (fib_multipath_hash_policy not 0)
//   - a join of an IPv6 group past a rule for an incoming interface (iif lo)
//   - a send from a port that is not given, if rules or a multipath route go by it
//   - a send that a firewall or a BPF program marks or redirects
func RouteTo(to netip.AddrPort, opt RouteOptions) (Route, error) {
	to, opt.Source = netip.AddrPortFrom(to.Addr().Unmap(), to.Port()), opt.Source.Unmap()
	r, err := routeTo(to, opt)
	if err == nil && r.Interface == "" {
		r.Interface = InterfaceName(r.IfIndex)
	}
	if err != nil {
		op := "route to"
		if opt.Join {
			op = "route for joining"
		}
		return Route{}, &OpError{Op: op, Target: to.String(), Interface: InterfaceName(opt.IfIndex), Err: Cause(err)}
	}
	return r, nil
}
