package web

import (
	"net"
	"net/http"
	"sync"
)

const (
	maxConnections     = 1024 // at a time
	maxConnectionsEach = 256  // of one address, behind which a school may be
)

// connections are those of a server, by their addresses. Websockets are not among them.
type connections struct {
	mu    sync.Mutex
	of    map[net.Conn]*connection
	by    map[string]*atAddress
	clock int64 // grows with each change of a connection
}

type connection struct {
	from    string
	waiting bool  // for the header of a request
	since   int64 // by the clock: when it began to wait, or to be answered
}

// atAddress counts the connections of an address.
type atAddress struct{ all, waiting int }

func newConnections() *connections {
	return &connections{of: map[net.Conn]*connection{}, by: map[string]*atAddress{}}
}

// changed is told what becomes of a connection.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clock++
	switch known := c.of[conn]; {
	case state == http.StateNew:
		from := addressOf(conn.RemoteAddr().String())
		if !c.room(from) {
			cut(conn)
			return
		}
		c.add(conn, from)
	case known == nil: // it was closed here
	case state == http.StateHijacked || state == http.StateClosed:
		c.remove(conn)
	default:
		c.wait(known, state == http.StateIdle)
	}
}

// room makes room for one more of an address, where there is none, and reports whether there
// is. A header that is not finished, and a connection that is kept for another request, cost
// whoever opens them nothing; a browser's header is finished in a moment, and it opens
// anew what was kept. So the one that has waited longest goes: of the address itself where
// that has as many as may be, and else of the one with the most that wait. Where none
// waits, the one that has been answered longest goes, of the address with the most.
func (c *connections) room(from string) bool {
	if own := c.by[from]; own != nil && own.all >= maxConnectionsEach {
		return c.close(from, true)
	}
	if len(c.of) < maxConnections {
		return true
	}
	most := func(count func(*atAddress) int) (address string) {
		n := 0
		for a, at := range c.by {
			if count(at) > n {
				address, n = a, count(at)
			}
		}
		return address
	}
	if address := most(func(at *atAddress) int { return at.waiting }); address != "" {
		return c.close(address, true)
	}
	return c.close(most(func(at *atAddress) int { return at.all }), false)
}

// close closes the oldest of an address that waits, or does not, and reports whether there
// is one.
func (c *connections) close(from string, waiting bool) bool {
	var oldest net.Conn
	for conn, k := range c.of {
		if k.from == from && k.waiting == waiting && (oldest == nil || k.since < c.of[oldest].since) {
			oldest = conn
		}
	}
	if oldest == nil {
		return false
	}
	c.remove(oldest)
	cut(oldest)
	return true
}

func (c *connections) add(conn net.Conn, from string) {
	at := c.by[from]
	if at == nil {
		at = &atAddress{}
		c.by[from] = at
	}
	at.all++
	at.waiting++
	c.of[conn] = &connection{from, true, c.clock}
}

func (c *connections) wait(k *connection, waiting bool) {
	at := c.by[k.from]
	switch {
	case waiting && !k.waiting:
		at.waiting++
	case !waiting && k.waiting:
		at.waiting--
	}
	k.waiting, k.since = waiting, c.clock
}

func (c *connections) remove(conn net.Conn) {
	k := c.of[conn]
	delete(c.of, conn)
	at := c.by[k.from]
	if k.waiting {
		at.waiting--
	}
	if at.all--; at.all == 0 {
		delete(c.by, k.from)
	}
}

// cut closes a connection and waits for nothing: with TLS the last words of it could take
// five seconds.
func cut(conn net.Conn) {
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok { // as a *tls.Conn
		conn = secure.NetConn()
	}
	conn.Close()
}
