package web

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
)

// wires are a listener, and who calls it, within a test.
type wires struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	long   bool   // what is sent to pages that do not read is on its way
	from   string // the address that callers have; "": as below
	sent   atomic.Int64
}

func (w *wires) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

func (w *wires) Close() error   { w.once.Do(func() { close(w.closed) }); return nil }
func (w *wires) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080} }

func (w *wires) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	from := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 50000}
	if w.from != "" {
		from.IP = net.ParseIP(w.from)
	}
	end := &wireEnd{Conn: there, from: from, sent: &w.sent}
	if w.long {
		end.way = make(chan []byte, 1<<16)
		go func() {
			for b := range end.way {
				there.Write(b) // fails when it is closed
			}
		}()
	}
	select {
	case w.conns <- end:
		return here, nil
	case <-w.closed:
		return nil, errors.New("there is no server any more")
	}
}

// wireEnd is the server's end of a wire.
type wireEnd struct {
	net.Conn
	from net.Addr
	sent *atomic.Int64
	way  chan []byte // nil: the wire is short

	mu     sync.Mutex // never held while something is waited for: time would stand still
	closed bool
}

func (e *wireEnd) RemoteAddr() net.Addr { return e.from }

func (e *wireEnd) Write(b []byte) (int, error) {
	e.sent.Add(int64(len(b)))
	if e.way == nil {
		return e.Conn.Write(b)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return 0, net.ErrClosed
	}
	e.way <- append([]byte(nil), b...)
	return len(b), nil
}

func (e *wireEnd) Close() error {
	e.mu.Lock()
	if e.way != nil && !e.closed {
		close(e.way)
	}
	e.closed = true
	e.mu.Unlock()
	return e.Conn.Close()
}
