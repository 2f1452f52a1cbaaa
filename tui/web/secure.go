package web

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
)

// tlsListener accepts connections by TLS, and those of browsers that have begun without
// it: [OrSecure] leads these to https.
type tlsListener struct {
	net.Listener
	config *tls.Config
}

// Secured is a listener for connections by TLS 1.2 and newer, for a server with the
// ConnContext [KeepConn] and a handler of [OrSecure].
func Secured(l net.Listener, c tls.Certificate) net.Listener {
	return &tlsListener{l, &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}}
}

// Accept waits for a connection, and for nothing of what comes by it.
func (l *tlsListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &eitherConn{Conn: conn, config: l.config}, nil
}

// eitherConn is a connection by TLS, or without it if its first byte says so.
type eitherConn struct {
	net.Conn // below TLS
	config   *tls.Config

	begin sync.Once
	mu    sync.Mutex // of what begin sets, for those that do not read
	over  net.Conn   // what is read and written; nil: nothing has come yet
	plain bool
	err   error
}

// handshakeRecord begins a connection by TLS (RFC 8446, section 5.1).
const handshakeRecord = 22

// Read reads what the peer has sent. The first call waits for the handshake.
func (c *eitherConn) Read(b []byte) (int, error) {
	c.begin.Do(func() {
		var first [1]byte
		n, err := c.Conn.Read(first[:])
		c.mu.Lock()
		defer c.mu.Unlock()
		c.err = err
		again := &withFirst{c.Conn, first[:n]}
		if c.plain = n == 1 && first[0] != handshakeRecord; c.plain {
			c.over = again
		} else if n == 1 {
			c.over = tls.Server(again, c.config)
		}
	})
	if c.over == nil {
		return 0, c.err
	}
	return c.over.Read(b)
}

var errSilentPeer = errors.New("the peer has not begun")

// Write writes to the peer.
func (c *eitherConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	over := c.over
	c.mu.Unlock()
	if over == nil {
		return 0, errSilentPeer
	}
	return over.Write(b)
}

// Close says the end to the peer where it can, and closes the connection.
func (c *eitherConn) Close() error {
	c.mu.Lock()
	over := c.over
	c.mu.Unlock()
	if over == nil {
		return c.Conn.Close()
	}
	return over.Close()
}

// NetConn is the connection below TLS, for a server that closes it without a word.
func (c *eitherConn) NetConn() net.Conn { return c.Conn }

// withFirst is a connection whose first byte was read.
type withFirst struct {
	net.Conn
	first []byte
}

// Read reads it again.
func (c *withFirst) Read(b []byte) (int, error) {
	if len(c.first) == 0 || len(b) == 0 {
		return c.Conn.Read(b)
	}
	n := copy(b, c.first)
	c.first = c.first[n:]
	return n, nil
}

type connKey struct{}

// KeepConn lets a handler find the connection of a request.
func KeepConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// OrSecure passes on what came by TLS, and leads the rest there: a person has typed the
// address without https.
func OrSecure(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connKey{}).(*eitherConn); !ok || !c.plain {
			h.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Connection", "close")
		w.Header().Set("Cache-Control", "no-store")
		if r.Method != http.MethodGet && r.Method != http.MethodHead || strings.Trim(strings.ToLower(r.Host), "abcdefghijklmnopqrstuvwxyz0123456789-.:[]") != "" || r.Host == "" {
			http.Error(w, "This class is served by https alone: begin its address with https://", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Location", "https://"+r.Host+"/")
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
}
