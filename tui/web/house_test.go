package web

import (
	"cmp"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/groupcast/groupcast/mcast/class"
)

// room is a class without a lab.
type room struct {
	mu         sync.Mutex
	desks      map[class.Token]*desk
	err        error // of Join
	over       bool
	applicants []class.Applicant
}

func (r *room) Join(a class.Applicant) (class.Token, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.applicants = append(r.applicants, a)
	return "new", r.err
}

func (r *room) Seat(t class.Token) (seat, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return nil, class.ErrOver
	}
	if d := r.desks[t]; d != nil {
		return d, nil
	}
	return nil, class.ErrToken
}

func (r *room) Leave(t class.Token) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := r.desks[t]; d != nil {
		d.end()
	}
	delete(r.desks, t)
	return nil
}

// end is the end of the class.
func (r *room) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	for _, d := range r.desks {
		d.end()
	}
}

// desk is a seat, and a tab of it, whose program is the test.
type desk struct {
	*class.Terminal // nil: it is plain

	host   string  // "": H1
	others []*desk // further tabs
	drill  *drill  // nil: none
	shell  bool    // also without a drill

	mu     sync.Mutex
	inputs []class.Input
	said   []string
	looks  int
	lines  []string
	closed bool
	more   chan struct{} // closed when there are more lines
}

func screenDesk(t *testing.T) *desk {
	d := &desk{Terminal: class.NewTerminal(class.Size{Width: 40, Height: 5}, func([]byte) {})}
	t.Cleanup(d.Close)
	return d
}

func plainDesk(lines ...string) *desk { return &desk{lines: lines, more: make(chan struct{})} }

func (d *desk) end() {
	for _, other := range d.others {
		other.end()
	}
	if d.drill != nil {
		d.drill.end()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.Terminal != nil {
		d.Close()
	} else if !d.closed {
		d.closed = true
		close(d.more)
	}
}

func (d *desk) Plain() bool   { return d.Terminal == nil }
func (d *desk) Name() string  { return "Ada <b>" }
func (d *desk) Place() string { return "S1" }
func (d *desk) Shell() bool   { return d.shell || d.drill != nil }
func (d *desk) Host() string  { return cmp.Or(d.host, "H1") }

func (d *desk) Tabs() []seatTab {
	list := []seatTab{d}
	for _, other := range d.others {
		list = append(list, other)
	}
	return list
}

func (d *desk) Exercise() exercise {
	if d.drill == nil {
		return nil
	}
	return d.drill
}

func (d *desk) Look() func() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.looks++
	return func() { d.mu.Lock(); d.looks--; d.mu.Unlock() }
}

func (d *desk) Input(in class.Input) { d.mu.Lock(); d.inputs = append(d.inputs, in); d.mu.Unlock() }
func (d *desk) Say(line string)      { d.mu.Lock(); d.said = append(d.said, line); d.mu.Unlock() }

// write writes a line where there is no screen.
func (d *desk) write(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
	close(d.more)
	d.more = make(chan struct{})
}

func (d *desk) Lines(ctx context.Context, seen int64) ([]string, int64, int, error) {
	for {
		d.mu.Lock()
		lines, more, closed := d.lines, d.more, d.closed
		d.mu.Unlock()
		if news := lines[seen:]; len(news) > 0 {
			return news, int64(len(lines)), 0, nil
		}
		if closed {
			return nil, seen, 0, io.EOF
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nil, seen, 0, ctx.Err()
		}
	}
}

// house is a server of a room on wires of its own.
type house struct {
	*room
	handler *Handler
	wires   *wires
	client  *http.Client // which follows nothing
}

func open(t *testing.T, r *room, o Options) *house {
	w := &wires{conns: make(chan net.Conn), closed: make(chan struct{})}
	h := newHandler(r, o)
	server := Server(h)
	transport := &http.Transport{DialContext: w.dial}
	ended := make(chan struct{})
	go func() { defer close(ended); server.Serve(w) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		r.end()
		server.Close()
		<-ended
		if err := h.Wait(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return &house{r, h, w, &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// page opens a page of a seat, as a browser does.
func (h *house) page(t *testing.T, token class.Token) *websocket.Conn {
	t.Helper()
	return h.tab(t, token, "")
}

// tab opens a page with a query, as in "?tab=B".
func (h *house) tab(t *testing.T, token class.Token, query string) *websocket.Conn {
	t.Helper()
	conn, answer, err := websocket.Dial(t.Context(), "ws://127.0.0.1:8080/ws"+query, &websocket.DialOptions{
		HTTPClient: h.client, Subprotocols: []string{"groupcast.1"},
		HTTPHeader: http.Header{"Origin": {"http://127.0.0.1:8080"}, "Cookie": {cookieName + "=" + string(token)}},
	})
	if err != nil {
		t.Fatalf("no page: %v, %v", err, answer)
	}
	conn.SetReadLimit(1 << 20)
	t.Cleanup(func() { conn.CloseNow() })
	return conn
}

// do sends a request: its method, path, and lines of its header. A body comes with POST.
func (h *house) do(t *testing.T, request, body string, header ...string) (*http.Response, string) {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:8080"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range header {
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "":
		case "Host":
			r.Host = value
		default:
			r.Header.Set(key, value)
		}
	}
	answer, err := h.client.Do(r)
	if err != nil {
		t.Fatalf("%s %q: %v", request, header, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("%s %q: %v", request, header, err)
	}
	return answer, string(text)
}
