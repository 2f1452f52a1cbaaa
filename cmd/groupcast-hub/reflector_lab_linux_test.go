package main

import (
	"context"
	"fmt"
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
	var groups []string
	for n := range attempts {
		groups = append(groups, fmt.Sprintf("239.1.2.%d:1234", n))
	}
	r := &reflected{a: startBridge(t, l.Host("A1"), dir, "room-a", groups...), b: startBridge(t, l.Host("B1"), dir, "room-b", groups...)}
	r.a.says("leads")
	r.b.says("leads")
	for n, g := range groups {
		extra := r.join(t, l, labtest.Group(g))
		if extra <= 20 {
			break
		}
		if n+1 == attempts {
			t.Fatalf("%d extra copies, want at most 20", extra)
		}
	}
	if !*long {
		return
	}
	r.stop()
	first, gone := r.talk.next.Load(), time.Now()
	for again := time.NewTicker(50 * time.Millisecond); r.there.heard("T", first) == 0; <-again.C {
		if time.Since(gone) > 90*time.Second {
			t.Fatal("the rooms are apart for 90 s, and not bridged again")
		}
	}
	t.Logf("carried again after %v", time.Since(gone))
	r.a.says("finds joined-no-more")
}

type reflected struct {
	a, b  *program
	there *ear
	talk  *talker
	stop  func()
}

// join joins the rooms by a reflector, and returns how many extra copies came in the room
// that had most. None may come once the bridges know.
func (r *reflected) join(t *testing.T, l *lab.Lab, g mcast.Group) (most int) {
	t.Helper()
	here := listen(t, l.Host("T"), "eth0", g)
	r.there = listen(t, l.Host("E"), "eth0", g)
	r.stop = reflect(t, l.Host("X"), g)
	r.talk = talk(t, l.Host("T"), "eth0", g, "T", 20*time.Millisecond)
	for _, p := range []*program{r.a, r.b} {
		p.says("finds joined-already")
	}
	r.there.hears("T", r.talk.next.Load(), 1)
	found := r.talk.next.Load()
	r.there.hears("T", found, 150)
	for name, e := range map[string]*ear{"in its own room": here, "in the other": r.there} {
		missing, extra := e.count("T", 0, found+150)
		_, later := e.count("T", found, found+150)
		t.Logf("%s: %d extra copies of %d datagrams", name, extra, found+150)
		if missing > 0 || later > 0 {
			t.Errorf("%s, of %d datagrams: %d are missing, %d came again when the bridges knew", name, found+150, missing, later)
		}
		most = max(most, extra)
	}
	return most
}
