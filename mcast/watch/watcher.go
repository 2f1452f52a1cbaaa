package watch

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/session"
	"github.com/groupcast/groupcast/mcast/stream"
)

// Watcher watches groups. Its methods can be called from several goroutines.
type Watcher struct {
	cfg    Config
	began  time.Time
	ears   []*ear
	byAddr map[netip.AddrPort][]int // targets, by group without a zone
	pairs  []*pair                  // what they tell is guarded by mu
	legs   map[int]*stream.Leg      // by target
	zones  zones

	joining sync.Mutex // guards keep; it is taken before mu
	keep    *session.Keeper

	mu     sync.Mutex
	groups []Group // without what is counted
	heard  []bool  // of the groups, ever
	names  map[int]string
	down   map[int]string // why an interface carries nothing
	upped  map[int]upAgain
	nets   host.Networks
	stale  bool // nets is
	meters *meters
	lulls  lulls
	queue  queue
	drops  time.Time // when they were told
	slow   int       // times that a stream brought too little
	err    error     // that a socket can be read no more
}

// upAgain is when an interface that carried nothing did again.
type upAgain struct {
	why string // "eth0 is down"
	at  time.Time
}

// upLately is how long after that a loss that is told may be of that time: 2 s
// until it is given up, and what a bridge and a querier take.
const upLately = 10 * time.Second

// outage says of a loss that it may be of a time when the interface carried
// nothing; "": it is not. The caller holds mu.
func (w *Watcher) outage(ev stream.Event, now time.Time) string {
	if ev.Kind != stream.Loss {
		return ""
	}
	if why := w.down[ev.IfIndex]; why != "" {
		return why
	}
	if u, known := w.upped[ev.IfIndex]; known && now.Sub(u.at) <= upLately {
		return strings.NewReplacer(" is ", " was ", " has ", " had ").Replace(u.why) + " until " + u.at.Format(time.TimeOnly)
	}
	return ""
}

// New opens the sockets and joins the groups. ctx bounds the opening only.
//
// A group that could not be joined has the reason in its Group.Err. The error is
// that of the Config, such as [ErrTooMuch], or of the joins when none worked.
func New(ctx context.Context, cfg Config) (*Watcher, error) {
	cfg, err := cfg.checked()
	if err != nil {
		return nil, err
	}
	list, err := host.Interfaces()
	if err != nil {
		return nil, err
	}
	w := &Watcher{
		cfg: cfg, began: time.Now(), byAddr: map[netip.AddrPort][]int{}, groups: make([]Group, len(cfg.Targets)), heard: make([]bool, len(cfg.Targets)),
		names: map[int]string{}, down: map[int]string{}, nets: host.NetworksOf(list), queue: newQueue(),
	}
	for _, i := range list {
		w.names[i.Index] = i.Name
		w.zones.put(i.Index, i.Name)
	}
	w.pairUp()
	w.meters = newMeters(w.began)
	w.keep = &session.Keeper{Open: w.open(ctx), Bind: cfg.Bind, Opened: w.opened, Tell: w.tell}
	if err := w.join(list); err != nil {
		w.keep.Close()
		return nil, err
	}
	return w, nil
}

// open opens the socket for a group's port and IP version.
func (w *Watcher) open(ctx context.Context) func(mcast.Group) (*mcast.Conn, error) {
	return func(g mcast.Group) (*mcast.Conn, error) {
		at := w.cfg.at(g)
		size := w.cfg.ReadBuffer
		if w.cfg.JoinOnly {
			size = 1 // the least that the kernel gives: nothing is read
		}
		return mcast.Listen(ctx, mcast.Config{
			Addr: at.Addr(), Port: at.Port(), ReadBuffer: size, ReadSize: ReadSize, TellDrops: true, Trace: w.cfg.Trace,
		})
	}
}

func (w *Watcher) opened(conn *mcast.Conn) {
	w.ears = append(w.ears, &ear{conn: conn})
}

// join joins all groups, and begins to count.
func (w *Watcher) join(list []host.Interface) error {
	var errs []error
	for n, t := range w.cfg.Targets {
		w.groups[n].Target = t
		at := netip.AddrPortFrom(t.Group.Addr.WithZone(""), t.Group.Port)
		w.byAddr[at] = append(w.byAddr[at], n)
		c, err := host.ChooseToListen(list, w.cfg.Interfaces, t.Group.Addr)
		if err != nil {
			err = &mcast.OpError{Op: "join", Target: t.Group.String(), Err: err}
		} else {
			_, err = w.keep.Join(t.Group, c)
		}
		if err != nil {
			w.groups[n].Err = err
			errs = append(errs, err)
		}
	}
	if len(errs) == len(w.groups) {
		return errs[0] // the others have the same cause mostly
	}
	cfg := w.cfg.Stream
	cfg.Rows = max(cfg.Rows/len(w.ears), 128)
	cfg.Every, cfg.Numbers = tickEvery, true
	cfg.PerHost = max(cfg.Rows/4, 1)
	cfg.Copies = max(copySlots/len(w.ears), leastCopySlots)
	if len(w.pairs) > 0 {
		cfg.Legs = w.legOf
	}
	for n, e := range w.ears {
		w.ears[n] = newEar(e.conn, cfg)
	}
	for _, t := range w.cfg.Targets {
		conn := w.keep.Conn(t.Group)
		if n := slices.IndexFunc(w.ears, func(e *ear) bool { return e.conn == conn }); n >= 0 {
			w.ears[n].tally.Keep(netip.AddrPortFrom(t.Group.Addr.WithZone(""), t.Group.Port))
		}
	}
	w.noteJoined()
	return nil
}

// Run reads until ctx ends, and tells what happens. The error is that of a socket
// that can be read no more.
func (w *Watcher) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var running sync.WaitGroup
	fail := func(err error) {
		if err == nil {
			return
		}
		w.mu.Lock()
		w.err = errors.Join(w.err, err)
		w.mu.Unlock()
		stop()
	}
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
	if !w.cfg.JoinOnly {
		for _, e := range w.ears {
			guarded(func() error { return e.read(ctx) })
		}
	}
	guarded(func() error { w.judge(ctx); return nil })
	guarded(func() error {
		if err := host.Watch(ctx, w.follow); err != nil {
			w.tell(session.Event{Kind: session.Failed, Err: err})
		}
		return nil
	})
	running.Wait()
	w.tick(time.Now())
	w.tick(time.Now()) // what was held
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Close leaves all groups. Its counts can still be read.
func (w *Watcher) Close() {
	w.joining.Lock()
	defer w.joining.Unlock()
	w.keep.Close()
}

// News has something to receive when [Watcher.Events] has.
func (w *Watcher) News() <-chan struct{} { return w.queue.news }

// Events are those since the last call, in the order in which they were known.
func (w *Watcher) Events() []Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.queue.take()
}

// Detail is what is kept of a stream beyond its row; the zero Detail of one that is
// not there.
func (w *Watcher) Detail(key stream.Key) stream.Detail {
	for _, e := range w.ears {
		if d, known := e.detail(key); known {
			return d
		}
	}
	return stream.Detail{}
}

// follow keeps the memberships in line with the interfaces.
func (w *Watcher) follow(ch host.Change) {
	w.joining.Lock()
	defer w.joining.Unlock()
	w.mu.Lock()
	w.stale = true
	w.names[ch.Interface.Index] = ch.Interface.Name
	w.zones.put(ch.Interface.Index, ch.Interface.Name)
	switch why, stops := ch.Stops(); {
	case stops:
		w.down[ch.Interface.Index] = downText(ch.Interface, why)
	case ch.Kind == host.LinkUp || ch.Kind == host.Appeared:
		if why := w.down[ch.Interface.Index]; why != "" {
			if w.upped == nil {
				w.upped = map[int]upAgain{}
			}
			w.upped[ch.Interface.Index] = upAgain{why, time.Now()}
		}
		delete(w.down, ch.Interface.Index)
	}
	w.mu.Unlock()
	w.keep.Follow(ch)
	w.noteJoined()
}

// downText says why an interface carries nothing.
func downText(i host.Interface, why host.ChangeKind) string {
	if why == host.NoCarrier {
		return i.Name + " has no carrier"
	}
	return i.Name + " is " + string(why)
}

// noteJoined notes where each group is joined. The caller holds joining.
func (w *Watcher) noteJoined() {
	on := map[mcast.Group][]string{}
	for _, m := range w.keep.Memberships() {
		on[m.Group] = append(on[m.Group], m.Interface.Name)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for n := range w.groups {
		g := &w.groups[n]
		key := g.Target.Group
		key.Addr, key.Source = key.Addr.WithZone(""), key.Source.WithZone("")
		g.Joined = on[key]
		if len(g.Joined) > 0 {
			g.Err = nil
		}
	}
}

// tell queues what happened to a membership. The caller holds joining.
func (w *Watcher) tell(e session.Event) {
	out := Event{Event: stream.Event{Kind: Changed, At: time.Now()}, Group: -1, Text: e.Text, Err: e.Err}
	if e.Kind == session.Failed {
		out.Kind = Failed
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.put(out, out.At)
}
