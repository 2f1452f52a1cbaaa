package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// attempts is how often something is tried that a machine which does other things for half
// a second prevents: a lease ends meanwhile.
const attempts = 3

// once sends a datagram, and expects it once at each of the members, before another one.
func once(t *testing.T, from *lab.Node, g mcast.Group, data []byte, members ...*mcast.Conn) {
	t.Helper()
	conn := labtest.Socket(t, from, mcast.Config{Addr: host.Unspecified(g.Addr)})
	defer conn.Close()
	via := mcast.ViaInterface(labtest.Device(t, from, "eth0"), g.Addr)
	for attempt := range attempts {
		after := fmt.Appendf(nil, "after %d bytes, %d", len(data), attempt)
		for _, d := range [][]byte{data, after} {
			if err := conn.Send(d, g.AddrPort(), via); err != nil {
				t.Fatalf("%s sends %d bytes: %v", from.Name(), len(d), err)
			}
		}
		all := true
		for n, m := range members {
			copies := copiesUntil(t, m, data, after)
			if copies > 1 {
				t.Fatalf("member %d hears %d copies of %d bytes, %.40q", n, copies, len(data), data)
			}
			all = all && copies == 1
		}
		if all {
			return
		}
	}
	t.Fatalf("%d bytes of %s, %.40q, do not come to all", len(data), from.Name(), data)
}

// copiesUntil is how many copies of data a member hears before another datagram, or in 5 s.
func copiesUntil(t *testing.T, m *mcast.Conn, data, after []byte) (copies int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for batch := make([]mcast.Datagram, 1); ; {
		if _, err := m.Read(ctx, batch); err != nil {
			return copies
		}
		switch d := batch[0]; {
		case bytes.Equal(d.Data, after):
			return copies
		case bytes.Equal(d.Data, data):
			copies++
		default:
			t.Fatalf("a member hears %d bytes from %s, %.40q", len(d.Data), d.From, d.Data)
		}
	}
}

const listens = `
const s = require("dgram").createSocket({type: "udp4", reuseAddr: true});
s.on("message", (m, from) => {
	if (m.toString() === "hello from node") s.send("node has heard " + m, 1234, "239.1.2.3");
});
s.bind(1234, () => { s.addMembership("239.1.2.3", "10.2.0.10"); s.setMulticastInterface("10.2.0.10"); });`

const asks = `
const s = require("dgram").createSocket({type: "udp4", reuseAddr: true});
s.on("message", (m) => {
	if (!m.toString().startsWith("node has heard ")) return;
	console.log(m.toString());
	process.exit(0);
});
s.bind(1234, () => {
	s.addMembership("239.1.2.3", "10.1.0.10"); s.setMulticastInterface("10.1.0.10");
	setInterval(() => s.send("hello from node", 1234, "239.1.2.3"), 200);
});`

// Two rooms and a third site, which is the hub's own host, by its lo.
func TestSites(t *testing.T) {
	t.Parallel()
	l, dir := buildRooms(t), t.TempDir()
	hub := startHub(t, l, dir, "room-a", "room-b", "cloud")
	g6 := labtest.Group("[ff15::1234]:1234")
	a := startBridge(t, l.Host("A1"), dir, "room-a", labGroup.String(), g6.String())
	b := startBridge(t, l.Host("B1"), dir, "room-b", labGroup.String(), g6.String())
	c := startBridge(t, l.Host("N"), dir, "cloud", "-i", "lo", labGroup.String())
	for _, p := range []*program{a, b, c} {
		p.says("leads")
	}
	talker, hearer := l.Host("T"), l.Host("E")
	// Subtests would only hide that each leaves the rooms as they were.
	atT, atE, atB1 := labtest.Member(t, talker, labGroup), labtest.Member(t, hearer, labGroup), labtest.Member(t, l.Host("B1"), labGroup)
	once(t, talker, labGroup, []byte("hello"), atT, atE, atB1)
	once(t, talker, labGroup, nil, atT, atE, atB1)
	once(t, talker, labGroup, slices.Repeat([]byte("long"), mcast.MaxPayload/4+1)[:mcast.MaxPayload], atT, atE, atB1)
	once(t, hearer, labGroup, []byte("and back"), atE, atT)
	once(t, l.Host("A1"), labGroup, []byte("the bridge's own host talks"), atT, atE)
	once(t, talker, g6, []byte("IPv6"), labtest.Member(t, talker, g6), labtest.Member(t, hearer, g6))
	for _, m := range []*mcast.Conn{atT, atE, atB1} {
		m.Close()
	}

	t.Run("node hears node", func(t *testing.T) { testNode(t, l) })

	e := listen(t, hearer, "eth0", labGroup)
	calm := talk(t, l.Host("N"), "lo", labGroup, "calm", 20*time.Millisecond)
	e.hears("calm", 0, 10)
	testFlood(t, e, calm, talker)

	// A hub that is killed remembers who leads.
	hub.signal(os.Kill)
	a.says("away")
	b.says("away")
	startHub(t, l, dir)
	back := calm.next.Load()
	e.hears("calm", back, 1)
	first := back
	for ; missed(e, first); first++ {
	}
	t.Logf("%d datagrams, of 50 a second, are missing after the hub is back", first-back)
	if first-back >= 100 {
		t.Errorf("%d datagrams, of 50 a second, are missing after the hub is back, want less than 100", first-back)
	}

	for _, p := range []*program{a, b, c} {
		if p.printed("finds second-hub") {
			t.Errorf("%s takes a bridge for one of another hub", p.name)
		}
	}

	removeSite(t, l, dir, "room-a")
	a.says("ended: the hub has taken the key of site room-a back")
	<-a.ended
	if exit, ok := errors.AsType[*lab.ExitError](a.err); !ok || exit.Code != 1 {
		t.Errorf("the bridge of a removed site ends with %v", a.err)
	}
	removed := talk(t, talker, "eth0", labGroup, "removed", 20*time.Millisecond)
	e.hears("calm", calm.next.Load(), 20)
	if missing, _ := e.count("removed", 0, removed.next.Load()); int64(missing) != removed.next.Load() {
		t.Error("a removed site is heard")
	}
}

// testFlood: at ten times its limit one site costs another nothing.
func testFlood(t *testing.T, e *ear, calm *talker, talker *lab.Node) {
	t.Helper()
	for attempt := 1; ; attempt++ {
		first := calm.next.Load()
		who := fmt.Sprint("flood", attempt)
		flood := talk(t, talker, "eth0", labGroup, who, 2*time.Millisecond)
		labtest.Eventually(t, "1,000 of the flood are sent", func() bool { return flood.next.Load() >= 1000 })
		flood.stop()
		end := calm.next.Load()
		e.hears("calm", end, 1)
		missing, extra := e.count("calm", first, end)
		lost, _ := e.count(who, 0, flood.next.Load())
		if extra > 0 || lost == 0 {
			t.Fatalf("%d of %d datagrams at 50/s came twice; of %d of the flood %d are missing", extra, end-first, flood.next.Load(), lost)
		}
		if missing == 0 {
			return
		}
		if attempt == attempts {
			t.Fatalf("of %d datagrams at 50/s %d are missing", end-first, missing)
		}
	}
}

func missed(e *ear, number int64) bool {
	missing, _ := e.count("calm", number, number+1)
	return missing > 0
}

func testNode(t *testing.T, l *lab.Lab) {
	labtest.Program(t, "node")
	if err := l.Host("E").Command(t.Context(), "node", "-e", listens).Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), labtest.Patience)
	defer cancel()
	out, err := l.Host("T").Command(ctx, "node", "-e", asks).CombinedOutput()
	if err != nil || string(out) != "node has heard hello from node\n" {
		t.Errorf("%v, %s", err, out)
	}
}
