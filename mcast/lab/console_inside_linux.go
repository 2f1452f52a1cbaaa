package lab

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// orderWords is what a host's process says when it hands the socket on which a confined
// command's orders come in: the first words of those that it may give.
type orderWords struct{ Words []string }

// A confined command may have this many orders carried out at a time, and begin this many
// a second.
const (
	insideClients = 4
	insideRate    = 20
	insideBurst   = 40
)

// enter gives the connection to a host's process, with a second one by which that may ask
// for a confined command's orders to be taken.
func (s *server) enter(l *Lab, conn *net.UnixConn, host string) error {
	near, far, err := socketPair()
	if err != nil {
		return err
	}
	defer far.Close()
	if err := l.handOver(conn, far, host); err != nil {
		near.Close()
		return err
	}
	s.inside.Go(func() { s.takeOrders(near) })
	return nil
}

// takeOrders takes the orders of a confined command until it has ended, or the lab has.
func (s *server) takeOrders(host *net.UnixConn) {
	defer host.Close()
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = host.SetReadDeadline(time.Unix(1, 0)) })()
	var may orderWords
	files, err := receive(host, &may)
	defer closeAll(files)
	if err != nil || len(files) != 1 {
		return // most commands give none
	}
	f, err := net.FileListener(files[0])
	if err != nil {
		return
	}
	defer f.Close()
	l, ok := f.(*net.UnixListener)
	if !ok {
		return
	}
	l.SetUnlinkOnClose(false) // its path is one of the command's root
	context.AfterFunc(ctx, func() { l.Close() })
	var clients sync.WaitGroup
	defer clients.Wait()
	defer cancel()
	clients.Go(func() {
		_, _ = receive(host, &struct{}{}) // until the command has ended
		cancel()
	})
	slots, pace := make(chan struct{}, insideClients), rate.NewLimiter(insideRate, insideBurst)
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		if pace.Wait(ctx) != nil {
			return
		}
		conn, err := l.AcceptUnix()
		if err != nil {
			return
		}
		clients.Go(func() {
			s.attendInside(ctx, conn, may.Words)
			conn.Close()
			<-slots
		})
	}
}

// attendInside carries out one order of a confined command, if it may give it. It hangs up
// on who does not keep to the protocol.
func (s *server) attendInside(ctx context.Context, conn *net.UnixConn, may []string) {
	_ = conn.SetDeadline(time.Now().Add(messageTimeout))
	hurry := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Now()) })
	var o order
	files, err := receive(conn, &o)
	hurry()
	closeAll(files)
	if err != nil {
		return
	}
	refused := fmt.Sprintf("from inside a host only %s is possible: ask the teacher", strings.Join(may, ", "))
	switch {
	case o.Do == orderOwn && len(o.Words) > 0 && slices.Contains(may, o.Words[0]):
		s.order(ctx, o, conn)
	case o.Do == orderOwn:
		_ = send(conn, said{End: true, Error: refused})
	case o.Do == orderTopology:
		a, err := s.obey(o, conn)
		if err != nil {
			a = answer{Error: err.Error()}
		}
		_ = send(conn, a)
	default:
		_ = send(conn, answer{Error: refused})
	}
}
