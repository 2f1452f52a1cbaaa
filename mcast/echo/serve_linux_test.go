package echo_test

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/echo"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func TestEchoIsByteExact(t *testing.T) {
	l := labtest.BuildAlone(t, lan())
	a, b := l.Host("A"), l.Host("B")
	r, conn := server(t, a, mcast.Config{}, echo.Config{})
	client := labtest.Socket(t, b, mcast.Config{})
	to := netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), conn.LocalAddr().Port())
	answered := uint64(0)
	for _, size := range []int{0, 1, 64, 1472, 1473, 9000, 65507} {
		data := bytes.Repeat([]byte("\x00\xff echo"), size/7+1)[:size]
		send(t, b, client, string(data), to, mcast.Via{})
		from, text := next(t, client)
		if from != to || text != string(data) {
			t.Errorf("%d bytes to %s: %d bytes from %s, equal: %v; want them back", size, to, len(text), from, text == string(data))
		}
		answered += uint64(size)
	}
	labtest.Eventually(t, "7 answers are counted", func() bool { return r.Stats().Answers == 7 })
	if got := r.Stats().Bytes; got != answered {
		t.Errorf("%d bytes are counted, want %d", got, answered)
	}
	addsUp(t, r)
}

func TestEchoComesFromTheAddressThatWasAsked(t *testing.T) {
	l := labtest.BuildAlone(t, lan())
	a, b := l.Host("A"), l.Host("B")
	for _, extra := range labtest.Prefixes("10.0.0.99/24", "2001:db8::99/64") {
		if err := a.Link("eth0").AddAddr(extra); err != nil {
			t.Fatal(err)
		}
	}
	four := netip.IPv4Unspecified()
	for _, version := range []struct {
		any  netip.Addr
		asks []string
	}{
		{four, []string{"10.0.0.1", "10.0.0.99", "10.0.0.1"}},
		{netip.IPv6Unspecified(), []string{"2001:db8::1", "2001:db8::99", "2001:db8::1"}},
	} {
		_, conn := server(t, a, mcast.Config{Addr: version.any}, echo.Config{})
		client := labtest.Socket(t, b, mcast.Config{Addr: version.any})
		for _, ask := range version.asks {
			to := netip.AddrPortFrom(netip.MustParseAddr(ask), conn.LocalAddr().Port())
			send(t, b, client, "hello", to, mcast.Via{})
			if from, _ := next(t, client); from != to {
				t.Errorf("asked %s, and %s answers", to, from)
			}
		}
	}
	// Link-local: the way out is the interface that the request came by.
	_, conn := server(t, a, mcast.Config{Addr: netip.IPv6Unspecified()}, echo.Config{})
	client := labtest.Socket(t, b, mcast.Config{Addr: netip.IPv6Unspecified()})
	for _, p := range labtest.Device(t, a, "eth0").Addrs {
		if p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() {
			to := netip.AddrPortFrom(p.Addr().WithZone("eth0"), conn.LocalAddr().Port())
			send(t, b, client, "hello", to, mcast.Via{})
			if from, _ := next(t, client); from != to {
				t.Errorf("asked %s, and %s answers", to, from)
			}
		}
	}
}

func TestLogTellsEachDatagram(t *testing.T) {
	l := labtest.BuildAlone(t, lan())
	a, b := l.Host("A"), l.Host("B")
	events := make(chan echo.Event, 100)
	conn := labtest.Socket(t, a, mcast.Config{})
	serve(t, a, echo.New(echo.Config{PerSource: 0.001, Log: func(e echo.Event) { events <- e }}), conn, nil)
	client := labtest.Socket(t, b, mcast.Config{})
	to := netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), conn.LocalAddr().Port())
	send(t, b, client, "hello", to, mcast.Via{})
	next(t, client)
	send(t, b, client, "again", to, mcast.Via{})
	peer := netip.AddrPortFrom(netip.MustParseAddr("10.0.0.2"), client.LocalAddr().Port())
	for n, want := range []echo.Event{
		{Kind: echo.Received, Peer: peer, Bytes: 5},
		{Kind: echo.Written, Peer: peer, Bytes: 5},
		{Kind: echo.Received, Peer: peer, Bytes: 5},
		{Kind: echo.Unanswered, Peer: peer, Bytes: 5, Reason: echo.RateLimited},
	} {
		got := <-events
		if got.At.IsZero() {
			t.Errorf("event %d has no time", n+1)
		}
		want.At = got.At
		if got != want {
			t.Errorf("event %d is %+v, want %+v", n+1, got, want)
		}
	}
}

// A server that waits for its next datagram, answers it and waits again
// allocates nothing.
func TestEchoAllocatesNothing(t *testing.T) {
	l := labtest.BuildAlone(t, lan())
	a, b := l.Host("A"), l.Host("B")
	for _, cfg := range []echo.Config{{Unlimited: true}, {PerSource: 1e6}} {
		r, conn := server(t, a, mcast.Config{}, cfg)
		client := labtest.Socket(t, b, mcast.Config{})
		to := netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), conn.LocalAddr().Port())
		data, batch, ctx := []byte("0"), make([]mcast.Datagram, 1), t.Context()
		ask := func() {
			data[0]++
			err := client.Send(data, to, mcast.Via{})
			if err == nil {
				_, err = client.Read(ctx, batch)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		ask()
		if got := testing.AllocsPerRun(200, ask); got != 0 {
			t.Errorf("%+v: %v allocations an echo, both ends together; want none", cfg, got)
		}
		addsUp(t, r)
	}
}

// The interface is deleted under the server. Others are served all the time,
// and it is served again when it is back.
func TestAnInterfaceGoesAndComesBack(t *testing.T) {
	topology := lan()
	topology.Switches = append(topology.Switches, topology.Switches[0])
	topology.Switches[1].Name = "other"
	for n, p := range labtest.Prefixes("10.0.1.1/24", "10.0.1.2/24") {
		eth1 := topology.Hosts[n].Interfaces[0]
		eth1.Name, eth1.Switch, eth1.Addrs = "eth1", "other", []netip.Prefix{p}
		topology.Hosts[n].Interfaces = append(topology.Hosts[n].Interfaces, eth1)
	}
	l := labtest.BuildAlone(t, topology)
	a, b := l.Host("A"), l.Host("B")
	r, conn := server(t, a, mcast.Config{}, echo.Config{})
	client := labtest.Socket(t, b, mcast.Config{})
	ask := func(address, text string) {
		t.Helper()
		to := netip.AddrPortFrom(netip.MustParseAddr(address), conn.LocalAddr().Port())
		send(t, b, client, text, to, mcast.Via{})
		if from, got := next(t, client); from != to || got != text {
			t.Fatalf("asked %s %q, and %s answers %q", to, text, from, got)
		}
	}
	gr, joined := member(t, a, echo.Config{})
	before := labtest.Device(t, a, "eth0")
	ask("10.0.0.1", "one")
	ask("10.0.1.1", "two")
	if err := a.Link("eth0").Delete(); err != nil {
		t.Fatal(err)
	}
	ask("10.0.1.1", "three")
	if err := a.Link("eth0").Make(); err != nil {
		t.Fatal(err)
	}
	ask("10.0.0.1", "four")
	ask("10.0.1.1", "five")
	addsUp(t, r)

	// The group: joining again is the caller's, and the new interface is known.
	after := labtest.Device(t, a, "eth0")
	labtest.In(t, a, func() error {
		_, _, gone := joined.Follow(host.Change{Kind: host.Gone, Interface: before})
		_, again, err := joined.Follow(host.Change{Kind: host.Appeared, Interface: after})
		if len(again) != 1 {
			err = errors.Join(err, errors.New("the group was not joined again"))
		}
		return errors.Join(gone, err)
	})
	pace := time.NewTicker(50 * time.Millisecond) // faster would be a flood
	defer pace.Stop()
	labtest.Eventually(t, "the group is answered by the new interface", func() bool {
		send(t, b, client, "six", group.AddrPort(), mcast.Via{IfIndex: labtest.Device(t, b, "eth0").Index})
		<-pace.C
		return gr.Stats().Answers > 0
	})
	if from, _ := next(t, client); from.Addr().String() != "10.0.0.1" {
		t.Errorf("%s answers, want 10.0.0.1", from)
	}
}
