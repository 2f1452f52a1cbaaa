package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/probe"
	"github.com/groupcast/groupcast/mcast/session"
)

// pingTarget is whom to ping.
type pingTarget struct {
	host   string // as it was typed
	addr   netip.AddrPort
	group  bool // a group or a broadcast address: anyone may answer
	others int  // further addresses that the name has

	broadcast bool // of all hosts of a network of this host
}

// String is the address and port, and the name that was typed for it.
func (t pingTarget) String() string {
	text := t.addr.String()
	if _, err := netip.ParseAddr(t.host); err != nil {
		text = fmt.Sprintf("%s (%s)", t.host, text)
	}
	return chat.Clean(text)
}

// findPingTarget reads HOST[:PORT] or GROUP[:PORT]. A name is looked up as the
// system does it; the first of its addresses is taken.
func findPingTarget(ctx context.Context, arg string, f probe.Family) (pingTarget, error) {
	name, port, err := splitHostPort(arg)
	if err != nil {
		return pingTarget{}, usageError{fmt.Errorf("ping %q: %w", arg, err)}
	}
	found, err := probe.Lookup(ctx, name, f)
	if err != nil {
		return pingTarget{}, fmt.Errorf("ping %s: %w", name, err)
	}
	t := pingTarget{host: name, addr: netip.AddrPortFrom(found[0], port), others: len(found) - 1}
	if found[0].IsUnspecified() {
		return t, usageError{fmt.Errorf("ping %s: not the address of a host; this host is 127.0.0.1 or ::1", name)}
	}
	networks, _ := host.ReadNetworks() // what cannot be read is asked as one host
	t.broadcast = networks.Broadcast(found[0])
	t.group = found[0].IsMulticast() || t.broadcast
	return t, nil
}

// splitHostPort reads a host and perhaps a port: of IPv6 in brackets then.
func splitHostPort(text string) (host string, port uint16, err error) {
	if strings.Contains(text, "@") {
		return "", 0, errors.New("any host may reply to a request: leave the source out")
	}
	bare, ok := strings.CutPrefix(text, "[")
	if ok {
		bare, ok = strings.CutSuffix(bare, "]")
	}
	_, err = netip.ParseAddr(text)
	if err == nil || ok || !strings.Contains(text, ":") {
		if !ok {
			bare = text
		}
		if bare == "" {
			return "", 0, errors.New("no host is named")
		}
		return bare, mcast.DefaultPort, nil
	}
	host, portText, err := net.SplitHostPort(text)
	if err != nil || host == "" {
		return "", 0, errors.New("write HOST:PORT or [IPV6]:PORT")
	}
	n, err := strconv.ParseUint(portText, 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("port %q: %w", portText, mcast.ErrBadPort)
	}
	return host, uint16(n), nil
}

// pingWay is how requests leave.
type pingWay struct {
	via    mcast.Via
	all    []host.Interface // more than one was named: each request leaves by all
	egress session.Egress   // of the first
}

// wayOut chooses the way: by the interfaces named, else as the kernel routes
// it. On a host with nothing but lo, groups are asked there.
func (t pingTarget) wayOut(set *settings) (pingWay, error) {
	addr := t.addr.Addr()
	g := mcast.Group{Addr: addr, Port: t.addr.Port()}
	var c host.Choice
	if addr.IsMulticast() || addr.Zone() != "" || len(set.interfaces) > 0 || set.source.IsValid() {
		list, err := host.Interfaces()
		if err != nil {
			return pingWay{}, err
		}
		if c, err = set.choose(list, addr); err != nil {
			return pingWay{}, &mcast.OpError{Op: "ping", Target: t.addr.String(), Err: err}
		}
	}
	w := pingWay{via: mcast.ViaChoice(c, g.Addr), egress: session.WayOut(g, c, 0)}
	if c.ByUser && len(c.Joins) > 1 {
		w.all = c.Joins
	}
	return w, nil
}

// String says it for a remark.
func (w pingWay) String() string {
	switch {
	case len(w.all) > 0:
		return "requests leave by " + chat.InterfaceList(w.all)
	case w.egress.Err != nil:
		return "requests go nowhere: " + mcast.Reason(w.egress.Err)
	case !w.egress.Source.IsValid():
		return fmt.Sprintf("requests leave by %s: %s", w.egress.Interface, w.egress.Because)
	}
	return fmt.Sprintf("requests leave by %s, source %s: %s", w.egress.Interface, w.egress.Source, w.egress.Because)
}
