package main

import (
	"io"
	"net/netip"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/record"
	"github.com/groupcast/groupcast/mcast/session"
)

// sent records a datagram that the kernel took.
func (r *recording) sent(conn *mcast.Conn, d mcast.Departure) {
	if r.to == nil {
		return
	}
	look := r.way
	if look == nil {
		look = r.routed
	}
	way, from := look(conn, d), conn.LocalAddr()
	switch {
	case d.Via.Source.IsValid():
		from = netip.AddrPortFrom(d.Via.Source, from.Port())
	case way.Source.IsValid() && from.Addr().IsUnspecified():
		from = netip.AddrPortFrom(way.Source, from.Port())
	}
	one := record.Datagram{At: d.At, From: from, To: d.To, IfIndex: way.IfIndex, Hops: d.Hops, Data: d.Data}
	if way.Stays {
		r.to.Stayed(one, "TTL 0, and the group is joined there")
	} else {
		r.to.Sent(one, way.Because)
	}
}

// routed asks the kernel by which way a datagram left.
func (r *recording) routed(conn *mcast.Conn, d mcast.Departure) session.Egress {
	return r.routedBecause(conn, d, chosenBecause(d.Via))
}

// chosenBecause is why a datagram left by that way, where the user chose it.
func chosenBecause(via mcast.Via) string {
	switch {
	case via.IfIndex != 0:
		return "you chose it"
	case via.Source.IsValid():
		return "you chose its source"
	}
	return ""
}

// routedBecause is routed, where the way was chosen for a reason; "": the route is
// the reason.
func (r *recording) routedBecause(conn *mcast.Conn, d mcast.Departure, because string) session.Egress {
	return r.ways.Of(d.To, d.Via, conn.LocalAddr().Port(), d.At, because)
}

// recordTalk begins the recording of a session that is not started yet.
func (r *recording) recordTalk(cfg session.Config, screen bool, errs io.Writer) error {
	if r.file == "" {
		return nil
	}
	list, err := host.Interfaces()
	if err != nil {
		return err
	}
	c, err := host.Choose(list, cfg.Interfaces, cfg.Group.Addr)
	if err != nil {
		return nil // the session says it
	}
	r.goesOn, r.strays = "the talk", cfg.MulticastAll
	r.way = func(conn *mcast.Conn, d mcast.Departure) session.Egress {
		if s := r.talk.Load(); s != nil {
			if to, by := s.Sends(); to.AddrPort() == d.To && by.Err == nil {
				return by
			}
		}
		return r.routed(conn, d)
	}
	if screen {
		r.stopped = func(err error) {
			if s := r.talk.Load(); s != nil {
				s.Problem(err)
			}
		}
	}
	return r.begin(chosen(list, c), errs)
}
