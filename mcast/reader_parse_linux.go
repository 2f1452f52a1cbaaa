package mcast

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// parseControl reads control messages (cmsg(3)) into To, IfIndex, Hops and Drops of
// d and returns the kernel's timestamp in nanoseconds since 1970, 0 if there is none,
// and the length of those that were joined, 0 if this is a single datagram. It skips what it does not know, and stops at what does not add up. It is the
// dearest part of reading that is not the kernel's, so it copies no structs.
func parseControl(oob []byte, d *Datagram) (stamp int64, joined int) {
	for len(oob) >= unix.SizeofCmsghdr {
		h := (*unix.Cmsghdr)(unsafe.Pointer(unsafe.SliceData(oob)))
		if h.Len < unix.SizeofCmsghdr || uint64(h.Len) > uint64(len(oob)) {
			return stamp, joined
		}
		data := oob[unix.SizeofCmsghdr:h.Len]
		switch int64(h.Level)<<32 | int64(h.Type) {
		case unix.IPPROTO_IP<<32 | unix.IP_PKTINFO: // struct in_pktinfo
			if len(data) >= unix.SizeofInet4Pktinfo {
				d.To, d.IfIndex = netip.AddrFrom4([4]byte(data[8:12])), number(data)
			}
		case unix.IPPROTO_IPV6<<32 | unix.IPV6_PKTINFO: // struct in6_pktinfo
			if len(data) >= unix.SizeofInet6Pktinfo {
				d.To, d.IfIndex = netip.AddrFrom16([16]byte(data[:16])).Unmap(), number(data[16:])
			}
		case unix.IPPROTO_IP<<32 | unix.IP_TTL, unix.IPPROTO_IPV6<<32 | unix.IPV6_HOPLIMIT:
			if len(data) >= 4 {
				d.Hops = number(data)
			}
		case unix.SOL_SOCKET<<32 | unix.SCM_TIMESTAMPNS:
			if len(data) >= int(unsafe.Sizeof(unix.Timespec{})) {
				stamp = (*unix.Timespec)(unsafe.Pointer(unsafe.SliceData(data))).Nano()
			}
		case unix.SOL_SOCKET<<32 | unix.SO_RXQ_OVFL:
			if len(data) >= 4 {
				d.Drops = binary.NativeEndian.Uint32(data)
			}
		case unix.SOL_UDP<<32 | unix.UDP_GRO:
			if len(data) >= 4 {
				joined = max(number(data), 0)
			}
		}
		// The last message need not be padded.
		oob = oob[min(unix.CmsgSpace(len(data)), len(oob)):]
	}
	return stamp, joined
}

// number reads an int of C.
func number(b []byte) int { return int(int32(binary.NativeEndian.Uint32(b))) }

// load copies a struct of the kernel's from the beginning of b; not ok if b is
// too short for it. T must not have pointers.
func load[T any](b []byte) (v T, ok bool) {
	if len(b) < int(unsafe.Sizeof(v)) {
		return v, false
	}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&v)), unsafe.Sizeof(v)), b)
	return v, true
}

// parseName reads a struct sockaddr_in or sockaddr_in6; of anything else it
// makes the zero AddrPort.
func parseName(b []byte, z *zones, now time.Time) netip.AddrPort {
	if len(b) < 2 {
		return netip.AddrPort{}
	}
	switch family := binary.NativeEndian.Uint16(b); {
	case family == unix.AF_INET && len(b) >= unix.SizeofSockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:8])), binary.BigEndian.Uint16(b[2:]))
	case family == unix.AF_INET6 && len(b) >= unix.SizeofSockaddrInet6:
		addr := netip.AddrFrom16([16]byte(b[8:24])).Unmap()
		if scope := binary.NativeEndian.Uint32(b[24:]); scope != 0 {
			addr = addr.WithZone(z.name(scope, now))
		}
		return netip.AddrPortFrom(addr, binary.BigEndian.Uint16(b[2:]))
	}
	return netip.AddrPort{}
}

// zones remembers the names of interfaces for a minute: they can be changed.
type zones struct {
	ask   func(index uint32) string
	names map[uint32]string
	since time.Time
}

func (z *zones) name(index uint32, now time.Time) string {
	if z.names == nil || now.Sub(z.since) > time.Minute {
		z.names, z.since = map[uint32]string{}, now
	}
	name, known := z.names[index]
	if !known {
		name = z.ask(index)
		z.names[index] = name
	}
	return name
}

// zoneName is the name of an interface, or its index as a number if it is
// gone. It asks the socket, which may live in another network namespace than
// the thread that reads.
func zoneName(raw syscall.RawConn, index uint32) string {
	var name string
	raw.Control(func(fd uintptr) { name = ifName(fd, int(index)) })
	if name == "" {
		name = strconv.FormatUint(uint64(index), 10)
	}
	return name
}
