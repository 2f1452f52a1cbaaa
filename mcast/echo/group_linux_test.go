package echo_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/echo"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func TestEveryMemberOfAGroupAnswersOnce(t *testing.T) {
	l := labtest.BuildAlone(t, lan())
	d := l.Host("D")
	var servers []*echo.Responder
	for _, name := range []string{"A", "B", "C"} {
		r, _ := member(t, l.Host(name), echo.Config{})
		servers = append(servers, r)
	}
	client := labtest.Socket(t, d, mcast.Config{})
	send(t, d, client, "hello", group.AddrPort(), mcast.Via{})
	var answers []string
	for range 3 {
		from, text := next(t, client)
		if from.Port() == group.Port {
			t.Errorf("%s answers from the group's own port, which is echoed", from)
		}
		answers = append(answers, from.Addr().String()+" "+text)
	}
	slices.Sort(answers)
	if got, want := fmt.Sprint(answers), "[10.0.0.1 hello 10.0.0.2 hello 10.0.0.3 hello]"; got != want {
		t.Errorf("answers are %s, want %s", got, want)
	}
	for _, r := range servers {
		labtest.Eventually(t, "an answer is counted", func() bool { return r.Stats().Answers == 1 })
		if got := r.Stats().Requests; got != 1 {
			t.Errorf("a server heard %d requests, want 1: the answers of the others are none", got)
		}
	}
}

func TestWhoGetsNoAnswerFromAGroup(t *testing.T) {
	l := labtest.BuildAlone(t, lan())
	r, joined := member(t, l.Host("A"), echo.Config{})
	z, b := l.Host("Z"), l.Host("B")
	far, near, service := labtest.Socket(t, z, mcast.Config{}), labtest.Socket(t, b, mcast.Config{}), labtest.Socket(t, b, mcast.Config{Port: 1900})
	byEth0 := func(host *lab.Node) mcast.Via { return mcast.Via{IfIndex: labtest.Device(t, host, "eth0").Index} }

	send(t, z, far, "off link", group.AddrPort(), byEth0(z))
	labtest.Eventually(t, "an off-link source is refused", func() bool { return r.Stats().OffLink == 1 })
	send(t, b, service, "service", group.AddrPort(), byEth0(b))
	labtest.Eventually(t, "a service port is refused", func() bool { return r.Stats().ServicePort == 1 })
	alone := netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), joined.LocalAddr().Port())
	send(t, b, near, "to A alone", alone, mcast.Via{})
	labtest.Eventually(t, "unicast is refused", func() bool { return r.Stats().Unicast == 1 })
	send(t, b, near, "hello", group.AddrPort(), byEth0(b))
	if _, text := next(t, near); text != "hello" {
		t.Errorf("the first answer is %q, want that to hello", text)
	}
	addsUp(t, r)
}

// forged sends, from host, one datagram that claims another source.
func forged(t *testing.T, host *lab.Node, from, to netip.AddrPort, text string) {
	t.Helper()
	udp := make([]byte, 8, 8+len(text))
	binary.BigEndian.PutUint16(udp, from.Port())
	binary.BigEndian.PutUint16(udp[2:], to.Port())
	binary.BigEndian.PutUint16(udp[4:], uint16(8+len(text)))
	udp = append(udp, text...) // no checksum (RFC 768)
	labtest.In(t, host, func() error {
		c, err := net.ListenPacket("ip4:17", "0.0.0.0")
		if err != nil {
			return err
		}
		defer c.Close()
		raw, err := ipv4.NewRawConn(c)
		if err != nil {
			return err
		}
		return raw.WriteTo(&ipv4.Header{Version: 4, Len: ipv4.HeaderLen, TotalLen: ipv4.HeaderLen + len(udp), TTL: 64,
			Protocol: 17, Src: from.Addr().AsSlice(), Dst: to.Addr().AsSlice()}, udp, nil)
	})
}

// One datagram, sent by C with B's address, sets A and B on each other.
func TestAForgedStartBetweenTwoServers(t *testing.T) {
	for _, c := range []struct {
		name       string
		a, b       uint16
		cfgA, cfgB echo.Config
		delay      time.Duration
		forged     int
	}{
		{"on one port", 1234, 1234, echo.Config{}, echo.Config{}, 0, 1},
		{"on one port, unlimited", 1234, 1234, echo.Config{Unlimited: true}, echo.Config{Unlimited: true}, 0, 1},
		{"on two ports, both unlimited", 1234, 5678, echo.Config{Unlimited: true}, echo.Config{Unlimited: true}, 0, 1},
		{"on two ports, one unlimited", 1234, 5678, echo.Config{Unlimited: true}, echo.Config{}, 0, 1},
		{"on two ports, slow, 20 of them", 1234, 5678, echo.Config{}, echo.Config{}, 50 * time.Millisecond, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := labtest.BuildAlone(t, lan())
			if c.delay > 0 {
				if err := l.Host("A").Link("eth0").Delay(c.delay); err != nil {
					t.Fatal(err)
				}
			}
			a, connA := server(t, l.Host("A"), mcast.Config{Port: c.a}, c.cfgA)
			b, connB := server(t, l.Host("B"), mcast.Config{Port: c.b}, c.cfgB)
			start := time.Now()
			for n := range c.forged {
				forged(t, l.Host("C"), at(2, connB.LocalAddr().Port()), at(1, connA.LocalAddr().Port()), fmt.Sprint("start ", n))
			}
			labtest.Eventually(t, "A is asked", func() bool { return a.Stats().Requests > 0 })
			// Quiet: nothing more is heard for longer than a round trip.
			last, changed := uint64(0), start
			look := time.NewTicker(time.Millisecond)
			defer look.Stop()
			for quiet := false; !quiet && time.Since(start) < 10*time.Second; {
				if n := a.Stats().Requests + b.Stats().Requests; n != last {
					last, changed = n, time.Now()
				}
				quiet = time.Since(changed) > 500*time.Millisecond
				<-look.C
			}
			// That it is 1 s is shown in TestTwoServersGoQuiet, by a clock that others
			// do not slow down.
			if took := changed.Sub(start); took > 3*time.Second {
				t.Errorf("still talking after %v, want quiet after 1s", took)
			}
			t.Logf("quiet after %v, %d answers by A, %d by B", changed.Sub(start), a.Stats().Answers, b.Stats().Answers)
			addsUp(t, a)
			addsUp(t, b)
		})
	}
}

// Two servers of one group, and a datagram that claims to come from one of
// them.
func TestTwoServersInAGroup(t *testing.T) {
	l := labtest.BuildAlone(t, lan())
	a, _ := member(t, l.Host("A"), echo.Config{})
	b, _ := member(t, l.Host("B"), echo.Config{})
	d := l.Host("D")
	forged(t, l.Host("C"), at(2, group.Port), group.AddrPort(), "start")
	labtest.Eventually(t, "B hears A's answer", func() bool { return b.Stats().Unicast == 1 })
	client := labtest.Socket(t, d, mcast.Config{})
	send(t, d, client, "hello", group.AddrPort(), mcast.Via{})
	next(t, client)
	next(t, client)
	for name, r := range map[string]*echo.Responder{"A": a, "B": b} {
		labtest.Eventually(t, name+" has answered", func() bool { s := r.Stats(); return s.Requests >= 2 && s.Answers >= 1 })
		if s := r.Stats(); s.Answers > 2 {
			t.Errorf("%s gave %d answers to 2 requests", name, s.Answers)
		}
		addsUp(t, r)
	}
}
