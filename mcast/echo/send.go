package echo

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// roomTime is how long an answer waits for room in the send buffer: long enough
// for an interface to send some of what it has, and too short for anybody to
// notice. Nobody is served meanwhile.
const roomTime = 10 * time.Millisecond

// sender sends the answers of one call of Serve.
type sender struct {
	*Responder
	out        socket
	kernel     *kernel // nil: the system does not tell
	neighbours *neighbours
	noSource   bool // the system cannot choose the source of a datagram
	full       bool // the send buffer was full for the whole of roomTime
	counted    int  // of neighbours.refused

	resolved, unresolved answers
	states               []state // of the neighbours that unresolved goes to
}

// answers is a list of answers and their receivers, with their zones.
type answers struct {
	list  []mcast.Outgoing
	peers []netip.AddrPort
}

func (a *answers) add(peer netip.AddrPort, o *mcast.Outgoing) {
	a.list, a.peers = append(a.list, *o), append(a.peers, peer)
}

func (a *answers) clear() { a.list, a.peers = a.list[:0], a.peers[:0] }

func newSender(r *Responder, out socket) *sender {
	s := &sender{Responder: r, out: out, neighbours: newNeighbours(nil)}
	if raw, err := out.SyscallConn(); err == nil {
		if s.kernel, err = openKernel(raw, out.LocalAddr()); err == nil {
			s.neighbours.ask = s.kernel.neighbour
		}
	}
	return s
}

func (s *sender) close() {
	if s.kernel != nil {
		s.kernel.close()
	}
}

// add takes in an answer, which send sends.
func (s *sender) add(now time.Time, peer netip.AddrPort, o *mcast.Outgoing) {
	state := s.neighbours.state(now, destinationOf(o))
	if state == resolved {
		s.resolved.add(peer, o)
		return
	}
	s.unresolved.add(peer, o)
	s.states = append(s.states, state)
}

// addAgain is add for an answer that goes the way of the one before.
func (s *sender) addAgain(now time.Time, peer netip.AddrPort, o *mcast.Outgoing) {
	if now.Before(s.neighbours.until) {
		s.resolved.add(peer, o)
		return
	}
	s.add(now, peer, o)
}

// send sends what was added. An answer that fails does not keep back the others.
func (s *sender) send() error {
	defer s.resolved.clear()
	list, peers := s.resolved.list, s.resolved.peers
	for len(list) > 0 {
		n, err := s.sendBatch(list)
		s.sent(list[:n], peers)
		list, peers = list[n:], peers[n:]
		switch {
		case err == nil && n > 0 || len(list) == 0:
		case unusable(err):
			return fmt.Errorf("echo: %w", err)
		case errors.Is(err, errors.ErrUnsupported) && list[0].Via.Source.IsValid():
			s.noSource = true
			for i := range list {
				list[i].Via.Source = netip.Addr{}
			}
		default:
			s.fail(peers[0], list[0], err)
			list, peers = list[1:], peers[1:]
		}
	}
	if len(s.unresolved.list) == 0 {
		return nil
	}
	return s.sendUnresolved()
}

// sendBatch is SendBatch that waits for room, but not for long, and not again
// if that was in vain.
func (s *sender) sendBatch(list []mcast.Outgoing) (n int, err error) {
	n, err = s.out.TrySendBatch(list)
	if err == nil || !errors.Is(err, syscall.EAGAIN) {
		s.full = false
		return n, err
	}
	if s.full {
		return n, err
	}
	if err := s.out.SetWriteDeadline(time.Now().Add(roomTime)); err != nil {
		return n, err
	}
	more, err := s.out.SendBatch(list[n:])
	s.full = errors.Is(err, os.ErrDeadlineExceeded)
	return n + more, errors.Join(err, s.out.SetWriteDeadline(time.Time{}))
}

// sendUnresolved sends the answers to neighbours that are not resolved, as far
// as they leave half of the send buffer, or three quarters, to the others.
func (s *sender) sendUnresolved() error {
	defer s.countSources()
	taken := s.kernel.queued()
	for i, o := range s.unresolved.list {
		peer, most := s.unresolved.peers[i], s.kernel.sendBuffer/2
		if s.states[i] == unresolved {
			most /= 2
		}
		// The kernel takes memory for its own structures too, once for each
		// fragment.
		size := 2*len(o.Data) + 1024
		if taken > 0 && taken+size > most {
			s.neighbours.refused.Ensure(o.To.Addr())
			s.refuse(peer, len(o.Data), Unresolved, nil)
			continue
		}
		taken += size
		s.neighbours.asking(destinationOf(&o))
		n, err := s.out.TrySendBatch(s.unresolved.list[i : i+1])
		switch {
		case n == 1:
			s.sent(s.unresolved.list[i:i+1], s.unresolved.peers[i:])
		case unusable(err):
			return fmt.Errorf("echo: %w", err)
		default:
			s.fail(peer, o, err)
		}
	}
	s.unresolved.clear()
	s.states = s.states[:0]
	return nil
}

// countSources counts the sources whose answers had no room.
func (s *sender) countSources() {
	n := s.neighbours.refused.Len()
	s.unresolvedSources.Add(int64(n - s.counted))
	s.counted = n
}

// fail counts an answer that was not sent.
func (s *sender) fail(peer netip.AddrPort, o mcast.Outgoing, err error) {
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, os.ErrDeadlineExceeded) {
		s.refuse(peer, len(o.Data), NoRoom, nil)
	} else {
		s.refuse(peer, len(o.Data), Failed, err)
	}
}

func (s *sender) sent(list []mcast.Outgoing, peers []netip.AddrPort) {
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
