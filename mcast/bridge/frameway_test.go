package bridge_test

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/frame"
)

// framed is a LAN of one bridge, and what the bridge sends into it.
type framed struct {
	bridge.Engine
	mu   sync.Mutex
	sent map[string]int // by port and bytes
}

func (f *framed) times(port uint16, data []byte) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sent[fmt.Sprint(port, data)]
}

func startFramed(t *testing.T, wire *bridge.Wire, n int, running *sync.WaitGroup, ctx context.Context, change func(*bridge.Config)) *framed {
	t.Helper()
	f := &framed{sent: map[string]int{}}
	cfg := bridge.Config{Groups: []mcast.Group{group}, Ports: []bridge.Port{{Interface: "eth0", Site: fmt.Sprint("room-", n)}}, Link: wire.Join()}
	if change != nil {
		change(&cfg)
	}
	addr := netip.AddrFrom4([4]byte{10, byte(n), 0, 2})
	f.Engine = bridge.NewEngine(cfg, func(_ int, g mcast.Group, data []byte) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.sent[fmt.Sprint(g.Port, data)]++
		go f.HeardFrame(0, group, mcast.Datagram{At: time.Now().Round(0), From: netip.AddrPortFrom(addr, bridge.Mark), To: group.Addr, Data: data})
		return nil
	})
	f.SetReady(0, true, addr)
	running.Go(func() { f.Run(ctx) })
	return f
}

// A frame crosses once, to the port of frames. Who only listens sends none into its LAN, who
// only sends carries none, and each datagram is in one counter.
func TestFramesCrossTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wire bridge.Wire
		var running sync.WaitGroup
		ctx, end := context.WithCancel(t.Context())
		all := []*framed{
			startFramed(t, &wire, 0, &running, ctx, func(c *bridge.Config) { c.From = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")} }),
			startFramed(t, &wire, 1, &running, ctx, nil),
			startFramed(t, &wire, 2, &running, ctx, func(c *bridge.Config) { c.ListenOnly = true }),
			startFramed(t, &wire, 3, &running, ctx, func(c *bridge.Config) { c.SendOnly = true }),
			startFramed(t, &wire, 4, &running, ctx, func(c *bridge.Config) { c.PlainOnly = func(mcast.Group) bool { return true } }),
		}
		room := frame.OpenRoom(group.String())
		author := func(n byte) frame.Author { return frame.NewAuthor(frame.NewIdentity([32]byte{n}), [8]byte{n}) }
		say := func(at int, from string, a frame.Author, number uint64, text string) []byte {
			data, err := room.Encode(a, number, &frame.Text{Text: text, Time: uint64(time.Now().UnixMilli())})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second is a repair that nobody asked for
				all[at].HeardFrame(0, group, mcast.Datagram{At: time.Now().Round(0), From: netip.MustParseAddrPort(from), To: group.Addr, Data: data})
				time.Sleep(50 * time.Millisecond)
			}
			return data
		}
		for _, tt := range []struct {
			name  string
			data  []byte
			times [5]int
		}{
			{"of room-0", say(0, "10.0.0.9:4000", author(1), 1, "one"), [5]int{0, 1, 0, 1, 0}},
			{"of room-0, from another network", say(0, "192.0.2.1:4000", author(2), 1, "two"), [5]int{}},
			{"of room-2, which only listens", say(2, "10.2.0.9:4000", author(3), 1, "three"), [5]int{1, 1, 0, 1, 0}},
			{"of room-3, which only sends", say(3, "10.3.0.9:4000", author(4), 1, "four"), [5]int{}},
			{"of room-4, plain only", say(4, "10.4.0.9:4000", author(5), 1, "five"), [5]int{}},
		} {
			for n, f := range all {
				if got := f.times(group.Port+1, tt.data); got != tt.times[n] || f.times(group.Port, tt.data) > 0 {
					t.Errorf("a frame %s is sent %d times at room-%d, want %d", tt.name, got, n, tt.times[n])
				}
			}
		}
		counts := func(n int) (lan, sites map[bridge.Why]uint64) {
			s := all[n].Status()[0]
			maps.DeleteFunc(s.FramesAtSites, func(why bridge.Why, _ uint64) bool { // HELLOs of bridges are among these
				return why == bridge.OwnSite || why == bridge.Nobody || why == bridge.OneWay
			})
			return s.FramesAtLAN, s.FramesAtSites
		}
		for n, want := range [][2]map[bridge.Why]uint64{
			{{bridge.Carried: 1, bridge.Duplicate: 1, bridge.NotAllowed: 2, bridge.Own: 1}, {bridge.Resent: 1}},
			{{bridge.Own: 2}, {bridge.Resent: 2}},
			{{bridge.Carried: 1, bridge.Duplicate: 1}, {}},
			{{bridge.OneWay: 2, bridge.Own: 2}, {bridge.Resent: 2}},
			{{}, {}},
		} {
			lan, sites := counts(n)
			if !maps.Equal(lan, want[0]) || !maps.Equal(sites, want[1]) {
				t.Errorf("room-%d: from the LAN %v, from sites %v; want %v, %v", n, lan, sites, want[0], want[1])
			}
		}
		end()
		running.Wait()
	})
}

// Where frames of a group cannot be carried, it is said why.
func TestNoFrames(t *testing.T) {
	of := func(port uint16) mcast.Group { return mcast.Group{Addr: group.Addr, Port: port} }
	other := mcast.Group{Addr: netip.MustParseAddr("239.9.9.9"), Port: 5002}
	var wire bridge.Wire
	e := bridge.NewEngine(bridge.Config{
		Groups: []mcast.Group{of(5001), of(5002), of(65535), of(7000), other}, Ports: []bridge.Port{{Interface: "eth0", Site: "room"}}, Link: wire.Join(),
		PlainOnly: func(g mcast.Group) bool { return g.Port == 7000 },
	}, func(int, mcast.Group, []byte) error { return nil })
	var got []string
	for _, s := range e.Status() {
		got = append(got, s.NoFrames)
	}
	want := []string{"their port is that of 239.1.2.3:5002, which is carried, too", "", "no port is left for them after 65535", "only plain text is carried", ""}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
