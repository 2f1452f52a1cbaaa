package host_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/vishvananda/netlink"
)

// Interfaces says what package net says: flags, MTU and addresses, the own one
// of a point-to-point link among them.
func TestInterfacesAsPackageNetHasThem(t *testing.T) {
	a := labtest.Build(t, lab.Topology{
		Switches: []lab.Switch{{Name: "lan"}},
		Hosts: []lab.Host{{Name: "A", Interfaces: []lab.Interface{
			{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("10.0.0.1/24", "172.16.5.1/20", "fd00:1::1/64", "fd00:2::7/48")},
		}}},
	}).Host("A")
	labtest.In(t, a, func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		if err := netlink.LinkSetMTU(link, 1400); err != nil {
			return err
		}
		return netlink.AddrAdd(link, &netlink.Addr{IPNet: labtest.IPNet("10.66.0.1/32"), Peer: labtest.IPNet("10.66.0.2/32")})
	})
	manyBridges(t, a, 3)
	labtest.In(t, a, func() error {
		list, err := host.Interfaces()
		if err != nil {
			return err
		}
		theirs, err := net.Interfaces()
		if err != nil {
			return err
		}
		if len(list) != len(theirs) || len(list) != 5 {
			t.Fatalf("%d interfaces, and package net has %d; want 5", len(list), len(theirs))
		}
		for n, i := range list {
			ifi := theirs[slices.IndexFunc(theirs, func(other net.Interface) bool { return other.Index == i.Index })]
			if n > 0 && list[n-1].Index >= i.Index {
				t.Errorf("%s is out of order", i.Name)
			}
			if i.Name != ifi.Name || i.Flags != ifi.Flags || i.MTU != ifi.MTU {
				t.Errorf("%+v, and package net has %+v", i, ifi)
			}
			addrs, err := ifi.Addrs()
			if err != nil {
				return err
			}
			var want []netip.Prefix
			for _, a := range addrs {
				want = append(want, netip.MustParsePrefix(a.String()))
			}
			if !slices.Equal(i.Addrs, want) {
				t.Errorf("%s has %v, and package net has %v", i.Name, i.Addrs, want)
			}
			if got := host.InterfaceName(i.Index); got != i.Name {
				t.Errorf("InterfaceName(%d) is %q, want %s", i.Index, got, i.Name)
			}
		}
		return nil
	})
}

// manyBridges gives a host n more interfaces, each with an address.
func manyBridges(t testing.TB, a *lab.Node, n int) {
	t.Helper()
	labtest.In(t, a, func() error {
		for k := range n {
			if err := addBridge(k); err != nil {
				return err
			}
		}
		return nil
	})
}

func addBridge(k int) error {
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: fmt.Sprintf("many%d", k)}}
	if err := netlink.LinkAdd(bridge); err != nil {
		return err
	}
	return netlink.AddrAdd(bridge, &netlink.Addr{IPNet: labtest.IPNet(fmt.Sprintf("10.%d.%d.1/24", 100+k/250, k%250))})
}

// What it costs to list the interfaces, to name one, and to hear of one more
// among many. "times ip" is the list beside `ip -json addr`, measured in turn.
func BenchmarkManyInterfaces(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			a := labtest.Build(b, lab.Topology{Hosts: []lab.Host{{Name: "A"}}}).Host("A")
			manyBridges(b, a, n)
			in := func(name string, run func(b *testing.B) error) {
				b.Run(name, func(b *testing.B) { labtest.In(b, a, func() error { return run(b) }) })
			}
			in("list", func(b *testing.B) error {
				b.ReportAllocs()
				for b.Loop() {
					if list, err := host.Interfaces(); err != nil || len(list) != n+1 {
						return fmt.Errorf("%d interfaces, %w", len(list), err)
					}
				}
				return nil
			})
			in("beside ip", func(b *testing.B) error {
				var ours, theirs time.Duration
				for b.Loop() {
					start := time.Now()
					if _, err := host.Interfaces(); err != nil {
						return err
					}
					between := time.Now()
					if err := exec.Command("ip", "-json", "addr").Run(); err != nil {
						return err
					}
					ours, theirs = ours+between.Sub(start), theirs+time.Since(between)
				}
				b.ReportMetric(float64(ours)/float64(theirs), "times-ip")
				return nil
			})
			in("name", func(b *testing.B) error {
				for b.Loop() {
					host.InterfaceName(n)
				}
				return nil
			})
			in("watch", func(b *testing.B) error {
				ctx, cancel := context.WithCancel(b.Context())
				defer cancel()
				changes := make(chan host.Change, 10*n)
				go a.Do(func() error { return host.Watch(ctx, func(ch host.Change) { changes <- ch }) })
				until := func(kind host.ChangeKind, name string) {
					for ch := range changes {
						if ch.Kind == kind && ch.Interface.Name == name {
							return
						}
					}
				}
				until(host.AddressAdded, fmt.Sprintf("many%d", n-1))
				for b.Loop() {
					if err := addBridge(n); err != nil {
						return err
					}
					until(host.AddressAdded, fmt.Sprintf("many%d", n))
					if err := linkDel(fmt.Sprintf("many%d", n))(); err != nil {
						return err
					}
					until(host.Gone, fmt.Sprintf("many%d", n))
				}
				return nil
			})
		})
	}
}
