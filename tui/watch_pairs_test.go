package tui

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// pairs are the first channels, two and two.
func pairs(s *watch.Snapshot, n int) {
	for k := range n {
		leg := stream.PairLeg{Datagrams: 10_000, Last: night, Format: stream.RTP, From: netip.MustParseAddr("10.0.0.1"), IfIndex: 2}
		s.Pairs = append(s.Pairs, watch.Pair{Groups: [2]int{2 * k, 2*k + 1}, Interfaces: [2]string{"eth0", "eth1"}, PairRow: stream.PairRow{
			State: stream.PairCompared, Format: stream.RTP, Compared: 10_000, Lost: [2]uint64{12, 300}, Legs: [2]stream.PairLeg{leg, leg},
			Skew: [2]stream.Skew{{Count: 9000, P50: 1200 * time.Microsecond, P99: 4 * time.Millisecond}},
		}})
	}
}

// Pairs have rows of their own; of many those to be looked at. The page of a leg has
// all of its pair.
func TestWatchScreenOfPairs(t *testing.T) {
	snap := fortyChannels()
	pairs(&snap, 15)
	snap.Pairs[13].LostBoth = 7
	snap.Pairs[14].State, snap.Pairs[14].Legs[1].Format = stream.PairFormats, "own\x1b[31m"
	s := newWatchScreen(t, 160, 40, snap)
	s.wants(true, "─ Pairs ─", "! 239.1.1.27:5004=239.1.1.28:5004  lost A 12 (0.12 %), B 300 (3 %), both 7 (0.07 %)", "A is first by 1.20 ms, p99 4.00 ms",
		"! 239.1.1.29:5004=239.1.1.30:5004  legs of different formats, which cannot be compared: A has RTP, B has own␛[31m", "more")
	s.Update(watchMsg{snap: snap, events: []watch.Event{{Event: stream.Event{Kind: watch.BothLoss, Lost: 7}, Pair: 14, Group: -1, Told: night}}})
	s.wants(true, "239.1.1.27:5004=239.1.1.28:5004: both legs lost 7")
	s.press("enter")
	s.wants(true, "Pair", "of 239.1.1.", "compared by the numbers of RTP")
	s.press("esc")
	for _, size := range [][2]int{{20, 4}, {40, 10}, {60, 12}, {80, 14}, {80, 24}} {
		small := newWatchScreen(t, size[0], size[1], snap)
		if rows := strings.Split(small.plain(), "\n"); len(rows) != size[1] {
			t.Errorf("%d rows of %d", len(rows), size[1])
		}
		small.wants(size[1] >= 12, "239.1.1.29:5004=")
	}
	few := fortyChannels()
	pairs(&few, 2)
	s = newWatchScreen(t, 120, 30, few)
	s.wants(true, fmt.Sprintf("● %s=%s  lost A 12 (0.12 %%), B 300 (3 %%), both 0", "239.1.1.1:5004", "239.1.1.2:5004"))
	s.wants(false, "more pair")
	few.Pairs[0].Lost, few.Pairs[1].Compared, few.Pairs[1].Lost = [2]uint64{0, 9970}, 86_400_000, [2]uint64{1, 0}
	s = newWatchScreen(t, 120, 30, few)
	s.wants(true, "lost A 0, B 9,970 (100 %)", "lost A 1 (0.0000012 %), B 0")
}
