package session

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/stream"
)

// Config says how a session begins. The zero value but for Group and Hops is what
// groupcast does without flags.
type Config struct {
	Group      mcast.Group // to join, and where Say goes; its zone names an interface
	Interfaces []string    // as host.Choose takes them
	Source     netip.Addr  // that sends carry; the zero Addr: as Interfaces say
	Hops       int         // TTL of what is sent, 0 to 255: 0 keeps it on this host, 1 on the LAN

	NoLoopback   bool         // other programs of this host are not to hear what is sent
	MulticastAll bool         // groups that only others have joined are heard too; see mcast.Config
	Trace        *mcast.Trace // of every socket

	// Members takes part in the group protocol. nil: only plain text is sent and read.
	Members *MembersConfig

	// Capture collects datagrams and calls on sockets for [Batch]. Without it
	// they are not copied.
	Capture bool
	// Wires looks at the IGMP and MLD of the interfaces that are joined, which needs
	// CAP_NET_RAW: see [Interface]. Where it is not allowed, nothing is known of them.
	Wires bool
	// Tap is given each batch before Next returns it, by the goroutine that calls
	// Next. nil: none is.
	Tap func(Batch)
	// Recent is the file where the groups that were joined are remembered, the
	// latest first, from one run to the next; "": they are not. See [RecentFile].
	Recent string
	// Hint says what to do about an error, in one sentence, or "". nil: nothing
	// but what an mcast.Advised brings.
	Hint func(error) string
}

// Session is a conversation in groups: sockets at one side, a [chat.Room] in the
// middle, whoever shows it at the other.
//
// Sends leave from a socket of their own, on a port of the kernel's choice:
// another program bound to the group's port would share its address, and a
// unicast reply would reach only one of these programs. That socket is read too.
type Session struct {
	cfg     Config
	ring    *chat.Ring
	capture *capture // nil: nothing is captured
	recent  *recentGroups
	trace   *mcast.Trace    // of every socket
	life    context.Context // until Close
	cancel  context.CancelFunc
	done    sync.WaitGroup
	taking  sync.Mutex    // held by Next
	paced   time.Time     // when Next last returned; only Next uses it
	changed chan struct{} // something about an interface, since the facts were read
	woken   chan struct{} // something was said or heard after a rest
	reading sync.Mutex    // held by the one that reads the facts
	beside  lookout       // guarded by reading
	wires   *wires        // nil: nobody looks at them

	aligning    sync.Mutex                    // held by the one that brings the conversations in line
	own         atomic.Pointer[host.Networks] // as of the facts
	board       atomic.Pointer[board]         // nil: no members are configured
	history     sync.Mutex                    // held by the one that calls MembersConfig.History
	historyTold bool                          // of history: that it failed was told
	meshOver    chan struct{}                 // closed by the measurement

	mu        sync.Mutex
	room      *chat.Room
	keep      *Keeper                    // the sockets that groups are joined on
	senders   map[netip.Addr]*mcast.Conn // by IP version: its wildcard address
	loopback  bool
	hops      int
	allGroups bool                 // groups that others have joined are heard too
	asked     int                  // bytes of receive buffer; 0: mcast.DefaultReadBuffer
	happened  backlog[MemberEvent] // to members, since the last batch
	dropped   uint64               // datagrams lost in the kernel, as last told
	gone      uint64               // of them, by listeners that are closed
	group     mcast.Group          // where Say goes
	byUser    []host.Interface     // the interfaces that the user named
	send      host.Interface       // zero: the kernel chooses
	source    netip.Addr           // that sends carry; the zero Addr: as the kernel chooses
	lo        bool                 // on lo, because there is nothing else
	heard     map[int]uint64       // datagrams of other hosts to the current group, by interface
	facts     doctor.Facts
	evidence  *doctor.Evidence     // of the current group
	listening listening            // what is heard, since when
	listened  *doctor.Evidence     // of that
	others    []stream.Row         // other hosts that were heard
	findings  []doctor.Finding     // of every pitfall
	network   doctor.Kind          // of the host; the zero Kind: nothing special
	steadied  steadied             // what keeps them from flickering
	igmp      map[int]int          // version by interface
	joins     map[int][]netip.Addr // what all programs of the host have joined, by interface; nil: not known
	out       Egress               // where sends leave, as last asked
	told      string               // what the talk says of that
	onWires   map[int]Wire         // what was seen of the current group, by interface
	pinging   bool                 // a /ping is under way
	active    time.Time            // when something was said or heard last
	idle      bool                 // nothing was for longer than evidence lasts
	err       error                // what ended the session

	talks        map[netip.AddrPort]*talk         // by group and port; those where frames are off too
	rooms        map[netip.AddrPort][]*frame.Room // of the groups that were joined
	frames       map[netip.AddrPort]*mcast.Conn   // the sockets on the ports of frames, by what they are bound to
	framesFailed map[membershipKey]bool           // that a join there failed was told
	nick         string
	newKeys      map[[32]byte]bool // seen for the first time, and nothing said yet
	agreed       map[[32]byte]bool // who gets facts, and who does not, by the user's word
	pings        PingGuard         // nil: pings are not answered
	aligned      int               // the interface that sends left by when the conversations were aligned
}

// framePace is the least time between two batches.
const framePace = 50 * time.Millisecond

// Start joins the group and starts reading. It ends when ctx does, or by
// [Session.Close]. The error is that of reading the interfaces, of host.Choose, or
// of the joins if none worked: where the group could not be joined on some
// interfaces only, the talk says so.
func Start(ctx context.Context, cfg Config) (*Session, error) {
	list, err := host.Interfaces()
	if err != nil {
		return nil, err
	}
	c, err := host.Choose(list, cfg.Interfaces, cfg.Group.Addr)
	if err == nil && cfg.Source.IsValid() {
		c, err = c.From(list, cfg.Source, cfg.Group.Addr)
	}
	if err != nil {
		return nil, &mcast.OpError{Op: "join", Target: cfg.Group.String(), Err: err}
	}
	cfg.Group.Addr = cfg.Group.Addr.WithZone("") // c says it
	ctx, cancel := context.WithCancel(ctx)
	s := &Session{
		cfg:       cfg,
		ring:      chat.NewRing(chat.RingSize),
		life:      ctx,
		cancel:    cancel,
		room:      chat.NewRoom(),
		senders:   map[netip.Addr]*mcast.Conn{},
		changed:   make(chan struct{}, 1),
		woken:     make(chan struct{}, 1),
		loopback:  !cfg.NoLoopback,
		hops:      cfg.Hops,
		allGroups: cfg.MulticastAll,
		group:     cfg.Group,
		send:      c.Send,
		source:    c.Source,
		lo:        c.Lo,
		heard:     map[int]uint64{},
		igmp:      map[int]int{},
		facts:     doctor.Facts{Interfaces: list},
		evidence:  doctor.NewEvidence(),
		active:    time.Now(),
		recent:    loadRecent(cfg.Recent),

		talks:        map[netip.AddrPort]*talk{},
		rooms:        map[netip.AddrPort][]*frame.Room{},
		frames:       map[netip.AddrPort]*mcast.Conn{},
		framesFailed: map[membershipKey]bool{},
		meshOver:     make(chan struct{}),
		newKeys:      map[[32]byte]bool{},
		agreed:       map[[32]byte]bool{},
	}
	if cfg.Members != nil {
		s.nick = cfg.Members.Nick
		s.pings = cfg.Members.Pings
	}
	if s.pings != nil {
		s.pings.SetInterfaces(list)
	}
	if c.ByUser {
		s.byUser = c.Joins
	}
	if cfg.Capture {
		s.capture = &capture{wake: s.ring.Wake}
	}
	s.trace = s.capture.trace(cfg.Trace)
	if cfg.Wires {
		s.wires = newWires(ctx)
	}
	s.keep = s.newKeeper()
	s.room.SetInterfaces(list)
	s.own.Store(new(host.NetworksOf(list)))
	if err = s.roomsOf(cfg.Group); err != nil {
		err = &mcast.OpError{Op: "join", Target: cfg.Group.String(), Err: err}
	}
	var joined []host.Interface
	if err == nil {
		joined, err = s.join(cfg.Group, c, false)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	s.recent.add(cfg.Group)
	s.notice(JoinedText(cfg.Group, sendingFirst(joined, WayOut(cfg.Group, c, 0))), "")
	s.align()
	s.refresh()
	s.done.Go(s.tick)
	s.done.Go(s.watch)
	if s.wires != nil {
		s.done.Go(s.look)
	}
	return s, nil
}

// Close leaves every group and ends the session's goroutines. Next gives what
// is left, then io.EOF.
func (s *Session) Close() {
	s.goodbye()
	s.cancel()
	s.mu.Lock()
	for _, c := range s.senders {
		c.Close()
	}
	for _, c := range s.frames {
		c.Close()
	}
	s.keep.Close()
	s.mu.Unlock()
	s.done.Wait()
	s.reading.Lock()
	s.beside.look.Close()
	s.beside = lookout{}
	s.reading.Unlock()
	s.wires.close()
	s.mu.Lock()
	for _, line := range s.room.Release() {
		s.ring.Put(line)
	}
	s.mu.Unlock()
	s.ring.Close()
}

// OpenSender opens the socket that sends leave from. Config.QueueErrors stays
// off: any host could make a line fail with a forged ICMP error. The counters of
// the interface show that a queue was full. Who measures reads such errors, and no send
// fails by them.
func OpenSender(ctx context.Context, g mcast.Group, hops int, loopback bool, trace *mcast.Trace) (*mcast.Conn, error) {
	return openSender(ctx, g, hops, mcast.Config{NoLoopback: !loopback, Trace: trace})
}

func openSender(ctx context.Context, g mcast.Group, hops int, cfg mcast.Config) (*mcast.Conn, error) {
	cfg.Addr = host.Unspecified(g.Addr)
	c, err := mcast.Listen(ctx, cfg)
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
func (s *Session) openSender(g mcast.Group) error {
	if s.senders[host.Unspecified(g.Addr)] != nil {
		return nil
	}
	c, err := openSender(s.life, g, s.hops, mcast.Config{NoLoopback: !s.loopback, Trace: s.trace, PeerError: s.peerErrors()})
	if err != nil {
		return err
	}
	s.senders[host.Unspecified(g.Addr)] = c
	s.room.AddPort(c.LocalAddr().Port())
	s.done.Go(func() { s.readAs(c, forSenders) })
	return nil
}

// hint says what to do about an error: what came with it, else what the one who
// started the session has to say.
func (s *Session) hint(err error) string {
	if a, ok := errors.AsType[*mcast.Advised](err); ok {
		return a.Advice
	}
	if s.cfg.Hint == nil {
		return ""
	}
	return s.cfg.Hint(err)
}

func (s *Session) notice(text, hint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(text, hint)
}

// put is notice for a caller that holds s.mu.
func (s *Session) put(text, hint string) {
	s.ring.Put(s.room.Notice(time.Now(), text, hint))
}

// Problem says in the talk that something did not work, with what to do about
// it.
func (s *Session) Problem(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putProblem(err)
}

// JoinedText says what was joined, and where.
func JoinedText(g mcast.Group, on []host.Interface) string {
	return fmt.Sprintf("joined %s on %s", g.Label(), chat.InterfaceList(on))
}

// Errors of actions, to be tested with errors.Is, beside those of mcast and host.
var (
	ErrNoUnicast = errors.New("not the address of a host")
	ErrOneSource = errors.New("only one source of it is heard")
	ErrPinging   = errors.New("one is under way")
)
