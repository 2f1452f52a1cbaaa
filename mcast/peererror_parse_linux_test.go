package mcast

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// errorEntry is the control message of an entry of the error queue.
type errorEntry struct {
	unix.SockExtendedErr
	offender unix.RawSockaddrInet4
}

var (
	destination = func() []byte {
		sa := unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: [4]byte{192, 168, 1, 11}}
		binary.BigEndian.PutUint16(bytesOf(&sa.Port), 9)
		return bytesOf(&sa)
	}()
	self = cmsg(unix.IPPROTO_IP, unix.IP_PKTINFO, unix.Inet4Pktinfo{Ifindex: 1, Addr: [4]byte{192, 168, 1, 10}})
)

func errorFrom(origin, typ, code uint8, errno syscall.Errno, last byte) []byte {
	e := errorEntry{SockExtendedErr: unix.SockExtendedErr{Errno: uint32(errno), Origin: origin, Type: typ, Code: code}}
	if last != 0 {
		e.offender = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: [4]byte{192, 168, 1, last}}
	}
	return cmsg(unix.IPPROTO_IP, unix.IP_RECVERR, e)
}

func TestParsePeerError(t *testing.T) {
	refused := errorFrom(unix.SO_EE_ORIGIN_ICMP, 3, 3, unix.ECONNREFUSED, 11)
	for _, test := range []struct {
		name    string
		control []byte
		origin  uint8
		want    string
	}{
		{"by the peer", together(stamped, self, ttl, refused), unix.SO_EE_ORIGIN_ICMP,
			"192.168.1.11:9 refused it: ICMP port unreachable (3, 3) from 192.168.1.11"},
		{"by a router", together(self, errorFrom(unix.SO_EE_ORIGIN_ICMP, 3, 0, unix.ENETUNREACH, 1)), unix.SO_EE_ORIGIN_ICMP,
			"192.168.1.11:9 is unreachable: ICMP net unreachable (3, 0) from 192.168.1.1"},
		{"by this host to itself", together(self, errorFrom(unix.SO_EE_ORIGIN_ICMP, 3, 1, unix.EHOSTUNREACH, 10)), unix.SO_EE_ORIGIN_ICMP,
			"192.168.1.11:9 is unreachable: no route to host, says this host"},
		{"by the own kernel", errorFrom(unix.SO_EE_ORIGIN_LOCAL, 0, 0, unix.EMSGSIZE, 0), unix.SO_EE_ORIGIN_LOCAL,
			"192.168.1.11:9 is behind a path with a smaller MTU than the datagram: message too long, says this host"},
		{"nothing about an error", together(stamped, self), unix.SO_EE_ORIGIN_NONE, ""},
		{"cut in its value", refused[:unix.CmsgLen(unix.SizeofSockaddrInet4-1)], unix.SO_EE_ORIGIN_NONE, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			now := time.Now()
			e, errno, origin := parsePeerError(destination, test.control, &zones{}, now)
			if origin != test.origin || origin != unix.SO_EE_ORIGIN_NONE && e.Err != errno {
				t.Errorf("origin %d, error %v (%v), want origin %d", origin, e.Err, errno, test.origin)
			}
			if test.want != "" && e.String() != test.want {
				t.Errorf("got %s\nwant %s", e, test.want)
			}
		})
	}
}

func FuzzParsePeerError(f *testing.F) {
	f.Add(destination, together(stamped, self, errorFrom(unix.SO_EE_ORIGIN_ICMP, 3, 3, unix.ECONNREFUSED, 11)))
	f.Add(destination[:3], errorFrom(unix.SO_EE_ORIGIN_LOCAL, 0, 0, unix.EMSGSIZE, 0)[:20])
	f.Fuzz(func(t *testing.T, name, control []byte) {
		z := &zones{ask: func(index uint32) string { return fmt.Sprint(index) }}
		e, _, origin := parsePeerError(name, control, z, time.Time{})
		if origin != unix.SO_EE_ORIGIN_NONE && e.Err == nil || e.Local() != (e.From == netip.Addr{}) {
			t.Errorf("origin %d: %+v", origin, e)
		}
	})
}
