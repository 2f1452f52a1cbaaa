package mcast

import (
	"net"
	"time"
)

// reader fetches datagrams one by one. x/net has no control messages on
// Windows: they come without destination, interface and hops.
type reader struct {
	udp  *net.UDPConn
	size int
	data []byte
}

// newReader makes a reader that keeps size bytes of each payload.
func newReader(udp *net.UDPConn, size int, _ *errorQueue) (*reader, error) {
	return &reader{udp: udp, size: size}, nil
}

// read waits for a datagram. Data is valid until the next read; At is the time
// of reading.
func (r *reader) read(dst []Datagram) (int, error) {
	if len(dst) == 0 {
		return 0, nil
	}
	if r.data == nil {
		// Winsock makes an error (WSAEMSGSIZE) of a datagram that does not
		// fit, so any must, and is cut here.
		r.data = make([]byte, maxDatagram)
	}
	n, from, err := r.udp.ReadFromUDPAddrPort(r.data)
	if err != nil {
		return 0, err
	}
	kept := min(n, r.size)
	dst[0] = Datagram{
		At:        time.Now(),
		From:      unmapped(from),
		Data:      r.data[:kept:kept],
		Size:      n,
		Truncated: n > kept,
	}
	return 1, nil
}
