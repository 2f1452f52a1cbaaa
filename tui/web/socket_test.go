package web

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/groupcast/groupcast/mcast/class"
)

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

// Of the pages of a seat the screen fits the one that was resized or typed at last, and
// when that goes, the one before it.
func TestScreenFitsThePageInUse(t *testing.T) {
	alone(t, func(t *testing.T, h *house, ada *desk) {
		tell := func(page *websocket.Conn, messages ...string) {
			say(t, page, messages...)
			settle()
		}
		wide, low, still := h.page(t, "ada"), h.page(t, "ada"), h.page(t, "ada")
		tell(wide, `{"w":200,"h":60}`)
		tell(low, `{"w":60,"h":20,"light":true}`)
		tell(still, `{"m":[1,1,0,0]}`) // it tells no size
		tell(wide, `{"m":[1,1,0,0]}`)  // a mouse may only pass by
		tell(wide, `{"i":"a"}`, `{"k":"Enter"}`)
		tell(low, `{"p":"b"}`)
		low.CloseNow()
		settle()
		still.CloseNow()
		settle()
		tell(wide, `{"i":"c"}`)
		wide.CloseNow()
		settle()
		var got []string
		for _, in := range ada.done() {
			switch {
			case in.Mouse != nil:
				got = append(got, "mouse")
			case in.Size != (class.Size{}):
				got = append(got, fmt.Sprint(in.Size.Width, in.Light))
			default:
				got = append(got, in.Text+in.Paste+in.Key.Name)
			}
		}
		want := []string{"200 false", "60 true", "mouse", "mouse", "200 false", "a", "Enter", "60 true", "b", "200 false", "c"}
		if !reflect.DeepEqual(got, want) || len(h.handler.fitting.by) > 0 {
			t.Errorf("the seat was told\n%q, want\n%q; %d pages are kept", got, want, len(h.handler.fitting.by))
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
		synctest.Wait() // the server has left it, too
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
