package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/session"
)

// MaxGroups is how many groups a Bridge carries at most.
const MaxGroups = 64

// The errors of a [Config].
var (
	ErrNoGroup    = errors.New("no group to carry")
	ErrManyGroups = errors.New("more groups than a bridge carries")
	ErrTwoOfOne   = errors.New("one interface twice")
)

// Bridge is a bridge that runs.
type Bridge struct {
	engine *engine
	keep   *session.Keeper      // used by Open, and then by the goroutine that follows the interfaces
	conns  []*mcast.Conn        // of the groups
	marks  map[bool]*mcast.Conn // the sockets of port Mark, by whether they are of IPv6

	mu      sync.Mutex
	at      []host.Interface // of each port, as it was last seen; Index 0: it is gone
	byIndex map[int]int      // ports
	err     error            // that a socket can be read no more
	answers []answers        // of each port
}

// Open opens the sockets and joins the groups. ctx bounds the opening only. The error is
// that of the Config, of an interface, or an [mcast.OpError] of a socket: port [Mark] may be
// held by a program that does not share it.
func Open(ctx context.Context, cfg Config) (*Bridge, error) {
	switch {
	case len(cfg.Groups) == 0:
		return nil, ErrNoGroup
	case len(cfg.Groups) > MaxGroups:
		return nil, fmt.Errorf("%d groups: %w: %d", len(cfg.Groups), ErrManyGroups, MaxGroups)
	}
	list, err := host.Interfaces()
	if err != nil {
		return nil, err
	}
	cfg.Groups = slices.Clone(cfg.Groups)
	for n := range cfg.Groups { // each site has its own zones
		cfg.Groups[n].Addr = cfg.Groups[n].Addr.WithZone("")
	}
	b := &Bridge{marks: map[bool]*mcast.Conn{}, byIndex: map[int]int{}, answers: make([]answers, len(cfg.Ports)), at: make([]host.Interface, len(cfg.Ports))}
	b.engine = newEngine(cfg, b.send)
	if err := b.open(ctx, cfg, list); err != nil {
		_ = b.Close()
		return nil, err
	}
	return b, nil
}

func (b *Bridge) open(ctx context.Context, cfg Config, list []host.Interface) error {
	b.keep = &session.Keeper{
		Open: func(g mcast.Group) (*mcast.Conn, error) {
			at := g.Wildcard()
			return mcast.Listen(ctx, mcast.Config{Addr: at.Addr(), Port: at.Port(), Trace: cfg.Trace})
		},
		Tell: b.membership,
	}
	for n, p := range cfg.Ports {
		i, err := host.Find(list, p.Interface)
		if err != nil {
			return err
		}
		if _, twice := b.byIndex[i.Index]; twice {
			return fmt.Errorf("%s: %w", p.Interface, ErrTwoOfOne)
		}
		b.at[n], b.byIndex[i.Index] = i, n
		b.engine.lans[n].port.Interface = i.Name
	}
	for _, g := range cfg.Groups {
		if err := b.openMark(ctx, cfg, g); err != nil {
			return err
		}
		for _, i := range b.at {
			if err := b.join(g, list, i); err != nil {
				return err
			}
		}
	}
	b.joinFrames(list)
	b.conns = b.keep.Conns()
	b.noteInterfaces()
	return nil
}

func (b *Bridge) join(g mcast.Group, list []host.Interface, on host.Interface) error {
	c, err := host.ChooseToListen(list, []string{on.Name}, g.Addr)
	if err == nil {
		_, err = b.keep.Join(g, c)
	}
	return err
}

// joinFrames joins the groups on the ports of frames, too. Where that does not work, plain
// datagrams are carried all the same.
func (b *Bridge) joinFrames(list []host.Interface) {
	for n, l := range b.engine.lans {
		for _, p := range l.passages {
			w := p.frames
			if !w.on() {
				if w.refused { // nobody asked for that
					b.engine.tell(Event{Kind: EventError, Site: l.port.Site, Group: p.group, Err: &NoFramesError{Group: p.group, Err: errors.New(w.off)}})
				}
				continue
			}
			if err := b.join(w.group, list, b.at[n]); err != nil {
				w.turnOff(fmt.Sprintf("port %d: %v", w.group.Port, cmp.Or(errors.Unwrap(err), err)))
				b.engine.tell(Event{Kind: EventError, Site: l.port.Site, Group: p.group, Err: &NoFramesError{Group: p.group, Err: err}})
			}
		}
	}
}

// NoFramesError says why the frames of a group are not carried. Plain datagrams are.
type NoFramesError struct {
	Group mcast.Group
	Err   error
}

func (e *NoFramesError) Error() string {
	return fmt.Sprintf("frames of %s are not carried: %v", e.Group, e.Err)
}

// Unwrap returns Err.
func (e *NoFramesError) Unwrap() error { return e.Err }

// openMark opens the socket that datagrams to g leave from.
func (b *Bridge) openMark(ctx context.Context, cfg Config, g mcast.Group) error {
	ip6 := g.Addr.Is6()
	if b.marks[ip6] != nil {
		return nil
	}
	at := g.Wildcard()
	conn, err := mcast.Listen(ctx, mcast.Config{
		Addr: at.Addr(), Port: Mark, Hops: cfg.Hops, QueueErrors: runtime.GOOS == "linux", Trace: cfg.Trace,
	})
	if err == nil {
		b.marks[ip6] = conn
	}
	return err
}

// Name is the bridge's among all, see [NewName].
func (b *Bridge) Name() string { return b.engine.name }

// Status is how each group stands at each port, ports first.
func (b *Bridge) Status() []Status { return b.engine.status() }

// Losses is what was lost before a Carrier could count it.
type Losses struct {
	Kernel uint64 // datagrams from the LANs: a receive buffer was full
	Link   uint64 // messages of sites: see [Link.Lost]
}

// Losses counts them.
func (b *Bridge) Losses() (l Losses) {
	for _, conn := range b.conns {
		l.Kernel += conn.Stats().Dropped
	}
	l.Link = b.engine.cfg.Link.Lost()
	return l
}

// Run carries until ctx ends. It closes the Link. The error is that of a socket that can be
// read no more.
func (b *Bridge) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	fail := func(err error) {
		if err != nil {
			b.mu.Lock()
			b.err = errors.Join(b.err, err)
			b.mu.Unlock()
			stop()
		}
	}
	var running sync.WaitGroup
	guarded := func(f func() error) {
		running.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					fail(session.Recovered(r))
				}
			}()
			fail(f())
		})
	}
	for _, conn := range b.conns {
		port := conn.LocalAddr().Port()
		guarded(func() error { return read(ctx, conn, func(d *mcast.Datagram) { b.heard(port, d) }) })
	}
	for _, conn := range b.marks {
		guarded(func() error { return read(ctx, conn, b.answered) })
	}
	guarded(func() error {
		if err := host.Watch(ctx, b.follow); err != nil {
			b.engine.tell(Event{Kind: EventError, Err: err})
		}
		return nil
	})
	guarded(func() error { every(ctx, TickEvery, b.tellAnswers); return nil })
	guarded(func() error { b.engine.run(ctx); return nil })
	running.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// read gives each datagram of a socket to take until ctx ends.
func read(ctx context.Context, conn *mcast.Conn, take func(*mcast.Datagram)) error {
	for batch, err := range conn.Batches(ctx, make([]mcast.Datagram, mcast.BatchSize)) {
		switch {
		case err == nil:
			for i := range batch {
				take(&batch[i])
			}
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			return nil
		default:
			return err
		}
	}
	return nil
}

// heard finds out whose datagram it is. What came by no interface of a port was let in for
// another program.
func (b *Bridge) heard(port uint16, d *mcast.Datagram) {
	now := time.Now()
	b.mu.Lock()
	n, ours := b.byIndex[d.IfIndex]
	b.mu.Unlock()
	if !ours {
		return
	}
	if p := b.engine.lans[n].passage(mcast.Group{Addr: d.To.WithZone(""), Port: port}); p != nil {
		p.heard(now, *d)
	} else if p := b.engine.lans[n].passage(mcast.Group{Addr: d.To.WithZone(""), Port: port - 1}); p != nil {
		p.frames.heard(*d)
	}
}

// send sends into the LAN of a port.
func (b *Bridge) send(port int, g mcast.Group, data []byte) error {
	b.mu.Lock()
	i := b.at[port]
	b.mu.Unlock()
	if i.Index == 0 {
		return &mcast.OpError{Op: "send", Target: g.String(), Interface: b.engine.lans[port].port.Interface, Err: host.ErrNoInterface}
	}
	return b.marks[g.Addr.Is6()].Send(data, g.AddrPort(), mcast.ViaInterface(i, g.Addr))
}

// follow keeps up with the interfaces.
func (b *Bridge) follow(ch host.Change) {
	b.keep.Follow(ch)
	b.mu.Lock()
	for n, l := range b.engine.lans {
		if ch.Interface.Name != l.port.Interface {
			continue
		}
		delete(b.byIndex, b.at[n].Index)
		b.at[n] = ch.Interface
		if ch.Kind == host.Gone {
			b.at[n] = host.Interface{}
			continue
		}
		b.byIndex[ch.Interface.Index] = n
	}
	b.mu.Unlock()
	b.noteInterfaces()
}

// noteInterfaces tells the engine what the interfaces are like.
func (b *Bridge) noteInterfaces() {
	b.mu.Lock()
	at := slices.Clone(b.at)
	b.mu.Unlock()
	for n, l := range b.engine.lans {
		i := at[n]
		ready := i.Index != 0
		for _, p := range l.passages {
			ready = ready && i.Ready(p.group.Addr) == nil && slices.ContainsFunc(b.keep.On(p.group), func(on host.Interface) bool { return on.Index == i.Index })
			if i.Index != 0 {
				p.frames.setInterface(i.Index, i.Name)
				p.setInterface(i.Addr(p.group.Addr), i.Addrs, i.MTU)
			}
		}
		var addr netip.Addr
		if i.Index != 0 {
			addr = i.Addr(l.passages[0].group.Addr)
		}
		l.setReady(ready, addr)
	}
}

// membership tells what happened to one.
func (b *Bridge) membership(e session.Event) {
	if e.Err == nil {
		b.engine.tell(Event{Kind: EventNote, Text: e.Text})
		return
	}
	b.engine.tell(Event{Kind: EventError, Err: e.Err})
}

// Close leaves the groups. It is to be called after Run, or instead of it.
func (b *Bridge) Close() error {
	if b.keep != nil {
		b.keep.Close()
	}
	var errs []error
	for _, conn := range b.marks {
		errs = append(errs, conn.Close())
	}
	return errors.Join(errs...)
}
