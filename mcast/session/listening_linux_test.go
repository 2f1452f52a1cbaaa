package session

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/stream"
)

// Who is heard is known with times. Whoever is blocked has not fallen silent: it
// is listened anew then. Nor has anybody while the program itself stood.
func TestWhoIsHeard(t *testing.T) {
	if !amongTalkers(t) {
		return
	}
	s := startHere(t, Config{Group: mcast.DefaultGroup, Interfaces: []string{"eth0"}, Hops: 1})
	steady := func(snap Snapshot) (list []netip.Addr) {
		for _, r := range snap.Heard {
			if r.Steady && r.SilentSince.IsZero() {
				list = append(list, r.Host())
			}
		}
		return list
	}
	seen := func(want ...netip.Addr) (snap Snapshot) {
		t.Helper()
		eventually(t, "those that talk to be heard steadily", s, func(list []doctor.Finding) bool {
			if len(list) > 0 {
				t.Fatalf("they talk, and the findings are %+v", list)
			}
			snap = s.Snapshot()
			return slices.Equal(steady(snap), want)
		})
		return snap
	}
	before := seen(addrB, addrC)
	if l := before.Listened; len(l.On) != 1 || l.Lasted() <= 0 || before.Heard[0].IfIndex != l.On[0] {
		t.Errorf("listened %+v, heard %+v", l, before.Heard)
	}
	do(t, s, Block{Addr: addrC, On: true})
	after := seen(addrB)
	if !after.Listened.Since.After(before.Listened.Since) || slices.ContainsFunc(after.Heard, func(r stream.Row) bool { return r.Host() == addrC && !r.SilentSince.IsZero() }) {
		t.Errorf("C was blocked after %+v: %+v, heard %+v", before.Listened, after.Listened, after.Heard)
	}

	// A clock an hour ahead, as after a sleep.
	s.mu.Lock()
	defer s.mu.Unlock()
	later := time.Now().Add(time.Hour)
	s.listen(later)
	s.evidence.Read(s.facts, later)
	for _, r := range s.evidence.Observed(nil).Heard {
		if !r.SilentSince.IsZero() {
			t.Errorf("the computer slept, and %s is said to have been silent since %v", r.From, r.SilentSince)
		}
	}
}
