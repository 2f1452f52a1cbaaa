package watch

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/stream"
)

// Legs become targets, and what is no pair is refused.
func TestPairsOfAConfig(t *testing.T) {
	pair := func(a, b string) [2]mcast.Group { return [2]mcast.Group{labtest.Group(a), labtest.Group(b)} }
	a, b, c := "239.1.1.1:5004", "239.2.1.1:5004", "10.0.0.1@232.1.1.1:5004"
	cfg, err := Config{Targets: []Target{{Group: labtest.Group(b), Name: "B"}}, Pairs: [][2]mcast.Group{pair(a, b)}}.checked()
	if err != nil || len(cfg.Targets) != 2 || cfg.Targets[0].Name != "B" || cfg.Targets[1].Group != labtest.Group(a) {
		t.Errorf("%+v, %v", cfg.Targets, err)
	}
	if _, err := (Config{Pairs: [][2]mcast.Group{pair(a, c)}}).checked(); err != nil {
		t.Error(err)
	}
	for what, pairs := range map[string][][2]mcast.Group{"one leg": {pair(a, a)}, "a leg of two": {pair(a, b), pair(b, c)}} {
		if _, err := (Config{Pairs: pairs}).checked(); !errors.Is(err, ErrPair) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := (Config{Pairs: make([][2]mcast.Group, MaxPairs+1)}).checked(); !errors.Is(err, ErrTooMuch) {
		t.Errorf("too many: %v", err)
	}
}

// A pair is told when it is compared, when both legs lost something, and when the legs
// cannot be compared any more.
func TestPairEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := labtest.Group("239.1.1.1:5004"), labtest.Group("10.0.0.2@232.2.1.1:5004")
		cfg, err := Config{Pairs: [][2]mcast.Group{{a, b}}}.checked()
		if err != nil {
			t.Fatal(err)
		}
		w := &Watcher{cfg: cfg, began: time.Now(), byAddr: map[netip.AddrPort][]int{}, groups: make([]Group, 2), names: map[int]string{2: "eth0", 3: "eth1"}, queue: newQueue()}
		for n, target := range cfg.Targets {
			w.groups[n].Target = target
			at := netip.AddrPortFrom(target.Group.Addr, target.Group.Port)
			w.byAddr[at] = append(w.byAddr[at], n)
		}
		w.pairUp()
		if w.legOf(stream.Key{Group: b.AddrPort(), From: netip.MustParseAddrPort("10.0.0.3:1")}) != nil {
			t.Error("another source is a leg")
		}
		e := &ear{port: 5004, tally: stream.New(stream.Config{Rows: 16, Numbers: true, Legs: w.legOf})}
		head := stream.Header{Stream: 7}
		play := func(seconds int, brings func(leg, n int) bool) {
			for n := range seconds * 100 {
				var batch []mcast.Datagram
				data := make([]byte, 64)
				head.Put(data)
				head.Number++
				for leg, g := range []mcast.Group{a, b} {
					if brings(leg, n) {
						from := netip.MustParseAddrPort([]string{"10.0.0.1:5", "10.0.0.2:5"}[leg])
						batch = append(batch, mcast.Datagram{At: time.Now(), To: g.Addr, From: from, IfIndex: 2 + leg, Hops: 1, Data: data, Size: 64})
					}
				}
				e.take(batch)
				if n%10 == 0 {
					w.mu.Lock()
					w.pairEvents(time.Now())
					w.mu.Unlock()
				}
				time.Sleep(10 * time.Millisecond)
			}
		}
		both := func(int, int) bool { return true }
		play(5, both)
		play(1, func(leg, n int) bool { return n != 50 && (n != 60 || leg == 0) })
		play(5, both)
		play(5, func(leg, n int) bool { return leg == 0 })
		play(3, both)
		head.Number += 1 << 50
		play(5, func(leg, n int) bool { return leg == 0 })
		play(5, func(int, int) bool { return false }) // B is not back because A is silent as well
		var told []stream.EventKind
		for _, e := range w.Events() {
			told = append(told, e.Kind)
			if e.Pair != 1 || e.Group != -1 || e.Told.IsZero() || e.Kind == BothLoss && e.Lost != 1 || e.Kind == Paired && e.Text != "compared by the numbers of groupcast" && e.Text != "leg B is back" {
				t.Errorf("%+v", e)
			}
		}
		if want := []stream.EventKind{Paired, BothLoss, Unpaired, Paired, Unpaired, Unpaired}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}
