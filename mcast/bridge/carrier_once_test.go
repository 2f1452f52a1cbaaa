package bridge

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A datagram arrives once per hub at each other site and never at its own, whatever the
// sites, bridges, hubs, delays and changes of the leaders.
func TestOnceAtEachOtherSite(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sites := rapid.IntRange(2, 6).Draw(rt, "sites")
		hubs := rapid.IntRange(1, 2).Draw(rt, "hubs")
		s := newSim(rt, rapid.Uint64().Draw(rt, "seed"), sites)
		s.link = time.Duration(rapid.IntRange(0, 40).Draw(rt, "link")) * time.Millisecond
		s.jitter = time.Duration(rapid.IntRange(0, 40).Draw(rt, "jitter")) * time.Millisecond
		for hub := range hubs {
			for lan := range sites {
				for range rapid.IntRange(1, 3).Draw(rt, "bridges") {
					s.join(hub, fmt.Sprint("site-", lan), lan, nil)
				}
			}
		}
		sent := map[int]time.Time{}
		n := rapid.IntRange(20, 60).Draw(rt, "datagrams")
		for i := range n {
			if rapid.IntRange(0, 9).Draw(rt, "change") == 0 {
				s.lead(s.bridges[s.rnd.IntN(len(s.bridges))], time.Second)
			}
			sent[i] = s.now
			s.say(i%sites, byte(i), named(i))
			s.run(s.some(300 * time.Millisecond))
		}
		s.run(3 * time.Second)

		for i, at := range sent {
			for _, l := range s.lans {
				want := 1
				if l.n != i%sites {
					want = hubs
				}
				// While nobody leads, nothing is carried; no copy is made even then.
				lost := 0
				for hub := range hubs {
					if l.n != i%sites && (s.silent(hub, fmt.Sprint("site-", i%sites), at, at.Add(time.Millisecond)) ||
						s.silent(hub, fmt.Sprint("site-", l.n), at, at.Add(100*time.Millisecond))) {
						lost++
					}
				}
				if got := l.heard[named(i)]; got > want || got < want-lost {
					rt.Fatalf("datagram %d of LAN %d: %d copies at LAN %d, want %d (%d may be lost)", i, i%sites, got, l.n, want, lost)
				}
			}
		}
	})
}

// The same few payloads from all sides at once, quickly: all of them arrive.
func TestNoRepeatIsDropped(t *testing.T) {
	for pool := 1; pool <= 10; pool++ {
		s := newSim(t, uint64(pool), 2)
		s.cap = 1e6
		none := func(c *CarrierConfig) { c.Rate = 0 }
		a, b := s.join(0, "a", 0, none), s.join(0, "b", 1, none)
		const each = 5000
		for i := range each {
			s.say(0, byte(i%3), named(s.rnd.IntN(pool)))
			s.say(1, byte(i%3), named(s.rnd.IntN(pool)))
			s.run(2*time.Millisecond + s.some(4*time.Millisecond))
		}
		s.run(time.Second)
		for _, l := range s.lans {
			got := 0
			for _, n := range l.heard {
				got += n
			}
			if got != 2*each {
				t.Errorf("pool of %d: LAN %d heard %d, want %d", pool, l.n, got, 2*each)
			}
		}
		if a.why[Carried] != each || b.arrived[Resent] != each || s.probes < 2 || s.probes > 20 {
			t.Errorf("pool of %d: carried %v, sent again %v, %d probes", pool, a.why, b.arrived, s.probes)
		}
	}
}

// Nor are repeats while a joint is proven, one way or the other, and a mirror too.
func TestNoRepeatIsDroppedWhileJoined(t *testing.T) {
	s := newSim(t, 1, 4)
	s.cap = 1e6
	for lan, site := range []string{"a", "b", "c", "d"} {
		s.join(0, site, lan, func(c *CarrierConfig) { c.Rate = 0 })
	}
	s.relayBoth(0, 1, nil)
	s.talk(0, 100, 50*time.Millisecond)
	for _, l := range s.lans {
		clear(l.heard)
	}
	const each = 2000
	for range each {
		for lan := range s.lans {
			s.say(lan, 1, named(1000+s.rnd.IntN(2)))
		}
		s.run(s.some(20 * time.Millisecond))
	}
	s.run(time.Second)
	for _, l := range s.lans {
		if got := l.heard[named(1000)] + l.heard[named(1001)]; got != 4*each {
			t.Errorf("LAN %d heard %d, want %d", l.n, got, 4*each)
		}
	}
}

// Whatever joins the LANs and whoever carries for them: when the programs are silent, so
// are the bridges.
func TestNoStormInAnyGraph(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sites := rapid.IntRange(2, 5).Draw(rt, "sites")
		hubs := rapid.IntRange(1, 2).Draw(rt, "hubs")
		s := newSim(rt, rapid.Uint64().Draw(rt, "seed"), sites)
		s.link = time.Duration(rapid.IntRange(0, 20).Draw(rt, "link")) * time.Millisecond
		for hub := range hubs {
			for _, lan := range rapid.Permutation([]int{0, 1, 2, 3, 4}[:sites]).Draw(rt, "names") {
				for range rapid.IntRange(1, 2).Draw(rt, "bridges") {
					s.join(hub, fmt.Sprintf("%c", 'a'+(lan+hub)%sites), lan, func(c *CarrierConfig) { c.Burst = DefaultRate })
				}
			}
		}
		change := func(router bool) func(*simRelay) { return func(r *simRelay) { r.router = router } }
		for lan := 1; lan < sites; lan++ {
			to, router := rapid.IntRange(0, lan-1).Draw(rt, "to"), rapid.Bool().Draw(rt, "router")
			switch rapid.IntRange(0, 4).Draw(rt, "kind") {
			case 0:
				s.relay(lan, to, change(router))
			case 1:
				s.relay(to, lan, change(router))
			case 2, 3:
				s.relayBoth(lan, to, change(router))
			}
		}
		if rapid.Bool().Draw(rt, "mirror") {
			lan := rapid.IntRange(0, sites-1).Draw(rt, "mirrored")
			s.relay(lan, lan, change(false))
		}
		s.cap = 5e4
		for i := range 60 {
			s.say(i%sites, 7, named(i))
			s.run(100 * time.Millisecond)
		}
		s.run(5 * time.Second)
		before := s.sends - s.probes
		s.run(20 * time.Second)
		if after := s.sends - s.probes; after != before {
			rt.Fatalf("%d datagrams still go round", after-before)
		}
	})
}
