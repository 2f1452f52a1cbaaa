package bridge_test

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/frame"
)

// cut is a Register, and the Link of the same hub, that can be out of reach.
type cut struct {
	bridge.Link
	shared
	away    atomic.Bool
	mu      sync.Mutex
	waiting []bridge.Parcel
}

func (c *cut) Get(ctx context.Context) (bridge.Entry, error) {
	if c.away.Load() {
		return bridge.Entry{}, bridge.ErrAway
	}
	return c.shared.Get(ctx)
}

func (c *cut) Update(ctx context.Context, holder string, revision uint64) (uint64, error) {
	if c.away.Load() {
		return 0, bridge.ErrAway
	}
	return c.shared.Update(ctx, holder, revision)
}

func (c *cut) Keep(p bridge.Parcel) error {
	if !c.away.Load() {
		return c.Link.Keep(p)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = append(c.waiting, p)
	return nil
}

func (c *cut) kinds() (n map[frame.Kind]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n = map[frame.Kind]int{}
	for _, p := range c.waiting {
		h, _ := frame.Parse(p.Data)
		n[h.Kind]++
	}
	return n
}

// While the hub is away for long, what is kept waits in the bridge that led last: frames of
// a sealed room, which it could not repair later, and RELAYs. Where another bridge of the
// LAN leads meanwhile, that one has them.
func TestKeptWhileNobodyLeads(t *testing.T) {
	for _, other := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var wire bridge.Wire
			var running sync.WaitGroup
			ctx, end := context.WithCancel(t.Context())
			hub := &cut{}
			f := startFramed(t, &wire, 0, &running, ctx, func(c *bridge.Config) {
				hub.Link = c.Link
				c.Link, c.Register = hub, func(string) bridge.Register { return hub }
			})
			open, sealed := frame.OpenRoom(group.String()), frame.SealedRoom(frame.RoomKey{7}, group.String())
			ada, bridge2 := frame.NewAuthor(frame.NewIdentity([32]byte{1}), [8]byte{1}), frame.NewAuthor(frame.NewIdentity([32]byte{2}), [8]byte{2})
			put := func(r *frame.Room, a frame.Author, number uint64, b frame.Body, from string) {
				t.Helper()
				data, err := r.Encode(a, number, b)
				if err != nil {
					t.Fatal(err)
				}
				f.HeardFrame(0, group, mcast.Datagram{At: time.Now().Round(0), From: netip.MustParseAddrPort(from), To: group.Addr, Data: data})
			}
			plain := func(text string) {
				f.Heard(0, group, mcast.Datagram{At: time.Now().Round(0), From: netip.MustParseAddrPort("10.0.0.77:5000"), To: group.Addr, Data: []byte(text)})
				time.Sleep(500 * time.Millisecond)
			}
			time.Sleep(time.Second)
			put(open, ada, frame.FirstPassing, &frame.Hello{Nick: "ada", Interfaces: []string{"eth0"}}, "10.0.0.9:4000")
			plain("known")
			hub.away.Store(true)
			time.Sleep(5 * time.Second)
			if f.Holds(0) {
				t.Fatal("it leads without a hub")
			}
			plain("plain")
			if other {
				put(open, bridge2, frame.FirstPassing, &frame.Hello{Nick: "room-0", Interfaces: []string{"eth0"}, Bits: frame.BitBridge}, "10.0.0.3:1236")
			}
			put(sealed, ada, 1, &frame.Text{Text: "sealed", Time: 1}, "10.0.0.9:4000")
			time.Sleep(5 * time.Second)
			want := map[frame.Kind]int{frame.KindRelay: 1, frame.KindText: 1}
			if other {
				want = map[frame.Kind]int{}
			}
			if got := hub.kinds(); got[frame.KindRelay] != want[frame.KindRelay] || got[frame.KindText] != want[frame.KindText] {
				t.Errorf("another bridge is heard: %t; waiting are %v, want %v", other, got, want)
			}
			hub.away.Store(false)
			time.Sleep(2 * time.Second)
			put(sealed, ada, 2, &frame.Text{Text: "sealed", Time: 1}, "10.0.0.9:4000")
			if s := f.Status()[0]; !s.Leads || s.FramesAtLAN[bridge.Carried] != uint64(2+want[frame.KindText]) { // one is the HELLO
				t.Errorf("another bridge was heard: %t; once the hub is back it leads: %t, and carried %v", other, s.Leads, s.FramesAtLAN)
			}
			end()
			running.Wait()
		})
	}
}
