package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Name is the host's name in the topology.
func (n *Node) Name() string { return n.name }

// Pid is the host's process, for nsenter(1): nsenter --preserve-credentials -U -n
// -t PID. A user that is not root needs its --keep-caps as well.
func (n *Node) Pid() int { return n.process.Process.Pid }

// Do runs fn on a thread in the host's network namespace, and returns its
// error. Sockets that fn opens belong to the host for as long as they live,
// and can be used anywhere. Goroutines that fn starts are not in the host.
// After Lab.Close, which does not wait for fn, the error is os.ErrClosed.
//
// In fn net.Interfaces shows the host; among files only those below
// /proc/thread-self/net and /proc/sys/net do, because /proc/net follows the
// process and not the thread. fn must not call testing.T's FailNow.
func (n *Node) Do(fn func() error) error {
	if err := n.ns.do(fn); err != nil {
		return fmt.Errorf("lab: host %s: %w", n.name, err)
	}
	return nil
}

// Sysctl writes a setting of the host, such as net.ipv4.conf.eth0.rp_filter.
// Slashes may stand for the dots, for interfaces with a dot in their name.
func (n *Node) Sysctl(name, value string) error {
	if err := n.ns.sysctl(name, value); err != nil {
		return fmt.Errorf("lab: host %s: set %s to %s: %w", n.name, name, value, err)
	}
	return nil
}

// AddRoute adds a route. Its error is the kernel's: EEXIST for one that is
// there, ENETUNREACH for a gateway on none of the host's subnets.
func (n *Node) AddRoute(r Route) error { return n.route("add", r, n.ns.handle.RouteAdd) }

// DelRoute deletes a route; the error is ESRCH when there is none like it.
func (n *Node) DelRoute(r Route) error { return n.route("delete", r, n.ns.handle.RouteDel) }

// AddRule adds a rule before that of the main routing table; the error is
// EEXIST for one that is there.
func (n *Node) AddRule(r Rule) error { return n.rule("add", r, n.ns.handle.RuleAdd) }

// DelRule deletes a rule; the error is ENOENT when there is none like it.
func (n *Node) DelRule(r Rule) error { return n.rule("delete", r, n.ns.handle.RuleDel) }

func (n *Node) rule(op string, r Rule, do func(*netlink.Rule) error) error {
	rule := netlink.NewRule()
	rule.Family, rule.IPProto, rule.Table = unix.AF_INET, r.Protocol, r.Table
	if err := do(rule); err != nil {
		return fmt.Errorf("lab: host %s: %s rule for table %d: %w", n.name, op, r.Table, err)
	}
	return nil
}

func (n *Node) route(op string, r Route, do func(*netlink.Route) error) error {
	route, err := n.kernelRoute(r)
	if err == nil {
		err = do(route)
	}
	if err != nil {
		return fmt.Errorf("lab: host %s: %s route %s: %w", n.name, op, r.Dst, err)
	}
	return nil
}

func (n *Node) kernelRoute(r Route) (*netlink.Route, error) {
	types := map[RouteType]int{
		Unicast: unix.RTN_UNICAST, Unreachable: unix.RTN_UNREACHABLE, Blackhole: unix.RTN_BLACKHOLE, Prohibit: unix.RTN_PROHIBIT, Throw: unix.RTN_THROW,
	}
	kind, ok := types[r.Type]
	if !ok || !r.Dst.IsValid() {
		return nil, errors.New("no such type, or no destination")
	}
	route := &netlink.Route{Dst: ipNet(r.Dst), Type: kind, Src: r.Src.AsSlice(), Table: r.Table}
	if r.Dev != "" {
		link, err := n.ns.handle.LinkByName(r.Dev)
		if err != nil {
			return nil, fmt.Errorf("interface %s: %w", r.Dev, err)
		}
		route.LinkIndex = link.Attrs().Index
	}
	if r.Via.IsValid() {
		route.Gw = r.Via.AsSlice()
	} else if r.Type == Unicast {
		route.Scope = netlink.SCOPE_LINK
	}
	return route, nil
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// start asks the host's process to run a command with the standard files.
func (n *Node) start(ctx context.Context, r request, files [3]*os.File) (*process, error) {
	near, far, err := socketPair()
	if err != nil {
		return nil, err
	}
	err = send(n.control, struct{}{}, far)
	far.Close()
	if err != nil {
		near.Close()
		return nil, notAnswering(n.name, err)
	}
	return converse(ctx, n.name, near, r, files)
}
