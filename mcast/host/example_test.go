package host_test

import (
	"fmt"
	"net/netip"

	"github.com/groupcast/groupcast/mcast/host"
)

// Where would a datagram go, and why? On a host without a network the kernel
// has no answer of its own, but an interface can be chosen.
func ExampleRouteTo() {
	const lo = 1 // in every network namespace
	group := netip.MustParseAddrPort("224.0.0.114:1234")
	for _, options := range []host.RouteOptions{
		{},
		{IfIndex: lo, Source: netip.MustParseAddr("127.0.0.1")},
	} {
		route, err := host.RouteTo(group, options)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("by %s, source %s\n", route.Interface, route.Source)
		if route.Match.Found {
			fmt.Println("because of the", route.Match)
		}
	}
	// Output:
	// mcast: route to 224.0.0.114:1234: network is unreachable
	// by lo, source 127.0.0.1
}
