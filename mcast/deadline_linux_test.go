package mcast_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// A Send that waits for a slow interface ends at the deadline, alone and in a
// batch, and those that wait behind it for another interface as well.
func TestWriteDeadline(t *testing.T) {
	eachVersion(t, func(t *talk) {
		slowQueue(t.T, t.a, "eth0", 5000) // bytes a second
		c := labtest.Socket(t.T, t.a, mcast.Config{Addr: anyOf(t.g), WriteBuffer: 4 << 10})
		slow, fast := mcast.Via{IfIndex: t.by0}, mcast.Via{IfIndex: t.by1}
		big := make([]byte, 1200)
		fill := func() error {
			for {
				if err := c.Send(big, t.g.AddrPort(), slow); err != nil {
					return err
				}
			}
		}
		ended := make(chan error, 1)
		go func() { ended <- fill() }()
		labtest.Eventually(t.T, "the send buffer is full", func() bool {
			return c.Stats().Sent > 1
		})
		if err := c.SetWriteDeadline(time.Unix(1, 0)); err != nil { // also for a Send that waits
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Send by a slow interface: %v, want ErrDeadlineExceeded", err)
		}
		list := []mcast.Outgoing{{Data: big, To: t.g.AddrPort(), Via: fast}, {Data: big, To: t.g.AddrPort(), Via: slow}}
		if n, err := c.SendBatch(list); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("SendBatch after the deadline: %d, %v", n, err)
		}
		if err := c.SetWriteDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		heard := labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(t.g), Port: t.g.Port})
		join(t.T, t.b, heard, t.g, t.eth1)
		// The buffer is the socket's: a Send by another interface waits for
		// room that the slow one makes.
		labtest.In(t.T, t.a, func() error { return c.Send([]byte("after all"), t.g.AddrPort(), fast) })
		labtest.Hears(t.T, heard, "after all")
	})
}
