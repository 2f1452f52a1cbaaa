package chat

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
)

// What this program said is left out only where this program may be meant: at this site,
// by its port.
func TestOwnWordsAreOnlyHere(t *testing.T) {
	for _, tt := range []struct {
		what  string
		port  uint16
		where Where
		lines int
		local bool
	}{
		{"this program", 4000, AtThis, 0, false},
		{"of which it is not known where it is", 4000, Somewhere, 0, false},
		{"another program of this host", 4001, AtThis, 1, true},
		{"one with this address and port at another site", 4000, AtAnother, 1, false},
	} {
		r := newTestRoom()
		r.AddPort(4000)
		r.SayFramed(start, "hello", Via{Loopback: true, Source: eth0Addr}, Framed{Name: frameNo(1), Member: alice})
		tell := Told{At: start, Name: frame.Name{Stream: frame.Stream{7}, Number: 1}, Text: "hello", From: theBridge, To: group}
		l := r.Relay(start, tell, Origin{Source: netip.AddrPortFrom(eth0Addr, tt.port), Site: "room-1", Where: tt.where})
		if len(l) != tt.lines || len(l) > 0 && l[0].Local != tt.local {
			t.Errorf("%s: %d lines, %+v", tt.what, len(l), l)
		}
	}
}

// The plain text of a bridge and its frame are one row within a minute.
func TestFrameLongAfterPlain(t *testing.T) {
	for after, rows := range map[time.Duration]int{45 * time.Second: 1, bridgeTime: 1, bridgeTime + time.Millisecond: 2} {
		r := newTestRoom()
		var o talkOf
		l, _ := r.ReceiveAmong(mcast.Datagram{At: start, From: theBridge, To: group, IfIndex: 2, Data: []byte("hi")}, Means{})
		o.add(l)
		late := told(1, after, "hi")
		late.From = theBridge
		o.add(r.Tell(late))
		if len(o.order) != rows {
			t.Errorf("%v later there are %d rows: %s", after, len(o.order), o.String())
		}
	}
}

// What is held back is bounded by its bytes, too.
func TestHeldBytes(t *testing.T) {
	r := newTestRoom()
	shown := 0
	const lines = 100
	for n := range lines {
		text := strings.Repeat(string(rune('a'+n%26)), 60_000) + strings.Repeat("!", n)
		l, _ := r.ReceiveAmong(mcast.Datagram{At: start, From: theBridge, To: group, IfIndex: 2, Data: []byte(text)}, Means{Await: true})
		if l.ID != 0 {
			shown++
		}
		if r.held.bytes > heldBytes {
			t.Fatalf("%d bytes are held after %d lines", r.held.bytes, n+1)
		}
	}
	if held := r.Held(); held == 0 || held+shown != lines {
		t.Errorf("%d lines are held, and %d were shown", held, shown)
	}
}

// A part whose number shows that there can be no first one is a line of its own, at once.
func TestPartWithoutFirst(t *testing.T) {
	for _, part := range [][2]int{{3, 64}, {2, 2}, {0, 3}, {4, 3}} {
		r := newTestRoom()
		l := r.Relay(start, Told{At: start, Name: frameNo(1), Text: "a", From: theBridge, To: group, Part: part}, Origin{Source: farPeer, Site: "room-2", Where: AtAnother})
		if len(l) != 1 || r.Held() != 0 {
			t.Errorf("part %v of the first frame: %d lines, %d wait", part, len(l), r.Held())
		}
	}
}
