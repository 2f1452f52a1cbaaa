package echo_test

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/echo"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// flood sends 50,000 datagrams a second for a while, as far as the machine
// keeps up.
func flood(host *lab.Node, c *mcast.Conn, to netip.AddrPort, long time.Duration) (sent int, err error) {
	err = host.Do(func() error {
		data := make([]byte, 64)
		pace := time.NewTicker(50 * time.Microsecond)
		defer pace.Stop()
		for start := time.Now(); time.Since(start) < long; {
			if due := int(time.Since(start).Seconds() * 50_000); sent >= due {
				<-pace.C
				continue
			}
			if err := c.Send(data, to, mcast.Via{}); err != nil {
				return err
			}
			sent++
		}
		return nil
	})
	return sent, err
}

// B and C flood, and D asks all the while, at half of what it may.
func TestAFloodIsKeptOut(t *testing.T) {
	for _, c := range []struct {
		name    string
		any, to netip.Addr
		joined  bool
	}{
		{"unicast", netip.IPv4Unspecified(), netip.MustParseAddr("10.0.0.1"), false},
		{"IPv6", netip.IPv6Unspecified(), netip.MustParseAddr("2001:db8::1"), false},
		{"group", netip.IPv4Unspecified(), group.Addr, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := labtest.BuildAlone(t, lan())
			a, d := l.Host("A"), l.Host("D")
			var r *echo.Responder
			var conn *mcast.Conn
			if c.joined {
				r, conn = member(t, a, echo.Config{})
			} else {
				r, conn = server(t, a, mcast.Config{Addr: c.any, ReadBuffer: 200 << 10}, echo.Config{})
			}
			to := netip.AddrPortFrom(c.to, conn.LocalAddr().Port())
			if c.any.Is6() {
				// All hosts here are in one network of 64 bits, and count as
				// one source; D has an address elsewhere.
				for _, add := range []struct {
					host *lab.Node
					addr string
				}{{a, "2001:db8:1::1/64"}, {d, "2001:db8:1::4/64"}} {
					if err := add.host.Link("eth0").AddAddr(netip.MustParsePrefix(add.addr)); err != nil {
						t.Fatal(err)
					}
				}
			}
			ask := to
			if c.any.Is6() {
				ask = netip.AddrPortFrom(netip.MustParseAddr("2001:db8:1::1"), to.Port())
			}
			client := labtest.Socket(t, d, mcast.Config{Addr: c.any})
			var wait sync.WaitGroup
			sent := make([]int, 2)
			for n, name := range []string{"B", "C"} {
				host := l.Host(name)
				from := labtest.Socket(t, host, mcast.Config{Addr: c.any})
				wait.Go(func() {
					var err error
					if sent[n], err = flood(host, from, to, 1500*time.Millisecond); err != nil {
						t.Errorf("%s floods: %v", name, err)
					}
				})
			}
			flooding := 2
			if c.any.Is6() {
				flooding = 1
			}
			labtest.Eventually(t, "those that flood are shut out", func() bool { return r.Stats().Flooding == flooding })
			pace := time.NewTicker(40 * time.Millisecond) // half of D's limit
			defer pace.Stop()
			for n := range 25 {
				text := fmt.Sprint("request ", n)
				send(t, d, client, text, ask, mcast.Via{})
				if _, got := next(t, client); got != text {
					t.Fatalf("asked %q while others flood, and got %q", text, got)
				}
				<-pace.C
			}
			wait.Wait()
			// The filter is looked after once a second.
			labtest.Eventually(t, "what was kept out is counted", func() bool {
				s := r.Stats()
				return s.Filtered+s.Requests+conn.Stats().Dropped-s.Filtered >= uint64(sent[0]+sent[1]+25) && s.Filtered > s.Requests
			})
			s := r.Stats()
			t.Logf("sent %v; %d read, %d answered, %d filtered by the kernel", sent, s.Requests, s.Answers, s.Filtered)
			if s.Answers > 25+2*150 {
				t.Errorf("%d answers, want at most 50 a second for each that floods", s.Answers)
			}
			addsUp(t, r)
		})
	}
}

// Who was shut out is let in again when its time is over, which is shorter
// here.
func TestWhoFloodedIsServedAgain(t *testing.T) {
	l := labtest.BuildAlone(t, lan())
	b := l.Host("B")
	r, conn := server(t, l.Host("A"), mcast.Config{}, echo.ShutOutFor(echo.Config{}, 200*time.Millisecond))
	to := netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), conn.LocalAddr().Port())
	from := labtest.Socket(t, b, mcast.Config{})
	labtest.Eventually(t, "B is shut out", func() bool {
		if _, err := flood(b, from, to, 50*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		return r.Stats().Filtered > 0
	})
	askUntilAnswered(t, b, to)
}
