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

// parseControl reads control messages (cmsg(3)) into To, IfIndex and Hops of d
// and returns the kernel's timestamp, the zero Time if there is none. It skips
// what it does not know, and stops at what does not add up.
func parseControl(oob []byte, d *Datagram) (stamp time.Time) {
	for {
		h, ok := load[unix.Cmsghdr](oob)
		if !ok || h.Len < unix.SizeofCmsghdr || uint64(h.Len) > uint64(len(oob)) {
			return stamp
		}
		data := oob[unix.SizeofCmsghdr:h.Len]
		switch [2]int32{h.Level, h.Type} {
		case [2]int32{unix.IPPROTO_IP, unix.IP_PKTINFO}:
			if info, ok := load[unix.Inet4Pktinfo](data); ok {
				d.To, d.IfIndex = netip.AddrFrom4(info.Addr), int(info.Ifindex)
			}
		case [2]int32{unix.IPPROTO_IPV6, unix.IPV6_PKTINFO}:
			if info, ok := load[unix.Inet6Pktinfo](data); ok {
				d.To, d.IfIndex = netip.AddrFrom16(info.Addr).Unmap(), int(info.Ifindex)
			}
		case [2]int32{unix.IPPROTO_IP, unix.IP_TTL}, [2]int32{unix.IPPROTO_IPV6, unix.IPV6_HOPLIMIT}:
			if hops, ok := load[int32](data); ok {
				d.Hops = int(hops)
			}
		case [2]int32{unix.SOL_SOCKET, unix.SCM_TIMESTAMPNS}:
			if ts, ok := load[unix.Timespec](data); ok {
				stamp = time.Unix(ts.Unix())
			}
		}
		// The last message need not be padded.
		oob = oob[min(unix.CmsgSpace(len(data)), len(oob)):]
	}
}

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
