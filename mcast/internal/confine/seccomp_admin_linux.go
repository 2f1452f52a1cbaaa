package confine

import (
	"slices"

	"golang.org/x/sys/unix"
)

// protocols are those of netlink that a process with CAP_NET_ADMIN may speak: ip(8) and
// tc(8), ss(8), nft(8). Behind the others are IPsec, whose states nobody counts, and by
// NETLINK_GENERIC some forty parts of the kernel.
var protocols = []uint32{unix.NETLINK_ROUTE, unix.NETLINK_SOCK_DIAG, unix.NETLINK_NETFILTER}

// refusedToAdmins are system calls that a process without CAP_NET_ADMIN may try in vain,
// and that take with it what is not counted. Memory for a ring of frames (packet(7)), as
// tcpdump(8) has it, is asked for by an address that a filter cannot follow: it is refused
// where nobody supervises that.
func refusedToAdmins(supervised bool) []rule {
	const domain, protocol = 0, 2
	const level, option = 1, 2
	return []rule{
		{call: unix.SYS_SOCKET, errno: unix.EPROTONOSUPPORT, tests: []test{
			{argument: domain, values: []uint32{unix.AF_NETLINK}}, {argument: protocol, values: protocols, others: true},
		}},
		{call: unix.SYS_SETSOCKOPT, errno: unix.ENOPROTOOPT, tests: []test{
			{argument: level, values: []uint32{unix.SOL_IP}}, {argument: option, values: slices.Concat(oldTables, routersOptions())},
		}},
		{call: unix.SYS_SETSOCKOPT, errno: unix.ENOPROTOOPT, tests: []test{
			{argument: level, values: []uint32{unix.SOL_IPV6}}, {argument: option, values: slices.Concat(oldTables, routersOptions())},
		}},
		{call: unix.SYS_SETSOCKOPT, notify: supervised, tests: []test{
			{argument: level, values: []uint32{unix.SOL_PACKET}}, {argument: option, values: []uint32{unix.PACKET_RX_RING, unix.PACKET_TX_RING}},
		}},
	}
}

// oldTables are the options by which the tables of iptables(8) before nftables, of
// arptables(8) and ebtables(8) are replaced, each by up to 512 MiB: IPT_SO_SET_REPLACE and
// the like in linux/netfilter_ipv4/ip_tables.h.
var oldTables = []uint32{64, 65, 96, 97, 128, 129}

// routersOptions are those of sockets that route groups (MRT_INIT in linux/mroute.h, and
// for IPv6 the same numbers), whose table has no bound.
func routersOptions() (options []uint32) {
	for o := uint32(200); o <= 212; o++ {
		options = append(options, o)
	}
	return options
}
