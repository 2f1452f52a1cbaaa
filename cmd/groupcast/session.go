package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
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
	sender *mcast.Conn
	cancel context.CancelFunc
	done   sync.WaitGroup
	paced  time.Time // when Next last returned; only Next uses it

	mu        sync.Mutex
	room      *chat.Room
	listeners map[uint16]*mcast.Conn // by the groups' port
	group     mcast.Group            // where Say goes
	byUser    []mcast.Interface      // the interfaces that the user named
	send      mcast.Interface        // zero: the kernel chooses
	lo        bool                   // on lo, because there is nothing else
	joinErrs  map[int]error          // why the current group is not joined there
	heard     map[int]uint64         // datagrams of other hosts to groups, by interface
	facts     doctor.Facts
	findings  []doctor.Finding
	igmp      map[int]int // version by interface
	out       tui.Egress  // where sends leave, as last asked
	err       error       // what ended the session
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
	c, err := choose(list, cfg.interfaces)
	if err != nil {
		return nil, &mcast.OpError{Op: "join", Target: cfg.group.String(), Err: err}
	}
	sender, err := mcast.Listen(ctx, mcast.Config{NoLoopback: cfg.noLoopback, Hops: cfg.hops})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &session{
		cfg:       cfg,
		ring:      chat.NewRing(chat.RingSize),
		sender:    sender,
		cancel:    cancel,
		room:      chat.NewRoom(),
		listeners: map[uint16]*mcast.Conn{},
		group:     cfg.group,
		send:      c.send,
		lo:        c.lo,
		joinErrs:  map[int]error{},
		heard:     map[int]uint64{},
		igmp:      map[int]int{},
		facts:     doctor.Facts{Interfaces: list},
	}
	if c.byUser {
		s.byUser = c.joins
	}
	s.room.SetInterfaces(list)
	s.room.SetPort(sender.LocalAddr().Port())
	joined, err := s.join(ctx, cfg.group, c.joins)
	if err != nil {
		s.Close()
		return nil, err
	}
	s.notice(joinedText(cfg.group, joined, s.Snapshot().ReadBuffer), "")
	s.refresh()
	s.announceEgress()
	s.done.Go(func() { s.read(ctx, sender) })
	s.done.Go(func() { s.tick(ctx) })
	return s, nil
}

// Close leaves every group and ends the session's goroutines. Next gives what
// is left, then io.EOF.
func (s *session) Close() {
	s.cancel()
	s.sender.Close()
	s.mu.Lock()
	for _, l := range s.listeners {
		l.Close()
	}
	s.mu.Unlock()
	s.done.Wait()
	s.ring.Close()
}

// join joins g on every one of those interfaces, opening a socket for its port
// when it is the first there. It fails only when nothing could be joined.
// The caller does not hold s.mu.
func (s *session) join(ctx context.Context, g mcast.Group, on []mcast.Interface) ([]mcast.Interface, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.listeners[g.Port]
	if l == nil {
		var err error
		if l, err = mcast.Listen(ctx, mcast.Config{Port: g.Port}); err != nil {
			return nil, forGroup(err, g)
		}
	}
	var joined []mcast.Interface
	var errs []error
	for _, i := range on {
		err := l.Join(g, i)
		switch {
		case err == nil || errors.Is(err, mcast.ErrJoined):
			delete(s.joinErrs, i.Index)
			joined = append(joined, i)
		default:
			s.joinErrs[i.Index] = err
			errs = append(errs, err)
		}
	}
	if len(joined) == 0 {
		if s.listeners[g.Port] == nil {
			l.Close()
		}
		return nil, errors.Join(errs...)
	}
	if s.listeners[g.Port] == nil {
		s.listeners[g.Port] = l
		s.done.Go(func() { s.read(ctx, l) })
	}
	s.group = g
	members := s.memberships()
	s.room.SetMemberships(members)
	if on[0].Index == 0 { // the kernel chose: say which it was
		joined = []mcast.Interface{members[len(members)-1].Interface}
	}
	return joined, nil
}

// memberships of all groups; the caller holds s.mu.
func (s *session) memberships() []mcast.Membership {
	var all []mcast.Membership
	for _, port := range slices.Sorted(maps.Keys(s.listeners)) {
		all = append(all, s.listeners[port].Memberships()...)
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

// read carries one socket's datagrams into the room until it closes.
func (s *session) read(ctx context.Context, conn *mcast.Conn) {
	defer s.recoverPanic()
	batch := make([]mcast.Datagram, mcast.BatchSize)
	for {
		n, err := conn.Read(ctx, batch)
		if errors.Is(err, net.ErrClosed) {
			return // its last group was left
		}
		if err != nil {
			s.fail(ctx, err)
			return
		}
		s.mu.Lock()
		for _, d := range batch[:n] {
			line, show := s.room.Receive(d)
			if !show {
				continue
			}
			if line.Kind == chat.Heard && !line.Direct && !s.local(d.From.Addr()) {
				s.heard[d.IfIndex]++
			}
			s.ring.Put(line)
		}
		s.mu.Unlock()
	}
}

// fail ends the session for a reason other than being closed.
func (s *session) fail(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	if s.err == nil {
		s.err = err
	}
	s.mu.Unlock()
	s.ring.Close()
}

// recoverPanic turns a panic of one of our goroutines into the session's
// error, so that the screen can give the terminal back before it is reported.
func (s *session) recoverPanic() {
	if r := recover(); r != nil {
		s.fail(context.Background(), fmt.Errorf("internal error: %v", r))
	}
}

// tick reads the facts anew and gives up on copies that did not come back.
func (s *session) tick(ctx context.Context) {
	defer s.recoverPanic()
	facts := time.NewTicker(refreshEvery)
	defer facts.Stop()
	expiry := time.NewTicker(chat.CopyTimeout / 4)
	defer expiry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-facts.C:
			s.refresh()
		case now := <-expiry.C:
			s.mu.Lock()
			for _, line := range s.room.Expire(now) {
				s.ring.Put(line)
			}
			s.mu.Unlock()
		}
	}
}

// Next implements tui.Session.
func (s *session) Next(ctx context.Context) (tui.Batch, error) {
	if wait := framePace - time.Since(s.paced); wait > 0 {
		pause := time.NewTimer(wait)
		defer pause.Stop()
		select {
		case <-pause.C:
		case <-ctx.Done():
			return tui.Batch{}, ctx.Err()
		}
	}
	lines, dropped, err := s.ring.Next(ctx)
	s.paced = time.Now()
	if errors.Is(err, io.EOF) {
		s.mu.Lock()
		if s.err != nil {
			err = s.err
		}
		s.mu.Unlock()
	}
	return tui.Batch{Lines: lines, Dropped: dropped}, err
}

// local reports whether addr is one of this host's; the caller holds s.mu.
func (s *session) local(addr netip.Addr) bool {
	for _, i := range s.facts.Interfaces {
		if slices.ContainsFunc(i.Addrs, func(p netip.Prefix) bool { return p.Addr() == addr }) {
			return true
		}
	}
	return false
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
		out[n] = i.Name
	}
	return out
}
