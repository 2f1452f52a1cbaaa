package echo

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/internal/rtnl"
)

// kernel answers questions about neighbours and about the send buffer of a
// socket. It belongs to one network namespace and one goroutine.
type kernel struct {
	netlink    int // a socket (rtnetlink(7)); nobody needs a privilege to ask
	sequence   uint32
	message    []byte
	answer     []byte
	socket     syscall.RawConn
	local      netip.AddrPort
	sendBuffer int // SO_SNDBUF
}

func openKernel(socket syscall.RawConn, local netip.AddrPort) (*kernel, error) {
	k := &kernel{socket: socket, local: local, answer: make([]byte, 8<<10)}
	var err error
	cerr := socket.Control(func(fd uintptr) {
		k.sendBuffer, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF)
	})
	if cerr != nil {
		err = cerr
	}
	if err == nil {
		k.netlink, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	}
	if err != nil {
		return nil, fmt.Errorf("echo: neighbours: %w", err)
	}
	return k, nil
}

func (k *kernel) close() { unix.Close(k.netlink) }

// queued is how much of the send buffer is taken (SIOCOUTQ, udp(7)), the
// kernel's own bookkeeping included.
func (k *kernel) queued() int {
	n := k.sendBuffer // no room, if the kernel does not tell
	k.socket.Control(func(fd uintptr) {
		if taken, err := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ); err == nil {
			n = taken
		}
	})
	return n
}

// neighbour is the state of the next hop to a destination. A destination without
// a route counts as resolved: the send fails at once, and says why.
func (k *kernel) neighbour(to destination) state {
	hop, index, err := k.route(to)
	if err != nil || index == 0 {
		return resolved
	}
	const nudValid = unix.NUD_PERMANENT | unix.NUD_NOARP | unix.NUD_REACHABLE | unix.NUD_PROBE | unix.NUD_STALE | unix.NUD_DELAY
	var about [unix.SizeofNdMsg]byte // struct ndmsg
	about[0] = family(hop)
	binary.NativeEndian.PutUint32(about[4:], uint32(index))
	k.begin(unix.RTM_GETNEIGH, about[:])
	k.attribute(unix.NDA_DST, hop.AsSlice())
	answer, err := k.do()
	switch {
	case err == unix.ENOENT && k.needsNoNeighbours(index):
		return resolved
	case err == unix.ENOENT:
		return unknown
	case err != nil || len(answer) < len(about): // before Linux 5.0 it cannot be asked about one
		return resolved
	case binary.NativeEndian.Uint16(answer[8:])&nudValid == 0:
		return unresolved
	}
	return resolved
}

// route is the next hop to a destination, and its interface. The index is 0 for
// an address of this host.
func (k *kernel) route(to destination) (hop netip.Addr, index int, err error) {
	source := to.via.Source
	if !source.IsValid() {
		source = k.local.Addr()
	}
	var about [unix.SizeofRtMsg]byte // struct rtmsg
	about[0], about[1] = family(to.addr), byte(to.addr.BitLen())
	if !source.IsUnspecified() {
		about[2] = byte(source.BitLen())
	}
	k.begin(unix.RTM_GETROUTE, about[:])
	k.attribute(unix.RTA_DST, to.addr.AsSlice())
	if !source.IsUnspecified() {
		k.attribute(unix.RTA_SRC, source.AsSlice())
	}
	if to.via.IfIndex != 0 {
		k.number(unix.RTA_OIF, uint32(to.via.IfIndex))
	}
	k.number(unix.RTA_UID, uint32(os.Geteuid()))
	k.attribute(unix.RTA_IP_PROTO, []byte{unix.IPPROTO_UDP})
	k.attribute(unix.RTA_SPORT, binary.BigEndian.AppendUint16(nil, k.local.Port()))
	answer, err := k.do()
	if err != nil || len(answer) < len(about) || answer[7] != unix.RTN_UNICAST {
		return hop, 0, err
	}
	hop = to.addr
	for kind, value := range rtnl.Attributes(answer[len(about):]) {
		switch kind {
		case unix.RTA_OIF:
			index = int(rtnl.Uint32(value))
		case unix.RTA_GATEWAY:
			hop, _ = netip.AddrFromSlice(value)
		case unix.RTA_VIA: // an IPv6 router for IPv4 (RFC 5549), its family first
			hop, _ = netip.AddrFromSlice(value[min(2, len(value)):])
		}
	}
	if !hop.IsValid() {
		index = 0
	}
	return hop, index, nil
}

// needsNoNeighbours reports whether an interface has no ARP: a tunnel, lo.
func (k *kernel) needsNoNeighbours(index int) bool {
	request, _ := unix.NewIfreq("") // it fails for long names only
	request.SetUint32(uint32(index))
	if unix.IoctlIfreq(k.netlink, unix.SIOCGIFNAME, request) != nil {
		return false
	}
	named, err := unix.NewIfreq(request.Name())
	return err == nil && unix.IoctlIfreq(k.netlink, unix.SIOCGIFFLAGS, named) == nil && named.Uint16()&unix.IFF_NOARP != 0
}

func family(a netip.Addr) byte {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// begin begins a message of a kind with its fixed part.
func (k *kernel) begin(kind uint16, about []byte) {
	k.sequence++
	m := append(k.message[:0], make([]byte, unix.SizeofNlMsghdr)...)
	binary.NativeEndian.PutUint16(m[4:], kind)
	binary.NativeEndian.PutUint16(m[6:], unix.NLM_F_REQUEST)
	binary.NativeEndian.PutUint32(m[8:], k.sequence)
	k.message = append(m, about...)
}

// attribute adds an attribute (struct rtattr), padded to four bytes.
func (k *kernel) attribute(kind uint16, value []byte) {
	size := unix.SizeofRtAttr + len(value)
	k.message = binary.NativeEndian.AppendUint16(k.message, uint16(size))
	k.message = binary.NativeEndian.AppendUint16(k.message, kind)
	k.message = append(k.message, value...)
	for ; size%4 != 0; size++ {
		k.message = append(k.message, 0)
	}
}

func (k *kernel) number(kind uint16, n uint32) {
	k.attribute(kind, binary.NativeEndian.AppendUint32(nil, n))
}

// do sends the message and returns its answer without the header. The kernel
// answers before the send returns.
func (k *kernel) do() ([]byte, error) {
	binary.NativeEndian.PutUint32(k.message, uint32(len(k.message)))
	if _, err := unix.Write(k.netlink, k.message); err != nil {
		return nil, err
	}
	for {
		n, err := unix.Read(k.netlink, k.answer)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, err
		}
		m := k.answer[:n]
		if n < unix.SizeofNlMsghdr || binary.NativeEndian.Uint32(m[8:]) != k.sequence {
			continue // the answer to a question that was given up
		}
		body := m[unix.SizeofNlMsghdr:]
		if binary.NativeEndian.Uint16(m[4:]) != unix.NLMSG_ERROR {
			return body, nil
		}
		if len(body) < 4 {
			return nil, unix.EBADMSG
		}
		return nil, syscall.Errno(-int32(rtnl.Uint32(body)))
	}
}
