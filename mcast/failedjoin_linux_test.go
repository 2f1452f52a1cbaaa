package mcast_test

import (
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// A join that fails on a further socket leaves nothing behind: no socket, and
// no IP_MULTICAST_ALL that lets strays in.
func TestFailedJoinLeavesNothing(t *testing.T) {
	eachVersion(t, func(t *talk) {
		c, another := t.listen(), t.listen()
		t.must(another.Join, t.g, t.eth0)
		gone := host.Interface{Index: 4711, Name: "gone"}
		wanted := t.nth(700)
		if t.g.Addr.Is4() { // the socket that reads is full
			for n := range 20 {
				t.must(c.Join, t.nth(n), t.eth1)
			}
			t.must(c.Leave, t.nth(19), t.eth1)
		} else { // a source does not go together with the group elsewhere
			t.must(c.Join, wanted, t.eth1)
			wanted.Source = t.source(5)
		}
		files := labtest.OpenFiles(t.T)
		t.refuses("on an interface that is gone", c.Join, wanted, gone, syscall.ENODEV)
		if got := labtest.OpenFiles(t.T); got != files {
			t.Errorf("%d files are open after a join that failed, want %d as before", got, files)
		}
		t.hears("after a join that failed", c, []int{1, 2}, nil)
	})
}

// A membership that has moved to another socket holds, even if the kernel no
// longer knows the old one.
func TestMovedMembershipHolds(t *testing.T) {
	eachVersion(t, func(t *talk) {
		if t.g.Addr.Is4() {
			return // each interface has its own filter, so nothing moves
		}
		var c *mcast.Conn
		var raw syscall.RawConn
		moving := false
		c = labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(t.g), Port: t.g.Port, Trace: &mcast.Trace{Call: func(call mcast.Call) {
			if moving && call.Option == "MCAST_JOIN_GROUP" { // on the new socket
				moving = false
				raw.Control(func(fd uintptr) {
					mreq := &unix.IPv6Mreq{Multiaddr: t.g.Addr.As16(), Interface: uint32(t.eth0.Index)}
					if err := unix.SetsockoptIPv6Mreq(int(fd), unix.IPPROTO_IPV6, unix.IPV6_LEAVE_GROUP, mreq); err != nil {
						t.Error(err)
					}
				})
			}
		}}})
		raw, err := c.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		t.must(c.Join, t.mark, t.eth0)
		t.must(c.Join, t.g, t.eth0)
		t.must(c.Join, t.g, t.eth1)
		moving = true
		t.must(c.Block, t.only(3), t.eth0)
		if got := c.Blocked(t.g, t.eth0); !slices.Contains(got, t.source(3)) {
			t.Errorf("blocked are %v, want %s", got, t.source(3))
		}
		t.hears("blocked after the move", c, []int{2, 3, 100}, []int{2, 100})
	})
}
