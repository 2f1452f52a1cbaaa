package ping

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

func TestRefusedSendsAreToldAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(nil)
		m.err = &mcast.OpError{Op: "send", Target: peerAddr, Err: syscall.ENETUNREACH}
		s, told := pinging(t, t.Context(), m, Config{Target: to(peerAddr), Count: 3, Size: 32})
		if s.Sent != 0 || s.Responders[0].Lost != 0 || s.Errors[m.err.Error()] != 3 || strings.Join(told, ", ") != "error 1, error 2, error 3" {
			t.Errorf("%+v, told %q; want nothing sent, nothing lost, and 3 errors %q", s, told, m.err)
		}
	})
}

// A refused request is lost at once, with its reason; what comes later about a
// lost one is told, and no second loss.
func TestPeerErrorsAreLossesWithAReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p *Pinger
		quote := func(after time.Duration, err syscall.Errno, data []byte) {
			time.AfterFunc(after, func() {
				p.notice(mcast.PeerError{At: time.Now(), To: to(peerAddr), From: to(peerAddr).Addr(), Type: 3, Code: 3, Err: err, Data: data})
			})
		}
		m := newMemory(func(m *memory, r request) {
			switch r.nth {
			case 1:
				quote(time.Millisecond, syscall.ECONNREFUSED, r.data)
			case 2: // cut before it tells of which
				quote(time.Millisecond, syscall.ECONNREFUSED, r.data[:8])
			case 3:
				quote(1500*time.Millisecond, syscall.EHOSTUNREACH, r.data)
			case 4: // about somebody else's
				quote(time.Millisecond, syscall.ECONNREFUSED, make([]byte, 32))
			case 5:
				quote(time.Millisecond, syscall.ECONNREFUSED, r.data)
				m.arrive(2*time.Millisecond, peerAddr, r.data)
			case 6:
				quote(time.Millisecond, syscall.ECONNREFUSED, r.data)
			}
		})
		var told []string
		cfg := Config{Target: to(peerAddr), Count: 6, Size: 32, Report: func(e Event) {
			if e.Kind == KindSent {
				return
			}
			told = append(told, fmt.Sprintf("%s %d", e.Kind, e.Seq))
			if e.Kind == KindError && !errors.Is(e.Err, syscall.ECONNREFUSED) && !errors.Is(e.Err, syscall.EHOSTUNREACH) {
				t.Errorf("the error is %v, want one whose cause can be tested", e.Err)
			}
		}}
		var err error
		if p, err = New(cfg); err != nil {
			t.Fatal(err)
		}
		s, err := p.run(t.Context(), m)
		want := "error 1, error 2, lost 3, error 3, lost 4, error 5, late 5, error 6"
		if got := strings.Join(told, ", "); err != nil || got != want {
			t.Errorf("told %q, %v; want %q", got, err, want)
		}
		r := s.Responders[0]
		refused := s.Errors[peerAddr+" refused it: ICMP port unreachable (3, 3) from 192.168.8.226"]
		if r.Sent != 6 || r.Received != 0 || r.Lost != 6 || r.Late != 1 || refused != 4 || s.Foreign != 1 || s.Unanswered != 6 {
			t.Errorf("%+v, errors %v, %d foreign, %d unanswered; want 6 lost, of them 1 late and 4 refused, 1 foreign", r, s.Errors, s.Foreign, s.Unanswered)
		}
		if s.Took != 5*time.Second+time.Millisecond {
			t.Errorf("took %v, want no wait for the answer to a refused request", s.Took)
		}
	})
}

func TestASocketThatFailsEndsThePing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(nil)
		m.respond = func(m *memory, r request) {
			if r.nth == 3 {
				m.Close()
			}
			echo(time.Millisecond)(m, r)
		}
		p, err := New(Config{Target: to(peerAddr), Size: 32})
		if err != nil {
			t.Fatal(err)
		}
		if s, err := p.run(t.Context(), m); !errors.Is(err, net.ErrClosed) || s.Responders[0].Received != 2 {
			t.Errorf("ended with %v and %+v; want that it is closed, and 2 received before", err, s)
		}
	})
}
