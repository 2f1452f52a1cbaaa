package doctor_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/lab"
)

// What is read passively is read within 100 ms, on a host with 50 interfaces.
func BenchmarkGather(b *testing.B) {
	host := lab.Host{Name: "A"}
	for n := range 50 {
		host.Interfaces = append(host.Interfaces, lab.Interface{
			Name: fmt.Sprintf("eth%d", n), Switch: "lan",
			Addrs: []netip.Prefix{
				netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(n), 1}), 24),
				netip.MustParsePrefix(fmt.Sprintf("2001:db8:0:%x::1/64", n)),
			},
		})
	}
	l, err := lab.Up(b.Context(), lab.Topology{Switches: []lab.Switch{{Name: "lan"}}, Hosts: []lab.Host{host}})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	for _, group := range []string{"224.0.0.114", "ff02::114"} {
		in := doctor.Intent{Group: mcast.Group{Addr: netip.MustParseAddr(group), Port: 1234}, From: netip.MustParseAddr("10.0.7.9")}
		b.Run(group, func(b *testing.B) {
			err := l.Host("A").Do(func() error {
				for b.Loop() {
					f, err := doctor.Gather(in)
					if err != nil || len(f.By) != 50 {
						return fmt.Errorf("%d of 50 interfaces: %w", len(f.By), err)
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}
