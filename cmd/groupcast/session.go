package main

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/tui"
)

// sessionConfig is what the command line asks of a session.
type sessionConfig struct {
	group      mcast.Group
	interfaces []string // as -i named them
	hops       int
	noLoopback bool
	allGroups  bool // --multicast-all
	trace      *mcast.Trace
	screen     bool // a screen shows it: datagrams and calls are collected, groups are remembered
}

// session is a conversation in groups: sockets at one side, a Room in the
// middle, the screen or the line mode at the other. It is a tui.Session.
//
// Sends leave from a socket of their own, on a port of the kernel's choice:
// another program bound to the group's port would share its address, and a
// unicast answer would reach only one of the two. That socket is read too.
type session struct {
	cfg     sessionConfig
	ring    *chat.Ring
	capture *capture        // nil without a screen
	recent  *recentGroups   // nil without a screen
	trace   *mcast.Trace    // of every socket
	life    context.Context // until Close
	cancel  context.CancelFunc
	done    sync.WaitGroup
	paced   time.Time     // when Next last returned; only Next uses it
	changed chan struct{} // something about an interface, since the facts were read
	reading sync.Mutex    // held by the one that reads the facts

	mu        sync.Mutex
	room      *chat.Room
	listeners map[netip.AddrPort]*mcast.Conn // by what they are bound to
	senders   map[netip.Addr]*mcast.Conn     // by IP version: its wildcard address
	loopback  bool
	hops      int
	allGroups bool                 // groups that others have joined are heard too
	asked     int                  // bytes of receive buffer; 0: mcast.DefaultReadBuffer
	dropped   uint64               // datagrams lost in the kernel, as last told
	gone      uint64               // of them, by listeners that are closed
	group     mcast.Group          // where Say goes
	byUser    []host.Interface     // the interfaces that the user named
	send      host.Interface       // zero: the kernel chooses
	lo        bool                 // on lo, because there is nothing else
	widely    map[mcast.Group]bool // joined wherever they can be, also on interfaces to come
	left      map[place]bool       // where the user left them
	joinErrs  map[int]error        // why the current group is not joined there
	heard     map[int]uint64       // datagrams of other hosts to the current group, by interface
	facts     doctor.Facts
	observed  *observed            // of the current group
	findings  []doctor.Finding     // of every pitfall
	igmp      map[int]int          // version by interface
	joins     map[int][]netip.Addr // what all programs of the host have joined, by interface; nil: not known
	out       tui.Egress           // where sends leave, as last asked
	told      string               // what the talk says of that
	pinging   bool                 // a /ping is under way
	err       error                // what ended the session
}

// place is a group on an interface.
type place struct {
	group mcast.Group
	on    string
}

// framePace is the least time between two batches for the screen.
const framePace = 50 * time.Millisecond

// startSession joins the group and starts reading. Close ends it.
func startSession(ctx context.Context, cfg sessionConfig) (*session, error) {
	list, err := host.Interfaces()
	if err != nil {
		return nil, err
	}
	c, err := host.Choose(list, cfg.interfaces, cfg.group.Addr)
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
		changed:   make(chan struct{}, 1),
		loopback:  !cfg.noLoopback,
		hops:      cfg.hops,
		allGroups: cfg.allGroups,
		group:     cfg.group,
		send:      c.Send,
		lo:        c.Lo,
		widely:    map[mcast.Group]bool{cfg.group: c.Everywhere()},
		left:      map[place]bool{},
		joinErrs:  map[int]error{},
		heard:     map[int]uint64{},
		igmp:      map[int]int{},
		facts:     doctor.Facts{Interfaces: list},
		observed:  newObserved(),
	}
	if c.ByUser {
		s.byUser = c.Joins
	}
	if cfg.screen {
		s.capture = &capture{wake: s.ring.Wake}
		s.recent = loadRecent()
	}
	s.trace = s.capture.trace(cfg.trace)
	s.room.SetInterfaces(list)
	joined, err := s.join(cfg.group, c.Joins, talk)
	if err != nil {
		s.Close()
		return nil, err
	}
	s.recent.add(cfg.group)
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

// openSender opens the socket that sends leave from. Config.QueueErrors stays
// off: any host could make a line fail with a forged ICMP error. That a queue
// was full is seen in the counters of the interface.
func openSender(ctx context.Context, g mcast.Group, hops int, loopback bool, trace *mcast.Trace) (*mcast.Conn, error) {
	c, err := mcast.Listen(ctx, mcast.Config{Addr: host.Unspecified(g.Addr), NoLoopback: !loopback, Trace: trace})
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
	if s.senders[host.Unspecified(g.Addr)] != nil {
		return nil
	}
	c, err := openSender(s.life, g, s.hops, s.loopback, s.trace)
	if err != nil {
		return err
	}
	s.senders[host.Unspecified(g.Addr)] = c
	s.room.AddPort(c.LocalAddr().Port())
	s.done.Go(func() { s.read(c) })
	return nil
}

// socketOf is what a socket for the group is bound to.
func socketOf(g mcast.Group) netip.AddrPort {
	return netip.AddrPortFrom(host.Unspecified(g.Addr), g.Port)
}

func (s *session) notice(text, hint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(text, hint)
}

// put is notice for a caller that holds s.mu.
func (s *session) put(text, hint string) {
	s.ring.Put(s.room.Notice(time.Now(), text, hint))
}

func (s *session) problem(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ring.Put(s.room.Problem(time.Now(), mcast.Plain(err), hint(err)))
}

// joinedText says what was joined, and how many bytes the kernel will hold of
// what is not read yet.
func joinedText(g mcast.Group, on []host.Interface, readBuffer int) string {
	return fmt.Sprintf("joined %s on %s; receive buffer %d KiB", g, listed(on), readBuffer>>10)
}

// listed is interfaces as a text has them: "eth0, eth1".
func listed(on []host.Interface) string { return strings.Join(chat.InterfaceNames(on), ", ") }
