package igmp

import (
	"errors"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// Asker sends queries out of one interface, see [OpenAsker]. It is for one
// goroutine.
type Asker struct{ fd int }

// routerAlert is the IP option of all messages of IGMP (RFC 2113).
var routerAlert = []byte{0x94, 4, 0, 0}

// internetControl is the precedence that IGMPv3 has in its TOS (RFC 3376, section 4).
const internetControl = 0xc0

func openAsker(ifIndex int, from netip.Addr) (*Asker, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_IGMP)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	err = errors.Join(
		os.NewSyscallError("bind", unix.Bind(fd, &unix.SockaddrInet4{Addr: from.As4()})),
		os.NewSyscallError("setsockopt IP_MULTICAST_IF", unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, &unix.IPMreqn{Address: from.As4(), Ifindex: int32(ifIndex)})),
		os.NewSyscallError("setsockopt IP_MULTICAST_TTL", unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, 1)),
		os.NewSyscallError("setsockopt IP_TOS", unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TOS, internetControl)),
		os.NewSyscallError("setsockopt IP_OPTIONS", unix.SetsockoptString(fd, unix.IPPROTO_IP, unix.IP_OPTIONS, string(routerAlert))),
		os.NewSyscallError("setsockopt SO_RCVBUF", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 0)), // nothing is read from it
	)
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &Asker{fd}, nil
}

func (a *Asker) send(b []byte, to netip.Addr) error {
	return os.NewSyscallError("sendto", unix.Sendto(a.fd, b, 0, &unix.SockaddrInet4{Addr: to.As4()}))
}

// Close ends it.
func (a *Asker) Close() error { return os.NewSyscallError("close", unix.Close(a.fd)) }
