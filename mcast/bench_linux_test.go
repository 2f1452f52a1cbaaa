package mcast_test

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// BenchmarkJoin1000 joins a thousand groups with one Conn, in a namespace of
// its own; opening and closing it does not count. The limit is 50 ms an op.
func BenchmarkJoin1000(b *testing.B) {
	l, err := benchLab(b)
	if err != nil {
		b.Fatal(err)
	}
	for _, v := range versions {
		for _, filtered := range []bool{false, true} {
			name := v.name
			if filtered {
				name += "/source"
			}
			b.Run(name, func(b *testing.B) {
				err := l.Host("A").Do(func() error { return join1000(b, v, filtered) })
				if err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

func join1000(b *testing.B, v version, filtered bool) error {
	list, err := host.Interfaces()
	if err != nil {
		return err
	}
	eth0, err := host.Find(list, "eth0")
	if err != nil {
		return err
	}
	for b.Loop() {
		b.StopTimer()
		c, err := mcast.Listen(b.Context(), mcast.Config{Addr: anyOf(v.nth(0))})
		if err != nil {
			return err
		}
		b.StartTimer()
		for n := range 1000 {
			g := v.nth(n)
			if filtered {
				g.Source = v.source(1)
			}
			err = errors.Join(err, c.Join(g, eth0))
		}
		b.StopTimer()
		if err = errors.Join(err, c.Close()); err != nil {
			return err
		}
		b.StartTimer()
	}
	return nil
}

// BenchmarkSend sends to lo, with a plain net.UDPConn in the same run. A Trace
// that is not set must cost nothing: no allocation and no time that shows.
func BenchmarkSend(b *testing.B) {
	l, err := benchLab(b)
	if err != nil {
		b.Fatal(err)
	}
	to := netip.MustParseAddrPort("127.0.0.1:9")
	data := make([]byte, 64)
	run := func(name string, open func() (send func() error, err error)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var send func() error
			err := l.Host("A").Do(func() (err error) {
				send, err = open()
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := send(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	conn := func(trace *mcast.Trace, via mcast.Via) func() (func() error, error) {
		return func() (func() error, error) {
			c, err := mcast.Listen(b.Context(), mcast.Config{Trace: trace})
			if err != nil {
				return nil, err
			}
			b.Cleanup(func() { c.Close() })
			return func() error { return c.Send(data, to, via) }, nil
		}
	}
	told := 0
	run("net", func() (func() error, error) {
		udp, err := net.ListenUDP("udp4", nil)
		if err != nil {
			return nil, err
		}
		b.Cleanup(func() { udp.Close() })
		return func() error { _, err := udp.WriteToUDPAddrPort(data, to); return err }, nil
	})
	run("trace=nil", conn(nil, mcast.Via{}))
	run("trace=empty", conn(&mcast.Trace{}, mcast.Via{}))
	run("trace=set", conn(&mcast.Trace{Call: func(mcast.Call) { told++ }}, mcast.Via{}))
	run("trace=nil/by interface", conn(nil, mcast.Via{IfIndex: 1}))
}

// A Conn that nobody traces sends as a plain socket does, and allocates no
// more.
func TestSendAllocatesNothing(t *testing.T) {
	a := labtest.Build(t, twoWires()).Host("A")
	c := labtest.Socket(t, a, mcast.Config{})
	data, to := make([]byte, 64), netip.MustParseAddrPort("127.0.0.1:9")
	if got := testing.AllocsPerRun(100, func() { _ = c.Send(data, to, mcast.Via{}) }); got != 0 {
		t.Errorf("Send allocates %v times, want none", got)
	}
	var told time.Time
	c = labtest.Socket(t, a, mcast.Config{Trace: &mcast.Trace{Call: func(call mcast.Call) { told = call.At }}})
	_ = c.Send(data, to, mcast.Via{})
	if told.IsZero() {
		t.Error("a Trace that is set is not told of the send")
	}
}

func benchLab(b *testing.B) (*lab.Lab, error) {
	l, err := lab.Up(b.Context(), twoWires())
	if err == nil {
		b.Cleanup(func() { l.Close() })
	}
	return l, err
}
