package doctor

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// reader is a socket that is read from: a [mcast.Conn], or a plain one.
type reader interface {
	Read(ctx context.Context, dst []mcast.Datagram) (int, error)
	Close() error
}

// openSockets opens the sockets of the probe.
func (p *prober) openSockets(ctx context.Context) (err error) {
	g := p.Intent.Group
	at := host.Unspecified(g.Addr)
	p.groupConn, err = mcast.Listen(ctx, mcast.Config{Addr: at, Port: g.Port, ReadSize: readSize, Trace: p.Trace})
	if err != nil {
		return err
	}
	p.open = append(p.open, p.groupConn)
	p.sendConn, err = mcast.Listen(ctx, mcast.Config{
		Addr: at, ReadSize: readSize, NoLoopback: !p.Intent.Loopback, QueueErrors: runtime.GOOS == "linux", Trace: p.Trace,
	})
	if err != nil {
		return err
	}
	p.open = append(p.open, p.sendConn)
	if err := p.sendConn.SetHops(p.Intent.Hops); err != nil {
		return err
	}
	// The probe goes on without the sockets below if they cannot be opened.
	if p.plainConn, err = openPlain(ctx, g); err == nil {
		p.open = append(p.open, p.plainConn)
	}
	if p.wantsControl() {
		p.controlConn, err = mcast.Listen(ctx, mcast.Config{Addr: at, Port: controlGroup(g).Port, ReadSize: readSize, Trace: p.Trace})
		if err == nil {
			p.open = append(p.open, p.controlConn)
		}
	}
	return ctx.Err()
}

// readSize is how much of a datagram is looked at, in bytes.
const readSize = 2048

// join joins the group everywhere, and returns the first error.
func (p *prober) join() (failed error) {
	for _, i := range p.joins() {
		joined := true
		if p.onWire != nil {
			p.onWire.joined[i.Index] = time.Now()
		}
		for _, g := range p.asked(i) {
			if err := p.groupConn.Join(g, i); err != nil {
				joined, failed = false, cmp.Or(failed, err)
			}
		}
		if joined {
			p.listen.On = append(p.listen.On, i.Index)
		}
		if p.controlConn != nil {
			_ = p.controlConn.Join(controlGroup(p.Intent.Group), i) // the probe goes on without it
		}
	}
	return failed
}

// asked lists the memberships on an interface. A group with a source is joined
// for the interface's own address as well, or own copies would not be heard.
func (p *prober) asked(i host.Interface) []mcast.Group {
	g := p.Intent.Group
	own := g
	own.Source = i.Addr(g.Addr)
	if !g.Source.IsValid() || !own.Source.IsValid() || own.Source == g.Source {
		return []mcast.Group{g}
	}
	return []mcast.Group{g, own}
}

// again leaves the group on an interface and joins it again. The kernel reports
// it to the network only when no other program of this host has joined the group
// there.
func (p *prober) again(ifIndex int) {
	for _, i := range p.joins() {
		if i.Index != ifIndex {
			continue
		}
		for _, g := range p.asked(i) {
			_ = p.groupConn.Leave(g, i) // it fails where the interface was deleted, and the membership with it
		}
		for _, g := range p.asked(i) {
			p.joinErr = cmp.Or(p.joinErr, p.groupConn.Join(g, i))
		}
	}
}

// read passes on the datagrams of a socket until it is closed or ctx ends.
func (p *prober) read(ctx context.Context, from reader, to chan<- []Received) {
	p.readers.Go(func() {
		batch := make([]mcast.Datagram, mcast.BatchSize)
		for {
			n, err := from.Read(ctx, batch)
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				select {
				case p.failed <- err:
				case <-ctx.Done():
				}
				return
			}
			select {
			case to <- p.headers(batch[:n]):
			case <-ctx.Done():
				return
			}
		}
	})
}

// headers is a batch whose payloads are its own, since the next one takes the place of
// this in memory. Strays are left out: where the system can, plainConn gets them.
func (p *prober) headers(batch []mcast.Datagram) []Received {
	list := make([]Received, 0, len(batch))
	size := 0
	for _, d := range batch {
		size += len(d.Data)
	}
	payloads := make([]byte, 0, size)
	for _, d := range batch {
		if d.Stray {
			continue
		}
		local := p.networks.Ours(d.From.Addr())
		from := len(payloads)
		payloads = append(payloads, d.Data...)
		list = append(list, Received{
			At: d.At, From: d.From, To: d.To.WithZone(""), IfIndex: d.IfIndex, Hops: d.Hops,
			Local:   local,
			Outside: !local && p.networks.Outside(d.From.Addr(), d.IfIndex),
			Bytes:   max(d.Size, len(d.Data)),
			Content: p.evidence.Hash(d.Data),
			Payload: payloads[from:len(payloads):len(payloads)], Drops: d.Drops,
		})
	}
	return list
}

// unlikelyPort is one where hardly anybody listens, so that a host answers with an
// ICMP port unreachable, as traceroute wants it.
const unlikelyPort = 33434

// askFrom sends an empty datagram to the host that is to be heard, to see whether
// it is there at all.
func (p *prober) askFrom(ctx, reading context.Context) {
	to := netip.AddrPortFrom(p.Intent.wants(), unlikelyPort)
	if to.Addr().IsLinkLocalUnicast() && to.Addr().Is6() {
		if len(p.listen.On) != 1 {
			return // in which zone?
		}
		to = netip.AddrPortFrom(to.Addr().WithZone(p.places()[0].Name), unlikelyPort)
	}
	p.ask(ctx, reading, to, 0)
}

// refusal is what the network says of a datagram to one host: ECONNREFUSED when
// its host says that nobody is at that port.
type refusal struct {
	from netip.AddrPort
	at   time.Time
	err  error
}

// ask sends an empty datagram to a sender alone, and waits for its host to say
// that nobody is there. The kernel tells that to a connected socket (RFC 1122,
// section 4.1.3.3).
func (p *prober) ask(ctx, reading context.Context, to netip.AddrPort, ifIndex int) {
	c, err := mcast.Listen(ctx, mcast.Config{Remote: to, ReadSize: readSize, Trace: p.Trace})
	if err != nil {
		return
	}
	p.open = append(p.open, c)
	if err := c.Send(nil, netip.AddrPort{}, mcast.Via{IfIndex: ifIndex}); err != nil {
		return
	}
	p.readers.Go(func() {
		batch := make([]mcast.Datagram, 1)
		_, err := c.Read(reading, batch)
		if _, ok := errors.AsType[syscall.Errno](err); ok {
			select {
			case p.refusals <- refusal{to, time.Now(), err}:
			case <-reading.Done():
			}
		}
	})
}

// close closes the sockets, and returns when all reading has ended.
func (p *prober) close() {
	p.stop()
	if p.watcher != nil {
		p.watcher.Close()
	}
	for _, c := range p.open {
		c.Close()
	}
	p.readers.Wait()
}
