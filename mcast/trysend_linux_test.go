package mcast_test

import (
	"errors"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Datagrams to an address that nobody has wait for ARP, and fill the send
// buffer.
func TestAFullSendBuffer(t *testing.T) {
	l := labtest.BuildAlone(t, lab.Topology{
		Switches: []lab.Switch{{Name: "lan"}},
		Hosts: []lab.Host{{Name: "A", Interfaces: []lab.Interface{
			{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("10.0.0.1/24")},
		}}},
	})
	a := l.Host("A")
	c := labtest.Socket(t, a, mcast.Config{WriteBuffer: 20_000})
	nobody := netip.MustParseAddrPort("10.0.0.99:9")
	list := make([]mcast.Outgoing, 200)
	for i := range list {
		list[i] = mcast.Outgoing{Data: []byte("hello"), To: nobody}
	}
	n, err := c.TrySendBatch(list)
	if n == 0 || n == len(list) || !errors.Is(err, syscall.EAGAIN) {
		t.Errorf("TrySendBatch takes %d of %d, and says %v; want some, and EAGAIN", n, len(list), err)
	}
	if err := c.SetWriteDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.SendBatch(list); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("SendBatch with a deadline takes %d, and says %v; want 0, and %v", n, err, os.ErrDeadlineExceeded)
	}
	if n, err := c.TrySendBatch(list[:1]); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("TrySendBatch after the deadline takes %d, and says %v", n, err)
	}
	if err := c.SetWriteDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if n, err := c.SendBatch(list[:1]); n != 1 || err != nil { // after 3 s the kernel gives up
		t.Errorf("SendBatch that waits takes %d, and says %v; want 1", n, err)
	}
}
