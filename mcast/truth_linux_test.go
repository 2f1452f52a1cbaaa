package mcast_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/vishvananda/netlink"
)

// What was sent is read or counted as dropped; nothing else becomes of it on a
// wire that loses nothing.
func TestDroppedIsWhatWasNotRead(t *testing.T) {
	eachVersion(t, func(t *talk) {
		const sent = 500
		c := labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(t.g), Port: t.g.Port, ReadBuffer: 8 << 10})
		t.must(c.Join, t.g, t.eth0)
		for range sent {
			t.say(t.g, 1)
		}
		read := 0
		batch := make([]mcast.Datagram, mcast.BatchSize)
		dropped := func() int { return int(c.Stats().Dropped) }
		for deadline := time.Now().Add(5 * time.Second); read+dropped() < sent && time.Now().Before(deadline); {
			c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
			n, err := c.Read(t.Context(), batch)
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal(err)
			}
			read += n
		}
		if read == 0 || dropped() == 0 || read+dropped() != sent {
			t.Errorf("of %d datagrams %d were read and %d dropped, want some of each, and all together", sent, read, dropped())
		}
		if got := c.Stats().Datagrams; got != uint64(read) {
			t.Errorf("Stats().Datagrams = %d, want %d", got, read)
		}

		// With room again nothing more is lost.
		before := dropped()
		c.SetReadDeadline(time.Time{})
		t.say(t.g, 2)
		labtest.Hears(t.T, c, "2")
		if got := dropped(); got != before {
			t.Errorf("%d dropped after one that was read, want %d as before", got, before)
		}
	})
}

func TestTruncated(t *testing.T) {
	eachVersion(t, func(t *talk) {
		c := labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(t.g), Port: t.g.Port, ReadSize: 8})
		t.must(c.Join, t.g, t.eth0)
		for _, text := range []string{"7 bytes", "8 bytes!", "9 bytes!!", "", strings.Repeat("long", 5000)} {
			labtest.In(t.T, t.a, func() error { return t.from.Send([]byte(text), t.g.AddrPort(), mcast.Via{IfIndex: t.by0}) })
			d, got := labtest.Next(t.T, c)
			if want := text[:min(8, len(text))]; got != want || d.Truncated != (len(text) > 8) {
				t.Errorf("of %d bytes read %q, truncated: %v; want %q, %v", len(text), got, d.Truncated, want, len(text) > 8)
			}
		}
		if s := c.Stats(); s.Truncated != 2 || s.Datagrams != 5 || s.Bytes != 7+8+8+0+8 {
			t.Errorf("Stats = %+v, want 2 of 5 truncated and 31 bytes", s)
		}
	})
}

// Every way in which Linux refuses a send, made with the real thing.
func TestRefusedSends(t *testing.T) {
	eachVersion(t, func(t *talk) {
		is4 := t.g.Addr.Is4()
		host := func(a4, a6 string) netip.AddrPort { // one that a route leads to, or none
			if is4 {
				return netip.AddrPortFrom(labtest.Addr(a4), 4000)
			}
			return netip.AddrPortFrom(labtest.Addr(a6), 4000)
		}
		stop := func(to netip.AddrPort, kind lab.RouteType) netip.AddrPort {
			t.Helper()
			if err := t.a.AddRoute(lab.Route{Dst: netip.PrefixFrom(to.Addr(), to.Addr().BitLen()), Type: kind}); err != nil {
				t.Fatal(err)
			}
			return to
		}
		out := mcast.Via{IfIndex: t.by0}
		tests := []struct {
			name    string
			cfg     mcast.Config
			prepare func(*mcast.Conn) error
			size    int
			to      netip.AddrPort
			via     mcast.Via
			want    syscall.Errno
		}{
			{"no route", mcast.Config{}, nil, 1, host("239.8.0.1", "2001:db8:8::1"), mcast.Via{}, syscall.ENETUNREACH},
			{"unreachable route", mcast.Config{}, nil, 1, stop(host("239.8.0.2", "2001:db8:8::2"), lab.Unreachable), mcast.Via{}, syscall.EHOSTUNREACH},
			{"blackhole route", mcast.Config{}, nil, 1, stop(host("239.8.0.3", "2001:db8:8::3"), lab.Blackhole), mcast.Via{}, syscall.EINVAL},
			{"prohibit route", mcast.Config{}, nil, 1, stop(host("239.8.0.4", "2001:db8:8::4"), lab.Prohibit), mcast.Via{}, syscall.EACCES},
			{"broadcast forbidden", mcast.Config{}, func(c *mcast.Conn) error { return c.SetBroadcast(false) }, 1,
				netip.MustParseAddrPort("10.0.0.255:4000"), mcast.Via{}, syscall.EACCES},
			{"a send buffer too small for all fragments", mcast.Config{WriteBuffer: 1}, nil, 60000, t.g.AddrPort(), out, syscall.ENOBUFS},
			{"a firewall", mcast.Config{}, func(*mcast.Conn) error { return t.a.Do(dropOutput) }, 1, t.g.AddrPort(), out, syscall.EPERM},
		}
		for _, tt := range tests {
			if tt.to.Addr().Is4() != is4 {
				continue // IPv6 has no broadcast
			}
			tt.cfg.Addr = anyOf(t.g)
			c := labtest.Socket(t.T, t.a, tt.cfg)
			if tt.prepare != nil {
				if err := tt.prepare(c); err != nil {
					t.Fatal(err)
				}
			}
			err := c.Send(make([]byte, tt.size), tt.to, tt.via)
			if !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
			}
			if op, ok := errors.AsType[*mcast.OpError](err); !ok || op.Op != "send" || op.Target != tt.to.String() {
				t.Errorf("%s: %#v does not tell of a send to %s", tt.name, err, tt.to)
			}
			if s := c.Stats(); s.SendErrors != 1 || s.Sent != 0 {
				t.Errorf("%s: Stats counts %d errors and %d sent, want 1 and 0", tt.name, s.SendErrors, s.Sent)
			}
		}
	})
}

func TestBroadcastAllowed(t *testing.T) {
	l := labtest.Build(t, twoWires())
	a, b := l.Host("A"), l.Host("B")
	to := netip.MustParseAddrPort("10.0.0.255:4000")
	heard, c := labtest.Socket(t, b, mcast.Config{Port: to.Port()}), labtest.Socket(t, a, mcast.Config{})
	for _, on := range []bool{false, true} {
		if err := c.SetBroadcast(on); err != nil {
			t.Fatal(err)
		}
		if err := c.Send([]byte("to all"), to, mcast.Via{}); (err == nil) != on {
			t.Errorf("with broadcast %v: %v", on, err)
		}
	}
	labtest.Hears(t, heard, "to all")
}

// dropOutput refuses all that the host sends from now on:
//
//	nft table inet test { chain output { type filter hook output priority 0; drop } }
func dropOutput() error {
	c, err := nftables.New()
	if err != nil {
		return err
	}
	table := c.AddTable(&nftables.Table{Family: nftables.TableFamilyINet, Name: "test"})
	chain := c.AddChain(&nftables.Chain{
		Name: "output", Table: table, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookOutput, Priority: nftables.ChainPriorityFilter,
	})
	c.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{&expr.Verdict{Kind: expr.VerdictDrop}}})
	return c.Flush()
}

// A connected Conn is told at the next call that nobody was there, once; then
// it goes on as before.
func TestConnectionRefused(t *testing.T) {
	eachVersion(t, func(t *talk) {
		to := netip.AddrPortFrom(t.source(200), 4999)
		c := labtest.Socket(t.T, t.a, mcast.Config{Remote: to})
		say := func() error { return c.Send([]byte("anybody?"), netip.AddrPort{}, mcast.Via{}) }
		if err := say(); err != nil {
			t.Fatalf("the first send cannot know: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		batch := make([]mcast.Datagram, 1)
		if _, err := c.Read(ctx, batch); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("Read = %v, want %v", err, syscall.ECONNREFUSED)
		}

		var err error
		sent := uint64(1)
		for ; err == nil && ctx.Err() == nil; sent++ {
			err = say()
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("Send = %v, want %v", err, syscall.ECONNREFUSED)
		}
		if s := c.Stats(); s.SendErrors != 1 || s.Sent != sent-1 {
			t.Errorf("Stats counts %d errors and %d sent, want 1 and %d", s.SendErrors, s.Sent, sent-1)
		}

		there := labtest.Socket(t.T, t.b, mcast.Config{Addr: to.Addr(), Port: to.Port()})
		for err = say(); errors.Is(err, syscall.ECONNREFUSED) && ctx.Err() == nil; {
			err = say() // what is left of the refusals
		}
		if err != nil {
			t.Errorf("Send = %v, now that somebody is there", err)
		}
		labtest.Hears(t.T, there, "anybody?")
	})
}

// A send to a full queue is lost, and Linux says so only to sockets with
// IP_RECVERR: without it the send is a success (udp_send_skb).
func TestFullQueue(t *testing.T) {
	eachVersion(t, func(t *talk) {
		var err error
		labtest.In(t.T, t.a, func() error {
			err = netlink.QdiscReplace(&netlink.Tbf{
				QdiscAttrs: netlink.QdiscAttrs{LinkIndex: t.by0, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT},
				Rate:       1000, Buffer: netlink.Xmittime(1000, 2000), Limit: 2000, // bytes a second, and of burst and queue
			})
			return nil
		})
		if errors.Is(err, syscall.ENOENT) {
			t.Skip("this kernel has no tbf queue")
		} else if err != nil {
			t.Fatal(err)
		}
		const many = 100
		data := make([]byte, 1000)
		c := labtest.Socket(t.T, t.a, mcast.Config{Addr: anyOf(t.g)})
		for range many {
			if err := c.Send(data, t.g.AddrPort(), mcast.Via{IfIndex: t.by0}); err != nil {
				t.Fatalf("a full queue is told without being asked for: %v", err)
			}
		}
		if got := dropsOf(t, "eth0"); got < many/2 {
			t.Errorf("the queue dropped %d of %d, want most", got, many)
		}
		told := labtest.Socket(t.T, t.a, mcast.Config{Addr: anyOf(t.g), QueueErrors: true})
		for n := 0; err == nil && n < many; n++ {
			err = told.Send(data, t.g.AddrPort(), mcast.Via{IfIndex: t.by0})
		}
		if !errors.Is(err, syscall.ENOBUFS) {
			t.Errorf("with Config.QueueErrors: %v, want %v", err, syscall.ENOBUFS)
		}
	})
}

// dropsOf is how much A's queue has dropped.
func dropsOf(t *talk, name string) (drops uint64) {
	t.Helper()
	labtest.In(t.T, t.a, func() error {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		list, err := netlink.QdiscList(link)
		for _, q := range list {
			if s := q.Attrs().Statistics; s != nil && s.Queue != nil {
				drops += uint64(s.Queue.Drops)
			}
		}
		return err
	})
	return drops
}

// Close ends a Read that waits, also when there are further sockets.
func TestCloseEndsRead(t *testing.T) {
	eachVersion(t, func(t *talk) {
		c := t.listen()
		for n := range 45 {
			t.must(c.Join, t.nth(n), t.eth0)
		}
		ended := make(chan error, 1)
		reading := make(chan struct{})
		go func() {
			close(reading)
			_, err := c.Read(context.Background(), make([]mcast.Datagram, 1))
			ended <- err
		}()
		<-reading
		start := time.Now()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		select {
		case err := <-ended:
			if took := time.Since(start); !errors.Is(err, net.ErrClosed) || took > time.Second {
				t.Errorf("Read ends %v after Close with %v, want at once and %v", took, err, net.ErrClosed)
			}
		case <-time.After(5 * time.Second):
			t.Error("Read goes on after Close")
		}
	})
}

// The ICMP errors that come with QueueErrors take no room from what arrives.
func TestQueueErrorsLeaveRoom(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	c := labtest.Socket(t, a, mcast.Config{QueueErrors: true, ReadBuffer: 64 << 10})
	closed := netip.MustParseAddrPort("192.168.8.226:9")
	for range 3000 {
		labtest.In(t, a, func() error { c.Send(make([]byte, 100), closed, mcast.Via{}); return nil })
	}
	from := labtest.Socket(t, b, mcast.Config{})
	to := netip.AddrPortFrom(labtest.Addr("192.168.8.164"), c.LocalAddr().Port())
	labtest.In(t, b, func() error { return from.Send([]byte("still there?"), to, mcast.Via{}) })
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	batch := make([]mcast.Datagram, 1)
	_, err := c.Read(ctx, batch)
	for errors.Is(err, syscall.ECONNREFUSED) {
		_, err = c.Read(ctx, batch)
	}
	if err != nil || string(batch[0].Data) != "still there?" {
		t.Errorf("Read = %q, %v", batch[0].Data, err)
	}
}
