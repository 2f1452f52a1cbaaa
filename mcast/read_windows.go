package mcast

import "net/netip"

// batch is the memory that Read fills. x/net has neither batches nor control
// messages on Windows, so datagrams come one by one, without destination,
// interface and TTL.
type batch struct{ data []byte }

func (c *Conn) readBatch(dst []Datagram) (int, error) {
	if len(dst) == 0 {
		return 0, nil
	}
	if c.batch.data == nil {
		c.batch.data = make([]byte, MaxPayload+1)
	}
	n, from, err := c.udp.ReadFromUDPAddrPort(c.batch.data)
	if err != nil {
		return 0, err
	}
	dst[0] = Datagram{
		From: netip.AddrPortFrom(from.Addr().Unmap(), from.Port()),
		Data: c.batch.data[:n],
	}
	return 1, nil
}
