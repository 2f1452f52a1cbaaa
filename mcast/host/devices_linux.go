package host

import (
	"encoding/binary"
	"errors"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/internal/rtnl"
)

// SocketDevices reads which UDP sockets at a port are bound to an interface
// (SO_BINDTODEVICE): its index, by the inode of the socket. Those that are bound
// to none are left out. It is of both IP versions, of all programs, and everybody
// may ask (sock_diag(7)).
func SocketDevices(port uint16) (map[uint64]int, error) {
	devices := map[uint64]int{}
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		messages, err := udpRequest(family, port).Dump(unix.NETLINK_SOCK_DIAG)
		if family == unix.AF_INET6 && errors.Is(err, syscall.ENOENT) {
			continue // a kernel without IPv6
		}
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			if inode, device := deviceOf(m, port); device != 0 {
				devices[inode] = device
			}
		}
	}
	return devices, nil
}

// udpRequest asks for the UDP sockets at a port, as a struct inet_diag_req_v2
// (linux/inet_diag.h) does.
func udpRequest(family byte, port uint16) rtnl.Request {
	const sockDiagByFamily, anyState = 20, 0xffffffff
	body := make([]byte, 8+idSize)
	body[0], body[1] = family, unix.IPPROTO_UDP
	binary.NativeEndian.PutUint32(body[4:], anyState)
	binary.BigEndian.PutUint16(body[8:], port)
	return rtnl.NewRequest(sockDiagByFamily, body)
}

// idSize is the size of a struct inet_diag_sockid: two ports, two addresses of 16
// bytes, the index of the interface, and a cookie.
const idSize = 2 + 2 + 16 + 16 + 4 + 8

// deviceOf reads the inode and the interface of a struct inet_diag_msg; 0 and 0
// if it is cut short, or of another port.
func deviceOf(m []byte, port uint16) (inode uint64, device int) {
	const id = 4 // after family, state, timer and retransmissions
	const inodeAt = id + idSize + 4*4
	if len(m) < inodeAt+4 || binary.BigEndian.Uint16(m[id:]) != port {
		return 0, 0
	}
	return uint64(rtnl.Uint32(m[inodeAt:])), int(rtnl.Uint32(m[id+36:]))
}
