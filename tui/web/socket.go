package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"github.com/groupcast/groupcast/mcast/class"
)

// Limits of what a page may send. More closes its connection with 1008.
const (
	maxMessage  = 64 << 10 // bytes of one
	maxMessages = 200      // a second
)

// Close codes of our own.
const (
	closedGone websocket.StatusCode = 4001 // the seat was given back, or is another's
	closedOver websocket.StatusCode = 4002 // the class is over
)

// message is what a page tells: one of its fields.
type message struct {
	Text   string `json:"i"`
	Key    string `json:"k"`
	Ctrl   bool   `json:"c"`
	Alt    bool   `json:"a"`
	Shift  bool   `json:"s"`
	Paste  string `json:"p"`
	Mouse  []int  `json:"m"` // x, y, button, kind
	Width  int    `json:"w"`
	Height int    `json:"h"`
	Say    string `json:"say"`  // a line of a plain seat
	Seen   int64  `json:"seen"` // the last line that a plain page has
}

var errMessage = errors.New("this is no message of a page")

// readMessage reads a message of a page.
func readMessage(b []byte) (m message, err error) {
	if err := json.Unmarshal(b, &m); err != nil {
		return m, errMessage
	}
	if m.Mouse != nil && len(m.Mouse) != 4 {
		return m, errMessage
	}
	return m, nil
}

// input is what a person did.
func (m message) input() class.Input {
	in := class.Input{
		Text: m.Text, Paste: m.Paste, Key: class.Key{Name: m.Key, Ctrl: m.Ctrl, Alt: m.Alt, Shift: m.Shift},
	}
	if m.Key == "" {
		in.Key = class.Key{}
	}
	if m.Mouse != nil {
		in.Mouse = &class.Mouse{
			X: m.Mouse[0], Y: m.Mouse[1], Button: m.Mouse[2], Kind: class.MouseKind(m.Mouse[3]), Ctrl: m.Ctrl, Alt: m.Alt, Shift: m.Shift,
		}
	}
	if m.Width > 0 && m.Height > 0 {
		in.Size = class.Size{Width: m.Width, Height: m.Height}
	}
	return in
}

// socket is the conversation with a page of a seat.
func (h *handler) socket(w http.ResponseWriter, r *http.Request) {
	if !h.ownOrigin(r) {
		refuse(w, http.StatusForbidden, "this request is from another page", "")
		return
	}
	seat, err := h.seatOf(r) // the cookie decides: a program need not tell an Origin
	if err != nil {
		refuse(w, http.StatusForbidden, sentence(err), "")
		return
	}
	if !h.pages.enter(seat) {
		refuse(w, http.StatusTooManyRequests, "This seat is shown by too many pages: close one.", "")
		return
	}
	defer h.pages.leave(seat)
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"groupcast.1"}})
	if err != nil {
		return // it has answered
	}
	defer conn.CloseNow()
	conn.SetReadLimit(maxMessage)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(h.closing, func() { conn.Close(closedOver, "the class is over") })()
	done := seat.Look()
	defer done()
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		defer cancel()
		if seat.Plain() {
			h.showLines(ctx, conn, seat)
		} else {
			h.showScreens(ctx, conn, seat)
		}
	}()
	h.hear(ctx, conn, seat)
	cancel()
	<-shown
}

// hear takes what a page tells, until it goes.
func (h *handler) hear(ctx context.Context, conn *websocket.Conn, seat *class.Seat) {
	limit := rate.NewLimiter(maxMessages, maxMessages)
	for {
		kind, b, err := conn.Read(ctx)
		switch {
		case websocket.CloseStatus(err) >= 0, err != nil:
			return
		case kind != websocket.MessageText || !limit.Allow():
			conn.Close(websocket.StatusPolicyViolation, "too many messages, or not of text")
			return
		}
		m, err := readMessage(b)
		if err != nil {
			conn.Close(websocket.StatusPolicyViolation, err.Error())
			return
		}
		if m.Say != "" {
			seat.Say(m.Say)
			continue
		}
		seat.Input(m.input())
	}
}

// showScreens sends what changes on a seat's screen. A page that reads slowly gets fewer
// screens.
func (h *handler) showScreens(ctx context.Context, conn *websocket.Conn, seat *class.Seat) {
	var seen int64
	for {
		screen, err := seat.Next(ctx, seen)
		if err != nil {
			h.farewell(conn, err)
			return
		}
		seen = screen.Version
		if !send(ctx, conn, screen) {
			return
		}
	}
}

// showLines sends what a seat without a screen writes.
func (h *handler) showLines(ctx context.Context, conn *websocket.Conn, seat *class.Seat) {
	var seen int64
	for {
		lines, last, lost, err := seat.Lines(ctx, seen)
		if err != nil {
			h.farewell(conn, err)
			return
		}
		seen = last
		if !send(ctx, conn, struct {
			Lines []string `json:"lines"`
			Last  int64    `json:"last"`
			Lost  int      `json:"lost,omitempty"`
		}{lines, last, lost}) {
			return
		}
	}
}

func (h *handler) farewell(conn *websocket.Conn, err error) {
	switch {
	case h.closing.Err() != nil:
		conn.Close(closedOver, "the class is over")
	case errors.Is(err, io.EOF):
		conn.Close(closedGone, "this seat is no longer yours")
	}
}

func send(ctx context.Context, conn *websocket.Conn, v any) bool {
	b, err := json.Marshal(v)
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return conn.Write(ctx, websocket.MessageText, b) == nil
}
