package members

import (
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// A recording of a bridge tells of no sites.
func TestRecordedBridge(t *testing.T) {
	l := newLan(t, 40)
	var recorded [][]byte
	l.sent = func(n *node, o Out, _ frame.Header) {
		if n == l.bridge {
			recorded = append(recorded, o.Data)
		}
	}
	sites := &frame.Sites{Site: "room-1", Others: []frame.SiteState{{Site: "room-2", Here: []frame.Ref{l.ref(l.far)}}}}
	l.tell(l.bridge, sites)
	l.run(20 * time.Second)
	l.tell(l.bridge, sites)
	if got := l.siteOf(l.far); got != "room-2 afar" || len(recorded) < 3 {
		t.Fatalf("live: %q, by %d frames", got, len(recorded))
	}
	w := newNetwork(t, 41)
	w.now = l.now
	ada := w.join(func(c *Config) { c.Author = author(100, 0) })
	w.join(func(c *Config) { c.Author = author(101, 0) })
	w.run(8 * time.Second)
	for _, data := range recorded {
		w.inject(ada, bridgeAt, data)
	}
	if s := ada.c.Snapshot(w.now); len(s.Sites) > 0 || s.Self.Site != "" {
		t.Errorf("by a recording: sites are %+v, and we are at %q", s.Sites, s.Self.Site)
	}
}

// Of several bridges the first that still tells is believed; there is room for four.
func TestTellers(t *testing.T) {
	l := newLan(t, 42)
	told := func(site string) *frame.Sites {
		return &frame.Sites{Site: "room-1", Others: []frame.SiteState{{Site: site, Here: []frame.Ref{l.ref(l.far)}}}}
	}
	standby := l.join(func(c *Config) { c.Nick, c.Bits = "room-1", frame.BitBridge|frame.BitLog })
	standby.addr = bridgeAt
	l.run(8 * time.Second)
	l.tell(l.bridge, told("room-2"))
	l.tell(standby, told("room-3"))
	if got := l.siteOf(l.far); got != "room-2 afar" {
		t.Errorf("while both tell: %s", got)
	}
	l.bridge.dead = true
	l.run(l.ada.c.goneTime() + time.Second)
	l.tell(standby, told("room-3"))
	if got := l.siteOf(l.far); got != "room-3 afar" {
		t.Errorf("once the first is silent: %s", got)
	}
	for range 2 * maxTellers {
		n := l.join(func(c *Config) { c.Nick, c.Bits = "room-9", frame.BitBridge })
		n.addr = bridgeAt
		l.run(8 * time.Second)
		l.tell(n, told("room-9"))
		l.tell(standby, told("room-3"))
	}
	if n := len(l.ada.c.sites.tellers); n != maxTellers {
		t.Errorf("%d bridges are listened to", n)
	}
	if got := l.siteOf(l.far); got != "room-3 afar" {
		t.Errorf("after others came: %s", got)
	}
	// Streams come and go, and what is known of those that went makes room.
	teller := l.ada.c.teller(l.ada.c.now)
	for n := range 2 * MaxStreams {
		teller.streams[frame.Ref{0xff, byte(n >> 8), byte(n)}] = "room-3"
	}
	l.tell(standby, told("room-3"))
	if n := len(teller.streams); n > MaxStreams {
		t.Errorf("%d streams are remembered", n)
	}
	if got := l.siteOf(l.far); got != "room-3 afar" {
		t.Errorf("after room was made: %s", got)
	}
}

// Who left is not heard any more, at once; nor who is silent for long.
func TestSoundsNoMore(t *testing.T) {
	for what, end := range map[string]func(w *network, n *node) time.Duration{
		"left": func(w *network, n *node) time.Duration {
			for _, o := range n.c.Leave(w.now) {
				w.send(n, o)
			}
			return time.Second
		},
		"silent": func(w *network, n *node) time.Duration {
			n.dead = true
			return n.c.goneTime() + time.Second
		},
	} {
		w := newNetwork(t, 43)
		ada, bridge := w.join(nil), w.join(func(c *Config) { c.Bits = frame.BitBridge })
		w.run(8 * time.Second)
		if !bridge.c.Sounds(w.now, frame.BitBridge) || ada.c.Sounds(w.now, frame.BitBridge) || !ada.c.Sounds(w.now, 0) {
			t.Errorf("while both are there: %t %t", bridge.c.Sounds(w.now, frame.BitBridge), ada.c.Sounds(w.now, frame.BitBridge))
		}
		w.run(end(w, ada))
		if bridge.c.Sounds(w.now, frame.BitBridge) {
			t.Errorf("%s: it is heard", what)
		}
	}
}

// The same holds for one who names nothing that was said here, as a recording.
func TestStrangerSoundsNoMore(t *testing.T) {
	w := newNetwork(t, 44)
	var hello, leaves []byte
	w.sent = func(_ *node, o Out, h frame.Header) {
		if h.Kind == frame.KindHello {
			hello, leaves = leaves, o.Data
		}
	}
	ada := w.join(func(c *Config) { c.Author = author(100, 0) })
	w.run(8 * time.Second)
	for _, o := range ada.c.Leave(w.now) {
		w.send(ada, o)
	}
	if hello == nil || leaves == nil {
		t.Fatal("ada did not say two HELLOs")
	}
	for what, tt := range map[string]struct {
		frames [][]byte
		after  time.Duration
		want   bool
	}{
		"here": {[][]byte{hello}, time.Second, true}, "silent": {[][]byte{hello}, time.Minute, false}, "left": {[][]byte{hello, leaves}, time.Second, false},
	} {
		other := newNetwork(t, 45)
		other.now = w.now
		bridge := other.join(func(c *Config) { c.Bits = frame.BitBridge })
		for _, data := range tt.frames {
			other.inject(bridge, ada.addr, data)
		}
		other.run(tt.after)
		if got := bridge.c.Sounds(other.now, frame.BitBridge); got != tt.want {
			t.Errorf("%s: heard is %t", what, got)
		}
	}
}
