package igmp

import (
	"encoding/binary"
	"net"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/internal/rtnl"
	"golang.org/x/sys/unix"
)

// maxNeighbours is how many neighbours of one interface and others are looked at.
const maxNeighbours = 4096

// reachable lists the IPv6 neighbours of all interfaces that the kernel knows to be
// reachable, at the times when they last proved it (RFC 4861, section 7.3.1).
func reachable(now time.Time) ([]Neighbour, error) {
	body := make([]byte, unix.SizeofNdMsg)
	body[0] = unix.AF_INET6
	messages, err := rtnl.NewRequest(unix.RTM_GETNEIGH, body).DumpSome(unix.NETLINK_ROUTE, maxNeighbours)
	if err != nil {
		return nil, err
	}
	var list []Neighbour
	for _, b := range messages {
		if n, ok := parseNeighbour(b, now); ok {
			list = append(list, n)
		}
	}
	return list, nil
}

// parseNeighbour reads an ndmsg and its attributes; ok only for a reachable
// neighbour over IPv6, which is no group.
func parseNeighbour(b []byte, now time.Time) (n Neighbour, ok bool) {
	if len(b) < unix.SizeofNdMsg || b[0] != unix.AF_INET6 || binary.NativeEndian.Uint16(b[8:])&unix.NUD_REACHABLE == 0 || b[10]&unix.NTF_PROXY != 0 {
		return Neighbour{}, false
	}
	n.Interface = int(int32(binary.NativeEndian.Uint32(b[4:])))
	for kind, v := range rtnl.Attributes(b[unix.SizeofNdMsg:]) {
		switch kind {
		case unix.NDA_DST:
			n.Addr, _ = netip.AddrFromSlice(v)
		case unix.NDA_LLADDR:
			n.Link = net.HardwareAddr(v)
		case unix.NDA_CACHEINFO: // struct nda_cacheinfo: how long ago it was confirmed, in full ticks
			if len(v) >= 4 {
				n.At = now.Add(-time.Duration(uint64(rtnl.Uint32(v))+1) * time.Second / userHZ)
			}
		}
	}
	return n, n.Addr.IsValid() && !n.Addr.IsMulticast() && !n.At.IsZero()
}

// userHZ is how many ticks a second has, as the kernel tells times (USER_HZ).
const userHZ = 100
