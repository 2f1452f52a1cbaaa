package confine

import (
	"encoding/binary"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

const disciplines = "queueing disciplines"

// overQueues looks at what tc(8) makes: queues, their classes and filters.
func overQueues() string {
	type queue struct{ index, handle uint32 }
	var queues []queue
	size, backlog := 0, 0
	_ = dump(unix.NETLINK_ROUTE, unix.RTM_GETQDISC, make([]byte, sizeofTcmsg), func(_ uint16, m []byte) bool {
		if len(m) < sizeofTcmsg {
			return false
		}
		size += len(m) + eachEntry
		queues = append(queues, queue{binary.NativeEndian.Uint32(m[4:]), binary.NativeEndian.Uint32(m[8:])})
		attributes(m[sizeofTcmsg:], func(number uint16, value []byte) {
			if number == unix.TCA_STATS2 {
				attributes(value, func(number uint16, value []byte) {
					if number == tcaStatsQueue && len(value) >= 8 {
						backlog += int(binary.NativeEndian.Uint32(value[4:]))
					}
				})
			}
		})
		return size <= mostBytes
	})
	indexes := map[uint32]bool{}
	for _, q := range queues {
		parents := []uint32{q.handle}
		if q.handle == clsact {
			parents = append(parents, clsact|0xfff2, clsact|0xfff3) // its ways in and out
		}
		for _, parent := range parents {
			_ = dump(unix.NETLINK_ROUTE, unix.RTM_GETTFILTER, tcmsg(q.index, parent), sizeTo(&size))
		}
		if q.handle != 0 && !indexes[q.index] {
			indexes[q.index] = true
			_ = dump(unix.NETLINK_ROUTE, unix.RTM_GETTCLASS, tcmsg(q.index, 0), sizeTo(&size))
		}
		if size > mostBytes {
			return disciplines
		}
	}
	if backlog > mostQueued {
		return queued
	}
	return ""
}

const (
	sizeofTcmsg    = 20
	sizeofNfgenmsg = 4
	tcaStatsQueue  = 3          // TCA_STATS_QUEUE in linux/gen_stats.h
	clsact         = 0xffff0000 // its handle, and that of ingress
)

func tcmsg(index, parent uint32) []byte {
	b := make([]byte, 4, sizeofTcmsg)
	b = binary.NativeEndian.AppendUint32(b, index)
	b = binary.NativeEndian.AppendUint32(b, 0) // its handle
	b = binary.NativeEndian.AppendUint32(b, parent)
	return append(b, 0, 0, 0, 0)
}

// overFirewall looks at what nft(8) and ipset(8) make.
func overFirewall() string {
	nft := func(message uint16) uint16 { return unix.NFNL_SUBSYS_NFTABLES<<8 | message }
	family := make([]byte, sizeofNfgenmsg)
	size := 0
	for _, message := range []uint16{unix.NFT_MSG_GETTABLE, unix.NFT_MSG_GETCHAIN, unix.NFT_MSG_GETRULE, unix.NFT_MSG_GETOBJ, unix.NFT_MSG_GETFLOWTABLE} {
		_ = dump(unix.NETLINK_NETFILTER, nft(message), family, sizeTo(&size))
	}
	var sets [][]byte
	_ = dump(unix.NETLINK_NETFILTER, nft(unix.NFT_MSG_GETSET), family, func(_ uint16, m []byte) bool {
		if len(m) >= sizeofNfgenmsg {
			request := append([]byte{}, m[0], 0, 0, 0)
			attributes(m[sizeofNfgenmsg:], func(number uint16, value []byte) {
				switch number {
				case unix.NFTA_SET_TABLE:
					request = attribute(request, unix.NFTA_SET_ELEM_LIST_TABLE, value)
				case unix.NFTA_SET_NAME:
					request = attribute(request, unix.NFTA_SET_ELEM_LIST_SET, value)
				}
			})
			sets = append(sets, request)
		}
		size += len(m) + 1<<10 // each takes memory, however little there is to tell
		return size <= mostBytes
	})
	for _, set := range sets {
		if size > mostBytes {
			break
		}
		_ = dump(unix.NETLINK_NETFILTER, nft(unix.NFT_MSG_GETSETELEM), set, func(_ uint16, m []byte) bool {
			size += 4 * len(m) // one message tells of many, and each takes 100 bytes or more
			return size <= mostBytes
		})
	}
	// To ask for what is not there would make the kernel load it.
	if _, err := os.Stat("/sys/module/ip_set"); err == nil {
		const list, protocol = unix.NFNL_SUBSYS_IPSET<<8 | 7, 7 // IPSET_CMD_LIST, IPSET_PROTOCOL
		_ = dump(unix.NETLINK_NETFILTER, list, attribute(make([]byte, sizeofNfgenmsg), 1, []byte{protocol}), sizeTo(&size))
	}
	if size > mostBytes {
		return firewall
	}
	return ""
}

// EndNetwork deletes every interface of this process's network namespace, and so the
// routes, queues and neighbours, what lo has of these, and the tables of the firewall. Nothing moves in it any
// more, and it takes little memory.
func EndNetwork() error {
	const lo, away = 1, 0x6c6f      // its group, so that the others are one
	groups := map[uint32][]uint32{} // indexes of interfaces
	_ = dump(unix.NETLINK_ROUTE, unix.RTM_GETLINK, make([]byte, unix.SizeofIfInfomsg), func(_ uint16, m []byte) bool {
		if len(m) < unix.SizeofIfInfomsg {
			return false
		}
		if index := binary.NativeEndian.Uint32(m[4:]); index != lo {
			attributes(m[unix.SizeofIfInfomsg:], func(number uint16, value []byte) {
				if number == unix.IFLA_GROUP && len(value) == 4 {
					g := binary.NativeEndian.Uint32(value)
					groups[g] = append(groups[g], index)
				}
			})
		}
		return true
	})
	group := uint32(away)
	for groups[group] != nil {
		group++
	}
	err := do(unix.NETLINK_ROUTE, unix.RTM_SETLINK, attribute(linkMessage(lo), unix.IFLA_GROUP, binary.NativeEndian.AppendUint32(nil, group)))
	for g, indexes := range groups {
		// At once, which takes as long as one.
		if do(unix.NETLINK_ROUTE, unix.RTM_DELLINK, attribute(linkMessage(0), unix.IFLA_GROUP, binary.NativeEndian.AppendUint32(nil, g))) == nil {
			continue
		}
		for _, index := range indexes { // one of them cannot be deleted
			_ = do(unix.NETLINK_ROUTE, unix.RTM_DELLINK, linkMessage(index))
		}
	}
	return errors.Join(err, forgetRest(), flushFirewall())
}

func linkMessage(index uint32) []byte {
	b := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(b[4:], index)
	return b
}

// flushFirewall deletes all tables of nftables, but those that belong to a socket.
func flushFirewall() error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_NETFILTER)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	of := []byte{unix.AF_UNSPEC, 0, 0, unix.NFNL_SUBSYS_NFTABLES} // for which the batch is, in big endian
	batch := header(unix.NFNL_MSG_BATCH_BEGIN, unix.NLM_F_REQUEST, of)
	batch = append(batch, header(unix.NFNL_SUBSYS_NFTABLES<<8|unix.NFT_MSG_DELTABLE, unix.NLM_F_REQUEST, make([]byte, sizeofNfgenmsg))...)
	batch = append(batch, header(unix.NFNL_MSG_BATCH_END, unix.NLM_F_REQUEST, of)...)
	return os.NewSyscallError("sendto", unix.Sendto(fd, batch, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}))
}
