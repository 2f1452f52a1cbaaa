package main

import (
	"bytes"
	"context"
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

// once sends what nobody else says, and expects it once at each of the members: a second
// datagram, which comes after it, is the next that they hear.
func once(t *testing.T, from *lab.Node, g mcast.Group, data []byte, members ...*mcast.Conn) {
	t.Helper()
	conn := labtest.Socket(t, from, mcast.Config{Addr: host.Unspecified(g.Addr)})
	via := mcast.ViaInterface(labtest.Device(t, from, "eth0"), g.Addr)
	after := fmt.Appendf(nil, "after %d bytes from %s", len(data), from.Name())
	for _, d := range [][]byte{data, after} {
		if err := conn.Send(d, g.AddrPort(), via); err != nil {
			t.Fatalf("%s sends %d bytes: %v", from.Name(), len(d), err)
		}
	}
	for n, m := range members {
		for _, want := range [][]byte{data, after} {
			if d, _ := labtest.Next(t, m); !bytes.Equal(d.Data, want) {
				t.Fatalf("member %d hears %d bytes from %s, %.40q, want %d, %.40q", n, len(d.Data), d.From, d.Data, len(want), want)
			}
		}
	}
	conn.Close()
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

	// At ten times its limit one site costs another nothing.
	e := listen(t, hearer, "eth0", labGroup)
	calm := talk(t, l.Host("N"), "lo", labGroup, "calm", 20*time.Millisecond)
	e.hears("calm", 0, 10)
	flood := talk(t, talker, "eth0", labGroup, "flood", 2*time.Millisecond)
	labtest.Eventually(t, "1,000 of the flood are sent", func() bool { return flood.next.Load() >= 1000 })
	flood.stop()
	end := calm.next.Load()
	e.hears("calm", end, 1)
	missing, extra := e.count("calm", 0, end)
	lost, _ := e.count("flood", 0, flood.next.Load())
	if missing > 0 || extra > 0 || lost == 0 {
		t.Errorf("of %d datagrams at 50/s %d are missing, and %d came twice; of %d of the flood %d are missing", end, missing, extra, flood.next.Load(), lost)
	}

	// A hub that is killed remembers who leads: traffic goes on.
	hub.signal(os.Kill)
	a.says("away")
	b.says("away")
	hub = startHub(t, l, dir, "room-a", "room-b", "cloud")
	first := calm.next.Load()
	e.hears("calm", first, 1)
	for n := first; ; n++ {
		if missing, _ := e.count("calm", n, n+1); missing == 0 {
			t.Logf("%d datagrams, of 50 a second, are missing after the hub is back", n-first)
			break
		}
	}

	hub.remove("room-a")
	a.says("ended")
	<-a.ended
	e.hears("calm", calm.next.Load(), 10)
	flood = talk(t, talker, "eth0", labGroup, "removed", 20*time.Millisecond)
	e.hears("calm", calm.next.Load(), 10)
	if missing, _ := e.count("removed", 0, flood.next.Load()); int64(missing) != flood.next.Load() {
		t.Error("a removed site is heard")
	}
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
