package host

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"slices"

	"github.com/groupcast/groupcast/mcast/internal/rtnl"
	"golang.org/x/sys/unix"
)

// mostRoutes bounds the routes that are read: a router of the Internet has a
// million, and nobody asks there why a group is not heard.
const mostRoutes = 4096

// ReadRouting reads the rules and routes of IPv4. It needs no privileges. The
// error is errors.ErrUnsupported where the system has no rules.
func ReadRouting() (Routing, error) {
	rules, err := dumpIPv4(unix.RTM_GETRULE)
	if err != nil {
		return Routing{}, fmt.Errorf("routing rules: %w", err)
	}
	routes, err := dumpIPv4(unix.RTM_GETROUTE)
	if err != nil {
		return Routing{}, fmt.Errorf("routes: %w", err)
	}
	r := Routing{User: uint32(os.Geteuid())}
	for _, b := range rules {
		rule, ok := parseRule(b)
		if !ok {
			return Routing{}, fmt.Errorf("routing rules: one of %d bytes: %w", len(b), unix.EBADMSG)
		}
		r.Rules = append(r.Rules, rule)
	}
	for _, b := range routes {
		if e, ok := parseEntry(b); ok {
			r.Routes = append(r.Routes, e)
		}
	}
	return r, nil
}

func dumpIPv4(kind uint16) ([][]byte, error) {
	body := make([]byte, unix.SizeofRtMsg) // fib_rule_hdr is as long
	body[0] = unix.AF_INET
	return rtnl.NewRequest(kind, body).DumpSome(unix.NETLINK_ROUTE, mostRoutes)
}

// Attributes and flags of linux/fib_rules.h that package unix does not have.
const (
	fibRuleInvert = 2
	fraTunID      = 12
	fraL3mdev     = 19
	fraUIDRange   = 20
	fraIPProto    = 22
	fraSportRange = 23
	fraDportRange = 24
	fraDSCP       = 25
)

// parseRule reads a fib_rule_hdr and its attributes.
func parseRule(b []byte) (rule Rule, ok bool) {
	if len(b) < unix.SizeofRtMsg || b[0] != unix.AF_INET {
		return Rule{}, false
	}
	prefix := func(v []byte, bits byte) netip.Prefix {
		addr, _ := netip.AddrFromSlice(v)
		p, _ := addr.Prefix(int(bits))
		return p
	}
	rule = Rule{
		Not: binary.NativeEndian.Uint32(b[8:])&fibRuleInvert != 0,
		TOS: b[3], Table: int(b[4]), Action: int(b[7]), Suppress: -1,
	}
	masked := false
	for kind, v := range rtnl.Attributes(b[unix.SizeofRtMsg:]) {
		n := rtnl.Uint32(v)
		switch kind {
		case unix.FRA_DST:
			rule.To = prefix(v, b[1])
		case unix.FRA_SRC:
			rule.From = prefix(v, b[2])
		case unix.FRA_IIFNAME:
			rule.In = rtnl.Text(v)
		case unix.FRA_OIFNAME:
			rule.Out = rtnl.Text(v)
		case unix.FRA_GOTO:
			rule.Target = int(n)
		case unix.FRA_PRIORITY:
			rule.Priority = int(n)
		case unix.FRA_FWMARK:
			rule.Mark = n
		case unix.FRA_FWMASK:
			rule.Mask, masked = n, true
		case unix.FRA_TABLE:
			rule.Table = int(n)
		case unix.FRA_SUPPRESS_PREFIXLEN:
			rule.Suppress = int(int32(n))
		case fraTunID, fraL3mdev:
			rule.Never = rule.Never || slices.ContainsFunc(v, func(x byte) bool { return x != 0 })
		case fraUIDRange:
			rule.ByUser, rule.Users = true, [2]uint32{n, rtnl.Uint32(v[min(4, len(v)):])}
		case fraIPProto:
			rule.Protocol = rtnl.Uint8(v)
		case fraSportRange:
			rule.SourcePorts = portRange(v)
		case fraDportRange:
			rule.Ports = portRange(v)
		case fraDSCP:
			rule.TOS = rtnl.Uint8(v) << 2
		}
	}
	if !masked && rule.Mark != 0 {
		rule.Mask = ^uint32(0)
	}
	return rule, true
}

// portRange reads a fib_rule_port_range.
func portRange(v []byte) (ports [2]uint16) {
	if len(v) >= 4 {
		ports = [2]uint16{binary.NativeEndian.Uint16(v), binary.NativeEndian.Uint16(v[2:])}
	}
	return ports
}

// parseEntry reads an rtmsg of a table; ok is false for what decides about no
// group and about no other host: this host's own addresses, and what is cached.
func parseEntry(b []byte) (e Entry, ok bool) {
	const cloned = 0x200 // RTM_F_CLONED
	a, err := parseRoute(b)
	if err != nil || b[0] != unix.AF_INET || a.flags&(cloned|unix.RTNH_F_DEAD) != 0 {
		return Entry{}, false
	}
	e = Entry{Dst: a.dst, Table: a.table, TOS: b[3], Kind: RouteKind(b[7]), Source: a.source}
	if e.Kind == unix.RTN_LOCAL || e.Kind == unix.RTN_BROADCAST {
		return Entry{}, false
	}
	for kind, v := range rtnl.Attributes(b[unix.SizeofRtMsg:]) {
		if kind == unix.RTA_PRIORITY {
			e.Metric = rtnl.Uint32(v)
		}
	}
	for _, hop := range a.hops {
		e.On = append(e.On, hop.ifIndex)
	}
	return e, true
}
