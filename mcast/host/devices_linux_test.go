package host_test

import (
	"context"
	"maps"
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// A socket that is bound to an interface is listed with it, whatever the IP
// version, and one that is not is left out.
func TestSocketDevices(t *testing.T) {
	const port = 7001
	a := labtest.Build(t, lab.Topology{
		Switches: []lab.Switch{{Name: "lan"}},
		Hosts:    []lab.Host{{Name: "A", Interfaces: []lab.Interface{{Name: "eth0", Switch: "lan"}, {Name: "eth1", Switch: "lan"}}}},
	}).Host("A")
	want := map[uint64]int{}
	for _, s := range []struct{ network, at, device string }{
		{"udp4", "0.0.0.0:7001", "eth0"}, {"udp4", "0.0.0.0:7001", ""}, {"udp6", "[::]:7001", "eth1"}, {"udp4", "0.0.0.0:7002", "eth0"},
	} {
		lc := net.ListenConfig{Control: func(_, _ string, rc syscall.RawConn) (err error) {
			_ = rc.Control(func(fd uintptr) {
				if err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err == nil && s.device != "" {
					err = unix.BindToDevice(int(fd), s.device)
				}
			})
			return err
		}}
		var inode uint64
		labtest.In(t, a, func() error {
			c, err := lc.ListenPacket(context.Background(), s.network, s.at)
			if err != nil {
				return err
			}
			t.Cleanup(func() { c.Close() })
			rc, err := c.(*net.UDPConn).SyscallConn()
			if err != nil {
				return err
			}
			return rc.Control(func(fd uintptr) {
				var stat unix.Stat_t
				if unix.Fstat(int(fd), &stat) == nil {
					inode = stat.Ino
				}
			})
		})
		if s.device != "" && s.at != "0.0.0.0:7002" {
			want[inode] = labtest.Device(t, a, s.device).Index
		}
	}
	labtest.In(t, a, func() error {
		got, err := host.SocketDevices(port)
		if err == nil && !maps.Equal(got, want) {
			t.Errorf("bound to interfaces: %v, want %v", got, want)
		}
		return err
	})
}
