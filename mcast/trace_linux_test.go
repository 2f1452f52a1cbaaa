package mcast_test

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Every call on the socket is told, with its arguments and its result.
func TestTrace(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	var mu sync.Mutex
	var lines []string
	trace := &mcast.Trace{Call: func(c mcast.Call) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, c.String())
	}}
	eth0 := labtest.Device(t, a, "eth0")
	c := labtest.Socket(t, a, mcast.Config{Port: mcast.DefaultPort, Trace: trace})
	join(t, a, c, mcast.DefaultGroup, eth0)
	send(t, a, c, "hello", mcast.Via{IfIndex: eth0.Index})
	labtest.Hears(t, c, "hello")
	source := mcast.DefaultGroup
	source.Source = labtest.Addr("192.168.8.226")
	labtest.In(t, a, func() error { return c.Block(source, eth0) })
	labtest.In(t, a, func() error { return c.Unblock(source, eth0) })
	labtest.In(t, a, func() error { c.Send(nil, mcast.DefaultGroup.AddrPort(), mcast.Via{IfIndex: 99}); return nil })
	labtest.In(t, a, func() error { return c.Leave(mcast.DefaultGroup, eth0) })
	c.Close()

	on := fmt.Sprintf(`on eth0 \(%d\)`, eth0.Index)
	want := []string{
		`socket {AF_INET SOCK_DGRAM\|SOCK_CLOEXEC\|SOCK_NONBLOCK} = ok`,
		`setsockopt SO_BROADCAST 1 = ok \(by Go\)`,
		`setsockopt SO_REUSEADDR 1 = ok`,
		`setsockopt IP_MULTICAST_ALL 0 = ok`,
		`bind {0\.0\.0\.0:1234} = ok`,
		`setsockopt SO_RCVBUF 4194304 = ok`,
		`setsockopt IP_RECVTTL 1 = ok`,
		`setsockopt IP_PKTINFO 1 = ok`,
		`setsockopt IP_MULTICAST_LOOP 1 = ok`,
		`setsockopt IP_MULTICAST_TTL 1 = ok`,
		`setsockopt SO_TIMESTAMPNS 1 = ok`,
		`setsockopt MCAST_JOIN_GROUP {224\.0\.0\.114 ` + on + `} = ok`,
		`sendmsg {5 bytes to 224\.0\.0\.114:1234 by ` + `eth0 \(\d+\)} = 5 bytes`,
		`recvmmsg {from 192\.168\.8\.164:1234 to 224\.0\.0\.114 on \S+ \(\d+\) ttl 1} = 5 bytes`,
		`setsockopt MCAST_BLOCK_SOURCE {192\.168\.8\.226@224\.0\.0\.114 ` + on + `} = ok`,
		`setsockopt MCAST_UNBLOCK_SOURCE {192\.168\.8\.226@224\.0\.0\.114 ` + on + `} = ok`,
		`sendmsg {0 bytes to 224\.0\.0\.114:1234 by #99 \(99\)} = no such device`,
		`setsockopt MCAST_LEAVE_GROUP {224\.0\.0\.114 ` + on + `} = ok`,
		`close = ok`,
	}
	for n, pattern := range want {
		if n >= len(lines) || !regexp.MustCompile("^"+pattern+"$").MatchString(lines[n]) {
			t.Fatalf("call %d is not %q:\n%s", n, pattern, strings.Join(lines, "\n"))
		}
	}
	if len(lines) != len(want) {
		t.Errorf("%d calls are told, want %d:\n%s", len(lines), len(want), strings.Join(lines, "\n"))
	}
}

// Each datagram that passes is told, however it was sent, with the TTL that it got;
// one that the kernel refused is not.
func TestTraceTellsDatagrams(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	eth0 := labtest.Device(t, a, "eth0")
	var mu sync.Mutex
	var received, sent []string
	trace := &mcast.Trace{
		Received: func(c *mcast.Conn, batch []mcast.Datagram) {
			mu.Lock()
			defer mu.Unlock()
			for _, d := range batch {
				received = append(received, fmt.Sprintf("%s to %s:%d ttl %d", d.Data, d.To, c.LocalAddr().Port(), d.Hops))
			}
		},
		Sent: func(c *mcast.Conn, d mcast.Departure) {
			mu.Lock()
			defer mu.Unlock()
			if since := time.Since(d.At); since < 0 || since > time.Minute {
				t.Errorf("%s was sent %s ago", d.Data, since)
			}
			sent = append(sent, fmt.Sprintf("%s to %s by eth0: %v ttl %d", d.Data, d.To, d.Via.IfIndex == eth0.Index, d.Hops))
		},
	}
	c := labtest.Socket(t, a, mcast.Config{Port: mcast.DefaultPort, Hops: 3, Trace: trace})
	join(t, a, c, mcast.DefaultGroup, eth0)
	by := mcast.Via{IfIndex: eth0.Index}
	send(t, a, c, "one", by)
	labtest.In(t, a, func() error {
		if err := c.SetHops(0); err != nil {
			return err
		}
		_, err := c.SendBatch([]mcast.Outgoing{{Data: []byte("two"), To: mcast.DefaultGroup.AddrPort(), Via: by}, {Data: []byte("three"), To: netip.MustParseAddrPort("127.0.0.1:1234")}})
		return err
	})
	labtest.In(t, a, func() error { c.Send(nil, mcast.DefaultGroup.AddrPort(), mcast.Via{IfIndex: 99}); return nil })
	for range 3 {
		labtest.Next(t, c)
	}
	connected := labtest.Socket(t, a, mcast.Config{Remote: netip.MustParseAddrPort("127.0.0.1:1234"), Trace: &mcast.Trace{Sent: trace.Sent}})
	labtest.In(t, a, func() error {
		return errors.Join(connected.SetUnicastHops(9), connected.Send([]byte("four"), netip.AddrPort{}, mcast.Via{}))
	})
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(received) // lo and eth0 are not in an order
	if want := []string{"one to 224.0.0.114:1234 ttl 3", "three to 127.0.0.1:1234 ttl 64", "two to 224.0.0.114:1234 ttl 0"}; !slices.Equal(received, want) {
		t.Errorf("received %q, want %q", received, want)
	}
	if want := []string{"one to 224.0.0.114:1234 by eth0: true ttl 3", "two to 224.0.0.114:1234 by eth0: true ttl 0", "three to 127.0.0.1:1234 by eth0: false ttl 64",
		"four to 127.0.0.1:1234 by eth0: false ttl 9"}; !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
}
