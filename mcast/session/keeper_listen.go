package session

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// Listener is what [Keeper.Listen] calls, and never two of its functions, nor
// Tell, at the same time.
type Listener struct {
	// Heard is called with what was read from a socket, valid until it returns.
	// It is false when enough was heard.
	Heard func(conn *mcast.Conn, batch []mcast.Datagram) (more bool)
	// Changed, if it is set, is called with each change of an interface, after
	// the memberships have followed it.
	Changed func(host.Change)
}

// Listen reads every socket, and follows the interfaces, until ctx ends or Heard
// returns that it is enough. The error is that of a socket that can be read no
// more, nil otherwise. If the interfaces cannot be followed, an event says so,
// and Listen goes on.
func (k *Keeper) Listen(ctx context.Context, l Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var turn sync.Mutex // of those who call back
	var failed error
	var running sync.WaitGroup
	for _, conn := range k.Conns() {
		running.Go(func() {
			defer stop()
			batch := make([]mcast.Datagram, mcast.BatchSize)
			for more := true; more; {
				n, err := conn.Read(ctx, batch)
				turn.Lock()
				switch {
				case err == nil:
					more = l.Heard(conn, batch[:n]) && ctx.Err() == nil
				case ctx.Err() == nil && !errors.Is(err, net.ErrClosed):
					failed = err
					fallthrough
				default:
					more = false
				}
				turn.Unlock()
			}
		})
	}
	running.Go(func() {
		err := host.Watch(ctx, func(ch host.Change) {
			turn.Lock()
			defer turn.Unlock()
			k.Follow(ch)
			if l.Changed != nil {
				l.Changed(ch)
			}
		})
		if err != nil {
			turn.Lock()
			defer turn.Unlock()
			k.Tell(Event{Kind: Failed, Err: err})
		}
	})
	running.Wait()
	return failed
}
