package bridge_test

import (
	"net"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// soakHub is a server that begins again with its files.
type soakHub struct {
	options server.Options
	now     atomic.Pointer[server.Server]
}

func (h *soakHub) start() error {
	o := h.options
	s, err := server.NewServer(&o)
	if err != nil {
		return err
	}
	s.Start()
	h.now.Store(s)
	return nil
}

func (h *soakHub) stop() {
	s := h.now.Swap(nil)
	s.Shutdown()
	s.WaitForShutdown()
}

// cable is the way of a bridge to the hub. While it is down nothing passes, and nothing is
// lost, as in TCP; nobody can connect.
type cable struct {
	hub   *soakHub
	mu    sync.Mutex
	moved *sync.Cond
	down  bool
	cut   bool // for good
}

func newCable(h *soakHub) *cable {
	c := &cable{hub: h}
	c.moved = sync.NewCond(&c.mu)
	return c
}

func (c *cable) set(down, cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down, c.cut = down, cut
	c.moved.Broadcast()
}

// InProcessConn implements nats.InProcessConnProvider.
func (c *cable) InProcessConn() (net.Conn, error) {
	c.mu.Lock()
	up := !c.down && !c.cut
	c.mu.Unlock()
	s := c.hub.now.Load()
	if !up || s == nil {
		return nil, nats.ErrNoServers
	}
	far, err := s.InProcessConn()
	if err != nil {
		return nil, err
	}
	near, bridge := net.Pipe()
	c.carry(far, near)
	c.carry(near, far)
	return bridge, nil
}

// carry moves what it reads, however much has to wait.
func (c *cable) carry(to, from net.Conn) {
	var waiting [][]byte // guarded by c.mu
	ended := false       // too
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := from.Read(b)
			c.mu.Lock()
			if n > 0 {
				waiting = append(waiting, slices.Clone(b[:n]))
			}
			ended = ended || err != nil
			c.moved.Broadcast()
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	go func() {
		defer from.Close()
		defer to.Close()
		for {
			c.mu.Lock()
			for !c.cut && (c.down || len(waiting) == 0 && !ended) {
				c.moved.Wait()
			}
			if c.cut || len(waiting) == 0 {
				c.mu.Unlock()
				return
			}
			b := waiting[0]
			waiting = waiting[1:]
			c.mu.Unlock()
			if _, err := to.Write(b); err != nil {
				return
			}
		}
	}()
}
