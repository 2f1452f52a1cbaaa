package host

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast/internal/procfs"
)

// ReadSockets reads the UDP sockets that can hold a port of an IP version. For
// IPv4 these are also sockets of IPv6 that are bound to the wildcard, as long as
// they are not IPV6_V6ONLY, which the kernel does not report; their Local is
// [::]. root is the file system, os.DirFS("/").
func ReadSockets(root fs.FS, is6 bool) ([]Socket, error) {
	sockets6, err := procfs.Net(root, "udp6", parseSockets)
	if is6 {
		return slices.DeleteFunc(sockets6, func(s Socket) bool { return s.Local.Addr().Is4() }), err
	}
	if procfs.Absent(err) != nil { // absent: a kernel without IPv6
		return nil, err
	}
	sockets, err := procfs.Net(root, "udp", parseSockets)
	if err != nil {
		return nil, err
	}
	for _, s := range sockets6 {
		if a := s.Local.Addr(); a.Is4() || a.IsUnspecified() {
			sockets = append(sockets, s)
		}
	}
	return sockets, nil
}

// parseSockets reads /proc/net/udp or udp6 (proc_net_udp in the kernel's
// documentation), in which an address is one or four hexadecimal numbers in the
// byte order of the host:
//
//	  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
//	4371: 0100007F:04D2 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 12345 2 0000000000000000 0
//
// An IPv4 address that an IPv6 socket is bound to (::ffff:192.0.2.1) is given
// as that IPv4 address: such a socket hears IPv4 only.
func parseSockets(r io.Reader) ([]Socket, error) {
	sockets := []Socket{}
	err := procfs.Lines(r, "udp", 1, func(fields []string) error {
		if len(fields) != 13 {
			return fmt.Errorf("%d fields, want 13", len(fields))
		}
		local, err := socketAddr(fields[1])
		if err != nil {
			return err
		}
		uid, err := strconv.ParseUint(fields[7], 10, 32)
		if err != nil {
			return fmt.Errorf("uid: %w", err)
		}
		inode, err := strconv.ParseUint(fields[9], 10, 64)
		if err != nil {
			return fmt.Errorf("inode: %w", err)
		}
		drops, err := strconv.ParseUint(fields[12], 10, 64)
		if err != nil {
			return fmt.Errorf("drops: %w", err)
		}
		sockets = append(sockets, Socket{Local: local, UID: uint32(uid), Inode: inode, Drops: drops})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sockets, nil
}

// socketAddr reads 0100007F:04D2.
func socketAddr(s string) (netip.AddrPort, error) {
	host, port, _ := strings.Cut(s, ":")
	p, errPort := strconv.ParseUint(port, 16, 16)
	b, err := hex.DecodeString(host)
	if err != nil || errPort != nil || len(b) != 4 && len(b) != 16 {
		return netip.AddrPort{}, fmt.Errorf("%q is not an address and a port", s)
	}
	for word := b; len(word) > 0; word = word[4:] {
		binary.NativeEndian.PutUint32(word, binary.BigEndian.Uint32(word))
	}
	addr, _ := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(addr.Unmap(), uint16(p)), nil
}

// Socket is a UDP socket of this host.
type Socket struct {
	Local   netip.AddrPort
	UID     uint32
	Inode   uint64
	Drops   uint64 // datagrams it had no room for, since it was opened
	Own     bool   // of this process
	Program string // its process's name and id, "python3 (4711)", where that can be seen: of the user's own; else ""
}

// Holder finds the socket of another program, or of this one, that keeps an
// address and port from being bound: one at that port and address, or where
// either of them is all addresses. It is false where there is none, or the system
// does not tell.
func Holder(at netip.AddrPort) (Socket, bool) {
	root := os.DirFS("/")
	sockets, err := ReadSockets(root, at.Addr().Is6())
	if err != nil {
		return Socket{}, false
	}
	NameSockets(root, sockets, at.Port())
	addr := at.Addr().WithZone("")
	n := slices.IndexFunc(sockets, func(s Socket) bool {
		a := s.Local.Addr().WithZone("")
		return s.Local.Port() == at.Port() && (a == addr || a.IsUnspecified() || addr.IsUnspecified())
	})
	if n < 0 {
		return Socket{}, false
	}
	return sockets[n], true
}
