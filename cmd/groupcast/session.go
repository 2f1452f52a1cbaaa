package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/tui"
)

// sessionConfig is what the command line asks of a session.
type sessionConfig struct {
	group      mcast.Group
	interfaces []string // as -i named them
	hops       int
	noLoopback bool
	trace      *mcast.Trace
}

// session is a conversation in groups: sockets at one side, a Room in the
// middle, the screen or the line mode at the other. It is a tui.Session.
//
// Sends leave from a socket of their own, on a port of the kernel's choice:
// another program bound to the group's port would share its address, and a
// unicast answer would reach only one of the two. That socket is read too.
type session struct {
	cfg    sessionConfig
	ring   *chat.Ring
	life   context.Context // until Close
	cancel context.CancelFunc
	done   sync.WaitGroup
	paced  time.Time // when Next last returned; only Next uses it

	mu        sync.Mutex
	room      *chat.Room
	listeners map[netip.AddrPort]*mcast.Conn // by what they are bound to
	senders   map[netip.Addr]*mcast.Conn     // by IP version: its wildcard address
	loopback  bool
	hops      int
	dropped   uint64               // datagrams lost in the kernel, as last told
	gone      uint64               // of them, by listeners that are closed
	group     mcast.Group          // where Say goes
	byUser    []mcast.Interface    // the interfaces that the user named
	send      mcast.Interface      // zero: the kernel chooses
	lo        bool                 // on lo, because there is nothing else
	widely    map[mcast.Group]bool // joined wherever they can be, also on interfaces to come
	left      map[place]bool       // where the user left them
	joinErrs  map[int]error        // why the current group is not joined there
	heard     map[int]uint64       // datagrams of other hosts to the current group, by interface
	facts     doctor.Facts
	findings  []doctor.Finding
	igmp      map[int]int // version by interface
	out       tui.Egress  // where sends leave, as last asked
	told      string      // what the talk says of that
	err       error       // what ended the session
}

// place is a group on an interface.
type place struct {
	group mcast.Group
	on    string
}

// refreshEvery is how often the facts are read anew. Reading them takes well
// under a millisecond.
const refreshEvery = 2 * time.Second

// framePace is the least time between two batches for the screen.
const framePace = 33 * time.Millisecond

// startSession joins the group and starts reading. Close ends it.
func startSession(ctx context.Context, cfg sessionConfig) (*session, error) {
	list, err := mcast.Interfaces()
	if err != nil {
		return nil, err
	}
	c, err := choose(list, cfg.interfaces, cfg.group.Addr)
	if err != nil {
		return nil, &mcast.OpError{Op: "join", Target: cfg.group.String(), Err: err}
	}
	cfg.group.Addr = cfg.group.Addr.WithZone("") // c says it
	ctx, cancel := context.WithCancel(ctx)
	s := &session{
		cfg:       cfg,
		ring:      chat.NewRing(chat.RingSize),
		life:      ctx,
		cancel:    cancel,
		room:      chat.NewRoom(),
		listeners: map[netip.AddrPort]*mcast.Conn{},
		senders:   map[netip.Addr]*mcast.Conn{},
		loopback:  !cfg.noLoopback,
		hops:      cfg.hops,
		group:     cfg.group,
		send:      c.send,
		lo:        c.lo,
		widely:    map[mcast.Group]bool{cfg.group: c.everywhere()},
		left:      map[place]bool{},
		joinErrs:  map[int]error{},
		heard:     map[int]uint64{},
		igmp:      map[int]int{},
		facts:     doctor.Facts{Interfaces: list},
	}
	if c.byUser {
		s.byUser = c.joins
	}
	s.room.SetInterfaces(list)
	joined, err := s.join(cfg.group, c.joins)
	if err != nil {
		s.Close()
		return nil, err
	}
	s.notice(joinedText(cfg.group, joined, s.Snapshot().ReadBuffer), "")
	s.refresh()
	s.done.Go(s.tick)
	s.done.Go(s.watch)
	return s, nil
}

// Close leaves every group and ends the session's goroutines. Next gives what
// is left, then io.EOF.
func (s *session) Close() {
	s.cancel()
	s.mu.Lock()
	for _, c := range s.senders {
		c.Close()
	}
	for _, l := range s.listeners {
		l.Close()
	}
	s.mu.Unlock()
	s.done.Wait()
	s.ring.Close()
}

// join joins g on every one of those interfaces, opening a socket for its port
// when it is the first there. It fails only when nothing could be joined.
// Where else it could not be joined is said in the talk.
func (s *session) join(g mcast.Group, on []mcast.Interface) ([]mcast.Interface, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.openSender(g); err != nil {
		return nil, err
	}
	l := s.listeners[socketOf(g)]
	if l == nil {
		var err error
		if l, err = mcast.Listen(s.life, mcast.Config{Addr: wildcard(g), Port: g.Port, Trace: s.cfg.trace}); err != nil {
			return nil, forGroup(err, g)
		}
	}
	failed := map[int]error{}
	var errs []error
	for _, i := range on {
		if err := l.Join(g, i); err != nil && !errors.Is(err, mcast.ErrJoined) {
			failed[i.Index] = err
			errs = append(errs, err)
		}
	}
	if len(errs) == len(on) {
		if s.listeners[socketOf(g)] == nil {
			l.Close()
		}
		return nil, errors.Join(errs...)
	}
	if s.listeners[socketOf(g)] == nil {
		s.listeners[socketOf(g)] = l
		s.done.Go(func() { s.read(l) })
	}
	for _, err := range errs {
		s.ring.Put(s.room.Problem(time.Now(), plain(err), hint(err)))
	}
	s.talkIn(g)
	maps.Copy(s.joinErrs, failed)
	return s.joinedOn(g), nil
}

// talkIn makes g the current group. What is known of the way to another group
// does not hold for it. The caller holds s.mu.
func (s *session) talkIn(g mcast.Group) {
	if g == s.group {
		return
	}
	s.group = g
	clear(s.heard)
	clear(s.joinErrs)
}

// openSender opens the socket that sends leave from.
func openSender(ctx context.Context, g mcast.Group, hops int, loopback bool, trace *mcast.Trace) (*mcast.Conn, error) {
	c, err := mcast.Listen(ctx, mcast.Config{Addr: wildcard(g), NoLoopback: !loopback, Trace: trace})
	if err != nil {
		return nil, err
	}
	if err := c.SetHops(hops); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// openSender makes the session's socket for sending to groups of g's IP
// version, if there is none yet. The caller holds s.mu.
func (s *session) openSender(g mcast.Group) error {
	if s.senders[wildcard(g)] != nil {
		return nil
	}
	c, err := openSender(s.life, g, s.hops, s.loopback, s.cfg.trace)
	if err != nil {
		return err
	}
	s.senders[wildcard(g)] = c
	s.room.AddPort(c.LocalAddr().Port())
	s.done.Go(func() { s.read(c) })
	return nil
}

// wildcard is the unspecified address of the group's IP version.
func wildcard(g mcast.Group) netip.Addr {
	if g.Addr.Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}

// socketOf is what a socket for the group is bound to.
func socketOf(g mcast.Group) netip.AddrPort { return netip.AddrPortFrom(wildcard(g), g.Port) }

// memberships of all groups; the caller holds s.mu.
func (s *session) memberships() []mcast.Membership {
	var all []mcast.Membership
	for _, at := range slices.SortedFunc(maps.Keys(s.listeners), netip.AddrPort.Compare) {
		all = append(all, s.listeners[at].Memberships()...)
	}
	return all
}

// joinedOn lists the interfaces that g is joined on; the caller holds s.mu.
func (s *session) joinedOn(g mcast.Group) []mcast.Interface {
	var on []mcast.Interface
	for _, m := range s.memberships() {
		if m.Group == g {
			on = append(on, m.Interface)
		}
	}
	return on
}

func (s *session) notice(text, hint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ring.Put(s.room.Notice(time.Now(), text, hint))
}

func (s *session) problem(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ring.Put(s.room.Problem(time.Now(), plain(err), hint(err)))
}

// joinedText says what was joined, and how many bytes the kernel will hold of
// what is not read yet.
func joinedText(g mcast.Group, on []mcast.Interface, readBuffer int) string {
	return fmt.Sprintf("joined %s on %s; receive buffer %d KiB", g, strings.Join(names(on), ", "), readBuffer>>10)
}

func names(list []mcast.Interface) []string {
	out := make([]string, len(list))
	for n, i := range list {
		out[n] = clean(i.Name)
	}
	return out
}
