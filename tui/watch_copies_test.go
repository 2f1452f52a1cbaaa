package tui

import (
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// Copies stand in the events, with a sign in the table, and on the stream's page with
// the page that explains them.
func TestWatchCopies(t *testing.T) {
	snap := fortyChannels()
	first, second := &snap.Streams[0], &snap.Streams[1]
	twice := stream.Copied{Times: 2, Hops: [2]int{3, 2}, Paths: true}
	again := stream.Copied{From: netip.MustParseAddrPort("10.0.0.9:5004"), Later: 310 * time.Microsecond, Repeats: true, Storms: 1}
	first.Copied, second.Copied = &twice, &again
	s := newWatchScreen(t, 120, 60, snap)
	of := func(kind stream.EventKind, k stream.Key, c stream.Copied) watch.Event {
		return watch.Event{Event: stream.Event{Kind: kind, Key: k, At: night, Copied: c, Count: 16}, Told: night, Group: -1}
	}
	s.Update(watchMsg{snap: snap, events: []watch.Event{
		of(stream.Copies, first.Key, twice), of(stream.Reflection, second.Key, again), of(stream.Storm, second.Key, stream.Copied{Storm: true}), of(stream.StormEnded, second.Key, stream.Copied{}),
	}})
	s.wants(true, "each datagram arrives twice, with TTL 3 and 2: it comes by several paths", "it sends again what 10.0.0.9:5004 sent 0.31 ms before",
		"one datagram arrived 16 times within a second: it goes in circles", "no datagram goes in circles any more")
	if sign, style := s.table.mark(watchRow{stream: 0}); sign != s.table.styles.warn || style != s.table.inks.warning {
		t.Errorf("the sign of a stream that comes twice is %q", sign)
	}
	s.press("enter")
	s.wants(true, "each datagram arrives twice, with TTL 3 and 2", "groupcast explain doubled")
	s.press("right")
	s.wants(true, "it sends again what 10.0.0.9:5004 sent 0.31 ms", "before, a datagram of it went in circles", "groupcast explain reflected")
	s.press("esc", "/")
	s.types("copies")
	s.press("enter")
	if len(s.table.rows) != 2 {
		t.Errorf("%d rows have copies, want 2", len(s.table.rows))
	}
}
