package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/class"
)

const (
	aCookie = "Cookie: " + cookieName + "=ada"
	aJSON   = "Content-Type: application/json"
	own     = "Origin: http://127.0.0.1:8080"
)

// handshake asks for a websocket.
var handshake = []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng=="}

// Whatever strangers and other pages ask for, they get nothing, and the class is not asked.
func TestRefused(t *testing.T) {
	h := open(t, &room{desks: map[class.Token]*desk{"ada": screenDesk(t)}}, Options{Hosts: []string{"teacher.lan"}})
	secure := open(t, &room{desks: map[class.Token]*desk{"ada": screenDesk(t)}}, Options{Secure: true})
	with := func(more ...string) []string { return append(more, handshake...) }
	join := `{"code":"K7MQ4R","name":"Ada"}`
	for _, tt := range []struct {
		name, request, body string
		header              []string
		status              int
	}{
		{"a page elsewhere, a websocket", "GET /ws", "", with(aCookie, "Origin: http://evil.example"), 403},
		{"a page of another port", "GET /ws", "", with(aCookie, "Origin: http://127.0.0.1:9090"), 403},
		{"a page in a sandbox", "GET /ws", "", with(aCookie, "Origin: null"), 403},
		{"a page of another scheme", "GET /ws", "", with(aCookie, "Origin: ftp://127.0.0.1:8080"), 403},
		{"a program without a cookie", "GET /ws", "", with(), 403},
		{"a program with a guessed cookie", "GET /ws", "", with("Cookie: " + cookieName + "=adb"), 403},
		{"a program with an empty cookie", "GET /ws", "", with("Cookie: " + cookieName + "="), 403},
		{"no websocket", "GET /ws", "", []string{aCookie, own}, 426},
		{"a websocket by POST", "POST /ws", "", with(aCookie), 405},

		{"a page elsewhere, a POST", "POST /join", join, []string{aJSON, "Origin: http://evil.example"}, 403},
		{"a page elsewhere, that ends as we are called", "POST /join", join, []string{aJSON, "Origin: http://evil.example/127.0.0.1:8080"}, 403},
		{"a page of another port, a POST", "POST /join", join, []string{aJSON, "Sec-Fetch-Site: same-site"}, 403},
		{"a page elsewhere that hides its origin", "POST /join", join, []string{aJSON, "Sec-Fetch-Site: cross-site"}, 403},
		{"a page elsewhere that gives a seat back", "POST /leave", "{}", []string{aJSON, aCookie, "Origin: http://evil.example"}, 403},
		{"a form", "POST /join", "code=K7MQ4R", []string{own, "Content-Type: application/x-www-form-urlencoded"}, 415},
		{"a form that looks like JSON", "POST /join", join, []string{own, "Content-Type: text/plain"}, 415},
		{"a form that gives a seat back", "POST /leave", "", []string{own, aCookie, "Content-Type: multipart/form-data; boundary=x"}, 415},
		{"no type", "POST /join", join, []string{own}, 415},
		{"a long body", "POST /join", `{"code":"` + strings.Repeat("K", maxPosted) + `"}`, []string{aJSON, own}, 413},
		{"no JSON", "POST /join", "code", []string{aJSON, own}, 400},
		{"more than JSON", "POST /join", join + join, []string{aJSON, own}, 400},
		{"a number for a name", "POST /join", `{"name":7}`, []string{aJSON, own}, 400},

		{"joining by GET", "GET /join", "", nil, 405},
		{"a method", "DELETE /seat", "", []string{aCookie}, 405},
		{"a method that nobody knows", "BREW /", "", nil, 405},
		{"a way out", "GET /assets/../../web.go", "", nil, 307},
		{"a way out that is encoded", "GET /assets/..%2f..%2fweb.go", "", nil, 404},
		{"a way out with backslashes", "GET /assets/..%5cweb.go", "", nil, 404},
		{"a page of a seat as a file", "GET /assets/seat.html", "", nil, 404},
		{"the files", "GET /assets/", "", nil, 404},
		{"what is not there", "GET /board", "", nil, 404},
		{"a long path", "GET /" + strings.Repeat("x", 10_000), "", nil, 404},

		{"a name that leads here", "GET /", "", []string{"Host: evil.example"}, 421},
		{"a name that leads here, a websocket", "GET /ws", "", with(aCookie, "Host: evil.example", "Origin: http://evil.example"), 421},
		{"an address in a name", "GET /", "", []string{"Host: 127.0.0.1.evil.example:8080"}, 421},
		{"an address in brackets in a name", "GET /", "", []string{"Host: [::1].evil.example"}, 421},
		{"a name that begins like ours", "POST /join", join, []string{aJSON, "Host: teacher.lan.evil.example"}, 421},
		{"a huge header", "GET /", "", []string{"Cookie: " + strings.Repeat("x", maxHeader+8<<10)}, 431},
		{"a huge token", "GET /ws", "", with("Cookie: " + cookieName + "=" + strings.Repeat("x", 8<<10)), 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer, text := h.do(t, tt.request, tt.body, tt.header...)
			if answer.StatusCode != tt.status {
				t.Errorf("status %d, want %d: %.200s", answer.StatusCode, tt.status, text)
			}
			if got := answer.Header.Get("Content-Security-Policy"); got != policy && tt.status != 431 {
				t.Errorf("its policy is %q", got)
			}
			if answer.Header.Get("Access-Control-Allow-Origin") != "" || answer.Header.Get("Set-Cookie") != "" {
				t.Errorf("it gives %v", answer.Header)
			}
		})
	}
	if answer, text := secure.do(t, "GET /ws", "", with(aCookie, own)...); answer.StatusCode != 403 {
		t.Errorf("a page that came in the clear reaches a seat of TLS: %d, %s", answer.StatusCode, text)
	}
	if len(h.applicants) != 0 || len(h.desks) != 1 || h.desks["ada"].looks != 0 {
		t.Errorf("the class was asked: %+v, %d seats, %d pages", h.applicants, len(h.desks), h.desks["ada"].looks)
	}
}

// These are names of this machine.
func TestHosts(t *testing.T) {
	h := open(t, &room{}, Options{Hosts: []string{"Teacher.lan", "blackboard.local."}})
	for _, host := range []string{
		"127.0.0.1", "192.168.1.20:8080", "[::1]", "[fe80::1]:8080", "[fe80::1%25eth0]:80", "localhost", "LOCALHOST:8080", "localhost.", "teacher.lan:8080", "blackboard.local",
	} {
		if answer, _ := h.do(t, "GET /", "", "Host: "+host); answer.StatusCode != http.StatusOK {
			t.Errorf("%q: %d", host, answer.StatusCode)
		}
	}
	for _, host := range []string{"", ":8080", ".", "[localhost]", "::1", "teacher", "teacher.lan..", "1.2.3.4.", "%"} {
		if h.handler.knows(host) {
			t.Errorf("%q is known", host)
		}
	}
}
