package main

import (
	"context"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// inBoth is a host in both rooms.
const inBoth = `
host X
  eth0 on lan-a 10.1.0.99/24
  eth1 on lan-b 10.2.0.99/24
`

// reflect sends what it hears in one room into the other, from a port of its own, so that
// the bridges' mark is lost, until the test ends or it is told to.
func reflect(t *testing.T, node *lab.Node, g mcast.Group) (stop func()) {
	t.Helper()
	in := labtest.Socket(t, node, mcast.Config{Port: g.Port})
	out := labtest.Socket(t, node, mcast.Config{NoLoopback: true}) // it hears itself no more than the wire brings back
	ways := map[int]mcast.Via{}
	one, two := labtest.Device(t, node, "eth0"), labtest.Device(t, node, "eth1")
	ways[one.Index], ways[two.Index] = mcast.Via{IfIndex: two.Index}, mcast.Via{IfIndex: one.Index}
	labtest.In(t, node, func() error {
		if err := in.Join(g, one); err != nil {
			return err
		}
		return in.Join(g, two)
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for batch, left := make([]mcast.Datagram, 1), 5000; left > 0; left-- { // a storm ends some day
			if _, err := in.Read(context.Background(), batch); err != nil {
				return
			}
			if err := out.Send(batch[0].Data, g.AddrPort(), ways[batch[0].IfIndex]); err != nil {
				return
			}
		}
	}()
	stop = func() { in.Close(); <-ended }
	t.Cleanup(stop)
	return stop
}

// Two rooms that somebody has joined already: the bridges find it, and one stops. When the
// rooms are apart again they are bridged again.
func TestReflector(t *testing.T) {
	t.Parallel()
	l, dir := buildRooms(t, inBoth), t.TempDir()
	startHub(t, l, dir, "room-a", "room-b")
	a := startBridge(t, l.Host("A1"), dir, "room-a", labGroup.String())
	b := startBridge(t, l.Host("B1"), dir, "room-b", labGroup.String())
	a.says("leads")
	b.says("leads")
	here, there := listen(t, l.Host("T"), "eth0", labGroup), listen(t, l.Host("E"), "eth0", labGroup)
	stop := reflect(t, l.Host("X"), labGroup)
	talk := talk(t, l.Host("T"), "eth0", labGroup, "T", 20*time.Millisecond)
	for _, p := range []*program{a, b} {
		p.says("finds joined-already")
	}
	there.hears("T", talk.next.Load(), 1)
	found := talk.next.Load()
	there.hears("T", found, 150)
	for name, e := range map[string]*ear{"in its own room": here, "in the other": there} {
		missing, extra := e.count("T", 0, found+150)
		_, later := e.count("T", found, found+150)
		t.Logf("%s: %d extra copies, %d of them since the bridges know", name, extra, later)
		if missing > 0 || extra > 20 || later > 0 {
			t.Errorf("%s, of %d datagrams: %d missing, %d extra copies, %d of them since the bridges know; want 0, at most 20, and 0", name, found+150, missing, extra, later)
		}
	}
	if !*long {
		return
	}
	stop()
	gone := time.Now()
	end := talk.next.Load()
	there.hears("T", end, 1)
	a.says("finds joined-no-more")
	t.Logf("carried again after %v", time.Since(gone))
	if took := time.Since(gone); took > 90*time.Second {
		t.Errorf("the rooms are apart for %v until they are bridged again, want less than 90 s", took)
	}
}
