// Package scrape serves one text, such as metrics, to programs that ask for it now and then.
package scrape

import (
	"net"
	"slices"
	"sync"
)

// Door is a listener with at most so many open connections. Of more the oldest is closed:
// a scraper is served within milliseconds, so that is one that hangs.
type Door struct {
	net.Listener
	Most int // connections, 1 or more

	mu   sync.Mutex
	open []*doorConn // the oldest first
}

type doorConn struct {
	net.Conn
	door *Door
}

// Accept implements net.Listener.
func (d *Door) Accept() (net.Conn, error) {
	c, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	conn := &doorConn{c, d}
	d.mu.Lock()
	var old *doorConn
	if d.open = append(d.open, conn); len(d.open) > d.Most {
		old = d.open[0]
	}
	d.mu.Unlock()
	if old != nil {
		_ = old.Close() // nobody reads its answer
	}
	return conn, nil
}

// Close implements net.Conn.
func (c *doorConn) Close() error {
	d := c.door
	d.mu.Lock()
	d.open = slices.DeleteFunc(d.open, func(o *doorConn) bool { return o == c })
	d.mu.Unlock()
	return c.Conn.Close()
}
