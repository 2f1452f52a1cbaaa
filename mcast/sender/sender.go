package sender

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/internal/nap"
	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/stream/pace"
)

// Max is the rate of a sender that sends as fast as the kernel takes it.
var Max = math.Inf(1)

// MaxRate is the highest other rate, in datagrams a second of each stream.
const MaxRate = 1e9

// Kind is what datagrams carry.
type Kind int

// The kinds of datagrams.
const (
	Numbered Kind = iota // the header of package stream, and zeros
	Mcjoin               // the text of mcjoin 2.12, which counts from 0, and zeros
	Fixed                // Config.Data, each time
)

// Config says what is sent.
type Config struct {
	Streams []Stream // at least one
	Rate    float64  // datagrams a second of each stream, more than 0 to MaxRate, or Max
	Count   uint64   // datagrams of each stream, refused ones too; 0: until the context ends
	Kind    Kind
	// Size is the payload in bytes: of Numbered stream.HeaderSize to
	// mcast.MaxPayload, of Mcjoin what [McjoinSize] says to mcast.MaxPayload.
	Size int
	Data []byte // of Fixed
	// Joined gives the kernel up to 64 datagrams of a stream in one piece
	// (mcast.Conn.SendSegments), which costs a fraction. They leave in one burst, and
	// where a queue is full they are lost together: it is for Max only, and not for
	// Fixed. Linux only; elsewhere the error is errors.ErrUnsupported.
	Joined bool

	Hops       int // TTL, 0 to 255; see mcast.Conn.SetHops
	NoLoopback bool
	Trace      *mcast.Trace
}

// Stream is where a stream goes.
type Stream struct {
	Group mcast.Group
	Via   mcast.Via // by which way; the zero Via leaves it to the kernel
}

// Sender sends streams. Its methods may be called at the same time from several
// goroutines, Run once.
type Sender struct {
	cfg     Config
	lanes   []*lane
	streams []state
	promise time.Duration
	most    int                                    // datagrams of one call
	wait    func(context.Context, time.Time) error // nap.Until

	mu       sync.Mutex // guards the rest, and the counters of streams
	schedule *pace.Schedule
	began    time.Time
	last     time.Time // when the last was sent
	ended    bool
	causes   []Cause
}

// state is a stream.
type state struct {
	id      uint64
	lane    *lane
	to      netip.AddrPort
	via     mcast.Via
	text    mcjoinText
	pending uint64 // in the batch that is being made

	sent, refused uint64
	first, last   time.Duration // when one was sent, after the beginning
	err           error         // the last
}

// lane is a socket, of one IP version, and the batch that it sends next.
type lane struct {
	conn     *mcast.Conn
	send     func([]mcast.Outgoing) (int, error) // conn's SendBatch, or SendSegments
	apart    func([]mcast.Outgoing) (int, error) // conn's SendBatch
	deadline func(time.Time) error               // conn's SetWriteDeadline

	batch  []mcast.Outgoing
	owners [mcast.BatchSize]int    // streams
	number [mcast.BatchSize]uint64 // of the datagram in its stream
	arena  []byte
}

// mostBatch is how many bytes a batch may have: its datagrams are in memory.
const mostBatch = 1 << 20

// mostJoined is the same of one that is given in one piece.
const mostJoined = 65535 - 40 - 8

// Open opens the sockets, one for each IP version. The error is that of a Config that
// makes no sense, or of the system.
func Open(ctx context.Context, cfg Config) (*Sender, error) {
	return newSender(cfg, func(at netip.Addr) (*lane, error) { return openLane(ctx, cfg, at) })
}

func newSender(cfg Config, open func(at netip.Addr) (*lane, error)) (*Sender, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	s := &Sender{cfg: cfg, streams: make([]state, len(cfg.Streams)), most: mcast.BatchSize, wait: nap.Until}
	if cfg.Kind == Fixed {
		s.cfg.Size = len(cfg.Data)
	}
	if s.cfg.Size > 0 {
		s.most = min(max(mostBatch/s.cfg.Size, 1), mcast.BatchSize)
	}
	if cfg.Joined {
		s.most = min(max(mostJoined/s.cfg.Size, 1), mcast.BatchSize)
	}
	if cfg.Rate <= MaxRate {
		s.promise = max(2*interval(cfg.Rate), 10*time.Millisecond)
	}
	lanes := map[netip.Addr]*lane{}
	for i, c := range cfg.Streams {
		at := host.Unspecified(c.Group.Addr)
		if lanes[at] == nil {
			l, err := open(at)
			if err != nil {
				s.Close()
				return nil, err
			}
			l.batch = make([]mcast.Outgoing, 0, s.most)
			if cfg.Kind != Fixed {
				l.arena = make([]byte, s.most*s.cfg.Size)
			}
			lanes[at] = l
			s.lanes = append(s.lanes, l)
		}
		s.streams[i] = state{id: newID(), lane: lanes[at], to: c.Group.AddrPort(), via: c.Via}
		if cfg.Kind == Mcjoin {
			s.streams[i].text = newMcjoinText(c.Group, cfg.Rate)
		}
	}
	return s, nil
}

// check finds what makes no sense.
func (cfg Config) check() error {
	least := 0
	switch cfg.Kind {
	case Numbered:
		least = stream.HeaderSize
	case Mcjoin:
		least = McjoinSize(cfg.Streams, cfg.Rate)
	}
	switch {
	case len(cfg.Streams) == 0:
		return errors.New("no streams")
	case !(cfg.Rate > 0) || cfg.Rate > MaxRate && cfg.Rate != Max:
		return fmt.Errorf("a rate of %v datagrams a second: want more than 0 to %g", cfg.Rate, MaxRate)
	case cfg.Kind == Fixed && len(cfg.Data) > mcast.MaxPayload:
		return mcast.ErrTooLong
	case cfg.Kind != Fixed && (cfg.Size < least || cfg.Size > mcast.MaxPayload):
		return fmt.Errorf("a size of %d bytes: want %d to %d", cfg.Size, least, mcast.MaxPayload)
	case cfg.Joined && (cfg.Rate != Max || cfg.Kind == Fixed):
		return errors.New("joined datagrams: want the rate Max, and numbers")
	case cfg.Joined && runtime.GOOS != "linux":
		return fmt.Errorf("joined datagrams: %w", errors.ErrUnsupported)
	case cfg.Hops < 0 || cfg.Hops > 255:
		return fmt.Errorf("a TTL of %d: want 0 to 255", cfg.Hops)
	}
	return nil
}

// interval is the time between two datagrams of a rate.
func interval(rate float64) time.Duration {
	return time.Duration(min(float64(time.Second)/rate, math.MaxInt64/4))
}

func newID() uint64 {
	var b [8]byte
	rand.Read(b[:]) // it never fails
	return binary.BigEndian.Uint64(b[:])
}

func openLane(ctx context.Context, cfg Config, at netip.Addr) (*lane, error) {
	conn, err := mcast.Listen(ctx, mcast.Config{
		Addr: at, NoLoopback: cfg.NoLoopback, Trace: cfg.Trace,
		QueueErrors: runtime.GOOS == "linux", ReadBuffer: 1, // nothing is read
	})
	if err != nil {
		return nil, err
	}
	if err := conn.SetHops(cfg.Hops); err != nil {
		conn.Close()
		return nil, err
	}
	l := &lane{conn: conn, send: conn.SendBatch, apart: conn.SendBatch, deadline: conn.SetWriteDeadline}
	if cfg.Joined {
		l.send = func(list []mcast.Outgoing) (int, error) { // they are of one stream, one behind the other in the arena
			first := list[0]
			return conn.SendSegments(first.Data[:len(list)*len(first.Data)], len(first.Data), first.To, first.Via)
		}
	}
	return l, nil
}

// Close closes the sockets.
func (s *Sender) Close() error {
	var errs []error
	for _, l := range s.lanes {
		errs = append(errs, l.conn.Close())
	}
	return errors.Join(errs...)
}

// LocalPort is the port that datagrams of a group's IP version are sent from; 0:
// there is no such group.
func (s *Sender) LocalPort(g mcast.Group) uint16 {
	i := slices.IndexFunc(s.streams, func(st state) bool { return st.to.Addr().Is4() == g.Addr.Is4() })
	if i < 0 {
		return 0
	}
	return s.streams[i].lane.conn.LocalAddr().Port()
}
