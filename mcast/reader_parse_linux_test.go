package mcast

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// cmsg builds one control message, padded as the kernel pads it.
func cmsg[T any](level, typ int32, value T) []byte {
	b := make([]byte, unix.CmsgSpace(int(unsafe.Sizeof(value))))
	h := unix.Cmsghdr{Level: level, Type: typ}
	h.SetLen(unix.CmsgLen(int(unsafe.Sizeof(value))))
	copy(b, bytesOf(&h))
	copy(b[unix.CmsgLen(0):], bytesOf(&value))
	return b
}

func bytesOf[T any](v *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v))
}

// withLen changes the length that a control message claims to have.
func withLen(b []byte, n int) []byte {
	h, _ := load[unix.Cmsghdr](b)
	h.SetLen(n)
	copy(b, bytesOf(&h))
	return b
}

func together(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

var (
	group4  = netip.MustParseAddr("224.0.0.114")
	group6  = netip.MustParseAddr("ff02::114")
	pktinfo = cmsg(unix.IPPROTO_IP, unix.IP_PKTINFO, unix.Inet4Pktinfo{Ifindex: 7, Addr: group4.As4(), Spec_dst: [4]byte{192, 168, 8, 164}})
	ttl     = cmsg(unix.IPPROTO_IP, unix.IP_TTL, int32(255))
	taken   = time.Unix(1700000000, 123456789)
	stamped = cmsg(unix.SOL_SOCKET, unix.SCM_TIMESTAMPNS, unix.NsecToTimespec(taken.UnixNano()))
)

func TestParseControl(t *testing.T) {
	info6 := func(to netip.Addr) []byte {
		return cmsg(unix.IPPROTO_IPV6, unix.IPV6_PKTINFO, unix.Inet6Pktinfo{Ifindex: 9, Addr: to.As16()})
	}
	hopLimit := cmsg(unix.IPPROTO_IPV6, unix.IPV6_HOPLIMIT, int32(3))
	unknown := cmsg(unix.SOL_SOCKET, unix.SO_MARK, uint32(12))
	drops := cmsg(unix.SOL_SOCKET, unix.SO_RXQ_OVFL, uint32(1<<32-1))
	claims := func(n int) []byte { return withLen(together(ttl), n) }

	for _, test := range []struct {
		name  string
		oob   []byte
		want  Datagram
		stamp time.Time
	}{
		{name: "nothing"},
		{name: "IPv4", oob: together(stamped, pktinfo, ttl), want: Datagram{To: group4, IfIndex: 7, Hops: 255}, stamp: taken},
		{name: "IPv6", oob: together(stamped, info6(group6), hopLimit), want: Datagram{To: group6, IfIndex: 9, Hops: 3}, stamp: taken},
		{name: "IPv4 in an IPv6 socket", oob: info6(netip.AddrFrom16(group4.As16())), want: Datagram{To: group4, IfIndex: 9}},
		{name: "drops", oob: together(drops, pktinfo), want: Datagram{To: group4, IfIndex: 7, Drops: 1<<32 - 1}},
		{name: "unknown between", oob: together(unknown, pktinfo, unknown, ttl), want: Datagram{To: group4, IfIndex: 7, Hops: 255}},
		{name: "last one not padded", oob: together(pktinfo, ttl[:unix.CmsgLen(4)]), want: Datagram{To: group4, IfIndex: 7, Hops: 255}},
		{name: "last one cut in its header", oob: together(ttl, pktinfo[:unix.SizeofCmsghdr-1]), want: Datagram{Hops: 255}},
		{name: "last one cut in its value", oob: together(ttl, pktinfo[:unix.CmsgLen(4)]), want: Datagram{Hops: 255}},
		{name: "value shorter than its type", oob: together(cmsg(unix.IPPROTO_IP, unix.IP_PKTINFO, int32(7)), ttl), want: Datagram{Hops: 255}},
		{name: "no value", oob: together(claims(unix.SizeofCmsghdr))},
		{name: "claims to be empty", oob: together(claims(0), pktinfo)},
		{name: "claims less than its header", oob: together(claims(unix.SizeofCmsghdr-1), pktinfo)},
		{name: "claims more than there is", oob: claims(len(ttl) + 1)},
		{name: "claims the most there can be", oob: together(claims(-1), pktinfo)},
		{name: "claims most of memory", oob: together(claims(math.MaxInt), pktinfo)},
	} {
		t.Run(test.name, func(t *testing.T) {
			var d Datagram
			stamp, _ := parseControl(test.oob, &d)
			if d.To != test.want.To || d.IfIndex != test.want.IfIndex || d.Hops != test.want.Hops || d.Drops != test.want.Drops {
				t.Errorf("got %+v, want %+v", d, test.want)
			}
			want := int64(0)
			if !test.stamp.IsZero() {
				want = test.stamp.UnixNano()
			}
			if stamp != want {
				t.Errorf("timestamp %d, want %d", stamp, want)
			}
		})
	}
}

// FuzzParseControl compares the parser with the one of x/sys, whenever that
// takes the bytes.
func FuzzParseControl(f *testing.F) {
	f.Add([]byte{})
	f.Add(together(stamped, pktinfo, ttl))
	f.Add(together(pktinfo, ttl[:unix.CmsgLen(4)]))
	f.Add(withLen(together(ttl), -1))
	f.Fuzz(func(t *testing.T, oob []byte) {
		var d Datagram
		parseControl(oob, &d)
		msgs, err := unix.ParseSocketControlMessage(oob)
		if err != nil {
			return
		}
		var want int
		for _, m := range msgs {
			v4 := m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_TTL
			v6 := m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_HOPLIMIT
			if (v4 || v6) && len(m.Data) >= 4 {
				want = int(int32(binary.NativeEndian.Uint32(m.Data)))
			}
		}
		if d.Hops != want {
			t.Errorf("hops %d of %x, want %d", d.Hops, oob, want)
		}
	})
}

func TestParseName(t *testing.T) {
	name4 := func(port uint16, addr [4]byte) []byte {
		sa := unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: addr}
		binary.BigEndian.PutUint16(bytesOf(&sa.Port), port)
		return bytesOf(&sa)
	}
	name6 := func(port uint16, addr netip.Addr, scope uint32) []byte {
		sa := unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: addr.As16(), Scope_id: scope}
		binary.BigEndian.PutUint16(bytesOf(&sa.Port), port)
		return bytesOf(&sa)
	}
	linkLocal := netip.MustParseAddr("fe80::1")
	z := zones{ask: func(index uint32) string { return fmt.Sprint("eth", index) }}
	for _, test := range []struct {
		name string
		b    []byte
		want string
	}{
		{"IPv4", name4(1234, [4]byte{192, 168, 8, 164}), "192.168.8.164:1234"},
		{"IPv6", name6(1234, netip.MustParseAddr("2001:db8::1"), 0), "[2001:db8::1]:1234"},
		{"IPv6 on a link", name6(1234, linkLocal, 42), "[fe80::1%eth42]:1234"},
		{"IPv4 in an IPv6 socket", name6(1234, netip.MustParseAddr("::ffff:10.0.0.1"), 0), "10.0.0.1:1234"},
		{"nothing", nil, "invalid AddrPort"},
		{"one byte", []byte{unix.AF_INET}, "invalid AddrPort"},
		{"IPv4 cut", name4(1234, [4]byte{192, 168, 8, 164})[:unix.SizeofSockaddrInet4-1], "invalid AddrPort"},
		{"IPv6 cut", name6(1234, linkLocal, 42)[:unix.SizeofSockaddrInet6-1], "invalid AddrPort"},
		{"another family", bytesOf(&unix.RawSockaddrUnix{Family: unix.AF_UNIX}), "invalid AddrPort"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := parseName(test.b, &z, time.Now()).String(); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestZonesAskOnceAMinute(t *testing.T) {
	asked := 0
	z := zones{ask: func(index uint32) string { asked++; return fmt.Sprint("name", asked) }}
	start := time.Now()
	for _, step := range []struct {
		index uint32
		after time.Duration
		want  string
	}{
		{7, 0, "name1"},
		{7, time.Minute, "name1"},
		{8, time.Minute, "name2"},
		{7, time.Minute + 1, "name3"},
		{7, 2 * time.Minute, "name3"},
	} {
		if got := z.name(step.index, start.Add(step.after)); got != step.want {
			t.Errorf("interface %d after %v is %q, want %q", step.index, step.after, got, step.want)
		}
	}
}

func FuzzParseName(f *testing.F) {
	f.Add([]byte{2, 0, 4, 210, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add(append([]byte{10, 0, 4, 210, 0, 0, 0, 0, 0xfe, 0x80}, make([]byte, 18)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		z := &zones{ask: func(uint32) string { return "eth0" }}
		if at := parseName(b, z, time.Time{}); at.IsValid() && len(b) < 16 {
			t.Errorf("%d bytes are taken for %s", len(b), at)
		}
	})
}
