package web

import (
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Bounds of what a server waits for, holds and takes. Websockets are not among them: these
// have bounds of their own.
const (
	headerTimeout   = 5 * time.Second  // for the header of a request
	requestTimeout  = 10 * time.Second // for all of it
	responseTimeout = 30 * time.Second // for a response to be received
	idleTimeout     = 20 * time.Second // for another request

	maxHeader = 16 << 10 // bytes; browsers send the cookies of every program at localhost

	maxConnections     = 1024 // at a time
	maxConnectionsEach = 256  // of one address, behind which a school may be
)

// Server is a server for the handler of a class that strangers may reach: HTTP/1.1, since a
// websocket is made of it, with bounds on time and memory. A connection beyond 256 of one
// address, or 1024 in all, is closed at once; websockets do not count.
//
// Its ErrorLog drops everything, as much of it is what strangers sent.
func Server(h http.Handler) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      responseTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		Protocols:         protocols,
		ConnState:         (&connections{of: map[net.Conn]string{}, by: map[string]int{}}).changed,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
}

// connections counts those of a server.
type connections struct {
	mu sync.Mutex
	of map[net.Conn]string // the addresses that they come from
	by map[string]int
}

// changed is told what becomes of a connection.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		from := addressOf(conn.RemoteAddr().String())
		if len(c.of) >= maxConnections || c.by[from] >= maxConnectionsEach {
			conn.Close()
			return
		}
		c.of[conn] = from
		c.by[from]++
	case http.StateHijacked, http.StateClosed:
		from, counted := c.of[conn]
		if !counted {
			return
		}
		delete(c.of, conn)
		if c.by[from]--; c.by[from] == 0 {
			delete(c.by, from)
		}
	}
}

// addressOf is the address of an address with a port.
func addressOf(remote string) string {
	if host, _, err := net.SplitHostPort(remote); err == nil {
		return host
	}
	return remote
}
