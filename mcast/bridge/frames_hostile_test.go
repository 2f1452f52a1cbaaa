package bridge

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
)

// Whatever is told of sites fits into a frame, and after a while all of it was told.
func TestFrameSites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFrameTry(t, nil)
		sites := rapid.IntRange(1, 64).Draw(t, "sites")
		streams := rapid.IntRange(0, 150).Draw(t, "streams")
		longer := rapid.IntRange(0, 24).Draw(t, "longer")
		var states []frame.SiteState
		for i := range sites {
			states = append(states, frame.SiteState{Site: fmt.Sprint("site-", i, strings.Repeat("x", longer)), State: frame.SiteStatus(i % 3)})
		}
		f.c.SetSites(f.now, states)
		f.c.SetAway(f.now, sites%2 == 0)
		want := map[frame.Ref]string{}
		for i := range streams {
			s := frame.Stream{1, byte(i), byte(i >> 8)}
			site := states[i%sites].Site
			f.c.atHome(f.c.at(f.now), s, site)
			want[s.Ref()] = site
		}
		f.c.atHome(f.c.at(f.now), frame.Stream{2}, "")
		told, seen := map[frame.Ref]string{}, map[string]frame.SiteStatus{}
		rounds := 0
		for ; (len(told) < streams || len(seen) < sites) && rounds < 200; rounds++ {
			f.now = f.now.Add(100 * time.Millisecond)
			b := f.c.sitesBody(f.c.at(f.now))
			if _, err := tryRoom.Encode(tryAda, frame.FirstPassing, b); err != nil || b.Site != "room-1" || b.Away != (sites%2 == 0) {
				t.Fatalf("%+v: %v", b, err)
			}
			for _, o := range b.Others {
				seen[o.Site] = o.State
				for _, r := range o.Here {
					told[r] = o.Site
				}
			}
		}
		for r, site := range want {
			if told[r] != site {
				t.Fatalf("%v is at %q, told to be at %q", r, site, told[r])
			}
		}
		for _, s := range states {
			if got, ok := seen[s.Site]; !ok || got != s.State {
				t.Fatalf("%q: %v, %v", s.Site, got, ok)
			}
		}
		if len(told) != len(want) || rounds > streams/10+sites/4+4 {
			t.Fatalf("%d streams of %d, %d sites, in %d rounds", len(told), len(want), len(seen), rounds)
		}
	})
}

// Damaged frames, of anybody, do no harm and nothing grows.
func TestFrameHostile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFrameTry(t, nil)
		need := &frame.Need{Ranges: []frame.Range{{Ref: tryAda.Stream.Ref(), From: 1<<63 - 70, To: 1<<63 - 10}}}
		good := [][]byte{
			f.frame(tryRoom, tryAda, 1<<62, text("far")), f.frame(trySealed, tryAda, 1<<62, text("far")), f.frame(tryRoom, tryBob, frame.FirstPassing, need),
			f.frame(trySealed, tryBob, frame.FirstPassing, need), f.frame(tryRoom, tryBob, frame.FirstPassing+9, hello("bob")), []byte("\xfeMC"), nil,
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			data := slices.Clone(rapid.SampledFrom(good).Draw(t, "frame"))
			for range rapid.IntRange(0, 3).Draw(t, "damages") {
				if len(data) > 0 {
					data[rapid.IntRange(0, len(data)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
				}
			}
			leads := rapid.Bool().Draw(t, "leads")
			var v FrameVerdict
			switch rapid.IntRange(0, 3).Draw(t, "door") {
			case 0:
				v = f.heardFrom(netip.AddrPortFrom(tryFrom.Addr(), rapid.SampledFrom([]uint16{Mark, 40000}).Draw(t, "port")), data, leads)
			case 1:
				v = f.arrived(rapid.SampledFrom([]string{"room-1", "room-2", "", strings.Repeat("z", 129)}).Draw(t, "site"), data, func(p *Parcel) {
					p.Again, p.Earlier = rapid.Bool().Draw(t, "again"), rapid.Bool().Draw(t, "earlier")
				})
			case 2:
				v = f.c.Plain(f.now, mcast.Datagram{From: tryFrom, Data: data}, leads)
			default:
				v = f.run(time.Duration(rapid.IntRange(0, 300).Draw(t, "ms"))*time.Millisecond, leads)
			}
			for _, p := range append(v.Keep, v.Pass...) {
				if _, err := frame.Parse(p.Data); err != nil {
					t.Fatalf("%x crosses: %v", p.Data, err)
				}
			}
			if f.c.NextDue(f.now).After(f.now.Add(time.Second)) {
				t.Fatal("it is not to be called within a second")
			}
		}
	})
}

// Who comes to a LAN is told of the sites soon, and those who are there no more often.
func TestNewcomerIsToldOfSites(t *testing.T) {
	f := newFrameTry(t, nil)
	number := frame.FirstPassing
	for i, tt := range []struct {
		author frame.Author
		wait   since
	}{{tryAda, sitesSoon}, {tryAda, sitesLeast}, {tryBob, sitesSoon}, {tryBob, sitesLeast}} {
		f.c.tellSites(f.now)
		f.heard(f.frame(tryRoom, tt.author, number, hello("ada")), true)
		number++
		if got := f.c.sitesDue() - f.c.homes.last; got != tt.wait {
			t.Errorf("HELLO %d: the next SITES comes after %v, want %v", i+1, got, tt.wait)
		}
	}
}
