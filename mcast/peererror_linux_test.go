package mcast_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// aroundRouter is A and B on one LAN, and a router to places that it cannot
// reach, each for another reason.
var aroundRouter = lab.Topology{
	Switches: []lab.Switch{{Name: "lan"}, {Name: "far"}},
	Hosts: []lab.Host{
		{Name: "A", Interfaces: []lab.Interface{{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("192.168.1.10/24", "fd00:1::10/64")}},
			Routes: []lab.Route{{Dst: labtest.Prefix("10.0.0.0/8"), Via: labtest.Addr("192.168.1.1")}, {Dst: labtest.Prefix("fd00:a::/32"), Via: labtest.Addr("fd00:1::1")}}},
		{Name: "B", Interfaces: []lab.Interface{{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("192.168.1.11/24", "fd00:1::11/64")}}},
		// It would tell one host of two such errors only, and of one more each second.
		{Name: "R", Router: true, Sysctls: map[string]string{"net.ipv4.icmp_ratelimit": "0"}, Interfaces: []lab.Interface{
			{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("192.168.1.1/24", "fd00:1::1/64")},
			{Name: "eth1", Switch: "far", Addrs: labtest.Prefixes("10.1.0.1/24", "fd00:a:1::1/64")},
		}, Routes: []lab.Route{
			{Dst: labtest.Prefix("10.2.0.0/24"), Type: lab.Unreachable}, {Dst: labtest.Prefix("fd00:a:2::/64"), Type: lab.Unreachable},
			{Dst: labtest.Prefix("10.3.0.0/24"), Type: lab.Prohibit}, {Dst: labtest.Prefix("fd00:a:3::/64"), Type: lab.Prohibit},
			{Dst: labtest.Prefix("10.4.0.0/24"), Type: lab.Blackhole}, {Dst: labtest.Prefix("fd00:a:4::/64"), Type: lab.Blackhole},
		}},
	},
}

// told collects what a Conn is told of.
type told chan mcast.PeerError

func newTold() told                    { return make(told, 4096) }
func (e told) error(p mcast.PeerError) { e <- p }

// next waits for the next of them.
func (e told) next(t *testing.T) mcast.PeerError {
	t.Helper()
	select {
	case p := <-e:
		return p
	case <-time.After(20 * time.Second):
		t.Fatal("no peer error is told")
		panic("unreachable")
	}
}

// Every way in which a datagram comes to nothing is told with who says so,
// while one Read waits and is not disturbed.
func TestPeerErrors(t *testing.T) {
	for _, v := range []struct{ name, a, lan, r, net string }{
		{"IPv4", "192.168.1.10", "192.168.1.", "192.168.1.1", "10.%d.0.99"},
		{"IPv6", "fd00:1::10", "fd00:1::", "fd00:1::1", "fd00:a:%d::99"},
	} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			l := labtest.Build(t, aroundRouter)
			a, b := l.Host("A"), l.Host("B")
			events := newTold()
			any := unspecifiedLike(v.a)
			c := labtest.Socket(t, a, mcast.Config{Addr: any, PeerError: events.error})
			read := make(chan error, 1)
			go func() {
				batch := make([]mcast.Datagram, 1)
				_, err := c.Read(t.Context(), batch)
				if err == nil && string(batch[0].Data) != "after all" {
					err = fmt.Errorf("read %q", batch[0].Data)
				}
				read <- err
			}()

			far := func(n int) string { return fmt.Sprintf(v.net, n) }
			want := map[string]string{
				v.lan + "11": fmt.Sprintf("ECONNREFUSED from %s11", v.lan),
				v.lan + "99": "EHOSTUNREACH from this host",
				far(1):       "EHOSTUNREACH from " + v.r + " (3, 1)",
				far(2):       "EHOSTUNREACH from " + v.r + " (3, 1)",
				far(3):       "EHOSTUNREACH from " + v.r + " (3, 13)",
				far(5):       "ENETUNREACH from " + v.r + " (3, 0)",
			}
			want[v.lan+"11"] += " (3, 3)"
			if any.Is6() {
				want[v.lan+"11"] = "ECONNREFUSED from " + v.lan + "11 (1, 4)"
				want[far(1)] = "EHOSTUNREACH from " + v.r + " (1, 3)"
				want[far(2)] = "ENETUNREACH from " + v.r + " (1, 0)"
				want[far(3)] = "EACCES from " + v.r + " (1, 1)"
				want[far(5)] = "ENETUNREACH from " + v.r + " (1, 0)"
			}
			silent := netip.AddrPortFrom(labtest.Addr(far(4)), 9)
			labtest.In(t, a, func() error { return c.Send([]byte("nothing"), silent, mcast.Via{}) })
			for to := range want {
				labtest.In(t, a, func() error { return c.Send([]byte("to "+to), netip.AddrPortFrom(labtest.Addr(to), 9), mcast.Via{}) })
			}
			start := time.Now()
			got := map[string]string{}
			for range want {
				e := events.next(t)
				if e.To.Port() != 9 || string(e.Data) != "to "+e.To.Addr().String() && !e.Local() {
					t.Errorf("%s: port %d, data %q", e, e.To.Port(), e.Data)
				}
				if age := e.At.Sub(start); age < -time.Minute || age > 20*time.Second {
					t.Errorf("%s: came %v after it was sent", e, age)
				}
				got[e.To.Addr().String()] = whoSays(e)
			}
			if !maps.Equal(got, want) {
				t.Errorf("told are\n%v\nwant\n%v", got, want)
			}

			from := labtest.Socket(t, b, mcast.Config{Addr: any})
			labtest.In(t, b, func() error {
				return from.Send([]byte("after all"), netip.AddrPortFrom(labtest.Addr(v.a), c.LocalAddr().Port()), mcast.Via{})
			})
			select {
			case err := <-read:
				if err != nil {
					t.Errorf("the Read that waited ends with %v, want a datagram", err)
				}
			case <-time.After(5 * time.Second):
				t.Error("the Read that waited did not get the datagram")
			}
			if len(events) != 0 {
				t.Errorf("one more is told: %s", <-events)
			}
		})
	}
}

func whoSays(e mcast.PeerError) string {
	names := map[error]string{syscall.ECONNREFUSED: "ECONNREFUSED", syscall.EHOSTUNREACH: "EHOSTUNREACH",
		syscall.ENETUNREACH: "ENETUNREACH", syscall.EACCES: "EACCES"}
	if e.Local() {
		return names[e.Err] + " from this host"
	}
	return fmt.Sprintf("%s from %s (%d, %d)", names[e.Err], e.From, e.Type, e.Code)
}

func unspecifiedLike(s string) netip.Addr {
	if labtest.Addr(s).Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}

// Three peers on one socket, of which one is gone: what is sent to the others
// counts as sent, is answered, and no call fails. On lo an ICMP error is there
// before the send that caused it returns, so each next call meets it.
func TestOnePeerGone(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	const rounds = 1000
	for _, lo := range []string{"127.0.0.1", "::1"} {
		for _, by := range []string{"Send", "SendBatch", "Send with QueueErrors only"} {
			t.Run(lo+" "+by, func(t *testing.T) {
				events, count := newTold(), 0
				cfg := mcast.Config{Addr: labtest.Addr(lo), PeerError: func(e mcast.PeerError) {
					if count++; e.Err != syscall.ECONNREFUSED {
						events.error(e)
					}
				}}
				if by == "Send with QueueErrors only" {
					cfg.PeerError, cfg.QueueErrors = nil, true
				}
				c, gone := labtest.Socket(t, a, cfg), labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr(lo)})
				one, two := labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr(lo)}), labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr(lo)})
				gone.Close()
				list := []mcast.Outgoing{
					{Data: []byte("gone"), To: gone.LocalAddr()},
					{Data: []byte("one"), To: one.LocalAddr()},
					{Data: []byte("two"), To: two.LocalAddr()},
				}
				for n := range rounds {
					if by == "SendBatch" {
						if sent, err := c.SendBatch(list); sent != len(list) || err != nil {
							t.Fatalf("round %d: SendBatch = %d, %v", n, sent, err)
						}
					} else {
						for _, o := range list {
							if err := c.Send(o.Data, o.To, o.Via); err != nil {
								t.Fatalf("round %d: %v", n, err)
							}
						}
					}
					for _, peer := range []*mcast.Conn{one, two} {
						d, text := labtest.Next(t, peer)
						if err := peer.Send([]byte(text), d.From, mcast.Via{}); err != nil {
							t.Fatal(err)
						}
						labtest.Hears(t, c, text)
					}
				}
				if s := c.Stats(); s.Sent != 3*rounds || s.SendErrors != 0 || s.Datagrams != 2*rounds {
					t.Errorf("%d sent, %d not, %d read, want %d, 0, %d", s.Sent, s.SendErrors, s.Datagrams, 3*rounds, 2*rounds)
				}
				if want := rounds; cfg.PeerError != nil && count != want {
					t.Errorf("%d errors are told, want %d", count, want)
				}
				if len(events) != 0 {
					t.Errorf("one is told that is no refusal: %s", <-events)
				}
			})
		}
	}
}

// What is a send's own error stays one, and is not taken for a peer's.
func TestSendsOwnErrors(t *testing.T) {
	l := labtest.Build(t, aroundRouter)
	a := l.Host("A")
	events := newTold()
	c := labtest.Socket(t, a, mcast.Config{PeerError: events.error})
	labtest.In(t, a, func() error {
		return netlink.RouteAdd(&netlink.Route{Dst: labtest.IPNet("172.16.0.0/16"), Type: syscall.RTN_PROHIBIT})
	})
	for _, own := range []struct {
		to   string
		via  mcast.Via
		want error
	}{
		{"172.17.0.1:9", mcast.Via{}, syscall.ENETUNREACH},
		{"172.16.0.1:9", mcast.Via{}, syscall.EACCES},
		{"192.168.1.11:0", mcast.Via{}, syscall.EINVAL},
		{"192.168.1.11:9", mcast.Via{IfIndex: 99}, syscall.ENODEV},
	} {
		to := netip.MustParseAddrPort(own.to)
		before := c.Stats()
		labtest.In(t, a, func() error {
			if err := c.Send([]byte("single"), to, own.via); !errors.Is(err, own.want) {
				t.Errorf("Send to %s: %v, want %v", to, err, own.want)
			}
			n, err := c.SendBatch([]mcast.Outgoing{{To: netip.MustParseAddrPort("192.168.1.11:9")}, {To: to, Via: own.via}, {To: to}})
			if n != 1 || !errors.Is(err, own.want) {
				t.Errorf("SendBatch to a host and to %s = %d, %v, want 1, %v", to, n, err, own.want)
			}
			return nil
		})
		if after := c.Stats(); after.Sent != before.Sent+1 || after.SendErrors != before.SendErrors+2 {
			t.Errorf("%s: counted %d sent and %d not, want 1 and 2", to, after.Sent-before.Sent, after.SendErrors-before.SendErrors)
		}
	}
	for len(events) > 0 {
		if e := <-events; e.Err != syscall.ECONNREFUSED {
			t.Errorf("told: %s", e)
		}
	}
}

// An error that comes in while the send buffer is full is an event of Go's
// poller that says nothing but EPOLLERR. Reading goes on.
func TestPeerErrorWhileTheSendBufferIsFull(t *testing.T) {
	l := labtest.Build(t, aroundRouter)
	a, b := l.Host("A"), l.Host("B")
	slowQueue(t, a, "eth0", 10_000)
	events := newTold()
	c := labtest.Socket(t, a, mcast.Config{PeerError: events.error, WriteBuffer: 16 << 10})
	ctx, cancel := context.WithCancel(t.Context())
	read := make(chan error, 1)
	heard := make(chan string, 1)
	go func() {
		batch := make([]mcast.Datagram, 1)
		for {
			if _, err := c.Read(ctx, batch); err != nil {
				read <- err
				return
			}
			heard <- string(batch[0].Data)
		}
	}()
	sent := make(chan error, 1)
	go func() { // until Close
		list := make([]mcast.Outgoing, mcast.BatchSize)
		for i := range list {
			list[i] = mcast.Outgoing{Data: make([]byte, 1000), To: netip.MustParseAddrPort("192.168.1.11:9")}
		}
		for {
			if _, err := c.SendBatch(list); err != nil {
				sent <- err
				return
			}
		}
	}()
	for range 2 {
		events.next(t)
	}
	from := labtest.Socket(t, b, mcast.Config{})
	labtest.In(t, b, func() error {
		return from.Send([]byte("still there?"), netip.AddrPortFrom(labtest.Addr("192.168.1.10"), c.LocalAddr().Port()), mcast.Via{})
	})
	select {
	case text := <-heard:
		if text != "still there?" {
			t.Errorf("heard %q", text)
		}
	case err := <-read:
		t.Fatalf("Read ends with %v", err)
	case <-time.After(10 * time.Second):
		t.Error("nothing is heard")
	}
	cancel()
	if err := <-read; !errors.Is(err, context.Canceled) {
		t.Errorf("Read ends with %v, want %v", err, context.Canceled)
	}
	c.Close()
	select {
	case <-sent:
	case <-time.After(5 * time.Second):
		t.Error("SendBatch goes on after Close")
	}
}

// slowQueue lets a host send so many bytes a second by an interface. The rest
// waits and fills the sockets' send buffers.
func slowQueue(t *testing.T, host *lab.Node, name string, rate uint64) {
	t.Helper()
	var err error
	labtest.In(t, host, func() error {
		link, lerr := netlink.LinkByName(name)
		if lerr != nil {
			return lerr
		}
		err = netlink.QdiscReplace(&netlink.Tbf{
			QdiscAttrs: netlink.QdiscAttrs{LinkIndex: link.Attrs().Index, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT},
			Rate:       rate, Buffer: netlink.Xmittime(rate, 2000), Limit: 1 << 20, // bytes
		})
		return nil
	})
	if errors.Is(err, syscall.ENOENT) {
		t.Skip("this kernel has no tbf queue")
	} else if err != nil {
		t.Fatal(err)
	}
}

// The same from several goroutines at once, while one reads: an error is told
// to one of them, whoever meets it first, and fails none.
func TestOnePeerGoneManySenders(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	const senders, each = 4, 2000
	count := 0 // by the Conn's promise never changed by two at a time
	c := labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr("127.0.0.1"), PeerError: func(mcast.PeerError) { count++ }})
	gone, there := labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr("127.0.0.1")}), labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr("127.0.0.1")})
	gone.Close()
	ctx, cancel := context.WithCancel(t.Context())
	read := make(chan error, 1)
	go func() {
		_, err := c.Read(ctx, make([]mcast.Datagram, 1))
		read <- err
	}()
	var all sync.WaitGroup
	for n := range senders {
		all.Go(func() {
			for range each {
				list := []mcast.Outgoing{{To: gone.LocalAddr()}, {To: there.LocalAddr()}}
				if n%2 == 0 {
					if sent, err := c.SendBatch(list); err != nil {
						t.Errorf("SendBatch = %d, %v", sent, err)
					}
					continue
				}
				for _, o := range list {
					if err := c.Send(o.Data, o.To, o.Via); err != nil {
						t.Errorf("Send to %s: %v", o.To, err)
					}
				}
			}
		})
	}
	all.Wait()
	cancel()
	if err := <-read; !errors.Is(err, context.Canceled) {
		t.Errorf("the Read that waited ends with %v, want %v", err, context.Canceled)
	}
	if count != senders*each {
		t.Errorf("%d errors are told, want %d", count, senders*each)
	}
}
