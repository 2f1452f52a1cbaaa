package web

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/groupcast/groupcast/mcast/class"
)

// A page that does not read costs one screen, and is shown the last when it reads again; or
// it is closed.
func TestSlowPage(t *testing.T) {
	for _, long := range []bool{false, true} {
		alone(t, func(t *testing.T, h *house, ada *desk) {
			h.wires.long = long
			ada.Resize(class.Size{Width: class.MaxWidth, Height: class.MaxHeight})
			slow, gone := h.page(t, "ada"), h.page(t, "ada")
			for n := range 25 {
				fmt.Fprint(ada, "\x1b[H", strings.Repeat(string(rune('a'+n%26)), class.MaxWidth*class.MaxHeight-1), "\x1b[m")
				time.Sleep(100 * time.Millisecond)
			}
			fmt.Fprint(ada, "\x1b[Hlast\x1b[m")
			const screen = 40_000 // bytes
			if sent := h.wires.sent.Load(); sent > 2*(maxUnanswered+screen) {
				t.Errorf("long wires %v: %d bytes are under way to two pages that do not read", long, sent)
			}
			page := look(t, slow)
			settle()
			if !strings.HasPrefix(page.row(0), "last") || page.count() > 10 {
				t.Errorf("long wires %v: after %d messages it shows %.20q", long, page.count(), page.row(0))
			}
			time.Sleep(writeTimeout + pongTimeout)
			if n := ada.pages(); n != 1 {
				t.Errorf("long wires %v: %d pages are left", long, n)
			}
			if _, _, err := gone.Read(t.Context()); err == nil {
				t.Error("a page that did not read was not closed")
			}
		})
	}
}

// A page that has gone without a word is found out; one that answers stays, whether there is
// something to show or not.
func TestPageThatVanishes(t *testing.T) {
	for _, busy := range []bool{false, true} {
		alone(t, func(t *testing.T, h *house, ada *desk) {
			h.wires.long = true
			h.page(t, "ada") // it never reads
			there := look(t, h.page(t, "ada"))
			draw := func(d time.Duration) {
				for end := time.Now().Add(d); busy && time.Now().Before(end); time.Sleep(time.Second) {
					fmt.Fprintf(ada, "\r\n%v", end)
				}
				time.Sleep(d)
			}
			synctest.Wait()
			if ada.pages() != 2 {
				t.Errorf("%d pages", ada.pages())
			}
			draw(pingInterval + pongTimeout + time.Second)
			if ada.pages() != 1 {
				t.Errorf("%d pages are left", ada.pages())
			}
			draw(10 * time.Minute)
			if ada.pages() != 1 || there.how() != "open" {
				t.Errorf("%d pages are left after ten minutes: %s", ada.pages(), there.how())
			}
		})
	}
}

// Who sends too much is told, and what is too much does not reach the seat.
func TestBroken(t *testing.T) {
	many := func(m string, n int) []string { return strings.Split(strings.Repeat(m+"\n", n-1)+m, "\n") }
	text := func(n int) string { return `{"p":"` + strings.Repeat("x", n-len(`{"p":""}`)) + `"}` }
	for _, tt := range []struct {
		name     string
		messages []string
		kind     websocket.MessageType
		arrive   int
		end      string
	}{
		{"as much as may be", append(many(`{"i":"x"}`, maxMessages-2), text(maxMessage), text(maxMessage)), websocket.MessageText, maxMessages, "open"},
		{"a long message", []string{text(maxMessage + 1)}, websocket.MessageText, 0, "1008 a message has at most 65536 bytes"},
		{"a very long message", []string{text(10 * maxMessage)}, websocket.MessageText, 0, "1008 a message has at most 65536 bytes"},
		{"many messages", many(`{"c":true}`, maxMessages+50), websocket.MessageText, maxMessages, "1008 there are at most 200 messages a second"},
		{"many sizes", many(`{"w":99,"h":9}`, maxSizes+9), websocket.MessageText, maxSizes, "1008 there are at most 20 sizes a second"},
		{"many orders", many(`{"do":"check"}`, maxOrders+1), websocket.MessageText, 0, "1008 there are at most 5 orders a second"},
		{"bytes", []string{`{"i":"x"}`}, websocket.MessageBinary, 0, "1008 a message is text"},
		{"no message", []string{`{"i":"x"}`, `{"m":[1]}`, `{"i":"y"}`}, websocket.MessageText, 1, "1008 this is no message of a page"},
	} {
		alone(t, func(t *testing.T, h *house, ada *desk) {
			page := h.page(t, "ada")
			got := look(t, page)
			for _, m := range tt.messages {
				if page.Write(t.Context(), tt.kind, []byte(m)) != nil {
					break // it was closed
				}
			}
			settle()
			if got.how() != tt.end || len(ada.done()) != tt.arrive {
				t.Errorf("%s: %q, and %d messages arrived", tt.name, got.how(), len(ada.done()))
			}
			if open := got.how() == "open"; open != (ada.pages() == 1) {
				t.Errorf("%s: %d pages are left", tt.name, ada.pages())
			}
		})
	}
	alone(t, func(t *testing.T, h *house, ada *desk) {
		page := h.page(t, "ada")
		got := look(t, page)
		for range 1000 {
			say(t, page, `{"i":"x"}`)
			time.Sleep(time.Second / maxMessages)
		}
		if got.how() != "open" || len(ada.done()) != 1000 {
			t.Errorf("200 messages a second: %s, %d arrived", got.how(), len(ada.done()))
		}
	})
}

// raw opens a websocket of ada without a library, and counts the pongs that arrive on it.
func (h *house) raw(t *testing.T) (conn net.Conn, pongs *atomic.Int64) {
	t.Helper()
	conn, err := h.wires.dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: localhost\r\n%s\r\n%s\r\n\r\n", aCookie, strings.Join(handshake, "\r\n"))
	in := bufio.NewReader(conn)
	answer, err := http.ReadResponse(in, nil)
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%+v, %v", answer, err)
	}
	pongs = new(atomic.Int64)
	go func() {
		for {
			b, err := in.ReadByte()
			if err != nil {
				return
			}
			if b == 0x8a {
				pongs.Add(1)
			}
		}
	}()
	synctest.Wait()
	return conn, pongs
}

// Who announces a message and does not send it, or does not agree to a close, is waited for
// only so long; who sends pings without end is answered only so often. RFC 6455, section 5.2,
// has the bytes.
func TestHostilePages(t *testing.T) {
	alone(t, func(t *testing.T, h *house, ada *desk) {
		conn, _ := h.raw(t)
		conn.Write([]byte{0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4}) // text, masked, 2^40 bytes
		conn.Write(make([]byte, maxMessage/2))
		settle()
		if ada.pages() != 1 {
			t.Errorf("half of a message: %d pages are left", ada.pages())
		}
		conn.Write(make([]byte, maxMessage))
		time.Sleep(closeTimeout + time.Second)
		if ada.pages() != 0 {
			t.Errorf("a message of 2^40 bytes: %d pages are left", ada.pages())
		}
	})
	alone(t, func(t *testing.T, h *house, ada *desk) {
		conn, pongs := h.raw(t)
		conn.Write(bytes.Repeat([]byte{0x89, 0x80, 1, 2, 3, 4}, 1000))
		settle()
		if n := pongs.Load(); n < 1 || n > maxPings+1 || ada.pages() != 1 {
			t.Errorf("%d of 1000 pings were answered, %d pages are left", n, ada.pages())
		}
	})
}
