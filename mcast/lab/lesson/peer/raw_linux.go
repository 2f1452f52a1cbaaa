package peer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/ipv4"

	"github.com/groupcast/groupcast/mcast/igmp"
)

// fragment sends the first 1,480 bytes of a datagram of 2,000, and never the
// rest.
func fragment(o options) error {
	if o.by == nil {
		return errors.New("fragment: want by=INTERFACE")
	}
	const first, whole = 1480, 2000
	udp := make([]byte, first)
	binary.BigEndian.PutUint16(udp, 1234)
	binary.BigEndian.PutUint16(udp[2:], o.to.Port())
	binary.BigEndian.PutUint16(udp[4:], whole)
	h := &ipv4.Header{Version: 4, Len: ipv4.HeaderLen, TotalLen: ipv4.HeaderLen + first, ID: 1, Flags: ipv4.MoreFragments,
		TTL: 1, Protocol: 17, Dst: o.to.Addr().AsSlice()}
	if err := raw(h, udp, o.by); err != nil {
		return err
	}
	fmt.Printf("sent the first fragment to %s\n", o.to)
	return nil
}

// forge sends a datagram with the address of somebody else.
func forge(o options) error {
	if o.by == nil || !o.as.IsValid() {
		return errors.New("forge: want as=ADDRESS:PORT and by=INTERFACE")
	}
	text := strings.Join(o.words, " ")
	udp := make([]byte, 8, 8+len(text))
	binary.BigEndian.PutUint16(udp, o.as.Port())
	binary.BigEndian.PutUint16(udp[2:], o.to.Port())
	binary.BigEndian.PutUint16(udp[4:], uint16(8+len(text)))
	udp = append(udp, text...) // the checksum may be left out (RFC 768)
	if o.torn {
		binary.BigEndian.PutUint16(udp[6:], right(o, udp)^1)
	}
	h := &ipv4.Header{Version: 4, Len: ipv4.HeaderLen, TotalLen: ipv4.HeaderLen + len(udp), TTL: 1, Protocol: 17,
		Src: o.as.Addr().AsSlice(), Dst: o.to.Addr().AsSlice()}
	return o.repeat(func() error {
		if err := raw(h, udp, o.by); err != nil {
			return err
		}
		fmt.Printf("sent %d bytes to %s, as %s\n", len(text), o.to, o.as)
		return nil
	})
}

// right is the checksum that a datagram ought to have (RFC 768).
func right(o options, udp []byte) uint16 {
	b := append(o.as.Addr().AsSlice(), o.to.Addr().AsSlice()...)
	b = append(b, 0, 17, udp[4], udp[5])
	b = append(b, udp...)
	if len(b)%2 > 0 {
		b = append(b, 0)
	}
	return checksum(b)
}

// query asks who is a member, of one group or of any.
func query(o options) error {
	if o.by == nil {
		return errors.New("query: want by=INTERFACE")
	}
	// Reports are wanted within a tenth of a second. Only IGMPv3 says the interval.
	m := igmp.Message{Family: igmp.IGMP, Kind: igmp.Query, Version: o.version, MaxResponse: 100 * time.Millisecond, Robustness: 2, Interval: o.interval}
	to := netip.AddrFrom4([4]byte{224, 0, 0, 1})
	if len(o.words) > 0 {
		group, err := netip.ParseAddr(o.words[0])
		if err != nil {
			return err
		}
		m.Group, to = group, group
	}
	b, err := igmp.AppendQuery(nil, m)
	if err != nil {
		return err
	}
	h := &ipv4.Header{Version: 4, Len: ipv4.HeaderLen, TTL: 1, Protocol: 2, Src: o.from.AsSlice(), Dst: to.AsSlice()}
	if o.version > 1 {
		h.Options = []byte{0x94, 4, 0, 0} // router alert (RFC 2113)
		h.Len += len(h.Options)
	}
	h.TotalLen = h.Len + len(b)
	about := "0.0.0.0"
	if m.Group.IsValid() {
		about = m.Group.String()
	}
	return o.repeat(func() error {
		if err := raw(h, b, o.by); err != nil {
			return err
		}
		fmt.Printf("asked by IGMP about %s\n", about)
		return nil
	})
}

// raw sends a packet by an interface. The kernel fills in the header's
// checksum, and the source if there is none.
func raw(h *ipv4.Header, payload []byte, by *net.Interface) error {
	c, err := net.ListenPacket(fmt.Sprintf("ip4:%d", h.Protocol), "0.0.0.0")
	if err != nil {
		return err
	}
	defer c.Close()
	r, err := ipv4.NewRawConn(c)
	if err != nil {
		return err
	}
	return r.WriteTo(h, payload, &ipv4.ControlMessage{IfIndex: by.Index})
}

// checksum is that of RFC 1071, of an even number of bytes.
func checksum(b []byte) uint16 {
	sum := uint32(0)
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(b[i])<<8 | uint32(b[i+1])
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
