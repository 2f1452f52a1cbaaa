package host

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// Of a process with very many groups the first are read, in whole lines.
func TestGroupsOf(t *testing.T) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	const many = 1500
	for n := range many {
		group := [16]byte{0: 0xff, 1: 0x05, 14: byte(n >> 8), 15: byte(n)}
		if err := unix.SetsockoptIPv6Mreq(fd, unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP, &unix.IPv6Mreq{Multiaddr: group, Interface: uint32(lo.Index)}); err != nil {
			t.Fatal(err)
		}
	}
	igmp, mld, err := GroupsOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	has := func(list []InterfaceGroups, group string) (all int, found bool) {
		for _, i := range list {
			all += len(i.Groups)
			found = found || i.Index == lo.Index && i.Has(netip.MustParseAddr(group))
		}
		return all, found
	}
	if _, found := has(igmp, "224.0.0.1"); !found {
		t.Errorf("IPv4: %v", igmp)
	}
	if all, found := has(mld, "ff05::5db"); all < 500 || all >= many || !found { // 1499: the last to join is the first in the list
		t.Errorf("%d groups of IPv6, of %d", all, many)
	}
	whole, err := MLD()
	if err != nil {
		t.Fatal(err)
	}
	if all, _ := has(whole, "ff05::1"); all <= many || !slices.ContainsFunc(whole, func(i InterfaceGroups) bool { return i.Has(netip.MustParseAddr("ff05::1")) }) {
		t.Errorf("MLD has %d groups", all)
	}
	if _, _, err := GroupsOf(1 << 30); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of no process: %v", err)
	}
}
