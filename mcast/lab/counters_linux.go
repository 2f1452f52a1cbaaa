package lab

import (
	"net"

	"github.com/vishvananda/netlink"
)

// Counters reads what the interface has counted.
func (l *Link) Counters() (Counters, error) {
	c, ours := l.node.cables[l.name]
	if ours {
		done, err := c.lab.use()
		if err != nil {
			return Counters{}, err
		}
		defer done()
	}
	link, err := l.node.ns.handle.LinkByName(l.name)
	if err != nil {
		return Counters{}, l.failed("count", err)
	}
	lost, err := l.dropped()
	if err != nil {
		return Counters{}, l.failed("count", err)
	}
	if ours {
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
