package web

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

// Who opens connections and asks for nothing, or slowly, holds few of them, and not for
// long.
func TestServer(t *testing.T) {
	for _, tt := range []struct {
		name, begin string
		repeated    string // each second
		after       time.Duration
	}{
		{"nothing", "", "", headerTimeout},
		{"half a header", "GET / HTTP/1.1\r\n", "", headerTimeout},
		{"a header without end", "GET / HTTP/1.1\r\nHost: localhost\r\n", "X: y\r\n", headerTimeout},
		{"half a body", "POST /join HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{", "", requestTimeout},
		{"a body without end", "POST /join HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{", " ", requestTimeout},
		{"no second request", "GET /assets/x HTTP/1.1\r\nHost: localhost\r\n\r\n", "", idleTimeout},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "", headerTimeout},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := open(t, &room{}, Options{})
			conn, err := h.wires.dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			var writing sync.WaitGroup
			defer writing.Wait()
			defer conn.Close()
			begin := time.Now()
			writing.Go(func() {
				for _, err := io.WriteString(conn, tt.begin); err == nil; _, err = io.WriteString(conn, tt.repeated) {
					time.Sleep(time.Second)
				}
			})
			_, _ = io.Copy(io.Discard, conn)
			if took := time.Since(begin); took > tt.after+time.Second {
				t.Errorf("%s: it is held for %v", tt.name, took)
			}
		})
	}
}

func TestConnections(t *testing.T) {
	h := open(t, &room{}, Options{})
	dial := func(from string) net.Conn {
		h.wires.from = from
		conn, err := h.wires.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	served := func(what string, conn net.Conn, want bool) {
		t.Helper()
		_, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		if err == nil {
			_, err = conn.Read(make([]byte, 1))
		}
		if got := err == nil; got != want {
			t.Errorf("%s: it is served: %v", what, got)
		}
	}
	var first net.Conn
	for n := range maxConnections {
		conn := dial(fmt.Sprint("192.0.2.", n/maxConnectionsEach))
		switch n {
		case 0:
			first = conn
		case maxConnectionsEach:
			served("one more of an address", dial("192.0.2.0"), false)
			served("one of another", conn, true)
		}
	}
	served("one of as many as may be", first, true)
	served("one more of all", dial("2001:db8::1"), false)

	// What has ended counts no more.
	c := &connections{of: map[net.Conn]string{}, by: map[string]int{}}
	for range 2 * maxConnections {
		conn := &wireEnd{from: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}}
		for _, state := range []http.ConnState{http.StateNew, http.StateActive, http.StateIdle, http.StateClosed} {
			c.changed(conn, state)
		}
	}
	if len(c.of) != 0 || len(c.by) != 0 {
		t.Errorf("%d connections and %d addresses are left", len(c.of), len(c.by))
	}
}

// A page is read only so fast, whatever it sends.
func TestPaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		page, server := net.Pipe()
		go func() {
			io.Copy(page, bytes.NewReader(make([]byte, maxBurst+3*maxBytes)))
			page.Close()
		}()
		begin := time.Now()
		n, _ := io.Copy(io.Discard, &paced{server, rate.NewLimiter(maxBytes, maxBurst)})
		if took := time.Since(begin).Round(time.Millisecond); n != maxBurst+3*maxBytes || took != 3*time.Second {
			t.Errorf("%d bytes took %v", n, took)
		}
	})
}
