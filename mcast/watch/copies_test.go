package watch

import (
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/stream"
)

// A sender behind a router may send each datagram twice as well: that it comes by
// several paths is told where TTLs or numbers show it.
func TestPathsAreShown(t *testing.T) {
	w := &Watcher{nets: host.NetworksOf([]host.Interface{{Index: 2, Name: "eth0", Addrs: labtest.Prefixes("10.0.0.1/24")}})}
	for _, from := range []string{"10.0.0.2:5004", "10.9.0.2:5004"} {
		key := stream.Key{From: netip.MustParseAddrPort(from), IfIndex: 2}
		for _, shown := range []bool{false, true} {
			if c, told := w.copied(key, stream.Copied{Times: 2, Hops: [2]int{7, 7}, Paths: shown}); !told || c.Paths != shown {
				t.Errorf("of %s, shown %v: %+v", from, shown, c)
			}
		}
	}
}

// The legs of a pair may be two sources of one group: none of them is accused to send
// again what the other one sends. A third one is.
func TestLegsAreNoCopies(t *testing.T) {
	a, b := labtest.Group("10.0.0.2@232.1.1.1:5004"), labtest.Group("10.0.0.3@232.1.1.1:5004")
	cfg, err := Config{Pairs: [][2]mcast.Group{{a, b}}, Targets: []Target{{Group: labtest.Group("10.0.0.4@232.1.1.1:5004")}}}.checked()
	if err != nil {
		t.Fatal(err)
	}
	w := &Watcher{cfg: cfg, byAddr: map[netip.AddrPort][]int{a.AddrPort(): {0, 1, 2}}, groups: make([]Group, 3)}
	for n, target := range cfg.Targets {
		w.groups[n].Target = target
	}
	w.pairUp()
	w.meters = newMeters(time.Now())
	leg := stream.Key{Group: a.AddrPort(), From: netip.MustParseAddrPort("10.0.0.3:2"), IfIndex: 2}
	for from, want := range map[string]bool{"10.0.0.2:1": false, "10.0.0.4:1": true} {
		c := stream.Copied{From: netip.MustParseAddrPort(from), Repeats: true}
		if _, told := w.copied(leg, c); told != want {
			t.Errorf("what %s sends again of %s is told: %v", "10.0.0.3", from, told)
		}
		for _, times := range []int{0, 2} { // what else is known stays
			one := Stream{Row: stream.Row{Key: leg, Copied: &stream.Copied{Times: times, From: c.From, Repeats: true}}}
			w.complete(&Snapshot{Groups: make([]Group, 3)}, &one)
			if got := one.Copied; (got != nil) != (want || times > 0) || got != nil && (got.Times != times || got.Repeats != want || got.From.IsValid() != want) {
				t.Errorf("%d times, from %s: %+v", times, from, got)
			}
		}
	}
}
