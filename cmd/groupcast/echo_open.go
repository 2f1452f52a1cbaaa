package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/session"
)

// bind opens the socket of a unicast server.
func (e *echoer) bind(ctx context.Context, at netip.AddrPort) (*mcast.Conn, error) {
	if zone := at.Addr().Zone(); zone != "" {
		list, err := host.Interfaces()
		if err != nil {
			return nil, err
		}
		if _, err := host.Find(list, zone); err != nil {
			return nil, &mcast.OpError{Op: "listen", Target: at.String(), Err: err}
		}
	}
	return e.listen(ctx, mcast.Config{Addr: at.Addr(), Port: at.Port(), Exclusive: true})
}

// join opens the two sockets that a group needs, joins it, and returns the
// socket that answers leave from.
func (e *echoer) join(ctx context.Context, g mcast.Group) (*mcast.Conn, error) {
	list, err := host.Interfaces()
	if err != nil {
		return nil, err
	}
	c, err := host.Choose(list, e.set.interfaces, g.Addr)
	if err != nil {
		return nil, &mcast.OpError{Op: "join", Target: g.String(), Err: err}
	}
	on, err := e.keep.Join(g, c)
	if err != nil {
		return nil, err
	}
	answers, err := e.listen(ctx, mcast.Config{Addr: host.Unspecified(g.Addr)})
	if err != nil {
		return nil, err
	}
	e.started(jsonServing{Group: chat.Clean(g.String()), Interfaces: chat.InterfaceNames(on), AnswersFrom: answers.LocalAddr().Port()})
	return answers, nil
}

// listen opens a socket. Its error knows more than the kernel says.
func (e *echoer) listen(ctx context.Context, cfg mcast.Config) (*mcast.Conn, error) {
	cfg.Trace = e.recording.trace(e.set.tracer(e.errs))
	conn, err := mcast.Listen(ctx, cfg)
	at := netip.AddrPortFrom(cfg.Addr, cfg.Port)
	switch {
	case errors.Is(err, mcast.ErrPortInUse):
		op, _ := errors.AsType[*mcast.OpError](err)
		op.Err = mcast.ErrPortInUse
		if who := holder(at); who != "" {
			op.Err = fmt.Errorf("%w: %s", op.Err, who)
		}
		err = &mcast.Advised{Err: err, Advice: "end the program that has the port (ss -ulpn lists it), or use another one; with 0 the kernel chooses: groupcast echo :0"}
	case errors.Is(err, syscall.EACCES) && cfg.Port != 0:
		err = &mcast.Advised{Err: err, Advice: lowPort}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		err = &mcast.Advised{Err: err, Advice: ownAddresses(cfg.Addr)}
	}
	return conn, err
}

// record begins the recording, if there is to be one.
func (e *echoer) record(at served) error {
	if e.recording.file == "" {
		return nil
	}
	list, err := host.Interfaces()
	if err != nil {
		return err
	}
	var on []host.Interface
	bound := at.addr.Addr().WithZone("")
	for _, i := range list {
		if i.Up() && (bound.IsUnspecified() || slices.ContainsFunc(i.Addrs, func(p netip.Prefix) bool { return p.Addr().WithZone("") == bound })) {
			on = append(on, i)
		}
	}
	if at.isGroup() {
		c, err := host.Choose(list, e.set.interfaces, at.group.Addr)
		if err != nil {
			return nil // the join says it
		}
		on = chosen(list, c)
	}
	e.recording.goesOn = "echoing"
	e.recording.way = func(c *mcast.Conn, d mcast.Departure) session.Egress {
		because := ""
		if d.Via.IfIndex != 0 {
			because = "the request came in on it"
		}
		return e.recording.routedBecause(c, d, because)
	}
	return e.recording.begin(on, e.errs)
}

// holder says which program has a port, as far as the system tells: "python3
// (4711) has 0.0.0.0:1234".
func holder(at netip.AddrPort) string {
	s, ok := host.Holder(at)
	if !ok {
		return ""
	}
	return holderText(s)
}

func holderText(s host.Socket) string {
	if s.Program != "" {
		return fmt.Sprintf("%s has %s", s.Program, s.Local)
	}
	return fmt.Sprintf("a program of user %d has %s", s.UID, s.Local)
}

// ownAddresses lists the addresses of this host, of that IP version.
func ownAddresses(like netip.Addr) string {
	const most = 8
	var own []string
	list, _ := host.Interfaces()
	for _, i := range list {
		for _, p := range i.Addrs {
			if p.Addr().Is4() == like.Is4() {
				own = append(own, fmt.Sprintf("%s (%s)", p.Addr(), i.Name))
			}
		}
	}
	if len(own) == 0 {
		return "no interface has an address of that IP version: groupcast interfaces"
	}
	if len(own) > most {
		own = append(slices.Clip(own[:most]), "more: groupcast interfaces")
	}
	return "this host has " + strings.Join(own, ", ")
}
