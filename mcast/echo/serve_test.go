package echo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// script is a socket on which things go wrong: each read brings one datagram
// or an error, each of whose answers meets an error or none.
type script struct {
	reads []error // nil: a datagram from the port 40000 + its number
	sends map[uint16]error
	sent  []uint16
	n     int
}

func (s *script) Batches(_ context.Context, dst []mcast.Datagram) iter.Seq2[[]mcast.Datagram, error] {
	return func(yield func([]mcast.Datagram, error) bool) {
		for n, err := s.read(dst); yield(dst[:n], err); n, err = s.read(dst) {
		}
	}
}

func (s *script) read(dst []mcast.Datagram) (int, error) {
	if s.n == len(s.reads) {
		return 0, net.ErrClosed
	}
	s.n++
	if err := s.reads[s.n-1]; err != nil {
		return 0, &mcast.OpError{Op: "read", Err: err}
	}
	for i := range 3 {
		dst[i] = mcast.Datagram{From: netip.AddrPortFrom(here, uint16(40000+10*s.n+i)), To: here, IfIndex: 1, Data: []byte("hello")}
	}
	return 3, nil
}

func (s *script) SendBatch(list []mcast.Outgoing) (int, error) {
	for i, o := range list {
		if err := s.sends[o.To.Port()]; err != nil {
			return i, &mcast.OpError{Op: "send", Err: err}
		}
		s.sent = append(s.sent, o.To.Port())
	}
	return len(list), nil
}

func (s *script) TrySendBatch(list []mcast.Outgoing) (int, error) { return s.SendBatch(list) }

var here = netip.MustParseAddr("127.0.0.1")

func (s *script) SetReadDeadline(time.Time) error       { return nil }
func (s *script) SetWriteDeadline(time.Time) error      { return nil }
func (s *script) SetBroadcast(bool) error               { return nil }
func (s *script) SetDetail(bool) error                  { return errors.ErrUnsupported } // its datagrams have no time
func (s *script) SyscallConn() (syscall.RawConn, error) { return nil, errors.ErrUnsupported }
func (s *script) LocalAddr() netip.AddrPort             { return netip.AddrPortFrom(here, 1234) }
func (s *script) Stats() mcast.Stats                    { return mcast.Stats{} }

func TestServiceGoesOn(t *testing.T) {
	aboutPeers := []error{
		syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENETDOWN, syscall.EPERM, syscall.EACCES,
		syscall.ENOBUFS, syscall.EMSGSIZE, syscall.EADDRNOTAVAIL, syscall.ENODEV, syscall.EINVAL,
	}
	for _, peer := range aboutPeers {
		s := &script{reads: []error{nil, peer, nil}, sends: map[uint16]error{40011: peer}}
		r := New(Config{})
		if err := r.serve(t.Context(), s, nil, false); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%v: Serve ends with %v, want it to go on until the socket is closed", peer, err)
		}
		if got, want := fmt.Sprint(s.sent), "[40010 40012 40030 40031 40032]"; got != want {
			t.Errorf("%v to one of a batch: answers to %s, want %s", peer, got, want)
		}
		if got := r.Stats(); got.Requests != 6 || got.Answers != 5 || got.Failed != 1 || got.PeerErrors != 1 {
			t.Errorf("%v: %+v, want 6 requests, 5 answers, 1 failed, 1 error about a peer", peer, got)
		}
	}
}

func TestServiceEnds(t *testing.T) {
	for _, fatal := range []error{net.ErrClosed, syscall.EBADF, syscall.ENOTSOCK, os.ErrDeadlineExceeded} {
		s := &script{reads: []error{fatal, nil}}
		if err := New(Config{}).serve(t.Context(), s, nil, false); !errors.Is(err, fatal) || s.sent != nil {
			t.Errorf("a read meets %v: Serve ends with %v after %v, want it at once", fatal, err, s.sent)
		}
	}
	s := &script{reads: []error{nil, nil}, sends: map[uint16]error{40011: net.ErrClosed}}
	if err := New(Config{}).serve(t.Context(), s, nil, false); !errors.Is(err, net.ErrClosed) || len(s.sent) != 1 {
		t.Errorf("a send meets a closed socket: Serve ends with %v after %v, want it at once", err, s.sent)
	}
	s = &script{}
	for range 2 * maxErrors {
		s.reads = append(s.reads, syscall.EIO)
	}
	if err := New(Config{}).serve(t.Context(), s, nil, false); !errors.Is(err, syscall.EIO) {
		t.Errorf("a socket that fails again and again: Serve ends with %v, want its error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := New(Config{}).serve(ctx, &script{reads: []error{context.Canceled}}, nil, false); !errors.Is(err, context.Canceled) {
		t.Errorf("the context has ended: %v, want its error", err)
	}
	if err := New(Config{}).serve(t.Context(), &script{}, nil, true); !errors.Is(err, errNoAnswers) {
		t.Errorf("a group without a socket for the answers: %v, want %v", err, errNoAnswers)
	}
}

// A system that cannot choose the source of a datagram answers without.
func TestWithoutSources(t *testing.T) {
	s := &script{reads: []error{nil, nil}}
	all := &noSources{script: s}
	r := New(Config{})
	if err := r.serve(t.Context(), all, nil, false); !errors.Is(err, net.ErrClosed) {
		t.Fatal(err)
	}
	if len(s.sent) != 6 || all.refused != 1 {
		t.Errorf("%d answers after %d refusals, want 6 after 1", len(s.sent), all.refused)
	}
}

type noSources struct {
	*script
	refused int
}

func (s *noSources) LocalAddr() netip.AddrPort { return netip.MustParseAddrPort("0.0.0.0:1234") }

func (s *noSources) TrySendBatch(list []mcast.Outgoing) (int, error) { return s.SendBatch(list) }

func (s *noSources) SendBatch(list []mcast.Outgoing) (int, error) {
	if list[0].Via.Source.IsValid() {
		s.refused++
		return 0, errors.ErrUnsupported
	}
	return s.script.SendBatch(list)
}

// Whoever asks in between, and gets an answer or none: each answer goes to the
// one who asked.
func TestAnswersGoToWhoAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{t: t, script: &script{}}
		r := New(Config{PerSource: 20})
		if err := r.serve(t.Context(), c, nil, false); !errors.Is(err, net.ErrClosed) {
			t.Fatal(err)
		}
		if got := r.Stats(); got.Answers < 200 || got.RateLimited < 200 || got.NoReturn < 20 {
			t.Errorf("%+v: want answers, and none for the limits' sake and for senders that cannot be answered", got)
		}
	})
}

// crowd is a socket at which a few senders ask in any order, more than their
// limits allow. A payload is the address of its sender.
type crowd struct {
	*script
	t *testing.T
}

func (c *crowd) Batches(_ context.Context, dst []mcast.Datagram) iter.Seq2[[]mcast.Datagram, error] {
	random := rand.New(rand.NewPCG(1, 2))
	senders := []netip.AddrPort{
		{}, netip.MustParseAddrPort("255.255.255.255:5"),
		netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("192.0.2.2:40000"), netip.MustParseAddrPort("192.0.2.2:40001"),
	}
	from := netip.AddrPort{}
	return func(yield func([]mcast.Datagram, error) bool) {
		for n := range 1500 {
			time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond)
			if random.IntN(3) == 0 {
				from = senders[random.IntN(len(senders))]
			}
			dst[0] = mcast.Datagram{From: from, To: here, IfIndex: 1, Data: fmt.Append(nil, from, " ", n)}
			if !yield(dst[:1], nil) {
				return
			}
		}
		yield(nil, net.ErrClosed)
	}
}

func (c *crowd) TrySendBatch(list []mcast.Outgoing) (int, error) {
	for _, o := range list {
		if from, _, _ := strings.Cut(string(o.Data), " "); from != o.To.String() {
			c.t.Errorf("the answer to %s goes to %s", from, o.To)
		}
	}
	return len(list), nil
}
