package bridge

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// Two hubs whose owners do not know of each other: each bridge that hears the other's says
// so once. No bridge of the own hub is meant by it, also when another one leads.
func TestSecondHub(t *testing.T) {
	for hubs := 1; hubs <= 2; hubs++ {
		s := newSim(t, uint64(hubs), 2)
		for hub := range hubs {
			for lan, site := range []string{"a", "b"} {
				s.join(hub, site, lan, nil)
				s.join(hub, site, lan, nil)
			}
		}
		from := 0
		for range 6 {
			s.lead(s.bridges[from/40%2], time.Second)
			s.run(2 * time.Second)
			s.talk(from, from+40, 400*time.Millisecond)
			from += 40
		}
		var told []string
		for _, f := range s.found(SecondHub) {
			told = append(told, fmt.Sprint(f.Site, " ", f.From))
		}
		slices.Sort(told)
		// At LAN 0 hub 0 has two leaders in turn.
		want := [][]string{nil, {"a 10.0.0.1:1236", "a 10.0.0.2:1236", "a 10.0.0.5:1236", "b 10.1.0.3:1236", "b 10.1.0.7:1236"}}[hubs-1]
		if !slices.Equal(slices.Compact(told), want) {
			t.Errorf("%d hubs: %q, want %q", hubs, told, want)
		}
	}
}

// A reflector that filters probes cannot be proven: the buckets bound it, and it is said.
func TestReflectorThatFilters(t *testing.T) {
	s := newSim(t, 1, 2)
	s.room("a", 0, 1)
	s.room("b", 1, 1)
	s.relayBoth(0, 1, func(r *simRelay) {
		r.filter = func(b []byte) bool { _, ok := ParseProbe(b); return !ok }
	})
	s.talk(0, 600, 100*time.Millisecond)
	for _, b := range s.bridges {
		if n := b.why[Carried]; n < 1000 || n > DefaultBurst+DefaultRate*61 {
			t.Errorf("site %s carried %d in 60 s", b.site, n)
		}
	}
	if fs := s.found(ManyRepeats); len(fs) != 2 || fs[0].Site == fs[1].Site || fs[0].Count != 200 {
		t.Errorf("found %+v, want it once of each site", fs)
	}
	for _, r := range s.relays {
		r.off = true
	}
	s.run(2 * time.Minute)
	for _, r := range s.relays {
		r.off = false
	}
	s.say(0, 7, named(1000))
	s.run(20 * time.Second)
	if fs := s.found(ManyRepeats); len(fs) != 4 {
		t.Errorf("found %+v, want it again", fs)
	}
}

// A bridge that only listens sends no probe, and reports what it hears.
func TestListenOnlySendsNothing(t *testing.T) {
	s := newSim(t, 1, 2)
	s.join(0, "a", 0, nil)
	b := s.join(0, "b", 1, func(c *CarrierConfig) { c.ListenOnly = true })
	s.relayBoth(0, 1, nil)
	s.talk(0, 100, 50*time.Millisecond)
	if len(s.found(JoinedAlready)) == 0 || len(b.sent) > 0 || b.arrived[Resent] > 0 {
		t.Errorf("found %+v, %d probes, %v", s.findings, len(b.sent), b.arrived)
	}
	if c := s.copies(0, 50, 100); c.fewest != 1 {
		t.Errorf("LAN 0: %+v", c)
	}
}
