package members

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// lan is a network with a bridge, and a member at another site, whose frames the bridge
// sends.
type lan struct {
	*network
	ada, bob, far, bridge *node
}

var bridgeAt = netip.MustParseAddrPort("10.0.0.200:1236")

func newLan(t *testing.T, seed uint64) *lan {
	l := &lan{network: newNetwork(t, seed)}
	l.ada, l.bob, l.far = l.join(nil), l.join(nil), l.join(nil)
	l.bridge = l.join(func(c *Config) { c.Nick, c.Bits = "room-1", frame.BitBridge|frame.BitLog })
	l.far.addr, l.bridge.addr = bridgeAt, bridgeAt
	l.run(8 * time.Second)
	return l
}

func (l *lan) tell(n *node, s *frame.Sites) {
	l.t.Helper()
	if err := n.c.Pass(l.now, s); err != nil {
		l.t.Fatal(err)
	}
	l.turn(n)
	l.run(100 * time.Millisecond)
}

func (l *lan) ref(n *node) frame.Ref { return n.c.Stream().Ref() }

// siteOf is "room-2 afar", as ada is shown another.
func (l *lan) siteOf(n *node) string {
	s := l.ada.c.Snapshot(l.now)
	for _, m := range slices.Concat(s.Members, s.Bridges) {
		if m.Ref == l.ref(n) {
			if m.Afar {
				return m.Site + " afar"
			}
			return m.Site
		}
	}
	return "not there"
}

// Whoever is beyond a bridge is a member as any other, at its site; but its address is the
// bridge's: no plain text is known by it, and nothing goes there. The bridge is no member
// of those that are counted.
func TestBeyondABridge(t *testing.T) {
	l := newLan(t, 30)
	if got := l.siteOf(l.far) + ", " + l.siteOf(l.bob) + ", " + l.siteOf(l.bridge); got != " afar, , room-1 afar" {
		t.Errorf("before the bridge told of sites: %s", got)
	}
	l.tell(l.bridge, &frame.Sites{Site: "room-1", Others: []frame.SiteState{
		{Site: "room-2", Here: []frame.Ref{l.ref(l.far), l.ref(l.bob)}}, {Site: "room-3"},
	}})
	if got := l.siteOf(l.far) + ", " + l.siteOf(l.bob) + ", " + l.siteOf(l.bridge); got != "room-2 afar, room-1, room-1" {
		t.Errorf("then: %s; one that is heard here is not moved", got)
	}
	if l.ada.c.Speaks(l.now, bridgeAt) || !l.ada.c.Speaks(l.now, l.bob.addr) || !l.ada.c.Bridged(l.now) || l.ada.c.Doubled(l.now) {
		t.Error("who speaks from where, is bridged, is doubled")
	}
	probe := &frame.Probe{Nonce: [8]byte{1}, To: l.ref(l.far)}
	if err := l.ada.c.Direct(l.now, probe, bridgeAt, 0); !errors.Is(err, ErrBridge) {
		t.Errorf("something for the member beyond alone: %v", err)
	}
	s := l.ada.c.Snapshot(l.now)
	if len(s.Members) != 2 || len(s.Bridges) != 1 || len(s.Matrix) != 3 || s.Self.Site != "room-1" || !s.Bridges[0].Bridge {
		t.Errorf("%d members, %d bridges, %d rows, and we are at %q", len(s.Members), len(s.Bridges), len(s.Matrix), s.Self.Site)
	}
	for _, m := range s.Members {
		if m.Presence != Live {
			t.Errorf("%s is %d", m, m.Presence)
		}
	}
	if got := fmt.Sprint(s.Sites); got != fmt.Sprint([]Site{{Name: "room-1", Here: true, Members: 2}, {Name: "room-2", Members: 1}, {Name: "room-3"}}) {
		t.Errorf("sites are %s", got)
	}
	l.run(time.Minute)
	l.tell(l.bridge, &frame.Sites{Site: "room-1", Away: true, Others: []frame.SiteState{{Site: "room-2"}, {Site: "room-3", State: frame.SiteAway}}})
	s = l.ada.c.Snapshot(l.now)
	if len(s.Sites) != 3 || !s.Sites[0].Away || s.Sites[1].Away || !s.Sites[2].Away || l.now.Sub(s.Sites[2].Since) > time.Second || !s.Sites[1].Since.IsZero() {
		t.Errorf("sites are %+v", s.Sites)
	}
	name := l.say(l.ada, "hello")
	l.run(3 * time.Second)
	heard := eventsOf[Heard](l.ada)
	if last := heard[len(heard)-1]; last.Name != name || last.By != 2 || last.Of != 2 {
		t.Errorf("heard by %d of %d", last.By, last.Of)
	}
}

// Anybody can say that it is a bridge, and tell of sites. It is shown as what it says, and
// hides nobody; what it says is a line as any other.
func TestNoBridge(t *testing.T) {
	l := newLan(t, 31)
	tale := &frame.Sites{Site: "mars", Others: []frame.SiteState{{Site: "moon", Here: []frame.Ref{l.ref(l.far)}}}}
	l.tell(l.bob, tale)
	if got := l.siteOf(l.far); got != " afar" {
		t.Errorf("by a member: %s", got)
	}
	l.tell(l.far, tale)
	if got := l.siteOf(l.far); got != " afar" {
		t.Errorf("by one that says not that it is a bridge: %s", got)
	}
	l.tell(l.bridge, &frame.Sites{Site: "room-1", Others: []frame.SiteState{{Site: "room-2", Here: []frame.Ref{l.ref(l.far)}}}})
	l.far.c.SetBits(l.now, frame.BitBridge, true)
	l.run(5 * time.Second)
	tale.Others[0].Here[0] = l.ref(l.bob)
	l.tell(l.far, tale)
	if got := l.siteOf(l.bob) + ", " + l.ada.c.Snapshot(l.now).Self.Site; got != "room-1, room-1" {
		t.Errorf("by one that came later than the bridge: %s", got)
	}
	if s := l.ada.c.Snapshot(l.now); len(s.Members) != 1 || len(s.Bridges) != 2 {
		t.Errorf("%d members and %d bridges", len(s.Members), len(s.Bridges))
	}
	l.say(l.far, "I am no bridge")
	l.run(time.Second)
	if s := l.ada.c.Snapshot(l.now); len(s.Members) != 2 || len(s.Bridges) != 1 {
		t.Errorf("once it has said a line: %d members and %d bridges", len(s.Members), len(s.Bridges))
	}
	for n := range 10 * maxOthers {
		b := &frame.Sites{Site: "room-1"}
		for i := range 40 {
			b.Others = append(b.Others, frame.SiteState{Site: fmt.Sprintf("%d-%d", n, i)})
		}
		l.ada.c.heardSites(l.ada.c.table.byRef[l.ref(l.bridge)], b, &Datagram{From: bridgeAt}, l.ada.c.now)
	}
	if n := len(l.ada.c.Snapshot(l.now).Sites); n != maxOthers+1 {
		t.Errorf("%d sites are remembered", n)
	}
}

// A RELAY is of the site of the bridge that made it, as far as that is known.
func TestRelayIsSomewhere(t *testing.T) {
	l := newLan(t, 32)
	other := l.join(func(c *Config) { c.Nick, c.Bits = "room-2", frame.BitBridge })
	other.addr = bridgeAt
	l.run(5 * time.Second)
	relay := func(n *node) string {
		t.Helper()
		l.ada.events = nil
		if _, err := n.c.Keep(l.now, &frame.Relay{Text: "hi", Time: 1, Source: netip.MustParseAddrPort("10.2.0.7:4000")}); err != nil {
			t.Fatal(err)
		}
		l.turn(n)
		l.run(100 * time.Millisecond)
		e := eventsOf[Relayed](l.ada)
		if len(e) != 1 || e[0].Addr.String() != "10.2.0.7:4000" {
			t.Fatalf("events are %+v", e)
		}
		return fmt.Sprintf("%s %d", e[0].Site, e[0].Where)
	}
	if got := relay(l.bridge) + ", " + relay(other) + ", " + relay(l.bob); got != "room-1 0, room-2 0,  0" {
		t.Errorf("before any sites are told: %s", got)
	}
	l.tell(l.bridge, &frame.Sites{Site: "room-1", Others: []frame.SiteState{{Site: "room-2", Here: []frame.Ref{l.ref(l.far)}}}})
	if got := relay(l.bridge) + ", " + relay(other) + ", " + relay(l.bob) + ", " + relay(l.far); got != "room-1 1, room-2 2,  0,  0" {
		t.Errorf("then: %s", got)
	}
	l.tell(other, &frame.Sites{Site: "room-2"}) // which is heard here: the LANs are one
	if got := relay(other); got != "room-2 0" || !l.ada.c.Snapshot(l.now).Sites[1].Joined {
		t.Errorf("when both are heard: %s", got)
	}
}

// What comes by a bridge and was heard before shows that sites are joined, unless it came
// by another interface. Repairs show nothing.
func TestCameBack(t *testing.T) {
	eth0, eth1 := Interface{Index: 1, Name: "eth0"}, Interface{Index: 2, Name: "eth1"}
	for _, tt := range []struct {
		by            int
		passing       bool
		doubled, back bool
	}{{1, true, true, true}, {2, true, true, false}, {1, false, false, false}} {
		w := newNetwork(t, 33)
		ada, bob := w.join(nil, eth0, eth1), w.join(nil)
		var last []byte
		w.sent = func(n *node, o Out, h frame.Header) {
			if n == bob && (frame.SpaceOf(h.Number) == frame.Passing) == tt.passing {
				last = o.Data
			}
		}
		w.run(5 * time.Second)
		w.say(bob, "hello")
		w.run(5 * time.Second)
		for range 2 {
			ada.c.Receive(w.now, Datagram{Data: last, From: bridgeAt, IfIndex: tt.by})
		}
		s := ada.c.Snapshot(w.now)
		if ada.c.Doubled(w.now) != tt.doubled || s.Back.IsValid() != tt.back {
			t.Errorf("%+v: doubled %t, back from %s", tt, ada.c.Doubled(w.now), s.Back)
		}
		w.turn(ada)
		if n := len(eventsOf[CameBack](ada)); (n == 1) != tt.back || n > 1 {
			t.Errorf("%+v: told %d times", tt, n)
		}
		w.run(doubleTime + time.Second)
		if s := ada.c.Snapshot(w.now); ada.c.Doubled(w.now) || s.Back.IsValid() {
			t.Errorf("%+v: and for ever", tt)
		}
	}
}

// Who is heard here is here, though a bridge brings some of its HELLOs as well; and a host
// on two LANs hears the bridges of both.
func TestOnTwoLANs(t *testing.T) {
	l := newLan(t, 34)
	other := l.join(func(c *Config) { c.Nick, c.Bits = "room-2", frame.BitBridge }, Interface{Index: 1, Name: "eth0"})
	other.addr = bridgeAt
	l.run(5 * time.Second)
	at := func(n *node, by int, s *frame.Sites) {
		x := l.ada.c.table.byRef[l.ref(n)]
		l.ada.c.heardSites(x, s, &Datagram{From: bridgeAt, IfIndex: by}, l.ada.c.now)
	}
	at(l.bridge, 1, &frame.Sites{Site: "room-1", Others: []frame.SiteState{{Site: "room-2"}}})
	at(other, 2, &frame.Sites{Site: "room-2", Others: []frame.SiteState{{Site: "room-1"}}})
	if s := l.ada.c.Snapshot(l.now).Sites; len(s) != 2 || s[1].Joined {
		t.Errorf("heard by two interfaces: %+v", s)
	}
	at(other, 1, &frame.Sites{Site: "room-2"})
	if s := l.ada.c.Snapshot(l.now).Sites; len(s) != 2 || !s[1].Joined {
		t.Errorf("heard by one: %+v", s)
	}
	if err := l.bob.c.Pass(l.now, &frame.Stats{}); err != nil {
		t.Fatal(err)
	}
	near := l.bob.addr
	l.bob.addr = bridgeAt
	l.turn(l.bob)
	l.run(100 * time.Millisecond)
	l.bob.addr = near
	if got := l.siteOf(l.bob); got != "room-1" {
		t.Errorf("bob is at %q", got)
	}
	l.bob.addr = bridgeAt
	l.run(20 * time.Second)
	if got := l.siteOf(l.bob); got != " afar" {
		t.Errorf("once it is heard by the bridge alone bob is at %q", got)
	}
}
