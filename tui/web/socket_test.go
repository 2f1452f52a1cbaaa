package web

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/groupcast/groupcast/mcast/class"
)

// shown is what a page shows.
type shown struct {
	mu       sync.Mutex
	rows     map[int]string
	lines    []string
	last     int64
	messages int
	closed   bool
	end      websocket.CloseError // zero: without one
}

// look reads what a page is sent, until it is closed.
func look(t *testing.T, page *websocket.Conn) *shown {
	s := &shown{rows: map[int]string{}}
	ctx := t.Context()
	go func() {
		for {
			_, b, err := page.Read(ctx)
			s.mu.Lock()
			if err != nil {
				s.closed = true
				s.end, _ = errors.AsType[websocket.CloseError](err)
				s.mu.Unlock()
				return
			}
			s.take(t, b)
			s.mu.Unlock()
		}
	}()
	return s
}

func (s *shown) take(t *testing.T, b []byte) {
	var m struct {
		Rows  map[int][][]any
		Lines []string
		Last  int64
	}
	if err := json.Unmarshal(b, &m); err != nil || strings.ContainsAny(string(b), "<>") {
		t.Errorf("%s: %v", b, err)
	}
	for y, runs := range m.Rows {
		s.rows[y] = ""
		for _, run := range runs {
			s.rows[y] += run[0].(string)
		}
	}
	s.lines = append(s.lines, m.Lines...)
	s.last = m.Last
	s.messages++
}

func (s *shown) row(y int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.TrimRight(s.rows[y], " ")
}

func (s *shown) count() int { s.mu.Lock(); defer s.mu.Unlock(); return s.messages }

func (s *shown) how() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		return "open"
	}
	return fmt.Sprintf("%d %s", s.end.Code, s.end.Reason)
}

func say(t *testing.T, page *websocket.Conn, messages ...string) {
	t.Helper()
	for _, m := range messages {
		if err := page.Write(t.Context(), websocket.MessageText, []byte(m)); err != nil {
			t.Errorf("%.40s is not sent: %v", m, err)
		}
	}
}

func (d *desk) pages() int { d.mu.Lock(); defer d.mu.Unlock(); return d.looks }

func (d *desk) done() []class.Input { d.mu.Lock(); defer d.mu.Unlock(); return d.inputs }

// alone runs a test of a page of ada in a bubble.
func alone(t *testing.T, test func(t *testing.T, h *house, ada *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ada := screenDesk(t)
		test(t, open(t, &room{desks: map[class.Token]*desk{"ada": ada}}, Options{}), ada)
	})
}

// settle lets everything happen that is under way.
func settle() { time.Sleep(time.Second) }

// Rows come, input goes, and whoever comes later is shown the same.
func TestScreens(t *testing.T) {
	alone(t, func(t *testing.T, h *house, ada *desk) {
		fmt.Fprint(ada, "<b>bold</b>\r\n&amp;")
		first := h.page(t, "ada")
		one := look(t, first)
		settle()
		if one.row(0) != "<b>bold</b>" || one.row(1) != "&amp;" || ada.pages() != 1 || first.Subprotocol() != "groupcast.1" {
			t.Errorf("it shows %v, for %d pages, by %q", one.rows, ada.pages(), first.Subprotocol())
		}
		say(t, first, `{"w":50,"h":6}`, `{"i":"x"}`, `{"k":"Enter"}`, `{"say":"not here"}`, `{"seen":7}`)
		settle()
		want := []class.Input{{Size: class.Size{Width: 50, Height: 6}}, {Text: "x"}, {Key: class.Key{Name: "Enter"}}, {}}
		if got := ada.done(); !reflect.DeepEqual(got, want) {
			t.Errorf("the seat was told %+v", got)
		}
		before := one.count()
		fmt.Fprint(ada, "\r\nmore")
		two := look(t, h.page(t, "ada"))
		settle()
		if one.row(2) != "more" || one.count() == before || !reflect.DeepEqual(one.rows, two.rows) || ada.pages() != 2 {
			t.Errorf("one page shows %v, the other %v", one.rows, two.rows)
		}
		first.CloseNow()
		again := look(t, h.page(t, "ada"))
		settle()
		if !reflect.DeepEqual(again.rows, two.rows) || ada.pages() != 2 {
			t.Errorf("loaded again, it shows %v, not %v", again.rows, two.rows)
		}
	})
}

// A plain page gets the lines that it does not have yet, once it has told which it has.
func TestLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ada := plainDesk("one", "<i>two</i>", "three")
		h := open(t, &room{desks: map[class.Token]*desk{"ada": ada}}, Options{})
		first, second, silent, wrong := h.page(t, "ada"), h.page(t, "ada"), h.page(t, "ada"), h.page(t, "ada")
		say(t, first, `{"seen":0}`, `{"say":"hello"}`, `{"say":""}`)
		say(t, second, `{"seen":2}`)
		say(t, wrong, `{"seen":-5}`)
		pages := []*shown{look(t, first), look(t, second), look(t, silent), look(t, wrong)}
		synctest.Wait()
		if n := pages[2].count(); n != 0 {
			t.Errorf("%d messages to a page that has not told what it has", n)
		}
		time.Sleep(firstMessage)
		ada.write("four")
		settle()
		all := []string{"one", "<i>two</i>", "three", "four"}
		for n, want := range [][]string{all, all[2:], all, all} {
			if got := pages[n]; !reflect.DeepEqual(got.lines, want) || got.last != 4 {
				t.Errorf("page %d shows %q, the last is %d", n, got.lines, got.last)
			}
		}
		if !reflect.DeepEqual(ada.said, []string{"hello", ""}) {
			t.Errorf("it said %q", ada.said)
		}
	})
}

// A page that does not read costs one screen, and is shown the last when it reads again; or
// it is closed.
func TestSlowPage(t *testing.T) {
	for _, long := range []bool{false, true} {
		alone(t, func(t *testing.T, h *house, ada *desk) {
			h.wires.long = long
			ada.Resize(class.Size{Width: class.MaxWidth, Height: class.MaxHeight})
			slow, gone := h.page(t, "ada"), h.page(t, "ada")
			for n := range 100 {
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
			draw(time.Hour)
			if ada.pages() != 1 || there.how() != "open" {
				t.Errorf("%d pages are left after an hour: %s", ada.pages(), there.how())
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

// Each page is told why it ends.
func TestEnds(t *testing.T) {
	const gone, over = "4001 this seat is no longer yours", "4002 the class is over"
	ends := func(t *testing.T, what string, page *shown, want string) {
		t.Helper()
		settle()
		if got := page.how(); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	alone(t, func(t *testing.T, h *house, ada *desk) {
		h.desks["bob"] = plainDesk()
		one, two, bob := look(t, h.page(t, "ada")), look(t, h.page(t, "ada")), look(t, h.page(t, "bob"))
		ends(t, "a page", one, "open")
		h.Leave("ada")
		ends(t, "a page whose seat was given back", one, gone)
		ends(t, "another of it", two, gone)
		ends(t, "that of another seat", bob, "open")
		ends(t, "a page that connects again", look(t, h.page(t, "ada")), gone)
		ends(t, "a page of yesterday's class", look(t, h.page(t, "of-yesterday")), gone)
		h.end()
		if err := h.handler.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		ends(t, "a page of a class that is over", bob, over)
		ends(t, "one that connects after that", look(t, h.page(t, "bob")), over)
	})
	alone(t, func(t *testing.T, h *house, ada *desk) {
		var first *websocket.Conn
		for n := range maxPages {
			page := h.page(t, "ada")
			if look(t, page); n == 0 {
				first = page
			}
		}
		ends(t, "a page too many", look(t, h.page(t, "ada")), "1013 too many pages show this seat: close one")
		first.Close(websocket.StatusNormalClosure, "")
		ends(t, "a page after one was closed", look(t, h.page(t, "ada")), "open")
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := h.handler.Wait(ctx); err != context.DeadlineExceeded {
			t.Errorf("waiting for pages that stay: %v", err)
		}
	})
	alone(t, func(t *testing.T, h *house, ada *desk) {
		for range maxFarewells {
			h.page(t, "of-yesterday") // and agrees to nothing
		}
		synctest.Wait()
		answer, text := h.do(t, "GET /ws", "", append(handshake, own, "Cookie: "+cookieName+"=of-yesterday")...)
		if answer.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%d: %s", answer.StatusCode, text)
		}
		time.Sleep(closeTimeout + time.Second)
		ends(t, "when they are closed", look(t, h.page(t, "of-yesterday")), gone)
	})
}
