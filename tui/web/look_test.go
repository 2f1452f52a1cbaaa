package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// asks opens a page that looks on, and sends its first message.
func (h *house) asks(t *testing.T, first string) *websocket.Conn {
	t.Helper()
	conn, answer, err := websocket.Dial(t.Context(), "ws://127.0.0.1:8080/look", &websocket.DialOptions{
		HTTPClient: h.client, Subprotocols: []string{"groupcast.1"}, HTTPHeader: http.Header{"Origin": {"http://127.0.0.1:8080"}},
	})
	if err != nil {
		t.Fatalf("%v, %v", err, answer)
	}
	t.Cleanup(func() { conn.CloseNow() })
	if first != "" {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(first)); err != nil {
			t.Fatal(err)
		}
	}
	return conn
}

// closedWith is why a connection was closed.
func closedWith(t *testing.T, conn *websocket.Conn) (websocket.StatusCode, string) {
	t.Helper()
	for {
		_, _, err := conn.Read(t.Context())
		if e, ok := errors.AsType[websocket.CloseError](err); ok {
			return e.Code, e.Reason
		}
		if err != nil {
			return 0, err.Error()
		}
	}
}

func askFor(key, seat, tab string) string {
	b, _ := json.Marshal(map[string]string{"key": key, "seat": seat, "tab": tab})
	return string(b)
}

// A teacher who looks on is shown the screen, or the lines, and can do nothing there.
func TestLook(t *testing.T) {
	p := newPodium(1)
	h := openBoard(t, p)
	screen, plain := &lookedTab{desk: screenDesk(t)}, &lookedTab{desk: plainDesk("a line")}
	p.tabs = map[string]*lookedTab{"S1 A": screen, "H1 ": plain}
	screen.Write([]byte("hello"))
	conn := h.asks(t, askFor(teachersKey, "S1", "A"))
	read := func(conn *websocket.Conn, want string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), labtest.Patience)
		defer cancel()
		for {
			_, text, err := conn.Read(ctx)
			if err != nil {
				t.Fatalf("waiting for %s: %v", want, err)
			}
			if strings.Contains(string(text), want) {
				return
			}
		}
	}
	read(conn, `"hello`)
	if n := screen.lookers(); n != 1 || screen.looks != 0 {
		t.Errorf("%d look on, %d pages show it", n, screen.looks)
	}
	screen.Write([]byte("\r\nmore"))
	read(conn, `"more`)
	lines := h.asks(t, askFor(teachersKey, "H1", ""))
	read(lines, `"lines":["a line"],"last":1`)

	if err := conn.Write(t.Context(), websocket.MessageText, []byte(`{"i":"rm -rf /\n"}`)); err != nil {
		t.Fatal(err)
	}
	if code, why := closedWith(t, conn); code != websocket.StatusPolicyViolation {
		t.Errorf("a page that types is closed with %d, %s", code, why)
	}
	labtest.Eventually(t, "nobody looks on", func() bool { return screen.lookers() == 0 })
	if len(screen.inputs) != 0 {
		t.Errorf("the seat is told %+v", screen.inputs)
	}
	plain.end()
	if code, why := closedWith(t, lines); code != closedGone || why != "the seat was given back" {
		t.Errorf("a seat that was given back: %d, %s", code, why)
	}
	again := h.asks(t, askFor(teachersKey, "S1", "A"))
	read(again, `"hello`)
	close(p.done)
	screen.end()
	if code, _ := closedWith(t, again); code != closedOver {
		t.Errorf("the end of the class: %d", code)
	}
}

// Who has no key looks at nothing.
func TestLookRefused(t *testing.T) {
	p := newPodium(1)
	h := openBoard(t, p)
	tab := &lookedTab{desk: screenDesk(t)}
	p.tabs = map[string]*lookedTab{"S1 A": tab}
	for _, tt := range []struct {
		first string
		code  websocket.StatusCode
	}{
		{askFor("", "S1", "A"), closedKey},
		{askFor("wrong", "S1", "A"), closedKey},
		{`{"seat":"S1","tab":"A"}`, closedKey},
		{"{", websocket.StatusPolicyViolation},
		{`{"key":"` + strings.Repeat("x", maxPosted) + `"}`, websocket.StatusPolicyViolation},
		{askFor(teachersKey, "S1", "C"), closedGone},
		{askFor(teachersKey, strings.Repeat("é", 1000), ""), closedGone},
		{askFor("a", "S1", "A"), closedKey}, {askFor("b", "S1", "A"), closedKey},
		{askFor("c", "S1", "A"), websocket.StatusTryAgainLater},
	} {
		if code, why := closedWith(t, h.asks(t, tt.first)); code != tt.code || strings.Contains(why, teachersKey) {
			t.Errorf("%.60s: %d, %s", tt.first, code, why)
		}
	}
	if tab.lookers() != 0 || tab.looks != 0 {
		t.Errorf("%d look on", tab.lookers())
	}
	if got := short(strings.Repeat("é", 100)); len(got) > 123 || !strings.HasSuffix(got, "é…") {
		t.Errorf("short is %q", got)
	}
}

// Who asks and says nothing is not waited for.
func TestLookAsksInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openBoard(t, newPodium(1))
		begin := time.Now()
		_, why := closedWith(t, h.asks(t, ""))
		if took := time.Since(begin); took > askTimeout+closeTimeout {
			t.Errorf("it is held for %v: %s", took, why)
		}
	})
}
