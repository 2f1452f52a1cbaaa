package bridge_test

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/frame"
)

// A bridge that only listens sends nothing into its LAN, nor anything of its own: no HELLO,
// no SITES and no RELAY.
func TestListenOnlySaysNothing(t *testing.T) {
	for _, only := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var wire bridge.Wire
			var running sync.WaitGroup
			ctx, end := context.WithCancel(t.Context())
			f := startFramed(t, &wire, 0, &running, ctx, func(c *bridge.Config) { c.ListenOnly = only })
			other := startFramed(t, &wire, 1, &running, ctx, nil)
			time.Sleep(time.Second)
			ada := frame.NewAuthor(frame.NewIdentity([32]byte{1}), [8]byte{1})
			for n := range uint64(20) {
				data, err := frame.OpenRoom(group.String()).Encode(ada, frame.FirstPassing+n, &frame.Hello{Nick: "ada", Interfaces: []string{"eth0"}})
				if err != nil {
					t.Fatal(err)
				}
				f.HeardFrame(0, group, mcast.Datagram{At: time.Now().Round(0), From: netip.MustParseAddrPort("10.0.0.9:4000"), To: group.Addr, Data: data})
				f.Heard(0, group, mcast.Datagram{At: time.Now().Round(0), From: netip.MustParseAddrPort("10.0.0.77:5000"), To: group.Addr, Data: []byte("plain")})
				time.Sleep(3 * time.Second)
			}
			f.mu.Lock()
			sent := len(f.sent)
			f.mu.Unlock()
			other.mu.Lock()
			beyond := len(other.sent)
			other.mu.Unlock()
			if (sent == 0) != only || beyond == 0 {
				t.Errorf("it only listens: %t; %d different datagrams went into its LAN, and %d into the other", only, sent, beyond)
			}
			end()
			running.Wait()
		})
	}
}
