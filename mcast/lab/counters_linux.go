package lab

import (
	"net"

	"github.com/vishvananda/netlink"
)

// Counters reads what the interface has counted.
func (l *Link) Counters() (Counters, error) {
	link, err := l.node.ns.handle.LinkByName(l.name)
	if err != nil {
		return Counters{}, l.failed("count", err)
	}
	lost, err := l.dropped()
	if err != nil {
		return Counters{}, l.failed("count", err)
	}
	if c, ok := l.node.cables[l.name]; ok {
		lost += c.lab.delayDropped(c.port)
	}
	a := link.Attrs()
	s := a.Statistics
	return Counters{
		RxPackets: s.RxPackets, RxBytes: s.RxBytes, TxPackets: s.TxPackets, TxBytes: s.TxBytes,
		Dropped: s.RxDropped + s.TxDropped + lost,
		Up:      a.Flags&net.FlagUp != 0,
		Carrier: a.OperState == netlink.OperUp,
	}, nil
}
