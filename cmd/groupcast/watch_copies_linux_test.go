package main

import (
	"context"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// copiesLAN is W with hosts beside it, and F behind two routers that both forward.
const copiesLAN = "switch lan\nswitch far\nhost W\neth0 on lan 10.1.0.1/24 fd00::1/64\nhost N\neth0 on lan 10.1.0.2/24 fd00::2/64\n" +
	"host P\neth0 on lan 10.1.0.3/24 fd00::3/64\nhost Q\neth0 on lan 10.1.0.4/24 fd00::4/64\nhost F\neth0 on far 10.2.0.1/24\n" +
	"router R\nflood on\neth0 on far 10.2.0.8/24\neth1 on lan 10.1.0.8/24\nrouter S\nflood on\neth0 on far 10.2.0.9/24\neth1 on lan 10.1.0.9/24\n"

// reflects sends again, from a socket of its own, what a host hears of others in a
// group; so many times at most, since two of them have no end.
func reflects(t *testing.T, node *lab.Node, group string, most int) {
	t.Helper()
	g := labtest.Group(group)
	in, out := labtest.Member(t, node, g), labtest.Socket(t, node, mcast.Config{Addr: host.Unspecified(g.Addr)})
	on := labtest.Device(t, node, "eth0")
	own := on.Addr(g.Addr)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		batch := make([]mcast.Datagram, 1)
		for most > 0 && ctx.Err() == nil {
			if n, err := in.Read(ctx, batch); err != nil || n == 0 || batch[0].From.Addr() == own {
				continue
			}
			most--
			if err := out.Send(batch[0].Data, g.AddrPort(), mcast.ViaInterface(on, g.Addr)); err != nil {
				t.Error(err)
			}
		}
	}()
	t.Cleanup(func() { stop(); <-ended })
}

// Two routers in parallel, a reflector, also of IPv6, two of them that reflect each
// other, and hosts that say the same.
func TestWatchNamesCopies(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, drawn(copiesLAN)())
	const doubled, reflected, reflected6, loop, honest = "239.1.1.1:5004", "239.1.1.2:5004", "[ff15::2]:5004", "239.1.1.3:5004", "239.1.1.4:5004"
	w := l.Host("W")
	p := start(t, w, "groupcast", "watch", "--json", "-i", "eth0", doubled, reflected, reflected6, loop, honest)
	for range 5 {
		p.prints(`"type":"joined"`)
	}
	listening := start(t, w, "groupcast", "listen", "-i", "eth0", reflected)
	listening.remarks("joined")
	reflects(t, l.Host("P"), reflected, 1000)
	reflects(t, l.Host("P"), reflected6, 1000)
	reflects(t, l.Host("P"), loop, 300)
	reflects(t, l.Host("Q"), loop, 300)

	far := numbers(t, l.Host("F"), doubled)
	far.conn = labtest.Socket(t, l.Host("F"), mcast.Config{Addr: host.Unspecified(far.to.Addr), Hops: 8})
	near, near6, circles := numbers(t, l.Host("N"), reflected), numbers(t, l.Host("N"), reflected6), numbers(t, l.Host("N"), loop)
	var same []*numberer
	for _, name := range []string{"N", "P", "Q"} {
		same = append(same, numbers(t, l.Host(name), honest))
	}
	for n := range 60 {
		far.one()
		near.one()
		near6.one()
		if n < 5 {
			circles.one()
		}
		for _, one := range same {
			text := []string{"hello", "ok", "on", "off"}[n%4]
			if err := one.conn.Send([]byte(text), one.to.AddrPort(), one.by); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(10 * time.Millisecond)
	}
	p.prints(`"event":"copies","group":"239.1.1.1:5004"`)
	p.prints(`"event":"reflection","group":"239.1.1.2:5004"`)
	p.prints(`"event":"reflection","group":"[ff15::2]:5004"`)
	p.prints(`"event":"storm","group":"239.1.1.3:5004"`)
	kill(t, p, syscall.SIGINT)
	p.ends(exitOK)
	kill(t, listening, syscall.SIGINT)
	listening.remarks("it sends again what 10.1.0.2:")

	for _, e := range objectsOf[jsonStreamEvent](t, p, "event") {
		switch e.Event {
		case "copies":
			if e.Group != doubled || e.Copies != 2 || !slices.Equal(e.TTL, []int{7, 7}) || !strings.HasPrefix(e.From, "10.2.0.1:") || !strings.Contains(e.Text, "several paths") || e.Explain != "groupcast explain doubled" {
				t.Errorf("%+v", e)
			}
		case "reflection":
			v6 := e.Group == reflected6
			if e.Group == honest || e.Group == doubled || !e.Repeats || e.Explain != "groupcast explain reflected" ||
				e.Group == reflected && (!strings.HasPrefix(e.From, "10.1.0.3:") || !strings.HasPrefix(e.CopyOf, "10.1.0.2:")) ||
				v6 && (!strings.HasPrefix(e.From, "[fd00::3]:") || !strings.HasPrefix(e.CopyOf, "[fd00::2]:")) {
				t.Errorf("%+v", e)
			}
		case "storm":
			if e.Group != loop || !e.Storm || e.Count < 16 {
				t.Errorf("%+v", e)
			}
		}
	}
	for _, s := range objectsOf[jsonStream](t, p, "stream") {
		if want := map[string]bool{doubled: true}[s.Group]; want != (s.Copies == 2) || s.Group == honest && s.CopyOf != "" {
			t.Errorf("%+v", s)
		}
	}
}
