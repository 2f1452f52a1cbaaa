package confine

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// What a network namespace may hold and do before whoever administers it is ended.
const (
	mostInterfaces = 64
	mostNeighbours = 64        // but those without a protocol to find them, as groups are: the kernel forgets these first
	mostBytes      = 512 << 10 // of each other list: some 4,000 routes
	eachEntry      = 64        // bytes of them for an entry, besides what netlink tells about it
	mostQueued     = 32 << 20  // bytes of packets in its queues
	mostFragments  = 32 << 20  // bytes of packets whose parts are awaited
	mostWaiting    = 4096      // packets for a program of the firewall's, of up to 64 KiB each
	mostTracked    = 16 << 10  // connections that its firewall tracks
	mostReceived   = 100_000   // packets a second by all interfaces but lo: a switch lets a fraction in
)

// networkUses are what [Network.Over] may say.
const (
	interfaces  = "interfaces"
	neighbours  = "neighbours"
	queued      = "queued packets"
	fragments   = "fragments"
	connections = "tracked connections"
	traffic     = "traffic"
	groups      = "groups of the link layer"
	firewall    = "rules of the firewall"
	nextHops    = "next hops"
)

// lists are those of the kernel that are counted in bytes. A request has the family in its
// first byte.
var lists = []struct {
	of     string
	number uint16
	head   int // bytes
	family byte
}{
	{"addresses", unix.RTM_GETADDR, unix.SizeofIfAddrmsg, unix.AF_UNSPEC},
	{"routes", unix.RTM_GETROUTE, unix.SizeofRtMsg, unix.AF_UNSPEC},
	{"rules", unix.RTM_GETRULE, unix.SizeofRtMsg, unix.AF_UNSPEC},
	{nextHops, unix.RTM_GETNEXTHOP, unix.SizeofNhmsg, unix.AF_UNSPEC},
	{"labels of addresses", unix.RTM_GETADDRLABEL, 12, unix.AF_INET6},
	{"stations of bridges", unix.RTM_GETNEIGH, unix.SizeofIfInfomsg, unix.AF_BRIDGE},
	{"groups of bridges", unix.RTM_GETMDB, 8, unix.AF_BRIDGE},
}

// IsOfNetwork reports whether [Network.Over] says that.
func IsOfNetwork(what string) bool {
	if slices.Contains([]string{interfaces, neighbours, queued, fragments, connections, traffic, groups, firewall, disciplines}, what) {
		return true
	}
	for _, l := range lists {
		if l.of == what {
			return true
		}
	}
	return false
}

// networkPause is the time between two looks at lists, which cost more than counters.
const networkPause = 2 * time.Second

// Network watches the network namespace of this process.
type Network struct {
	looked   time.Time // at lists
	counted  time.Time
	received uint64
	busy     int // looks in a row that found too much traffic
}

// NewNetwork begins to watch.
func NewNetwork() *Network { return &Network{} }

// NetworkOver is what there is too much of in this process's network namespace; "": of
// nothing.
func NetworkOver() string { return NewNetwork().Over(time.Now()) }

// Over is what there is too much of, or has been since the last call; "": of nothing.
// A number that cannot be read counts as 0.
func (n *Network) Over(now time.Time) string {
	links, received := linksAndPackets()
	switch {
	case links > mostInterfaces:
		return interfaces
	case n.tooBusy(now, received):
		return traffic
	case fragmentBytes() > mostFragments:
		return fragments
	}
	if text, err := os.ReadFile("/proc/self/net/netfilter/nfnetlink_queue"); err == nil && waiting(text) > mostWaiting {
		return queued
	}
	if what := overReserved(); what != "" {
		return what
	}
	if now.Sub(n.looked) < networkPause {
		return ""
	}
	n.looked = now
	return overLists()
}

// tooBusy is about the last two looks: one may have been late, and counts a burst twice.
func (n *Network) tooBusy(now time.Time, received uint64) bool {
	passed, more := now.Sub(n.counted), received-n.received
	first := n.counted.IsZero() || received < n.received // an interface was deleted
	n.counted, n.received = now, received
	if !first && float64(more) > mostReceived*passed.Seconds() {
		n.busy++
	} else {
		n.busy = 0
	}
	return n.busy >= 2
}

// linksAndPackets counts interfaces, and the packets that those but lo have received.
func linksAndPackets() (links int, received uint64) {
	f, err := os.Open("/proc/self/net/dev")
	if err != nil {
		return 0, 0
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() && links <= mostInterfaces {
		name, counters, ok := strings.Cut(lines.Text(), ":")
		fields := strings.Fields(counters)
		if !ok || len(fields) < 2 {
			continue // the head
		}
		links++
		if strings.TrimSpace(name) != "lo" {
			n, _ := strconv.ParseUint(fields[1], 10, 64)
			received += n
		}
	}
	return links, received
}

// fragmentBytes are those of packets that are not whole yet.
func fragmentBytes() (sum int) {
	for _, file := range []string{"sockstat", "sockstat6"} {
		b, _ := os.ReadFile("/proc/self/net/" + file)
		for line := range bytes.Lines(b) {
			var inuse, memory int
			if _, after, ok := bytes.Cut(line, []byte("FRAG")); ok {
				_, _ = fmt.Sscanf(strings.TrimPrefix(string(after), "6"), ": inuse %d memory %d", &inuse, &memory)
				sum += memory
			}
		}
	}
	return sum
}

func overLists() string {
	if text, err := os.ReadFile("/proc/sys/net/netfilter/nf_conntrack_count"); err == nil {
		if n, _ := strconv.Atoi(strings.TrimSpace(string(text))); n > mostTracked {
			return connections
		}
	}
	if f, err := os.Open("/proc/self/net/dev_mcast"); err == nil {
		n, _ := io.CopyN(io.Discard, f, mostBytes+1)
		f.Close()
		if n > mostBytes {
			return groups
		}
	}
	if overLinks() {
		return interfaces
	}
	if overNeighbours() {
		return neighbours
	}
	for _, l := range lists {
		request := make([]byte, l.head)
		request[0] = l.family
		size := 0
		_ = dump(unix.NETLINK_ROUTE, l.number, request, sizeTo(&size))
		if size > mostBytes {
			return l.of
		}
	}
	if what := overQueues(); what != "" {
		return what
	}
	return overFirewall()
}

// overLinks looks at queues, of which each takes memory, and at other names.
func overLinks() bool {
	size, queues := 0, 0
	_ = dump(unix.NETLINK_ROUTE, unix.RTM_GETLINK, make([]byte, unix.SizeofIfInfomsg), func(_ uint16, m []byte) bool {
		if len(m) < unix.SizeofIfInfomsg {
			return false
		}
		attributes(m[unix.SizeofIfInfomsg:], func(number uint16, value []byte) {
			if (number == unix.IFLA_NUM_TX_QUEUES || number == unix.IFLA_NUM_RX_QUEUES) && len(value) == 4 {
				queues += int(binary.NativeEndian.Uint32(value))
			}
		})
		size += len(m)
		return size <= mostBytes
	})
	usual := 2 * max(16, runtime.NumCPU()) // one for each processor, and each way
	return size > mostBytes || queues > usual*mostInterfaces
}

func overNeighbours() bool {
	found, size := 0, 0
	_ = dump(unix.NETLINK_ROUTE, unix.RTM_GETNEIGH, make([]byte, unix.SizeofNdMsg), func(_ uint16, m []byte) bool {
		if len(m) < unix.SizeofNdMsg {
			return false
		}
		if binary.NativeEndian.Uint16(m[8:])&unix.NUD_NOARP == 0 {
			found++
		}
		size += len(m) + eachEntry
		return found <= mostNeighbours && size <= mostBytes
	})
	return found > mostNeighbours || size > mostBytes
}

// sizeTo adds up messages, as long as there are not too many.
func sizeTo(size *int) func(uint16, []byte) bool {
	return func(_ uint16, m []byte) bool {
		*size += len(m) + eachEntry
		return *size <= mostBytes
	}
}
