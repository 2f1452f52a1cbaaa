package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// Family selects the addresses of a host.
type Family int

// The families.
const (
	AnyFamily Family = 0
	IPv4      Family = 4
	IPv6      Family = 6
)

func (f Family) String() string {
	if f == AnyFamily {
		return "any"
	}
	return fmt.Sprintf("IPv%d", int(f))
}

func (f Family) has(a netip.Addr) bool {
	return f == AnyFamily || (f == IPv4) == a.Is4()
}

// Reasons of a [ResolveError], to be tested with [errors.Is].
var (
	ErrNoSuchHost   = errors.New("no such host")
	ErrNoSuchFamily = errors.New("the host has no address of that family")
	ErrNameServer   = errors.New("the name server failed")
	ErrNameTimeout  = errors.New("no name server answered in time")
)

// ResolveError says why a host has no address to ask.
type ResolveError struct {
	Host   string
	Family Family
	Reason error // one of those above; else the system's
	Err    error // what the system said; nil if it was not asked
}

// Error reads "no such host: printer".
func (e *ResolveError) Error() string {
	if e.Reason == ErrNoSuchFamily {
		return fmt.Sprintf("%s is no %s address", e.Host, e.Family)
	}
	host := e.Host
	if e.Family != AnyFamily {
		host = fmt.Sprintf("%s (%s)", e.Host, e.Family)
	}
	return fmt.Sprintf("%s: %s", e.Reason, host)
}

// Unwrap returns the reason and what the system said.
func (e *ResolveError) Unwrap() []error { return []error{e.Reason, e.Err} }

// Resolve returns a target for each address of the family and each port, in the
// order of the places and of the system's answers. A host without addresses has
// targets too, with a [ResolveError] as Err. Each host is looked up once.
func Resolve(ctx context.Context, f Family, places []HostPort) []Target {
	type answer struct {
		addrs []netip.Addr
		err   error
	}
	known := map[string]answer{}
	var list []Target
	for _, p := range places {
		a, ok := known[p.Host]
		if !ok {
			a.addrs, a.err = Lookup(ctx, p.Host, f)
			known[p.Host] = a
		}
		if a.err != nil {
			list = append(list, Target{Host: p.Host, Addr: netip.AddrPortFrom(netip.Addr{}, p.Port), Err: a.err})
		}
		for _, addr := range a.addrs {
			list = append(list, Target{Host: p.Host, Addr: netip.AddrPortFrom(addr, p.Port)})
		}
	}
	return list
}

// Lookup returns all addresses of a host, at least one, as the system resolves
// names. The text of an address is that address; it may have a zone. The error is
// a [ResolveError].
func Lookup(ctx context.Context, host string, f Family) ([]netip.Addr, error) {
	return lookup(ctx, net.DefaultResolver, host, f)
}

func lookup(ctx context.Context, by *net.Resolver, host string, f Family) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		if a = a.Unmap(); !f.has(a) {
			return nil, &ResolveError{Host: host, Family: f, Reason: ErrNoSuchFamily}
		}
		return []netip.Addr{a}, nil
	}
	network := map[Family]string{AnyFamily: "ip", IPv4: "ip4", IPv6: "ip6"}[f]
	found, err := by.LookupNetIP(ctx, network, host)
	if err != nil {
		return nil, &ResolveError{Host: host, Family: f, Reason: reason(err), Err: err}
	}
	var list []netip.Addr
	for _, a := range found {
		if a = a.Unmap(); !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return list, nil
}

// reason returns the reason of a resolver's error, whose own text repeats the name
// and the server.
func reason(err error) error {
	var dns *net.DNSError
	var addr *net.AddrError
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.As(err, &addr): // "no suitable address"
		return ErrNoSuchHost
	case !errors.As(err, &dns):
		return err
	case dns.IsNotFound:
		return ErrNoSuchHost
	case dns.IsTimeout:
		return ErrNameTimeout
	}
	return ErrNameServer
}
