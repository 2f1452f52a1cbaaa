package lab

import (
	"context"
	"net"
	"os"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// generalQuery is a general query of IGMPv3 from 192.0.2.1 (RFC 3376, section
// 4.1), as packetSocket sends it.
var generalQuery = []byte{
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // virtio_net_hdr: nothing is left to the card
	0x01, 0x00, 0x5e, 0x00, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00,
	0x46, 0xc0, 0x00, 0x24, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x82, 0x11, 0xc0, 0x00, 0x02, 0x01, 0xe0, 0x00, 0x00, 0x01, 0x94, 0x04, 0x00, 0x00, // from 192.0.2.1 to 224.0.0.1, TTL 1, router alert
	0x11, 0x01, 0xec, 0x81, 0x00, 0x00, 0x00, 0x00, 0x02, 0x7d, 0x00, 0x00, // answer within 0.1 s
}

// loseQuerier lets a bridge hear one query and never another. Without any it
// would flood every group; so it forwards a group to the members that it
// knows of, and forgets them after MemberTime, because nobody asks again.
func (ns *namespace) loseQuerier(ctx context.Context, bridge int) error {
	err := ns.do(func() error {
		return setBridge(bridge,
			nl.NewRtAttr(unix.IFLA_BR_MCAST_IGMP_VERSION, nl.Uint8Attr(3)),
			nl.NewRtAttr(unix.IFLA_BR_MCAST_MEMBERSHIP_INTVL, nl.Uint64Attr(uint64(ticks*MemberTime/time.Second))),
			nl.NewRtAttr(unix.IFLA_BR_MCAST_QUERIER_INTVL, nl.Uint64Attr(uint64(ticks*oneQuery/time.Second))))
	})
	if err != nil {
		return err
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MasterIndex, attrs.Flags = "query#", bridge, net.FlagUp
	cable := netlink.NewVeth(attrs)
	cable.PeerName = "querier#"
	if err := ns.handle.LinkAdd(cable); err != nil {
		return err
	}
	defer ns.handle.LinkDel(cable)
	querier, err := ns.handle.LinkByName(cable.PeerName)
	if err != nil {
		return err
	}
	if err := ns.handle.LinkSetUp(querier); err != nil {
		return err
	}
	for _, end := range []string{cable.PeerName, cable.Name} {
		if err := ns.waitReady(ctx, end); err != nil {
			return err
		}
	}
	return ns.do(func() error {
		out, err := packetSocket(querier.Attrs().Index, 0)
		if err != nil {
			return err
		}
		defer out.Close()
		// The bridge has seen the query when it passes it up.
		in, err := packetSocket(bridge, unix.ETH_P_IP)
		if err != nil {
			return err
		}
		defer in.Close()
		if _, err := out.Write(generalQuery); err != nil {
			return os.NewSyscallError("send the query", err)
		}
		if err := in.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			return err
		}
		_, err = in.Read(make([]byte, 1500))
		return err
	})
}
