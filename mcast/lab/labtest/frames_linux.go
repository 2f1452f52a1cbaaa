package labtest

import (
	"os"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
)

// Frames sends Ethernet frames out of eth0 of a host as they are, forged ones
// too.
func Frames(t testing.TB, node *lab.Node, frames ...[]byte) {
	t.Helper()
	eth0 := Device(t, node, "eth0")
	In(t, node, func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0) // which receives nothing
		if err != nil {
			return os.NewSyscallError("socket", err)
		}
		defer unix.Close(fd)
		for _, frame := range frames {
			if err := unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: eth0.Index}); err != nil {
				return os.NewSyscallError("sendto", err)
			}
		}
		return nil
	})
}

// Plug makes an interface in a host, with a cable whose other end, far, is in the
// host too, and waits for its carrier.
func Plug(t testing.TB, node *lab.Node, name string) {
	t.Helper()
	In(t, node, func() error {
		cable := netlink.NewVeth(netlink.LinkAttrs{Name: name})
		cable.PeerName = "far"
		if err := netlink.LinkAdd(cable); err != nil {
			return err
		}
		for _, end := range []string{"far", name} {
			link, err := netlink.LinkByName(end)
			if err != nil {
				return err
			}
			if err := netlink.LinkSetUp(link); err != nil {
				return err
			}
		}
		return nil
	})
	Eventually(t, name+" has its carrier", func() bool { return Device(t, node, name).Carrier() })
}
