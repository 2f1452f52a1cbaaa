package bridge

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
)

// What is no program's own words becomes no RELAY: a bridge's, a frame, nothing.
func TestFrameNoRelay(t *testing.T) {
	f := newFrameTry(t, nil)
	f.arrived("room-2", f.frame(tryRoom, tryBob, frame.FirstPassing, hello("bob")), nil)
	f.run(time.Second, true)
	plain := netip.MustParseAddrPort("10.1.0.5:5000")
	for what, d := range map[string]mcast.Datagram{
		"of a bridge": {From: netip.AddrPortFrom(plain.Addr(), Mark), Data: []byte("brought")},
		"a frame":     {From: plain, Data: f.frame(tryRoom, tryAda, 1, text("said"))},
		"empty":       {From: plain},
	} {
		v := f.c.Plain(f.now, d, true)
		all := f.run(time.Second, true)
		if v.Why != "" || len(v.Keep)+len(all.Keep) > 0 {
			t.Errorf("%s: %q, %d RELAYs", what, v.Why, len(v.Keep)+len(all.Keep))
		}
	}
	f.c.Plain(f.now, mcast.Datagram{From: plain, Data: []byte("said")}, true)
	if all := f.run(time.Second, true); len(all.Keep) != 1 {
		t.Errorf("a program's words: %d RELAYs", len(all.Keep))
	}
}

// A long text is cut between characters, wherever they begin.
func TestFrameRelayCutsBetweenCharacters(t *testing.T) {
	for shift := range 4 {
		f := newFrameTry(t, nil)
		f.arrived("room-2", f.frame(tryRoom, tryBob, frame.FirstPassing, hello("bob")), nil)
		f.run(time.Second, true)
		said, got := strings.Repeat("x", shift)+strings.Repeat("\U0001f600", 700), ""
		f.c.Plain(f.now, mcast.Datagram{From: netip.MustParseAddrPort("10.1.0.5:5000"), Data: []byte(said)}, true)
		for _, p := range f.run(2*time.Second, true).Keep {
			fr, err := tryRoom.Decode(p.Data)
			if err != nil {
				t.Fatal(err)
			}
			got += fr.Body.(*frame.Relay).Text // Data: it was cut within one
		}
		if got != said {
			t.Errorf("%d bytes before: %d bytes of %d", shift, len(got), len(said))
		}
	}
}

// The history has what is kept, and nothing else; and a budget is for a whole network of
// IPv6, where a host has as many addresses as it likes.
func TestFrameHistoryAndOrigins(t *testing.T) {
	f := newFrameTry(t, nil)
	earlier := func(p *Parcel) { p.Earlier = true }
	f.is("a TEXT of the history", f.arrived("room-2", f.frame(tryRoom, tryAda, 1, text("one")), earlier), Held, 0, 0, 0)
	f.is("a HELLO of it", f.arrived("room-2", f.frame(tryRoom, tryAda, frame.FirstPassing, hello("ada")), earlier), NotBridged, 0, 0, 0)
	if f.c.Sounds(f.now) {
		t.Error("by the history a member is heard")
	}
	for from, want := range map[string]string{
		"10.1.0.7": "10.1.0.7", "::ffff:10.1.0.7": "10.1.0.7", "fe80::1%eth0": "fe80::1",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::", "fd00::1": "fd00::",
	} {
		if got := originOf(netip.MustParseAddr(from)); got.String() != want {
			t.Errorf("%s counts as %s, want %s", from, got, want)
		}
	}
}

// What waits to become a RELAY is bounded in number and bytes, and what finds no room is
// told apart.
func TestFrameRelaysWaitInBounds(t *testing.T) {
	for what, tt := range map[string]struct{ size, most int }{"many": {10, maxHeld}, "large": {60_000, maxHeldSize / 60_000}} {
		f := newFrameTry(t, nil)
		f.arrived("room-2", f.frame(tryRoom, tryBob, frame.FirstPassing, hello("bob")), nil)
		f.run(time.Second, true)
		limited := 0
		for n := range 2 * maxHeld {
			from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(n >> 8), byte(n)}), 5000)
			switch v := f.c.Plain(f.now, mcast.Datagram{From: from, Data: make([]byte, tt.size)}, true); v.Why {
			case Limited:
				limited++
			case "":
			default:
				t.Fatalf("%s: %q", what, v.Why)
			}
		}
		if r := &f.c.relays; len(r.held) != tt.most || limited != 2*maxHeld-tt.most || r.bytes > maxHeldSize || r.bytes != tt.size*len(r.held) {
			t.Errorf("%s: %d wait, of %d bytes, and %d found no room", what, len(r.held), r.bytes, limited)
		}
	}
}

// A bridge that ends may have another one at its site, which goes on within 3 s.
func TestSiteGoesOn(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	w := newSiteWatch("room-1")
	w.heard(now, "room-2")
	for step, tt := range []struct {
		after time.Duration
		what  func()
		want  frame.SiteStatus
	}{
		{time.Second, func() { w.met(now, &Presence{Site: "room-2"}) }, frame.SiteHere},
		{leftAfter - time.Millisecond, func() {}, frame.SiteHere},
		{0, func() { w.heard(now, "room-2") }, frame.SiteHere},
		{leftAfter, func() { w.met(now, &Presence{Site: "room-2"}) }, frame.SiteHere},
		{leftAfter, func() {}, frame.SiteAway},
		{time.Second, func() { w.heard(now, "room-2") }, frame.SiteHere},
	} {
		now = now.Add(tt.after)
		tt.what()
		if list, _ := w.judge(now, nil, true); len(list) != 1 || list[0].State != tt.want {
			t.Errorf("%d: %+v, want %d", step, list, tt.want)
		}
	}
}

// While bridges say nothing, or the hub is away, the silence of a site tells nothing: it
// counts from when it would tell something.
func TestSilenceThatTellsNothing(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	w := newSiteWatch("room-1")
	w.heard(now, "room-2")
	state := func(after time.Duration, speak bool) frame.SiteStatus {
		now = now.Add(after)
		list, _ := w.judge(now, nil, speak)
		if len(list) != 1 {
			t.Fatalf("%d sites", len(list))
		}
		return list[0].State
	}
	state(0, true)
	for step, tt := range []struct {
		after time.Duration
		speak bool
		want  frame.SiteStatus
	}{
		{time.Hour, false, frame.SiteHere}, {time.Second, true, frame.SiteHere}, {silentAfter - time.Second, true, frame.SiteHere}, {time.Second, true, frame.SiteAway},
	} {
		if got := state(tt.after, tt.speak); got != tt.want {
			t.Errorf("%d: %d, want %d", step, got, tt.want)
		}
	}
}

// Plain text that waited while the program stood is too old to become a RELAY, and of what
// waited no more become one than the rate allows. Those that become none are told.
func TestFrameRelayThatStood(t *testing.T) {
	f := newFrameTry(t, func(cfg *FrameCarrierConfig) { cfg.Rate, cfg.Burst = 1, 3 })
	f.arrived("room-2", f.frame(tryRoom, tryBob, frame.FirstPassing, hello("bob")), nil)
	f.run(time.Second, true)
	for n := range 5 {
		f.c.Plain(f.now, mcast.Datagram{From: netip.AddrPortFrom(tryFrom.Addr(), uint16(5000+n)), Data: []byte("said")}, true)
	}
	if all := f.run(relayHold+50*time.Millisecond, true); len(all.Keep) != 3 || !slices.Equal(all.Untold, []Why{Limited, Limited}) {
		t.Errorf("of 5 lines there are %d RELAYs, and others are %q", len(all.Keep), all.Untold)
	}
	for stood, want := range map[time.Duration]int{0: 1, lateAfter - relayHold: 1, lateAfter + 2*relayHold: 0} {
		f := newFrameTry(t, nil)
		f.arrived("room-2", f.frame(tryRoom, tryBob, frame.FirstPassing, hello("bob")), nil)
		f.run(time.Second, true)
		f.c.Plain(f.now, mcast.Datagram{From: netip.MustParseAddrPort("10.1.0.5:5000"), Data: []byte("said")}, true)
		f.now = f.now.Add(stood)
		if all := f.run(time.Second, true); len(all.Keep) != want {
			t.Errorf("it stood for %v: %d RELAYs, want %d", stood, len(all.Keep), want)
		} else if late := slices.Equal(all.Untold, []Why{Late}); late != (want == 0) {
			t.Errorf("it stood for %v: %q became no RELAY", stood, all.Untold)
		}
	}
}
