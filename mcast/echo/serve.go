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

// socket has the methods of mcast.Conn that a Responder uses.
type socket interface {
	Batches(context.Context, []mcast.Datagram) iter.Seq2[[]mcast.Datagram, error]
	SendBatch([]mcast.Outgoing) (int, error)
	TrySendBatch([]mcast.Outgoing) (int, error)
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
	SetBroadcast(bool) error
	SetDetail(bool) error
	SyscallConn() (syscall.RawConn, error)
	LocalAddr() netip.AddrPort
	Stats() mcast.Stats
}

// Serve answers the datagrams that arrive at conn until ctx ends. Then it
// returns the error of ctx.
//
// For unicast, group is false and answers is nil. The source address of an
// answer is the address that the request was sent to.
//
// For a group, conn has joined it, and answers is a second socket on a port that
// the kernel chose. Replies leave from that port, out of the interface that
// received the request. Serve discards all datagrams that arrive there, so two
// servers in one group never answer each other's answers.
//
// While Serve runs, it alone reads from both sockets and sets their
// deadlines. It forbids them to send to broadcast addresses (SO_BROADCAST), and
// it sets the filter of conn (SO_ATTACH_FILTER). Without a Config.Log it does
// without the detail of datagrams, which conn has again at the end
// ([mcast.Conn.SetDetail]). The interfaces are those of the network namespace of
// the calling goroutine.
//
// Errors that concern one peer, such as an ICMP error or an address that has
// gone, are counted, and the service goes on. Serve returns early with
// [net.ErrClosed] when a socket is closed, and with the socket's error when it
// is of no use any more.
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
		guard: newGuard(r.cfg, conn.LocalAddr().Port(), group),
		bound: conn.LocalAddr().Addr(),
		batch: make([]mcast.Datagram, mcast.BatchSize),
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
	// Each host of the network would get an answer to a broadcast address.
	if err := s.out.SetBroadcast(false); err != nil {
		return fmt.Errorf("echo: %w", err)
	}
	s.sender = newSender(r, s.out)
	defer s.sender.close()
	return s.serve(ctx)
}

// server is the state of one call of Serve.
type server struct {
	*Responder
	conn, out socket
	group     bool
	guard     *guard
	bound     netip.Addr // the address that conn is bound to
	began     time.Time
	plain     bool      // datagrams come without detail: At is when they were read
	looked    time.Time // the time of the last look at the interfaces

	batch  []mcast.Datagram
	to     netip.AddrPort // where an answer goes if guard.again: as way said; the zero AddrPort: ask it
	via    mcast.Via
	sender *sender
	filter filter
}

// maxErrors is the number of reads in a row that may fail. Then Serve gives up
// the socket.
const maxErrors = 1000

func (s *server) serve(ctx context.Context) error {
	defer s.openFilter()
	if s.cfg.Log == nil && s.conn.SetDetail(false) == nil {
		s.plain = true
		defer s.conn.SetDetail(true) // its one error is that of a closed socket
	}
	s.began = time.Now()
	s.look(s.began)
	failed := 0
	for batch, err := range s.conn.Batches(ctx, s.batch) {
		now := s.now(batch)
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

// now is the time at which a batch was read. The clock costs as much as the rules.
func (s *server) now(batch []mcast.Datagram) time.Time {
	if s.plain && len(batch) > 0 {
		return batch[0].At
	}
	return s.began.Add(time.Since(s.began)) // half of time.Now, which asks the wall clock too
}

// unusable reports whether an error concerns the socket itself, and not a peer,
// an address or an interface.
func unusable(err error) bool {
	for _, end := range []error{net.ErrClosed, syscall.EBADF, syscall.ENOTSOCK, syscall.EFAULT} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

// echo answers a batch. The answers share the memory of the requests.
func (s *server) echo(now time.Time, batch []mcast.Datagram) error {
	s.requests.Add(uint64(len(batch)))
	if s.stale(now) {
		s.look(now)
	}
	for i := range batch {
		d := &batch[i]
		if s.cfg.Log != nil {
			s.log(Event{At: d.At, Kind: Received, Peer: d.From, Bytes: len(d.Data)})
		}
		reason := s.guard.check(now, d)
		if reason == OffLink && now.Sub(s.looked) > time.Second {
			// An interface may have come, or an address.
			s.look(now)
			reason = s.guard.check(now, d)
		}
		if !s.guard.again || s.sender.noSource {
			s.to = netip.AddrPort{} // it is another one's
		}
		if reason != Answer {
			s.refuse(d.From, len(d.Data), reason, nil)
			continue
		}
		if s.to.IsValid() {
			s.sender.addAgain(now, d.From, &mcast.Outgoing{Data: d.Data, To: s.to, Via: s.via})
			continue
		}
		s.to, s.via = s.way(d)
		s.sender.add(now, d.From, &mcast.Outgoing{Data: d.Data, To: s.to, Via: s.via})
	}
	return s.sender.send()
}

// way returns the destination of an answer, and its interface and source.
func (s *server) way(d *mcast.Datagram) (to netip.AddrPort, via mcast.Via) {
	to = d.From
	if s.group {
		return withoutZone(to), mcast.Via{IfIndex: d.IfIndex}
	}
	if d.To != s.bound && !s.sender.noSource {
		via.Source = d.To.WithZone("")
	}
	if to.Addr().IsLinkLocalUnicast() || d.To.IsLinkLocalUnicast() {
		via.IfIndex = d.IfIndex
	}
	if via.IfIndex != 0 {
		to = withoutZone(to) // the index makes it needless to look up the zone's name
	}
	return to, via
}

func withoutZone(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().WithZone(""), a.Port())
}

// lookEvery is the time between two looks at the interfaces.
const lookEvery = 10 * time.Second

// stale reports whether it is time to look at the interfaces. A socket that is
// bound to one address hears no broadcast, so it does not need them.
func (s *server) stale(now time.Time) bool {
	return (s.group || s.bound.IsUnspecified()) && now.Sub(s.looked) > lookEvery
}

func (s *server) look(now time.Time) {
	s.looked = now
	if list, err := host.Interfaces(); err == nil {
		s.guard.setInterfaces(list)
	}
}

// discard empties the receive buffer of the answers' socket.
func discard(ctx context.Context, answers socket) {
	batch := make([]mcast.Datagram, mcast.BatchSize)
	for _, err := range answers.Batches(ctx, batch) {
		if ctx.Err() != nil || err != nil && unusable(err) {
			return
		}
	}
}
