//go:build !windows

package mcast

import (
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
)

// batch is the memory that Read fills: room for BatchSize datagrams of any
// size. The kernel's pages behind it are touched only as far as datagrams
// reach.
type batch struct {
	msgs []ipv4.Message
	cm   ipv4.ControlMessage
}

func (b *batch) init() {
	const oobSize = 128 // IP_PKTINFO and IP_TTL take 48 on Linux, IP_RECVIF more elsewhere
	b.msgs = make([]ipv4.Message, BatchSize)
	data := make([]byte, BatchSize*(MaxPayload+1))
	oob := make([]byte, BatchSize*oobSize)
	for i := range b.msgs {
		b.msgs[i].Buffers = [][]byte{data[i*(MaxPayload+1):][:MaxPayload+1]}
		b.msgs[i].OOB = oob[i*oobSize:][:oobSize]
	}
}

func (c *Conn) readBatch(dst []Datagram) (int, error) {
	b := &c.batch
	if b.msgs == nil {
		b.init()
	}
	n, err := c.pc.ReadBatch(b.msgs[:min(len(dst), BatchSize)], 0)
	if err != nil {
		return 0, err
	}
	for i := range b.msgs[:n] {
		m := &b.msgs[i]
		d := Datagram{Data: m.Buffers[0][:m.N]}
		if from, ok := m.Addr.(*net.UDPAddr); ok {
			d.From = netip.AddrPortFrom(from.AddrPort().Addr().Unmap(), uint16(from.Port))
		}
		b.cm = ipv4.ControlMessage{}
		if err := b.cm.Parse(m.OOB[:m.NN]); err == nil {
			if to, ok := netip.AddrFromSlice(b.cm.Dst); ok {
				d.To = to.Unmap()
			}
			d.IfIndex, d.Hops = b.cm.IfIndex, b.cm.TTL
		}
		dst[i] = d
	}
	return n, nil
}
