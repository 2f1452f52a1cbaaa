//go:build unix && !linux

package mcast

import (
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// reader fetches datagrams one by one, with what control messages tell of
// their destination, interface and hops.
type reader struct {
	udp  *net.UDPConn
	v6   bool
	size int
	data []byte
	oob  []byte
}

// newReader makes a reader that keeps size bytes of each payload.
func newReader(udp *net.UDPConn, size int, _ *errorQueue) (*reader, error) {
	local := udp.LocalAddr().(*net.UDPAddr)
	return &reader{udp: udp, v6: local.IP.To4() == nil, size: size}, nil
}

// read waits for a datagram. Data is valid until the next read; At is the time
// of reading.
func (r *reader) read(dst []Datagram) (int, error) {
	if len(dst) == 0 {
		return 0, nil
	}
	if r.data == nil {
		r.data = make([]byte, r.size)
		r.oob = make([]byte, 256) // IP_RECVIF alone takes up to 72
	}
	n, oobn, flags, from, err := r.udp.ReadMsgUDPAddrPort(r.data, r.oob)
	if err != nil {
		return 0, err
	}
	dst[0] = Datagram{
		At:        time.Now(),
		From:      unmapped(from),
		Data:      r.data[:n:n],
		Size:      n,
		Truncated: flags&unix.MSG_TRUNC != 0,
	}
	r.control(r.oob[:oobn], &dst[0])
	return 1, nil
}

// control reads control messages into d; of what cannot be parsed nothing.
func (r *reader) control(oob []byte, d *Datagram) {
	var to net.IP
	if r.v6 {
		var cm ipv6.ControlMessage
		if cm.Parse(oob) != nil {
			return
		}
		to, d.IfIndex, d.Hops = cm.Dst, cm.IfIndex, cm.HopLimit
	} else {
		var cm ipv4.ControlMessage
		if cm.Parse(oob) != nil {
			return
		}
		to, d.IfIndex, d.Hops = cm.Dst, cm.IfIndex, cm.TTL
	}
	if addr, ok := netip.AddrFromSlice(to); ok {
		d.To = addr.Unmap()
	}
}
