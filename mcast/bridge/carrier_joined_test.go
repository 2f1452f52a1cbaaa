package bridge

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// copies is how often each LAN heard the payloads named from..to-1: the fewest and the
// most of one payload, and all beyond one of each.
type copies struct{ fewest, most, extra int }

func (s *sim) copies(lan, from, to int) copies {
	c := copies{fewest: 1 << 30}
	for i := from; i < to; i++ {
		n := s.lans[lan].heard[named(i)]
		c.fewest, c.most, c.extra = min(c.fewest, n), max(c.most, n), c.extra+max(n-1, 0)
	}
	return c
}

// once fails unless each LAN heard each of the payloads once.
func (s *sim) once(from, to int) {
	s.t.Helper()
	for _, l := range s.lans {
		if c := s.copies(l.n, from, to); c.fewest != 1 || c.most != 1 {
			s.t.Errorf("LAN %d heard payloads %d to %d %d to %d times, want once", l.n, from, to-1, c.fewest, c.most)
		}
	}
}

// talk says payloads named from..to-1 on all LANs in turn.
func (s *sim) talk(from, to int, pace time.Duration) {
	s.t.Helper()
	for i := from; i < to; i++ {
		s.say(i%len(s.lans), 7, named(i))
		s.run(pace)
	}
	s.run(time.Second)
}

func (s *sim) found(name FindingName) (fs []Finding) {
	for _, f := range s.findings {
		if f.Name == name {
			fs = append(fs, f)
		}
	}
	return fs
}

// room makes a site of n bridges at a LAN of its own.
func (s *sim) room(site string, lan, n int) {
	for range n {
		s.join(0, site, lan, nil)
	}
}

// A reflector joins two LANs: a few extra copies, then none; and when it leaves, the
// bridges carry again.
func TestReflectorComesAndGoes(t *testing.T) {
	for _, link := range []time.Duration{200 * time.Microsecond, 5 * time.Millisecond, 50 * time.Millisecond} {
		for _, pace := range []time.Duration{20 * time.Millisecond, 100 * time.Millisecond} {
			for kind, change := range map[string]func(*simRelay){"dumb": nil, "router": func(r *simRelay) { r.router = true }} {
				t.Run(fmt.Sprint(kind, link, pace), func(t *testing.T) {
					s := newSim(t, 1, 3)
					s.link, s.jitter = link, link/4
					s.room("a", 0, 2)
					s.room("b", 1, 2)
					s.room("c", 2, 1)
					s.talk(0, 20, pace)
					s.once(0, 20)
					relays := s.relayBoth(0, 1, change)
					s.talk(20, 320, pace)
					for lan := range s.lans {
						if c := s.copies(lan, 20, 320); c.fewest < 1 || c.extra > 20 {
							t.Errorf("LAN %d: %+v, want at most 20 extra copies", lan, c)
						}
					}
					s.talk(320, 2500, 100*time.Millisecond) // three minutes: the proof is renewed
					s.once(220, 2500)
					for _, r := range relays {
						r.off = true
					}
					s.run(90 * time.Second)
					s.talk(2500, 2600, pace)
					s.once(2500, 2600)

					var told []string
					for _, f := range s.findings {
						told = append(told, fmt.Sprintf("%s %s-%s %s", f.Name, f.Site, f.Other, f.Stops))
					}
					slices.Sort(told)
					if want := []string{"joined-already a-b b", "joined-already b-a b", "joined-no-more a-b ", "joined-no-more b-a "}; !slices.Equal(told, want) {
						t.Errorf("found %q, want %q", told, want)
					}
				})
			}
		}
	}
}

// A standby knows what is proven, and is right from its first datagram on.
func TestStandbyTakesOverWhileJoined(t *testing.T) {
	s := newSim(t, 2, 3)
	s.room("a", 0, 3)
	s.room("b", 1, 3)
	s.room("c", 2, 1)
	s.relayBoth(0, 1, nil)
	s.talk(0, 100, 50*time.Millisecond)
	from := 100
	for i := range 12 {
		s.lead(s.bridges[(i+1)%6/3*3+i/2%3], 500*time.Millisecond)
		s.run(600 * time.Millisecond)
		s.talk(from, from+20, 50*time.Millisecond)
		from += 20
	}
	s.once(100, from)
	if fs := s.found(SecondHub); len(fs) > 0 {
		t.Errorf("a standby was taken for a bridge of another hub: %+v", fs)
	}
}

// One LAN under two names: two hosts, found by the mark of the other's datagrams; two ports
// of one process; or two processes on one host, which take the other's mark for their own.
func TestOneLANTwoNames(t *testing.T) {
	for name, change := range map[string]func(*CarrierConfig){
		"hosts": nil,
		"ports": func(c *CarrierConfig) { c.Bridge = "00000000000000aa" },
		"processes": func(c *CarrierConfig) {
			if c.Site != "c" {
				c.Addrs = []netip.Addr{ownAddr}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSim(t, 3, 2)
			s.join(0, "b", 0, change)
			s.join(0, "a", 0, change)
			s.join(0, "a", 0, nil)
			s.join(0, "c", 1, change)
			for i := range 200 {
				s.say(0, 7, named(i))
				s.run(50 * time.Millisecond)
			}
			if c := s.copies(0, 0, 200); c.most > 3 || c.extra > 6 || c.fewest != 1 {
				t.Errorf("%+v, want at most 3 copies of the first", c)
			}
			s.talk(200, 300, 50*time.Millisecond)
			s.once(10, 300)
			fs := s.found(JoinedAlready)
			if len(fs) != 2 || fs[0].Stops != "b" || fs[1].Stops != "b" || len(s.found(SecondHub)) > 0 {
				t.Errorf("found %+v, want that b stops, twice", s.findings)
			}
		})
	}
}

// A reflector in one direction: that direction is not carried.
func TestReflectorOneWay(t *testing.T) {
	for _, names := range [][]string{{"a", "b"}, {"b", "a"}} {
		for _, router := range []bool{false, true} {
			for _, nets := range []bool{false, true} {
				t.Run(fmt.Sprint(names, router, nets), func(t *testing.T) {
					s := newSim(t, 4, 3)
					for lan, site := range append(names, "c") {
						s.join(0, site, lan, func(cfg *CarrierConfig) {
							if p, _ := cfg.Addrs[0].Prefix(16); nets {
								cfg.Networks = append(cfg.Networks, p)
							}
						})
					}
					s.relay(0, 1, func(r *simRelay) { r.router = router })
					s.talk(0, 60, 50*time.Millisecond)
					for lan := range s.lans {
						// What is said on LAN 1 is sent again on LAN 0, and comes back.
						if c := s.copies(lan, 0, 60); c.fewest != 1 || c.extra > 20+20*(lan%2) {
							t.Errorf("LAN %d: %+v", lan, c)
						}
					}
					s.talk(60, 660, 100*time.Millisecond)
					for i := 60; i < 660; i++ {
						for _, l := range s.lans {
							want := 1
							if i%3 == 1 && l.n == 1 {
								want = 2
							}
							if n := l.heard[named(i)]; n != want {
								t.Fatalf("payload %d of LAN %d: %d copies at LAN %d, want %d", i, i%3, n, l.n, want)
							}
						}
					}
					fs := s.found(JoinedAlready)
					if len(fs) != 2 || fs[0].Stops != "" || fs[1].Stops != "" {
						t.Errorf("found %+v, want twice that nobody stops", fs)
					}
					if fs := s.found(SecondHub); len(fs) > 0 {
						t.Errorf("a site's bridge was taken for one of another hub: %+v", fs)
					}
				})
			}
		}
	}
}

// Mirrors on both LANs: each brings what is sent again there, and it is not carried back.
func TestMirrors(t *testing.T) {
	s := newSim(t, 5, 3)
	for lan, site := range []string{"a", "b", "c"} {
		s.room(site, lan, 2)
	}
	s.relay(0, 0, nil)
	s.relay(1, 1, nil)
	s.talk(0, 60, 50*time.Millisecond)
	s.lead(s.bridges[1], 500*time.Millisecond)
	s.run(600 * time.Millisecond)
	s.talk(60, 660, 100*time.Millisecond)
	for lan, want := range []int{2, 2, 1} { // the mirrors' own copies remain
		if c := s.copies(lan, 60, 660); c.fewest != want || c.most != want {
			t.Errorf("LAN %d: %+v, want %d", lan, c, want)
		}
	}
}

// Any number of LANs joined both ways are one: the lowest name carries for all.
func TestJoinedGroupsOfSites(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sites := rapid.Permutation([]string{"a", "b", "c", "d", "e"}).Draw(rt, "names")[:rapid.IntRange(2, 5).Draw(rt, "sites")]
		s := newSim(rt, rapid.Uint64().Draw(rt, "seed"), len(sites))
		s.link = time.Duration(rapid.IntRange(1, 20).Draw(rt, "link")) * time.Millisecond
		for lan, site := range sites {
			s.room(site, lan, rapid.IntRange(1, 2).Draw(rt, "bridges"))
		}
		for lan := 1; lan < len(sites); lan++ { // a forest: the reflectors themselves make no loop
			switch to := rapid.IntRange(0, lan-1).Draw(rt, "to"); rapid.IntRange(0, 2).Draw(rt, "kind") {
			case 0:
				s.relayBoth(lan, to, nil)
			case 1:
				s.relayBoth(lan, to, func(r *simRelay) { r.router = true })
			}
		}
		s.talk(0, 200, 80*time.Millisecond)
		s.talk(200, 300, 200*time.Millisecond)
		s.once(200, 300)
	})
}
