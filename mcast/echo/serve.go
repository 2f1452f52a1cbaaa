package echo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// socket is what of a mcast.Conn is used.
type socket interface {
	Batches(context.Context, []mcast.Datagram) iter.Seq2[[]mcast.Datagram, error]
	SendBatch([]mcast.Outgoing) (int, error)
	SetReadDeadline(time.Time) error
	SetBroadcast(bool) error
	SyscallConn() (syscall.RawConn, error)
	LocalAddr() netip.AddrPort
	Stats() mcast.Stats
}

// Serve answers what arrives at conn until ctx ends, whose error it then
// returns.
//
// For unicast answers is nil, and an answer carries the source address that
// was asked, however many the host has. For a group conn has joined it, and
// answers is a socket of its own, on a port of the kernel's choice: answers
// leave by the interface that the request came by, and what arrives at it is
// thrown away: an answer is never answered, so that two servers in one group
// have nothing to say to each other.
//
// While it serves, Serve alone reads from both, sets their read deadlines and
// forbids them to send to broadcast addresses; conn's filter (SO_ATTACH_FILTER)
// is Serve's as well. Interfaces are those of the calling goroutine's network.
//
// What concerns one peer, such as an ICMP error or an address that has gone, is
// counted and service goes on. Serve ends early when a socket is closed, with
// net.ErrClosed, and when it cannot be used any more.
func (r *Responder) Serve(ctx context.Context, conn, answers *mcast.Conn, group bool) error {
	if answers == nil {
		return r.serve(ctx, conn, nil, group)
	}
	return r.serve(ctx, conn, answers, group)
}

var errNoAnswers = errors.New("echo: a group needs a second socket for the answers")

func (r *Responder) serve(ctx context.Context, conn, answers socket, group bool) error {
	s := &server{
		Responder: r, conn: conn, out: answers, group: group,
		guard: NewGuard(r.cfg, conn.LocalAddr().Port(), group),
		bound: conn.LocalAddr().Addr(),
		batch: make([]mcast.Datagram, mcast.BatchSize),
		list:  make([]mcast.Outgoing, 0, mcast.BatchSize),
		peers: make([]netip.AddrPort, 0, mcast.BatchSize),
	}
	switch {
	case answers != nil:
		ctx, cancel := context.WithCancel(ctx)
		var wait sync.WaitGroup
		wait.Go(func() { discard(ctx, answers) })
		defer wait.Wait()
		defer cancel()
	case group:
		return errNoAnswers
	default:
		s.out = conn
	}
	// An answer to a broadcast address would be as many as there are hosts.
	if err := s.out.SetBroadcast(false); err != nil {
		return fmt.Errorf("echo: %w", err)
	}
	return s.serve(ctx)
}

// server is one Serve.
type server struct {
	*Responder
	conn, out socket
	group     bool
	guard     *Guard
	bound     netip.Addr // the address that conn is bound to
	looked    time.Time  // when the interfaces were
	noSource  bool       // the system cannot choose the source of a datagram

	batch  []mcast.Datagram
	list   []mcast.Outgoing // the answers to batch
	peers  []netip.AddrPort // whom they are for, with their zones
	filter filter
}

// maxErrors is how many reads may fail in a row before a socket is given up.
const maxErrors = 1000

func (s *server) serve(ctx context.Context) error {
	defer s.openFilter()
	s.look(time.Now())
	failed := 0
	for batch, err := range s.conn.Batches(ctx, s.batch) {
		now := time.Now()
		switch {
		case err == nil:
			failed = 0
			if err := s.echo(now, batch); err != nil {
				return err
			}
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, os.ErrDeadlineExceeded) && s.filter.on():
		case unusable(err) || errors.Is(err, os.ErrDeadlineExceeded) || failed == maxErrors:
			return fmt.Errorf("echo: %w", err)
		default:
			failed++
			s.peerErrors.Add(1)
		}
		s.setFilter(now)
	}
	return nil // not reached: an error ends it
}

// unusable reports whether an error is about the socket itself, and not about
// a peer, an address or an interface.
func unusable(err error) bool {
	for _, end := range []error{net.ErrClosed, syscall.EBADF, syscall.ENOTSOCK, syscall.EFAULT} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

// echo decides about a batch and answers it from its own memory.
func (s *server) echo(now time.Time, batch []mcast.Datagram) error {
	s.requests.Add(uint64(len(batch)))
	if s.stale(now) {
		s.look(now)
	}
	s.list, s.peers = s.list[:0], s.peers[:0]
	for i := range batch {
		d := &batch[i]
		s.log(Event{At: d.At, Kind: Received, Peer: d.From, Bytes: len(d.Data)})
		reason := s.guard.Check(now, d)
		if reason == OffLink && now.Sub(s.looked) > time.Second {
			// An interface may have come, or an address.
			s.look(now)
			reason = s.guard.Check(now, d)
		}
		if reason != Answer {
			s.refuse(d.From, len(d.Data), reason, nil)
			continue
		}
		to, via := s.way(d)
		s.list = append(s.list, mcast.Outgoing{Data: d.Data, To: to, Via: via})
		s.peers = append(s.peers, d.From)
	}
	return s.send(s.list, s.peers)
}

// way is where an answer goes, and how.
func (s *server) way(d *mcast.Datagram) (to netip.AddrPort, via mcast.Via) {
	to = d.From
	if s.group {
		return withoutZone(to), mcast.Via{IfIndex: d.IfIndex}
	}
	if d.To != s.bound && !s.noSource {
		via.Source = d.To.WithZone("")
	}
	if to.Addr().IsLinkLocalUnicast() || d.To.IsLinkLocalUnicast() {
		via.IfIndex = d.IfIndex
	}
	if via.IfIndex != 0 {
		to = withoutZone(to) // the index says it, without a name to be looked up
	}
	return to, via
}

func withoutZone(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().WithZone(""), a.Port())
}

// send sends answers. What one of them meets does not keep back the others.
func (s *server) send(list []mcast.Outgoing, peers []netip.AddrPort) error {
	for len(list) > 0 {
		n, err := s.out.SendBatch(list)
		s.sent(list[:n], peers)
		list, peers = list[n:], peers[n:]
		switch {
		case err == nil && n > 0 || len(list) == 0:
		case err != nil && unusable(err):
			return fmt.Errorf("echo: %w", err)
		case errors.Is(err, errors.ErrUnsupported) && list[0].Via.Source.IsValid():
			s.noSource = true
			for i := range list {
				list[i].Via.Source = netip.Addr{}
			}
		default:
			s.refuse(peers[0], len(list[0].Data), Failed, err)
			list, peers = list[1:], peers[1:]
		}
	}
	return nil
}

func (s *server) sent(list []mcast.Outgoing, peers []netip.AddrPort) {
	size := 0
	for i := range list {
		size += len(list[i].Data)
	}
	s.answers.Add(uint64(len(list)))
	s.bytes.Add(uint64(size))
	if s.cfg.Log == nil {
		return
	}
	now := time.Now()
	for i := range list {
		s.log(Event{At: now, Kind: Written, Peer: peers[i], Bytes: len(list[i].Data)})
	}
}

func (s *server) refuse(peer netip.AddrPort, size int, reason Reason, err error) {
	s.unanswered[reason].Add(1)
	if s.cfg.Log != nil {
		s.log(Event{At: time.Now(), Kind: Unanswered, Peer: peer, Bytes: size, Reason: reason, Err: err})
	}
}

// lookEvery is how old what is known of the interfaces may be.
const lookEvery = 10 * time.Second

// stale reports whether the interfaces are to be looked at. A socket that is
// bound to one address hears no broadcast, and needs to know none.
func (s *server) stale(now time.Time) bool {
	return now.Sub(s.looked) > lookEvery && (s.group || s.bound.IsUnspecified())
}

func (s *server) look(now time.Time) {
	s.looked = now
	if list, err := host.Interfaces(); err == nil {
		s.guard.SetInterfaces(list)
	}
}

// discard reads what is sent to the answers' port, so that it takes no room.
func discard(ctx context.Context, answers socket) {
	batch := make([]mcast.Datagram, mcast.BatchSize)
	for _, err := range answers.Batches(ctx, batch) {
		if ctx.Err() != nil || err != nil && unusable(err) {
			return
		}
	}
}
