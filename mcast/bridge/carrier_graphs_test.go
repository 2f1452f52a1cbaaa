package bridge

import (
	"testing"
	"time"
)

// The LAN of a, one way, and that of b, both ways, come out at c by two reflectors, and at
// b by one. What is said at c reaches all all the same.
func TestOneWayBesideBothWays(t *testing.T) {
	s := newSim(t, 6, 4)
	for lan, site := range []string{"c", "b", "a", "d"} {
		s.room(site, lan, 2)
	}
	s.relayBoth(0, 1, nil)
	s.relay(2, 0, nil)
	s.talk(0, 80, 50*time.Millisecond)
	s.talk(80, 400, 100*time.Millisecond)
	for lan := range s.lans {
		if c := s.copies(lan, 80, 400); c.fewest < 1 || c.most > 2 {
			t.Errorf("LAN %d: %+v, want each once or twice", lan, c)
		}
	}
}

// Two hubs, a reflector, and names by which another site stops in each hub: what one hub's
// bridge sends again comes to the other's by the reflector, and is known for a copy if it
// comes after the own.
func TestTwoHubsAndAReflector(t *testing.T) {
	s := newSim(t, 7, 3)
	for hub, names := range []string{"abc", "bac"} {
		for lan := range s.lans {
			s.join(hub, names[lan:lan+1], lan, nil)
		}
	}
	s.relayBoth(0, 1, nil)
	s.talk(0, 100, 50*time.Millisecond)
	s.run(30 * time.Second) // until both have heard the other hub's probes
	s.talk(100, 400, 100*time.Millisecond)
	for i := 101; i < 400; i += 3 { // what is said at c
		// The hub that is the faster one cannot know the copy yet.
		if n := s.lans[2].heard[named(i)]; n > 2 {
			t.Fatalf("payload %d comes back to c more than once: %d copies", i, n)
		}
	}
}
