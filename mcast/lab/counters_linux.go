package lab

import (
	"errors"
	"io/fs"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Counters reads what the interface has counted.
func (l *Link) Counters() (Counters, error) {
	if c, ours := l.node.cables[l.name]; ours {
		done, err := c.lab.use()
		if err != nil {
			return Counters{}, err
		}
		defer done()
	}
	look, err := l.look()
	return look.Counters, err
}

// linkLook is an interface as the kernel has it.
type linkLook struct {
	Counters
	multicast bool // the flag
	loses     bool // by the rule of Drop
}

// look reads it; the error is that of its name if it is not there. The caller keeps the
// namespaces open.
func (l *Link) look() (k linkLook, err error) {
	link, err := l.node.ns.handle.LinkByName(l.name)
	if err != nil {
		return k, l.failed("count", err)
	}
	lost, loses, err := l.dropped()
	if err != nil {
		return k, l.failed("count", err)
	}
	if c, ours := l.node.cables[l.name]; ours {
		lost += c.lab.delayDropped(c.port)
	}
	a := link.Attrs()
	s := a.Statistics
	return linkLook{Counters{
		RxPackets: s.RxPackets, RxBytes: s.RxBytes, TxPackets: s.TxPackets, TxBytes: s.TxBytes,
		Dropped: s.RxDropped + s.TxDropped + lost,
		Up:      a.Flags&net.FlagUp != 0,
		Carrier: a.OperState == netlink.OperUp,
	}, a.Flags&net.FlagMulticast != 0, loses}, nil
}

// whole reports whether the wire is not cut; the error is fs.ErrNotExist when it went with
// the interface.
func (l *Link) whole() (bool, error) {
	c, ok := l.node.cables[l.name]
	if !ok {
		return false, fs.ErrNotExist
	}
	port, err := c.lab.switches.handle.LinkByName(portName(c.port))
	if isNoLink(err) {
		return false, fs.ErrNotExist
	}
	return err == nil && port.Attrs().Flags&net.FlagUp != 0, l.failed("look at the wire of", err)
}

// isNoLink reports whether there is no interface of that name.
func isNoLink(err error) bool {
	_, is := errors.AsType[netlink.LinkNotFoundError](err)
	return is || errors.Is(err, unix.ENODEV) || errors.Is(err, fs.ErrNotExist)
}
