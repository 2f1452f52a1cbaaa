package session

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
)

// applyFix carries out what ends a finding. Each fix says in the talk what it
// did; where sends leave is said when the facts are read anew.
func (s *Session) applyFix(f doctor.Finding) error {
	switch fix := f.Fix; {
	case fix == nil:
		s.notice(f.Name+": groupcast cannot change this itself", strings.Join(f.Hints, "; "))
		return nil
	case fix.UseInterface != "":
		return s.useInterface(fix.UseInterface)
	case fix.LoopbackOn:
		return s.setLoopback(true)
	case fix.Rejoin != "":
		return s.rejoin(fix.Rejoin)
	case fix.MulticastAllOff:
		return s.refuseOthers()
	case fix.ReadBuffer > 0:
		return s.setReadBuffer(fix.ReadBuffer)
	case fix.Hops > 0:
		return s.setHops(fix.Hops)
	case fix.Leave != nil:
		return s.leaveGroup(Leave{Group: fix.Leave.Group, Interface: fix.Leave.Interface})
	}
	return nil
}

// rejoin leaves the current group on an interface and joins it again, on the
// interface that has this name now.
func (s *Session) rejoin(name string) error {
	list, err := host.Interfaces()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.group
	fail := func(err error) error {
		return &mcast.OpError{Op: "join", Target: g.String(), Interface: name, Err: err}
	}
	n := slices.IndexFunc(list, func(i host.Interface) bool { return i.Name == name })
	if n < 0 {
		return fail(host.ErrNoInterface)
	}
	if s.keep.Conn(g) == nil {
		return fail(mcast.ErrNotJoined)
	}
	s.unmirror(g.Addr, name)
	if err := s.keep.rejoin(g, list[n]); err != nil {
		return err
	}
	s.put(fmt.Sprintf("left %s on %s, and joined it there again", g, name), "")
	return nil
}

// refuseOthers stops hearing the groups that only other programs have joined.
func (s *Session) refuseOthers() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, l := range s.keep.Conns() {
		errs = append(errs, l.SetMulticastAll(false))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	s.allGroups = false
	s.evidence.ForgetStrays() // they were heard for want of this
	s.put("IP_MULTICAST_ALL is off: groups that only other programs have joined are not heard any more", "")
	return nil
}

// setReadBuffer asks for a receive buffer for the current group's datagrams,
// and for those of groups to come.
func (s *Session) setReadBuffer(bytes int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.keep.Conn(s.group)
	if l == nil {
		return &mcast.OpError{Op: "set read buffer", Target: s.group.String(), Err: mcast.ErrNotJoined}
	}
	before := l.ReadBuffer()
	if err := l.SetReadBuffer(bytes); err != nil {
		return err
	}
	s.asked = bytes
	hint := ""
	if l.ReadBuffer() < bytes {
		hint = fmt.Sprintf("the system grants no more; allow it: sysctl -w net.core.rmem_max=%d", bytes)
	}
	s.put(fmt.Sprintf("receive buffer: asked for %d KiB, granted %d KiB; it was %d KiB", bytes>>10, l.ReadBuffer()>>10, before>>10), hint)
	return nil
}
