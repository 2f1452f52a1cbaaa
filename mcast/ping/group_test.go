package ping

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

func TestEveryoneInAGroupIsCountedFromTheFirstAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(func(m *memory, r request) {
			m.arrive(time.Millisecond, "192.168.1.1:1234", r.data)
			if r.nth >= 4 {
				m.arrive(2*time.Millisecond, "192.168.1.2:1234", r.data)
			}
			if r.nth%3 == 2 {
				m.arrive(3*time.Millisecond, "192.168.1.3:1234", r.data)
			}
			if r.nth == 3 { // late, and for the first time
				m.arrive(2500*time.Millisecond, "192.168.1.4:1234", r.data)
			}
		})
		s, _ := pinging(t, t.Context(), m, Config{Target: to(group), Count: 9, Size: 32})
		for i, want := range []struct{ sent, received, lost, late uint64 }{{9, 9, 0, 0}, {8, 3, 5, 0}, {6, 6, 0, 0}, {7, 0, 7, 1}} {
			r := s.Responders[i]
			if r.Sent != want.sent || r.Received != want.received || r.Lost != want.lost || r.Late != want.late {
				t.Errorf("%s: %d sent, %d received, %d lost, %d late; want %+v", r.From, r.Sent, r.Received, r.Lost, r.Late, want)
			}
		}
		if s.Unanswered != 0 || s.Sent != 9 {
			t.Errorf("%d sent, %d unanswered, want 9 and 0", s.Sent, s.Unanswered)
		}
	})
}

func TestAnEmptyGroupIsToldRequestByRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, told := pinging(t, t.Context(), newMemory(func(*memory, request) {}), Config{Target: to(group), Count: 3})
		if s.Unanswered != 3 || len(s.Responders) != 0 || strings.Join(told, ", ") != "lost 1, lost 2, lost 3" {
			t.Errorf("%d unanswered, %d responders, told %q; want 3, none, and 3 lost", s.Unanswered, len(s.Responders), told)
		}
	})
}

// A responder that hears the requests by two interfaces answers both, and that
// is no duplicate, though the answers come by one.
func TestEachInterfaceHasItsOwnAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(func(m *memory, r request) {
			if r.via.IfIndex != 3 || r.nth%4 != 0 {
				m.arrive(time.Duration(r.via.IfIndex)*time.Millisecond, peerAddr, r.data)
			}
		})
		s, _ := pinging(t, t.Context(), m, Config{Target: to(group), Count: 4, Size: 32, Interfaces: []host.Interface{{Index: 2}, {Index: 3}}})
		if s.Sent != 4 || len(s.Responders) != 2 || s.Foreign != 0 {
			t.Fatalf("%d sent, %d responders, %d foreign; want 4, 2, 0", s.Sent, len(s.Responders), s.Foreign)
		}
		for i, received := range []uint64{4, 2} {
			r := s.Responders[i]
			if r.IfIndex != i+2 || r.Received != received || r.Lost != 4-received || r.Duplicates != 0 || r.Max != time.Duration(i+2)*time.Millisecond {
				t.Errorf("by interface %d: %+v; want %d received, no duplicates", i+2, r, received)
			}
		}
	})
}
