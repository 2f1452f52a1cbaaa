package confine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// mostReserved bounds memory that the kernel takes at once for what netlink tells in a few
// bytes, of each kind.
const mostReserved = 32 << 20

// overReserved looks at what a single command can fill the kernel's memory with: sizes of
// tables, which are taken before anything is in them. It costs little, as lists are
// followed no further than they may go.
func overReserved() string {
	long := queueLengths()
	sum, size := 0, 0
	_ = dump(unix.NETLINK_ROUTE, unix.RTM_GETQDISC, make([]byte, sizeofTcmsg), func(_ uint16, m []byte) bool {
		if len(m) < sizeofTcmsg {
			return false
		}
		size += len(m) + eachEntry
		sum += disciplineBytes(m[sizeofTcmsg:], long[binary.NativeEndian.Uint32(m[4:])])
		return sum <= mostReserved && size <= mostBytes
	})
	if sum > mostReserved {
		return disciplines
	}
	sum, size = 0, 0
	_ = dump(unix.NETLINK_ROUTE, unix.RTM_GETNEXTHOP, make([]byte, unix.SizeofNhmsg), func(_ uint16, m []byte) bool {
		if len(m) < unix.SizeofNhmsg {
			return false
		}
		size += len(m) + eachEntry
		sum += bucketBytes(m[unix.SizeofNhmsg:])
		return sum <= mostReserved && size <= mostBytes
	})
	if sum > mostReserved {
		return nextHops
	}
	sum, size = 0, 0
	_ = dump(unix.NETLINK_NETFILTER, unix.NFNL_SUBSYS_NFTABLES<<8|unix.NFT_MSG_GETSET, make([]byte, sizeofNfgenmsg), func(_ uint16, m []byte) bool {
		if len(m) < sizeofNfgenmsg {
			return false
		}
		size += len(m) + eachEntry
		sum += setBytes(m[sizeofNfgenmsg:])
		return sum <= mostReserved && size <= mostBytes
	})
	if sum > mostReserved {
		return firewall
	}
	return ""
}

// waiting are the packets for programs that say what becomes of them, by the table of
// queues of the kernel: number, port, packets that wait, and six more numbers.
func waiting(table []byte) (sum int) {
	for line := range bytes.Lines(table) {
		if fields := bytes.Fields(line); len(fields) > 2 {
			n, _ := strconv.Atoi(string(fields[2]))
			sum += n
		}
	}
	return sum
}

// queueLengths are those of interfaces (txqueuelen), by their indexes.
func queueLengths() map[uint32]int {
	long := map[uint32]int{}
	_ = dump(unix.NETLINK_ROUTE, unix.RTM_GETLINK, make([]byte, unix.SizeofIfInfomsg), func(_ uint16, m []byte) bool {
		if len(m) < unix.SizeofIfInfomsg {
			return false
		}
		attributes(m[unix.SizeofIfInfomsg:], func(number uint16, value []byte) {
			if number == unix.IFLA_TXQLEN && len(value) == 4 {
				long[binary.NativeEndian.Uint32(m[4:])] = int(binary.NativeEndian.Uint32(value))
			}
		})
		return len(long) <= mostInterfaces
	})
	return long
}

// What a queueing discipline takes whatever its settings are; those that are not here may
// take more, as many have tables of flows.
const (
	someDiscipline = 4 << 20
	codelFlow      = 72      // bytes of a flow of fq_codel
	mostRing       = 4 << 20 // bytes of one of the three rings of pfifo_fast
	tcaCodelFlows  = 5       // TCA_FQ_CODEL_FLOWS in linux/pkt_sched.h
	resBucket      = 72      // bytes of a bucket of next hops
	nhaResGroup    = 12      // NHA_RES_GROUP in linux/nexthop.h
	nhaResBuckets  = 1       // NHA_RES_GROUP_BUCKETS
	hashBucket     = 8       // bytes of a bucket of a set
	mostSet        = 1 << 30
)

// smallDisciplines take a few kilobytes, besides what is in their queues.
var smallDisciplines = []string{"noqueue", "noop", "pfifo", "bfifo", "pfifo_head_drop", "mq", "htb", "hfsc", "prio", "multiq", "tbf", "red", "codel", "pie", "drr", "ets", "ingress", "clsact"}

// disciplineBytes is at least what a queueing discipline takes on an interface whose queue
// is so long.
func disciplineBytes(attrs []byte, long int) (sum int) {
	kind, flows := "", 1<<16
	attributes(attrs, func(number uint16, value []byte) {
		switch {
		case number == unix.TCA_KIND:
			kind = unix.ByteSliceToString(value)
		case number == unix.TCA_OPTIONS && kind == "fq_codel":
			attributes(value, func(number uint16, value []byte) {
				if number == tcaCodelFlows && len(value) == 4 {
					flows = int(binary.NativeEndian.Uint32(value))
				}
			})
		}
	})
	switch {
	case kind == "pfifo_fast":
		return 3 * min(8*long, mostRing)
	case kind == "fq_codel":
		return min(flows, 1<<16) * codelFlow
	case kind == "netem":
		return 64 << 10 // distributions
	case slices.Contains(smallDisciplines, kind):
		return 0
	}
	return someDiscipline
}

// bucketBytes is what the buckets of a resilient group of next hops take.
func bucketBytes(attrs []byte) (sum int) {
	attributes(attrs, func(number uint16, value []byte) {
		if number == nhaResGroup {
			attributes(value, func(number uint16, value []byte) {
				if number == nhaResBuckets && len(value) == 2 {
					sum = int(binary.NativeEndian.Uint16(value)) * resBucket
				}
			})
		}
	})
	return sum
}

// setBytes is what the table of a set takes, before anything is in it.
func setBytes(attrs []byte) (sum int) {
	attributes(attrs, func(number uint16, value []byte) {
		if number == unix.NFTA_SET_DESC {
			attributes(value, func(number uint16, value []byte) {
				if number == unix.NFTA_SET_DESC_SIZE && len(value) == 4 {
					n := uint64(binary.BigEndian.Uint32(value)) * 4 / 3
					sum = int(min(hashBucket<<bits.Len64(n), mostSet))
				}
			})
		}
	})
	return sum
}

// forgetRest deletes what no interface takes with it: next hops that lead nowhere, and
// the queues of lo.
func forgetRest() (err error) {
	var all [][]byte
	_ = dump(unix.NETLINK_ROUTE, unix.RTM_GETNEXTHOP, make([]byte, unix.SizeofNhmsg), func(_ uint16, m []byte) bool {
		if len(m) >= unix.SizeofNhmsg {
			attributes(m[unix.SizeofNhmsg:], func(number uint16, value []byte) {
				if number == unix.NHA_ID && len(value) == 4 {
					all = append(all, slices.Clone(value))
				}
			})
		}
		return true
	})
	for _, id := range all {
		_ = do(unix.NETLINK_ROUTE, unix.RTM_DELNEXTHOP, attribute(make([]byte, unix.SizeofNhmsg), unix.NHA_ID, id)) // a group may have gone with it
	}
	const lo, tcRoot, tcIngress = 1, 0xffffffff, 0xfffffff1 // which are the parents of its queues
	for _, parent := range []uint32{tcRoot, tcIngress} {
		if e := do(unix.NETLINK_ROUTE, unix.RTM_DELQDISC, tcmsg(lo, parent)); !errors.Is(e, unix.ENOENT) && !errors.Is(e, unix.EINVAL) {
			err = errors.Join(err, e)
		}
	}
	return err
}
