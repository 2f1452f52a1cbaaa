package igmp

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"runtime"
	"time"

	"github.com/groupcast/groupcast/mcast/internal/rtnl"
	"golang.org/x/sys/unix"
)

// place is the network namespace of the thread that asked for it.
type place struct {
	namespace *os.File // nil: the process's own, in which goroutines are anyway
}

// here is where the calling thread is.
func here() (place, error) {
	const own, process = "/proc/thread-self/ns/net", "/proc/self/ns/net"
	a, err := os.Stat(own)
	b, berr := os.Stat(process)
	if err != nil || berr != nil || os.SameFile(a, b) {
		return place{}, nil // without /proc there is nothing to tell them apart by
	}
	f, err := os.Open(own)
	return place{namespace: f}, err
}

// run runs fn there, once, and gives fail its error.
func (p place) run(fn func() error, fail func(error)) {
	if p.namespace != nil {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		err := unix.Setns(int(p.namespace.Fd()), unix.CLONE_NEWNET)
		p.namespace.Close()
		if err != nil {
			fail(os.NewSyscallError("setns", err))
			return
		}
	}
	if err := fn(); err != nil {
		fail(err)
	}
}

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
