package igmp

import (
	"encoding/binary"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// attribute is a netlink attribute, with its filler.
func attribute(kind uint16, value ...byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(4+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	return append(b, make([]byte, -len(b)&3)...)
}

func number(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

func join(list ...[]byte) (all []byte) {
	for _, b := range list {
		all = append(all, b...)
	}
	return all
}

// neighbourMessage is an ndmsg of interface 2 with a state, and attributes.
func neighbourMessage(state, flags byte, attributes ...[]byte) []byte {
	b := join([]byte{unix.AF_INET6, 0, 0, 0}, number(2), []byte{0, 0, flags, 1})
	binary.NativeEndian.PutUint16(b[8:], uint16(state))
	return append(b, join(attributes...)...)
}

func TestParseNeighbour(t *testing.T) {
	now := time.Unix(1000, 0)
	addr := netip.MustParseAddr("fe80::12")
	dst := attribute(unix.NDA_DST, addr.AsSlice()...)
	cache := attribute(unix.NDA_CACHEINFO, join(number(249), number(0), number(0), number(0))...)
	mac := attribute(unix.NDA_LLADDR, 2, 0, 0, 0, 0, 9)
	want := Neighbour{Interface: 2, Addr: addr, Link: []byte{2, 0, 0, 0, 0, 9}, At: now.Add(-2500 * time.Millisecond)}
	if n, ok := parseNeighbour(neighbourMessage(unix.NUD_REACHABLE, 0, dst, mac, cache), now); !ok || !reflect.DeepEqual(n, want) {
		t.Errorf("read %+v, %v; want %+v, which was there at the latest then", n, ok, want)
	}
	group := attribute(unix.NDA_DST, netip.MustParseAddr("ff02::1").AsSlice()...)
	for name, b := range map[string][]byte{
		"stale":           neighbourMessage(unix.NUD_STALE, 0, dst, mac, cache),
		"always there":    neighbourMessage(unix.NUD_PERMANENT, 0, dst, mac, cache),
		"a proxy's":       neighbourMessage(unix.NUD_REACHABLE, unix.NTF_PROXY, dst, mac, cache),
		"a group":         neighbourMessage(unix.NUD_REACHABLE, 0, group, cache),
		"without a time":  neighbourMessage(unix.NUD_REACHABLE, 0, dst, mac),
		"without address": neighbourMessage(unix.NUD_REACHABLE, 0, mac, cache),
		"cut":             neighbourMessage(unix.NUD_REACHABLE, 0)[:11],
	} {
		if n, ok := parseNeighbour(b, now); ok {
			t.Errorf("%s: taken for a neighbour that is reachable: %+v", name, n)
		}
	}
}

// mdbMessage is what the kernel tells of bridge 3, with ports 4 and 5.
func mdbMessage() []byte {
	entry := func(port uint32, state, vlan byte, proto uint16, addr string, attributes ...[]byte) []byte {
		b := join(number(port), []byte{state, 0, 0, 0}, make([]byte, 16), binary.BigEndian.AppendUint16(nil, proto), []byte{0, 0})
		binary.NativeEndian.PutUint16(b[6:], uint16(vlan))
		copy(b[8:], netip.MustParseAddr(addr).AsSlice())
		return attribute(mdbaEntryInfo, join(b, join(attributes...))...)
	}
	source := attribute(srcEntry, join(attribute(srcAddress, 10, 9, 0, 77), attribute(srcTimer, number(1500)...))...)
	return join([]byte{unix.AF_BRIDGE, 0, 0, 0}, number(3),
		attribute(mdbaMDB, attribute(mdbaEntry, join(
			entry(4, 0, 7, unix.ETH_P_IP, "239.1.2.3", attribute(eattrTimer, number(26000)...), attribute(eattrMode, 1), attribute(eattrSources, source...)),
			entry(5, 1, 0, unix.ETH_P_IPV6, "ff02::114"),
			entry(5, 0, 0, 0, "239.1.2.3"), // of no IP: an address of layer 2
		)...)...),
		attribute(mdbaRouter, join(
			attribute(mdbaRouterPort, join(number(4), attribute(routerTimer, number(25500)...), attribute(routerType, 3))...),
			attribute(mdbaRouterPort, join(number(5), attribute(routerType, routerPermanent))...),
		)...))
}

func TestParseMDB(t *testing.T) {
	bridge := &Bridge{Index: 3}
	parseMDB(mdbMessage(), map[int]*Bridge{3: bridge}, map[int]string{4: "eth0", 5: "eth1"})
	want := &Bridge{
		Index: 3,
		Groups: []BridgeGroup{
			{
				Addr: netip.MustParseAddr("239.1.2.3"), Port: 4, Name: "eth0", VLAN: 7, Left: 260 * time.Second, Mode: Include,
				Sources: []BridgeSource{{Addr: netip.MustParseAddr("10.9.0.77"), Left: 15 * time.Second}},
			},
			{Addr: netip.MustParseAddr("ff02::114"), Port: 5, Name: "eth1", Permanent: true},
		},
		Routers: []BridgeRouter{{Port: 4, Name: "eth0", Left: 255 * time.Second}, {Port: 5, Name: "eth1", Permanent: true}},
	}
	if !reflect.DeepEqual(bridge, want) {
		t.Errorf("read\n%+v\nwant\n%+v", bridge, want)
	}
}

// Whatever the kernel's messages are cut to, reading them ends.
func FuzzKernelMessages(f *testing.F) {
	f.Add(mdbMessage())
	f.Add(neighbourMessage(unix.NUD_REACHABLE, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		bridge := &Bridge{Index: 3}
		parseMDB(b, map[int]*Bridge{3: bridge}, nil)
		parseBridge(b)
		parseNeighbour(b, time.Unix(0, 0))
	})
}
