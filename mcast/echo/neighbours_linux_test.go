package echo

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// What the kernel knows of a neighbour, before and after a datagram to it.
func TestKernelKnowsNeighbours(t *testing.T) {
	topology := lab.Topology{Switches: []lab.Switch{{Name: "lan"}}}
	for _, h := range []struct{ name, four, six string }{
		{"A", "10.0.0.1/24", "2001:db8::1/64"}, {"B", "10.0.0.2/24", "2001:db8::2/64"},
	} {
		topology.Hosts = append(topology.Hosts, lab.Host{Name: h.name, Interfaces: []lab.Interface{
			{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes(h.four, h.six)},
		}})
	}
	topology.Hosts[0].Routes = []lab.Route{
		{Dst: netip.MustParsePrefix("203.0.113.0/24"), Via: netip.MustParseAddr("10.0.0.2")},
		{Dst: netip.MustParsePrefix("198.51.100.0/24"), Via: netip.MustParseAddr("10.0.0.77")},
		{Dst: netip.MustParsePrefix("10.66.0.2/32"), Dev: "eth0"}, // on the link, outside of its networks
	}
	l := labtest.BuildAlone(t, topology)
	a := l.Host("A")
	eth0 := labtest.Device(t, a, "eth0").Index
	four, six := labtest.Socket(t, a, mcast.Config{}), labtest.Socket(t, a, mcast.Config{Addr: netip.IPv6Unspecified()})
	for _, c := range []struct {
		name          string
		to            string
		via           mcast.Via
		before, after state
	}{
		{"a host", "10.0.0.2", mcast.Via{}, unknown, resolved},
		{"a host, from an address", "10.0.0.2", mcast.Via{Source: labtest.Addr("10.0.0.1")}, resolved, resolved},
		{"nobody", "10.0.0.99", mcast.Via{Source: labtest.Addr("10.0.0.1")}, unknown, unresolved},
		{"nobody, by an interface", "10.0.0.98", mcast.Via{IfIndex: eth0}, unknown, unresolved},
		{"nobody, outside of the prefix", "10.66.0.2", mcast.Via{}, unknown, unresolved},
		{"behind a router", "203.0.113.9", mcast.Via{}, resolved, resolved},
		{"behind a router that is not there", "198.51.100.9", mcast.Via{}, unknown, unresolved},
		{"our own", "10.0.0.1", mcast.Via{}, resolved, resolved},
		{"lo", "127.0.0.9", mcast.Via{}, resolved, resolved},
		{"IPv6", "2001:db8::2", mcast.Via{}, unknown, resolved},
		{"IPv6, nobody", "2001:db8::99", mcast.Via{Source: labtest.Addr("2001:db8::1")}, unknown, unresolved},
		{"IPv6, nobody, link-local", "fe80::99", mcast.Via{IfIndex: eth0}, unknown, unresolved},
		{"IPv6, our own", "2001:db8::1", mcast.Via{}, resolved, resolved},
	} {
		t.Run(c.name, func(t *testing.T) {
			to := destination{addr: labtest.Addr(c.to), via: c.via}
			conn := four
			if to.addr.Is6() {
				conn = six
			}
			k := openKernelIn(t, a, conn)
			if got := k.neighbour(to); got != c.before {
				t.Errorf("%s: state %d before a datagram, want %d", c.to, got, c.before)
			}
			labtest.In(t, a, func() error { return conn.Send([]byte("hello"), netip.AddrPortFrom(to.addr, 9), c.via) })
			labtest.Eventually(t, "the neighbour has its state", func() bool { return k.neighbour(to) == c.after })
		})
	}
	t.Run("no route", func(t *testing.T) {
		if got := openKernelIn(t, a, four).neighbour(destination{addr: labtest.Addr("192.0.2.1")}); got != resolved {
			t.Errorf("state %d, want it resolved: the send tells", got)
		}
	})
	t.Run("an interface without ARP", func(t *testing.T) {
		labtest.In(t, a, func() error { return switchARPOff("eth0") })
		if got := openKernelIn(t, a, four).neighbour(destination{addr: labtest.Addr("10.0.0.97")}); got != resolved {
			t.Errorf("state %d, want it resolved: nobody is asked", got)
		}
	})
}

func openKernelIn(t *testing.T, host *lab.Node, c *mcast.Conn) *kernel {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var k *kernel
	labtest.In(t, host, func() (err error) {
		k, err = openKernel(raw, c.LocalAddr())
		return err
	})
	t.Cleanup(k.close)
	return k
}

func switchARPOff(name string) error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	request, err := unix.NewIfreq(name)
	if err == nil {
		err = unix.IoctlIfreq(s, unix.SIOCGIFFLAGS, request)
	}
	if err == nil {
		request.SetUint16(request.Uint16() | unix.IFF_NOARP)
		err = unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, request)
	}
	return err
}
