package web

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
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

// However many connections somebody opens and asks nothing by, or half of it, who comes
// next is served.
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
		if n == 0 {
			first = conn
		}
	}
	served("one more of an address", dial("192.0.2.0"), true) // and so less of it wait
	served("the oldest of that address", first, false)
	served("one more of all", dial("2001:db8::1"), true)
}

// What is counted is who has how many, and who is answered keeps a place.
func TestConnectionsRoom(t *testing.T) {
	c := newConnections()
	opened := 0
	var conns []*wireEnd
	dial := func(from byte, states ...http.ConnState) (n int) {
		conn := &wireEnd{Conn: closer{}, from: &net.TCPAddr{IP: net.IPv4(192, 0, 2, from), Port: opened}}
		opened++
		conns = append(conns, conn)
		for _, state := range append([]http.ConnState{http.StateNew}, states...) {
			c.changed(conn, state)
		}
		return len(conns) - 1
	}
	gone := func() (list []int) {
		for n, conn := range conns {
			if conn.closed {
				list = append(list, n)
				conn.closed = false
				c.changed(conn, http.StateClosed) // which comes late
			}
		}
		return list
	}
	is := func(what string, got []int, want ...int) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d are closed, want %d", what, got, want)
		}
	}
	const full = maxConnectionsEach
	for range full {
		dial(1, http.StateActive)
	}
	one := dial(1)
	is("an address is answered as often as may be", gone(), one)
	c.changed(conns[7], http.StateIdle)
	dial(1)
	is("one of them is kept for another request", gone(), 7)
	for from := range byte(3) {
		for range full {
			dial(2 + from)
		}
	}
	is("there are as many as may be", gone())
	two := slices.IndexFunc(conns, func(conn *wireEnd) bool { return conn.from.(*net.TCPAddr).IP[15] == 2 })
	for n := range 10 {
		c.changed(conns[two+n], http.StateActive)
	}
	for range full - 20 {
		dial(5)
	}
	for _, n := range gone() {
		if from := conns[n].from.(*net.TCPAddr).IP[15]; from < 2 || from > 5 || n >= two && n < two+10 {
			t.Errorf("number %d, of address %d, had to go", n, from)
		}
	}
	for _, conn := range conns {
		if c.of[conn] != nil {
			c.changed(conn, http.StateActive)
		}
	}
	dial(6)
	if list := gone(); len(list) != 1 || conns[list[0]].from.(*net.TCPAddr).IP[15] != 1 {
		t.Errorf("when all are answered %d had to go", list)
	}
	for _, conn := range conns {
		c.changed(conn, http.StateClosed)
	}
	if len(c.of) != 0 || len(c.by) != 0 {
		t.Errorf("%d connections and %d addresses are left", len(c.of), len(c.by))
	}
}

// closer is a connection of which only the end counts.
type closer struct{ net.Conn }

func (closer) Close() error { return nil }

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
