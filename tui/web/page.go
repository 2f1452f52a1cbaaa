package web

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"
)

// page is a connection with a page.
type page struct {
	conn *websocket.Conn
	raw  net.Conn // below it

	// Of what shows it things: who sends has the turn.
	turn       chan struct{}
	answered   time.Time // when it last had read everything
	unanswered int       // bytes sent since then
}

// accept makes a websocket of a request. It has answered when there is an error.
func accept(w http.ResponseWriter, r *http.Request) (*page, error) {
	below := &hijacking{ResponseWriter: w}
	pings := rate.NewLimiter(maxPings, maxPings)
	conn, err := websocket.Accept(below, r, &websocket.AcceptOptions{
		Subprotocols:       []string{"groupcast.1"},
		InsecureSkipVerify: true, // of the Origin: see ownOrigin
		OnPingReceived:     func(context.Context, []byte) bool { return pings.Allow() },
	})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(-1) // hear has its own: the library's closes with 1009
	return &page{conn: conn, raw: below.raw, turn: make(chan struct{}, 1), answered: time.Now()}, nil
}

// closeTimeout is how long a page may take to agree to a close.
const closeTimeout = 2 * time.Second

// close closes the connection with a code and a reason of at most 123 bytes. The library
// waits without end for the rest of a message that a page has announced: hence the deadline.
func (p *page) close(code websocket.StatusCode, reason string) {
	_ = p.raw.SetDeadline(time.Now().Add(closeTimeout))
	_ = p.conn.Close(code, reason)
}

// hijacking is a response whose connection is kept when it is taken over.
type hijacking struct {
	http.ResponseWriter
	raw net.Conn
}

// Hijack is that of [http.Hijacker].
func (h *hijacking) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.raw = &paced{conn, rate.NewLimiter(maxBytes, maxBurst)}
	return h.raw, buffered, nil
}

// How fast a page is read, and how many of its pings are answered. A browser sends no ping,
// and a student no more than a paste now and then; pieces of messages without end, or pings,
// cost a few hundredths of a processor.
const (
	maxBytes = 128 << 10 // a second
	maxBurst = 256 << 10
	maxRead  = 16 << 10 // at once
	maxPings = 10       // a second
)

// paced is a connection that is read only so fast.
type paced struct {
	net.Conn
	limit *rate.Limiter
}

// Read rests after it has read, for an eighth of a second at most.
func (p *paced) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b[:min(len(b), maxRead)])
	time.Sleep(p.limit.ReserveN(time.Now(), n).Delay())
	return n, err
}
