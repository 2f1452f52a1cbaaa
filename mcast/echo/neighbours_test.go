package echo

import (
	"net/netip"
	"testing"
	"time"
)

func TestNeighbours(t *testing.T) {
	const ms = time.Millisecond
	b := destination{addr: netip.MustParseAddr("10.0.0.2")}
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"a client is asked about every 5 s", []step{{0, resolved, true, resolved}, {4999 * ms, unresolved, false, resolved}, {ms, resolved, true, resolved}}},
		{"nobody is asked about every 50 ms", []step{{0, unresolved, true, unresolved}, {49 * ms, resolved, false, unresolved}, {ms, unresolved, true, unresolved}}},
		{"a newcomer, and then a client", []step{{0, unknown, true, unknown}, {50 * ms, resolved, true, resolved}, {ms, unknown, false, resolved}}},
		{"a client that is gone", []step{{0, resolved, true, resolved}, {5 * time.Second, unresolved, true, unresolved}, {50 * ms, unknown, true, unknown}}},
		{"a client that the kernel has dropped", []step{{0, resolved, true, resolved}, {time.Minute, unknown, true, resolved}, {ms, unresolved, true, unresolved}}},
		{"and dropped again", []step{{0, resolved, true, resolved}, {time.Minute, unknown, true, resolved}, {ms, unknown, true, unknown}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked, kernel := false, resolved
			n := newNeighbours(func(destination) state { asked = true; return kernel })
			now := time.Unix(1e9, 0)
			for i, s := range c.steps {
				now, asked, kernel = now.Add(s.after), false, s.kernel
				if got := n.state(now, b); got != s.want || asked != s.asks {
					t.Fatalf("step %d: state %d, the kernel is asked: %v; want %d, %v", i+1, got, asked, s.want, s.asks)
				}
			}
		})
	}
}

// step is a datagram after a pause, and what the kernel would say.
type step struct {
	after  time.Duration
	kernel state
	asks   bool
	want   state
}

// However many sources are forged, a client is not asked about again.
func TestForgedSourcesDoNotDriveOutClients(t *testing.T) {
	client := destination{addr: netip.MustParseAddr("10.0.0.2")}
	asked := 0
	n := newNeighbours(func(to destination) state {
		if to == client {
			asked++
			return resolved
		}
		return unresolved
	})
	now := time.Unix(1e9, 0)
	for i := range 3 * maxNeighbours {
		n.state(now, client)
		n.state(now, destination{addr: netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)})})
	}
	if asked != 1 {
		t.Errorf("the kernel is asked %d times about a client, want once", asked)
	}
	if n.unresolved.Len() != maxNeighbours {
		t.Errorf("%d unresolved neighbours are remembered, want %d", n.unresolved.Len(), maxNeighbours)
	}
}
