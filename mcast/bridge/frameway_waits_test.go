package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/frame"
)

// Parcels that wait until they can be sent into the LAN count as what becomes of them.
func TestWaitingFramesCount(t *testing.T) {
	const many = 200 // more than are sent at once
	refused := errors.New("refused")
	for _, tt := range []struct {
		name   string
		listen bool
		err    error
		want   bridge.Why
	}{{"sent", false, nil, bridge.Resent}, {"who only listens", true, nil, bridge.OneWay}, {"sends that fail", false, refused, bridge.Unsent}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var wire bridge.Wire
				var running sync.WaitGroup
				ctx, end := context.WithCancel(t.Context())
				other := wire.Join()
				told := map[bridge.Why]uint64{}
				e := bridge.NewEngine(bridge.Config{
					Groups: []mcast.Group{group}, Ports: []bridge.Port{{Interface: "eth0", Site: "room-1"}}, Link: wire.Join(), ListenOnly: tt.listen,
					Each: true, Tell: func(ev bridge.Event) {
						if ev.Parcel != nil && ev.Parcel.Site == "room-2" {
							told[ev.Why]++
						}
					},
				}, func(int, mcast.Group, []byte) error { return tt.err })
				running.Go(func() { e.Run(ctx) })
				room, author := frame.OpenRoom(group.String()), frame.NewAuthor(frame.NewIdentity([32]byte{1}), [8]byte{1})
				for n := range uint64(many) {
					data, err := room.Encode(author, n+1, &frame.Text{Text: fmt.Sprint("line ", n)})
					if err == nil {
						err = other.Keep(bridge.Parcel{Group: group, Site: "room-2", Bridge: "b", Data: data})
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				synctest.Wait()
				if n := e.Status()[0].FramesAtSites[bridge.Resent]; n >= many {
					t.Errorf("%d count as sent at once", n)
				}
				time.Sleep(5 * time.Second)
				synctest.Wait()
				got := e.Status()[0].FramesAtSites
				delete(got, bridge.OwnSite)
				if want := (map[bridge.Why]uint64{tt.want: many}); !maps.Equal(got, want) {
					t.Errorf("counted %v, want %v", got, want)
				}
				end()
				running.Wait()
				if told[tt.want] != many {
					t.Errorf("told %v, want %d %s", told, many, tt.want)
				}
				_ = other.Close()
			})
		})
	}
}
