package mcast_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/ipv4"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Every datagram of a batch goes its own way: to its own destination, by its
// own interface, from its own source.
func TestSendBatch(t *testing.T) {
	eachVersion(t, func(t *talk) {
		other := labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(t.g)})
		c := t.listen()
		t.must(c.Join, t.g, t.eth0)
		t.must(c.Join, t.g, t.eth1)
		to := netip.AddrPortFrom(t.source(200), other.LocalAddr().Port())
		zoned := t.g.AddrPort()
		if zoned.Addr().Is6() {
			zoned = netip.AddrPortFrom(zoned.Addr().WithZone("eth1"), zoned.Port())
		}
		list := []mcast.Outgoing{
			{[]byte("by eth0 from 3"), t.g.AddrPort(), mcast.Via{IfIndex: t.by0, Source: t.source(3)}},
			{[]byte("by eth1"), t.g.AddrPort(), mcast.Via{IfIndex: t.by1}},
			{nil, t.g.AddrPort(), mcast.Via{Source: t.source(4), IfIndex: t.by0}},
			{[]byte("by its zone or eth1"), zoned, mcast.Via{IfIndex: map[bool]int{true: t.by1}[zoned.Addr().Zone() == ""]}},
		}
		for range 150 { // more than one call's
			list = append(list, mcast.Outgoing{Data: []byte("to a host"), To: to})
		}
		labtest.In(t.T, t.a, func() error {
			n, err := t.from.SendBatch(list)
			if n != len(list) {
				return fmt.Errorf("SendBatch = %d, %w, want %d", n, err, len(list))
			}
			return err
		})
		heard := map[string]bool{}
		for range 4 {
			d, text := labtest.Next(t.T, c)
			heard[fmt.Sprintf("%q from %s on %d", text, d.From.Addr(), d.IfIndex)] = true
		}
		for _, want := range []string{
			fmt.Sprintf(`"by eth0 from 3" from %s on %d`, t.source(3), t.eth0.Index),
			fmt.Sprintf(`"by eth1" from %s on %d`, t.source(100), t.eth1.Index),
			fmt.Sprintf(`"" from %s on %d`, t.source(4), t.eth0.Index),
			fmt.Sprintf(`"by its zone or eth1" from %s on %d`, t.source(100), t.eth1.Index),
		} {
			if !heard[want] {
				t.Errorf("not heard: %s in %v", want, heard)
			}
		}
		for range 150 {
			labtest.Hears(t.T, other, "to a host")
		}
		if s := t.from.Stats(); s.Sent != uint64(len(list)) || s.SendErrors != 0 {
			t.Errorf("counted %d sent, %d not, want %d and 0", s.Sent, s.SendErrors, len(list))
		}
	})
}

// A link-local address of IPv6 needs its zone.
func TestSendBatchLinkLocal(t *testing.T) {
	l := labtest.Build(t, lab.Topology{
		Switches: []lab.Switch{{Name: "lan"}},
		Hosts: []lab.Host{
			{Name: "A", Interfaces: []lab.Interface{{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("fe80::a/64")}}},
			{Name: "B", Interfaces: []lab.Interface{{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("fe80::b/64")}}},
		},
	})
	a, b := l.Host("A"), l.Host("B")
	c, to := labtest.Socket(t, a, mcast.Config{Addr: netip.IPv6Unspecified()}), labtest.Socket(t, b, mcast.Config{Addr: netip.IPv6Unspecified()})
	index := labtest.Device(t, a, "eth0").Index
	for _, zone := range []string{"eth0", fmt.Sprint(index)} {
		at := netip.AddrPortFrom(labtest.Addr("fe80::b").WithZone(zone), to.LocalAddr().Port())
		// Not in A's own thread: the zone is the socket's.
		if n, err := c.SendBatch([]mcast.Outgoing{{Data: []byte("by " + zone), To: at}}); n != 1 || err != nil {
			t.Fatalf("zone %s: %d, %v", zone, n, err)
		}
		labtest.Hears(t, to, "by "+zone)
	}
	at := netip.AddrPortFrom(labtest.Addr("fe80::b").WithZone("eth9"), 9)
	if n, err := c.SendBatch([]mcast.Outgoing{{To: at}}); n != 0 || !errors.Is(err, host.ErrNoInterface) {
		t.Errorf("zone eth9: %d, %v, want ErrNoInterface", n, err)
	}
}

// What cannot be sent is named, and the rest can be sent after it.
func TestSendBatchSkips(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	to := labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr("127.0.0.1")})
	var told []string
	c := labtest.Socket(t, a, mcast.Config{Trace: &mcast.Trace{Call: func(c mcast.Call) {
		if c.Name == "sendmmsg" {
			told = append(told, c.String())
		}
	}}})
	good := func(text string) mcast.Outgoing { return mcast.Outgoing{Data: []byte(text), To: to.LocalAddr()} }
	list := []mcast.Outgoing{
		good("one"),
		{Data: make([]byte, mcast.MaxPayload+1), To: to.LocalAddr()},
		good("two"),
		{To: netip.MustParseAddrPort("[::1]:9")},
		{},
		good("three"), good("four"),
	}
	var failed []error
	for rest := list; len(rest) > 0; {
		n, err := c.SendBatch(rest)
		if err == nil {
			break
		}
		failed = append(failed, err)
		rest = rest[n+1:]
	}
	labtest.Hears(t, to, "one", "two", "three", "four")
	for i, want := range []string{"too long", "other IP version", "no destination"} {
		var op *mcast.OpError
		if i >= len(failed) || !strings.Contains(failed[i].Error(), want) || !errors.As(failed[i], &op) || op.Op != "send" {
			t.Fatalf("failed are %v, the %d. is not an OpError that says %q", failed, i+1, want)
		}
	}
	if s := c.Stats(); s.Sent != 4 || s.SendErrors != 3 {
		t.Errorf("counted %d sent and %d not, want 4 and 3", s.Sent, s.SendErrors)
	}
	want := "sendmmsg {2 datagrams, the first of 5 bytes to " + to.LocalAddr().String() + "} = 2 datagrams"
	if len(told) != 3 || told[2] != want {
		t.Errorf("told are %q, want three calls, the last %q", told, want)
	}
	if n, err := c.SendBatch(nil); n != 0 || err != nil {
		t.Errorf("an empty list: %d, %v", n, err)
	}
}

// SendBatch waits for room, also with others who send.
func TestSendBatchWaits(t *testing.T) {
	l := labtest.Build(t, aroundRouter)
	a := l.Host("A")
	slowQueue(t, a, "eth0", 1_000_000)
	to := labtest.Socket(t, l.Host("B"), mcast.Config{})
	c := labtest.Socket(t, a, mcast.Config{WriteBuffer: 4 << 10})
	const senders, each = 4, 100
	list := make([]mcast.Outgoing, each)
	for i := range list {
		list[i] = mcast.Outgoing{Data: []byte(strings.Repeat("x", 500)), To: netip.AddrPortFrom(labtest.Addr("192.168.1.11"), to.LocalAddr().Port())}
	}
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			if n, err := c.SendBatch(list); n != each || err != nil {
				t.Errorf("SendBatch = %d, %v, want %d", n, err, each)
			}
		})
	}
	for range senders * each {
		labtest.Next(t, to)
	}
	all.Wait()
}

func TestSendBatchAllocatesNothing(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	for _, lo := range []string{"127.0.0.1", "::1"} {
		to := labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr(lo)})
		unconnected := labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr(lo), PeerError: func(mcast.PeerError) {}})
		connected := labtest.Socket(t, a, mcast.Config{Remote: to.LocalAddr()})
		data, list, reply := make([]byte, 64), make([]mcast.Outgoing, mcast.BatchSize), make([]mcast.Datagram, mcast.BatchSize)
		for _, c := range []*mcast.Conn{unconnected, connected} {
			run := func() {
				for i := range list {
					list[i] = mcast.Outgoing{Data: data, To: to.LocalAddr(), Via: mcast.Via{IfIndex: 1, Source: labtest.Addr(lo)}}
				}
				if n, err := c.SendBatch(list); n != len(list) || err != nil {
					t.Fatal(n, err)
				}
				for got := 0; got < len(list); {
					n, err := to.Read(t.Context(), reply)
					if err != nil {
						t.Fatal(err)
					}
					got += n
				}
			}
			if got := testing.AllocsPerRun(20, run); got > 0 {
				t.Errorf("%s, connected %v: SendBatch and Read allocate %v times, want none", lo, c == connected, got)
			}
		}
	}
}

// BenchmarkSendBatch sends 64 bytes to a closed port of lo, one op a datagram,
// with the alternatives in the same run.
func BenchmarkSendBatch(b *testing.B) {
	l, err := benchLab(b)
	if err != nil {
		b.Fatal(err)
	}
	const batch = mcast.BatchSize
	sink := socketAt(b, l.Host("A"))
	data, to := make([]byte, 64), sink.LocalAddr().(*net.UDPAddr)
	run := func(name string, open func() (send func(n int) error, err error)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var send func(n int) error
			if err := l.Host("A").Do(func() (err error) { send, err = open(); return err }); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			for left := b.N; left > 0; left -= batch {
				if err := send(min(left, batch)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	plain := func() (*net.UDPConn, error) {
		udp, err := net.ListenUDP("udp4", nil)
		if err == nil {
			b.Cleanup(func() { udp.Close() })
		}
		return udp, err
	}
	run("SendBatch", func() (func(int) error, error) {
		c, err := mcast.Listen(b.Context(), mcast.Config{})
		if err != nil {
			return nil, err
		}
		b.Cleanup(func() { c.Close() })
		list := make([]mcast.Outgoing, batch)
		for i := range list {
			list[i] = mcast.Outgoing{Data: data, To: to.AddrPort()}
		}
		return func(n int) error { _, err := c.SendBatch(list[:n]); return err }, nil
	})
	run("WriteBatch", func() (func(int) error, error) {
		udp, err := plain()
		pc, msgs := ipv4.NewPacketConn(udp), make([]ipv4.Message, batch)
		for i := range msgs {
			msgs[i] = ipv4.Message{Buffers: [][]byte{data}, Addr: to}
		}
		return func(n int) error { _, err := pc.WriteBatch(msgs[:n], 0); return err }, err
	})
	run("WriteToUDPAddrPort", func() (func(int) error, error) {
		udp, err := plain()
		at := to.AddrPort()
		return func(n int) (err error) {
			for range n {
				if _, err = udp.WriteToUDPAddrPort(data, at); err != nil {
					return err
				}
			}
			return nil
		}, err
	})
}

// socketAt is a socket of a host's lo whose small buffer is always full, so
// that receiving costs the same whoever sends.
func socketAt(b *testing.B, host *lab.Node) *net.UDPConn {
	b.Helper()
	var udp *net.UDPConn
	err := host.Do(func() (err error) {
		udp, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	udp.SetReadBuffer(1)
	b.Cleanup(func() { udp.Close() })
	return udp
}
