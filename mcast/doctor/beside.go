package doctor

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// Beside is what came for a group at the port of frames, the next one, while a
// program looked there that takes no part by frames itself. Each list is in the order
// of the addresses, and holds 1,024 at most, since anyone can forge it.
type Beside struct {
	Port     uint16
	Members  []Sender // of frames, which only members of groupcast send
	Numbered []Sender // of numbered datagrams alone: members that measure, or a stream that is sent there
	Others   []Sender // of anything else

	// Sites is what a bridge told there of the sites that bridges join, the own one
	// first; none where no bridge was heard, or the room is sealed.
	Sites []MembersSite
}

// FramePort is the port that members of a group send frames to unless they are told
// another one. It is false where they send none by themselves: there is no next port,
// or the group is that of a standard.
func FramePort(g mcast.Group) (port uint16, ok bool) {
	_, standard := g.Registered()
	return g.Port + 1, g.Port != 0 && g.Port != 65535 && !standard
}

// Lookout listens at the port of frames of a group without joining it, so that the
// kernel does not count what comes there as wanted by nobody. A nil *Lookout looks at
// nothing.
//
// Its sockets are bound to the group: they get no datagram that is sent to this host
// alone, which another program with the port may wait for.
type Lookout struct {
	port  uint16
	since time.Time
	open  []*mcast.Conn
	done  sync.WaitGroup

	mu      sync.Mutex
	sources *lru.Map[netip.AddrPort, besideTally]
	news    siteNews
}

type besideTally struct {
	Sender
	frames, numbered, others tally
}

// The sizes of a Lookout's sockets: of a datagram as much as a frame has tells enough, and
// a receive buffer of half a second of frames is enough for what is drained at once.
const (
	lookoutRead   = frame.MaxSize
	lookoutBuffer = 128 << 10
	lookoutMost   = 16 // sockets: one, but for groups of IPv6 that need a zone
)

// lowPorts are those that a program needs privileges to open.
const lowPorts = 1024

// frameTime is how long a member counts after its last frame: the longest time to its
// next one is 10 s until there are more than a hundred of them.
const frameTime = 30 * time.Second

// LookBeside begins to look at the port of frames of a group that is joined on some
// interfaces. It is nil where that cannot be: the system keeps groups from sockets
// that have not joined them, a program has the port and does not share it, to open it
// needs privileges, or there are no frames: see [FramePort]. Whoever holds it calls
// [Lookout.Close].
func LookBeside(ctx context.Context, g mcast.Group, on []host.Interface, trace *mcast.Trace) *Lookout {
	port, ok := FramePort(g)
	if !ok || port < lowPorts {
		return nil
	}
	l := &Lookout{port: port, sources: lru.New[netip.AddrPort, besideTally](maxEvidence), news: newSiteNews(g)}
	for _, at := range lookoutAddrs(g.Addr, on) {
		c, err := mcast.Listen(ctx, mcast.Config{Addr: at, Port: port, MulticastAll: true, ReadSize: lookoutRead, ReadBuffer: lookoutBuffer, Trace: trace})
		if err != nil {
			l.Close()
			return nil
		}
		l.open = append(l.open, c)
	}
	if len(l.open) == 0 {
		return nil
	}
	l.since = time.Now()
	for _, c := range l.open {
		l.done.Go(func() { l.read(c) })
	}
	return l
}

// lookoutAddrs are the addresses to bind: the group, with a zone where it needs one
// (RFC 4007).
func lookoutAddrs(group netip.Addr, on []host.Interface) (list []netip.Addr) {
	group = group.Unmap().WithZone("")
	if group.Is4() || !group.IsLinkLocalMulticast() && !group.IsInterfaceLocalMulticast() {
		return []netip.Addr{group}
	}
	for _, i := range on[:min(len(on), lookoutMost)] {
		if at := group.WithZone(i.Name); i.Name != "" && !slices.Contains(list, at) {
			list = append(list, at)
		}
	}
	return list
}

// read takes in what comes to a socket until it is closed.
func (l *Lookout) read(c *mcast.Conn) {
	batch := make([]mcast.Datagram, mcast.BatchSize)
	for {
		n, err := c.Read(context.Background(), batch)
		if err != nil {
			return // closed; and what cannot be read is not known
		}
		l.mu.Lock()
		for _, d := range batch[:n] {
			l.hear(d.From, d.IfIndex, d.Data, d.At)
		}
		l.mu.Unlock()
	}
}

// hear notes a datagram. The caller holds l.mu.
func (l *Lookout) hear(from netip.AddrPort, ifIndex int, data []byte, at time.Time) {
	s, _ := l.sources.Ensure(from)
	s.From, s.IfIndex = from, ifIndex
	switch {
	case bytes.HasPrefix(data, []byte("\xfeMC")):
		s.frames.add(at)
		l.news.hear(from, ifIndex, data, at)
	case bytes.HasPrefix(data, []byte("\xfeG")): // numbered, or what a bridge asks
		s.numbered.add(at)
	default:
		s.others.add(at)
	}
}

// Seen is what came since a time, members' frames 30 seconds before that as well; nil
// if nobody looked by then, so that nothing is known. It forgets what is older.
func (l *Lookout) Seen(since time.Time) *Beside {
	if l == nil || !l.since.Before(since) {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := &Beside{Port: l.port, Sites: l.news.sites(since.Add(-frameTime))}
	add := func(list *[]Sender, s *besideTally, t tally) {
		one := s.Sender
		one.Datagrams = t.times
		*list = append(*list, one)
	}
	for from, s := range l.sources.All() {
		recent := func(t tally) bool { return t.times > 0 && !t.last.Before(since) }
		member := s.frames.times > 0 && !s.frames.last.Before(since.Add(-frameTime))
		if member {
			add(&b.Members, s, s.frames)
		} else if recent(s.numbered) {
			add(&b.Numbered, s, s.numbered)
		}
		if recent(s.others) {
			add(&b.Others, s, s.others)
		} else if !member && !recent(s.numbered) {
			l.sources.Delete(from)
		}
	}
	for _, list := range [][]Sender{b.Members, b.Numbered, b.Others} {
		slices.SortFunc(list, func(a, b Sender) int { return a.From.Compare(b.From) })
	}
	return b
}

// Close ends it, and returns when nothing is read any more.
func (l *Lookout) Close() {
	if l == nil {
		return
	}
	for _, c := range l.open {
		c.Close()
	}
	l.done.Wait()
}

// hosts are the addresses of senders, each once.
func hosts(list []Sender) (addrs []string) {
	for _, s := range list {
		if a := s.From.Addr().Unmap().String(); !slices.Contains(addrs, a) {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

// Text says who takes part in a group by frames, and how to do so: "members of
// groupcast talk here by frames at port 5001, from 10.0.0.1, 10.0.0.2; to take part:
// groupcast 239.1.2.3:5000". "": nobody, or it is not known.
func (b *Beside) Text(g mcast.Group) string {
	if b == nil || len(b.Members) == 0 {
		return ""
	}
	command := "groupcast"
	if g.Source = (netip.Addr{}); g != mcast.DefaultGroup {
		command += " " + groupWord(g)
	}
	return fmt.Sprintf("members of groupcast talk here by frames at port %d, from %s; to take part: %s", b.Port, enumerate(hosts(b.Members)), command)
}

// From are the addresses that frames came from, each once.
func (b *Beside) From() []string { return hosts(b.Members) }

// from reports whether a host takes part by frames.
func (b *Beside) from(a netip.Addr) bool {
	return b != nil && a.IsValid() && slices.ContainsFunc(b.Members, func(s Sender) bool { return s.From.Addr().Unmap().WithZone("") == a })
}

// astray are the senders of what is no frame, at the port of frames, where no other
// program listens that the group reaches. Another groupcast that is bound to the group
// only looks there, as this one does.
func (f Facts) astray(in Intent) []Sender {
	b := f.Observed.Beside
	if b == nil || f.Sockets == nil || len(f.Router) > 0 { // a router joins for others
		return nil
	}
	if slices.ContainsFunc(f.Sockets, func(s host.Socket) bool {
		looks := s.Local.Addr().IsMulticast() && strings.HasPrefix(s.Program, "groupcast (")
		return !s.Own && !looks && s.Local.Port() == b.Port && hears(s, in.Group.Addr)
	}) {
		return nil
	}
	return b.Others
}
