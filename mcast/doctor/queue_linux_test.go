package doctor

import (
	"errors"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
)

// SlowQueue gives an interface a queue for the length of a test: it sends rate
// bytes a second and holds limit bytes, and as many leave at once. In runs a
// function where the interface is.
func SlowQueue(t *testing.T, in func(func() error), ifIndex int, rate uint64, limit uint32) {
	t.Helper()
	var err error
	in(func() error {
		err = netlink.QdiscReplace(&netlink.Tbf{
			QdiscAttrs: netlink.QdiscAttrs{LinkIndex: ifIndex, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT},
			Rate:       rate, Buffer: netlink.Xmittime(rate, limit), Limit: limit,
		})
		return nil
	})
	if errors.Is(err, syscall.ENOENT) {
		t.Skip("this kernel has no tbf queue")
	} else if err != nil {
		t.Fatal(err)
	}
}
