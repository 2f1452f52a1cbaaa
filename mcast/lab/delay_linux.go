package lab

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// delayLine delays the frames that leave a port of a switch. A rule (nft(8),
// netdev egress) diverts them into a cable. They are read from its other end,
// and the port sends them when they are due. The port itself is not touched:
// it keeps its carrier, and a snooping switch forgets nothing.
type delayLine struct {
	ns      *namespace
	port    string
	by      time.Duration
	cable   *netlink.Veth // nil: not made
	in, out *os.File      // packet(7) sockets of the cable's far end and of the port
	table   *nftables.Table
	frames  chan delayedFrame
	dropped atomic.Uint64
	done    chan struct{}
	running sync.WaitGroup
}

type delayedFrame struct {
	due   time.Time
	bytes []byte
}

const (
	maxDelayed   = 1024    // frames under way at once
	delayedMark  = 0x1ab   // of frames that were delayed already
	largestFrame = 1 << 17 // bytes: one of segmentation offload is up to 64 KiB, and has a header
)

// Delay delays the frames that reach the interface, ARP and ND as well as
// datagrams, by 0 to MaxDelay. It replaces what was set before, and loses
// frames that are on their way; 0 ends it. Linux 5.17 or newer is needed.
func (l *Link) Delay(d time.Duration) error {
	op := fmt.Sprintf("delay by %s", d)
	if d < 0 || d > MaxDelay {
		return l.failed(op, fmt.Errorf("want 0 to %s", MaxDelay))
	}
	c, ok := l.node.cables[l.name]
	if !ok {
		return l.failed(op, os.ErrNotExist)
	}
	return l.failed(op, c.lab.setDelay(c.port, d))
}

// setDelay ends the delay of a port, if it has one, and begins another, if it
// is not 0.
func (l *Lab) setDelay(port int, by time.Duration) error {
	l.delaying.Lock()
	defer l.delaying.Unlock()
	l.mu.Lock()
	old := l.delays[port]
	delete(l.delays, port)
	l.mu.Unlock()
	if old != nil {
		if err := old.close(); err != nil {
			return err
		}
	}
	if by == 0 {
		return nil
	}
	d, err := l.switches.delay(port, by)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delays[port] = d
	return nil
}

// delayDropped is how many frames the port's delay had no room for.
func (l *Lab) delayDropped(port int) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d := l.delays[port]; d != nil {
		return d.dropped.Load()
	}
	return 0
}

// delay begins to delay what leaves the port.
func (ns *namespace) delay(port int, by time.Duration) (*delayLine, error) {
	d := &delayLine{
		ns: ns, port: portName(port), by: by,
		table:  &nftables.Table{Family: nftables.TableFamilyNetdev, Name: fmt.Sprintf("delay-%d", port)},
		frames: make(chan delayedFrame, maxDelayed), done: make(chan struct{}),
	}
	err := d.open(port)
	if err == nil {
		d.running.Go(d.collect)
		d.running.Go(d.release)
		err = d.divert()
	}
	if err != nil {
		_ = d.close()
		return nil, err
	}
	return d, nil
}

// open makes the cable, waits until it carries frames, and opens the sockets.
func (d *delayLine) open(port int) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MTU, attrs.Flags = fmt.Sprintf("away#%d", port), 65535, net.FlagUp
	cable := netlink.NewVeth(attrs)
	cable.PeerName = fmt.Sprintf("hub#%d", port)
	if err := d.ns.handle.LinkAdd(cable); err != nil {
		return err
	}
	d.cable = cable
	farEnd, err := d.ns.handle.LinkByName(cable.PeerName)
	if err != nil {
		return err
	}
	if err := d.ns.handle.LinkSetUp(farEnd); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, end := range []string{cable.Name, cable.PeerName} {
		if err := d.ns.waitReady(ctx, end); err != nil {
			return err
		}
	}
	to, err := d.ns.handle.LinkByName(d.port)
	if err != nil {
		return err
	}
	return d.ns.do(func() (err error) {
		if d.in, err = packetSocket(farEnd.Attrs().Index, unix.ETH_P_ALL); err != nil {
			return err
		}
		d.out, err = packetSocket(to.Attrs().Index, 0)
		return err
	})
}

// collect reads the frames and says when each is due. A frame that finds
// maxDelayed before it is dropped.
func (d *delayLine) collect() {
	b := make([]byte, largestFrame)
	for {
		n, err := d.in.Read(b)
		if err != nil {
			return
		}
		select {
		case d.frames <- delayedFrame{time.Now().Add(d.by), bytes.Clone(b[:n])}:
		default:
			d.dropped.Add(1)
		}
	}
}

// release sends each frame when it is due.
func (d *delayLine) release() {
	for {
		select {
		case f := <-d.frames:
			select {
			case <-time.After(time.Until(f.due)):
				_, _ = d.out.Write(f.bytes) // a wire that is cut loses it
			case <-d.done:
				return
			}
		case <-d.done:
			return
		}
	}
}

// packetSocket opens a socket for the frames of an interface, each with a
// virtio_net_hdr before it: without that, checksums that the sending host
// left to its card would be wrong, and frames to be cut up too long.
func packetSocket(index int, protocol uint16) (*os.File, error) {
	protocol = binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, protocol))
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	for _, option := range []struct{ level, name, value int }{
		{unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1}, {unix.SOL_SOCKET, unix.SO_MARK, delayedMark},
	} {
		if err == nil {
			err = os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, option.level, option.name, option.value))
		}
	}
	if err == nil {
		err = os.NewSyscallError("bind", unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: protocol, Ifindex: index}))
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "frames"), nil
}

// divert adds a rule that sends the port's frames into the cable:
//
//	nft table netdev delay-7 { chain away {
//		type filter hook egress device port#7 priority 0;
//		meta mark != DELAYED dup to away#7 drop
//	} }
func (d *delayLine) divert() error {
	c, err := nftables.New(nftables.WithNetNSFd(int(d.ns.file.Fd())))
	if err != nil {
		return err
	}
	c.AddTable(d.table)
	chain := c.AddChain(&nftables.Chain{
		Name: "away", Table: d.table, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookEgress, Priority: nftables.ChainPriorityFilter, Device: d.port,
	})
	c.AddRule(&nftables.Rule{Table: d.table, Chain: chain, Exprs: []expr.Any{
		&expr.Meta{Key: expr.MetaKeyMARK, Register: unix.NFT_REG_1},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: unix.NFT_REG_1, Data: binaryutil.NativeEndian.PutUint32(delayedMark)},
		&expr.Immediate{Register: unix.NFT_REG_1, Data: binaryutil.NativeEndian.PutUint32(uint32(d.cable.Index))},
		&expr.Dup{RegDev: unix.NFT_REG_1, IsRegDevSet: true},
		&expr.Verdict{Kind: expr.VerdictDrop},
	}})
	return c.Flush()
}

// close lets the port send its frames at once again, and drops those under way.
func (d *delayLine) close() error {
	c, err := nftables.New(nftables.WithNetNSFd(int(d.ns.file.Fd())))
	if err == nil {
		c.AddTable(d.table) // so that there is one to delete
		c.DelTable(d.table)
		err = c.Flush()
	}
	close(d.done)
	for _, f := range []*os.File{d.in, d.out} {
		if f != nil {
			f.Close()
		}
	}
	d.running.Wait()
	if d.cable != nil {
		_ = d.ns.handle.LinkDel(d.cable)
	}
	return err
}
