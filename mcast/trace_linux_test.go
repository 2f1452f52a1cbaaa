package mcast_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

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
