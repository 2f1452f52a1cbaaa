package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast/class"
)

// What is posted with the key is done; what cannot be done is told in words.
func TestBoardPosts(t *testing.T) {
	p := newPodium(2)
	h := openBoard(t, p)
	for _, tt := range []struct{ request, body, done string }{
		{"fault", `{"seat":"","words":["cut","H1.eth0"]}`, `fault "" ["cut" "H1.eth0"]`},
		{"fault", `{"words":["loss","H1.eth0","30%"]}`, `fault "" ["loss" "H1.eth0" "30%"]`},
		{"fault", `{"seat":"S1","words":["kill","A"]}`, `fault "S1" ["kill" "A"]`},
		{"undo", `{"event":7}`, "undo 7"},
		{"reset", `{"seat":"H1"}`, `reset "H1"`},
		{"free", `{"seat":"H2"}`, `free "H2"`},
		{"lock", `{"locked":true}`, "lock true"},
		{"lock", `{"locked":false}`, "lock false"},
	} {
		answer, text := h.do(t, "POST /board/"+tt.request, tt.body, aJSON, own, aKey)
		if done := p.acted(); answer.StatusCode != 200 || text != "{}\n" || done != tt.done {
			t.Errorf("%s %s: %d %s, and what is done is %s", tt.request, tt.body, answer.StatusCode, text, done)
		}
	}
	for _, tt := range []struct {
		err    error
		status int
		text   string
	}{
		{class.ErrSeat, 404, "There is no such seat."},
		{class.ErrOver, 410, "The class is over."},
		{errors.New(`lab: no host "<b>"`), 422, `Lab: no host "<b>".`},
	} {
		p.fails = tt.err
		answer, text := h.do(t, "POST /board/reset", `{"seat":"<b>"}`, aJSON, own, aKey)
		var r refusal
		if err := json.Unmarshal([]byte(text), &r); answer.StatusCode != tt.status || err != nil || r.Error != tt.text || strings.ContainsAny(text, "<>") {
			t.Errorf("%v: %d %s", tt.err, answer.StatusCode, text)
		}
	}
}

// Nothing forged reaches the class.
func TestBoardForged(t *testing.T) {
	p := newPodium(1)
	h := openBoard(t, p)
	cut := `{"words":["cut","H1.eth0"]}`
	form := "Content-Type: application/x-www-form-urlencoded"
	for _, tt := range []struct {
		name, request, body string
		header              []string
		status              int
	}{
		{"no key", "POST /board/fault", cut, []string{aJSON, own}, 401},
		{"an empty key", "POST /board/fault", cut, []string{aJSON, own, "Authorization: Bearer "}, 401},
		{"another scheme", "POST /board/fault", cut, []string{aJSON, own, "Authorization: Basic " + teachersKey}, 401},
		{"a wrong key", "POST /board/fault", cut, []string{aJSON, own, "Authorization: Bearer wrong"}, 403},
		{"the beginning of the key", "POST /board/fault", cut, []string{aJSON, own, aKey[:len(aKey)-1]}, 403},
		{"the key and more", "POST /board/fault", cut, []string{aJSON, own, aKey + "x"}, 403},
		{"the key as a cookie", "POST /board/fault", cut, []string{aJSON, own, "Cookie: key=" + teachersKey + "; " + cookieName + "=" + teachersKey}, 401},
		{"the key in the address", "POST /board/fault?key=" + teachersKey, cut, []string{aJSON, own}, 401},
		{"the key in the body", "POST /board/fault", `{"key":"` + teachersKey + `","words":["cut","H1.eth0"]}`, []string{aJSON, own}, 401},
		{"another page", "POST /board/fault", cut, []string{aJSON, aKey, "Origin: http://evil.example"}, 403},
		{"a page of another port", "POST /board/fault", cut, []string{aJSON, aKey, "Sec-Fetch-Site: same-site"}, 403},
		{"a name that leads here", "POST /board/fault", cut, []string{aJSON, aKey, "Host: evil.example"}, 421},
		{"a form", "POST /board/fault", "words=cut", []string{form, own, aKey}, 415},
		{"a huge body", "POST /board/fault", `{"words":["` + strings.Repeat("x", maxPosted) + `"]}`, []string{aJSON, own, aKey}, 413},
		{"GET", "GET /board/fault", "", []string{aKey}, 405},
		{"something else", "POST /board/down", "{}", []string{aJSON, own, aKey}, 404},
		{"no JSON", "POST /board/fault", "cut", []string{aJSON, own, aKey}, 400},
		{"two objects", "POST /board/fault", cut + cut, []string{aJSON, own, aKey}, 400},
		{"another field", "POST /board/fault", `{"words":["cut","H1.eth0"],"as":"root"}`, []string{aJSON, own, aKey}, 400},
		{"no words", "POST /board/fault", `{"words":[]}`, []string{aJSON, own, aKey}, 400},
		{"many words", "POST /board/fault", `{"words":["cut"` + strings.Repeat(`,"a"`, mostWords) + `]}`, []string{aJSON, own, aKey}, 400},
		{"a long word", "POST /board/fault", `{"words":["cut","` + strings.Repeat("a", mostWord+1) + `"]}`, []string{aJSON, own, aKey}, 400},
		{"no event", "POST /board/undo", `{}`, []string{aJSON, own, aKey}, 400},
		{"an event that is text", "POST /board/undo", `{"event":"1"}`, []string{aJSON, own, aKey}, 400},
		{"no seat", "POST /board/free", `{}`, []string{aJSON, own, aKey}, 400},
		{"neither locked nor not", "POST /board/lock", `{}`, []string{aJSON, own, aKey}, 400},
		{"events for another page", "GET /board/events", "", []string{"Origin: http://evil.example"}, 403},
		{"events for a page of another site", "GET /board/events", "", []string{"Sec-Fetch-Site: cross-site"}, 403},
		{"events of no seat", "GET /board/events?seat=H9", "", []string{own}, 404},
		{"the header of events", "HEAD /board/events", "", []string{own}, 405},
		{"looking on from another page", "GET /look", "", append([]string{"Origin: http://evil.example"}, handshake...), 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer, text := h.do(t, tt.request, tt.body, tt.header...)
			if answer.StatusCode != tt.status {
				t.Errorf("%d: %s", answer.StatusCode, text)
			}
			if strings.Contains(text, teachersKey) || strings.Contains(fmt.Sprint(answer.Header), teachersKey) || answer.Header.Get("Set-Cookie") != "" {
				t.Errorf("it gives %v, %s", answer.Header, text)
			}
			if done := p.acted(); done != "" {
				t.Errorf("what is done is %s", done)
			}
		})
	}
	none := open(t, &room{}, Options{})
	none.handler.board(p)
	for _, key := range []string{aKey, "Authorization: Bearer", "Authorization: Bearer "} {
		if answer, text := none.do(t, "POST /board/fault", cut, aJSON, own, key); answer.StatusCode != 401 && answer.StatusCode != 403 || p.acted() != "" {
			t.Errorf("where there is no teacher, with %q: %d %s", key, answer.StatusCode, text)
		}
	}
}

// An address has five wrong keys a minute; the right one is never refused.
func TestBoardWrongKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPodium(1)
		h := openBoard(t, p)
		try := func(key string) int {
			answer, _ := h.do(t, "POST /board/lock", `{"locked":true}`, aJSON, own, "Authorization: Bearer "+key)
			if wait := answer.Header.Get("Retry-After"); (wait == "12") != (answer.StatusCode == 429) {
				t.Errorf("%d, and to wait %q", answer.StatusCode, wait)
			}
			return answer.StatusCode
		}
		for n := range 2 * wrongKeys {
			want := 403
			if n >= wrongKeys {
				want = 429
			}
			if got := try("wrong"); got != want {
				t.Errorf("the wrong key %d: %d, want %d", n+1, got, want)
			}
		}
		if got := try(teachersKey); got != 200 {
			t.Errorf("the right key: %d", got)
		}
		h.wires.from = "192.0.2.8"
		h.client.CloseIdleConnections()
		if got := try("wrong"); got != 403 {
			t.Errorf("another address: %d", got)
		}
		time.Sleep(12 * time.Second)
		h.wires.from = ""
		h.client.CloseIdleConnections()
		if a, b := try("wrong"), try("wrong"); a != 403 || b != 429 {
			t.Errorf("12 seconds later: %d, %d", a, b)
		}
	})
}

// As many addresses as there are take a bounded place.
func TestWrongKeysAreBounded(t *testing.T) {
	k := newKeys("key")
	for n := range wrongKeysKept + 200 {
		k.tried(fmt.Sprint(n))
	}
	if len(k.wrong) > wrongKeysKept {
		t.Errorf("%d addresses are kept", len(k.wrong))
	}
	if k.right("") || newKeys("").right("") || !k.right("key") {
		t.Error("the key")
	}
}

// The page of the board is for everybody, and is no file.
func TestBoardPage(t *testing.T) {
	h := openBoard(t, newPodium(1))
	answer, text := h.do(t, "GET /board", "")
	if answer.StatusCode != http.StatusOK || !strings.Contains(text, `id="drawing"`) || answer.Header.Get("Content-Security-Policy") != policy || strings.Contains(text, "style=") {
		t.Errorf("%d, %v", answer.StatusCode, answer.Header)
	}
	if answer, _ := h.do(t, "GET /assets/board.html", ""); answer.StatusCode != 404 {
		t.Errorf("the file: %d", answer.StatusCode)
	}
}
