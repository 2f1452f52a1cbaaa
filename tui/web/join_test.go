package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/class"
)

func TestJoin(t *testing.T) {
	for _, secure := range []bool{false, true} {
		h := open(t, &room{}, Options{Secure: secure})
		origin := map[bool]string{false: own, true: "Origin: https://127.0.0.1:8080"}[secure]
		answer, text := h.do(t, "POST /join", `{"code":"k7m-q4r","name":" Ada <b>","plain":true}`, "Content-Type: application/json; charset=utf-8", origin, "Sec-Fetch-Site: same-origin")
		if answer.StatusCode != http.StatusOK || text != `{"seat":"/seat"}`+"\n" || answer.Header.Get("Content-Type") != "application/json" {
			t.Errorf("it answers %d, %v: %s", answer.StatusCode, answer.Header, text)
		}
		want := "groupcast_seat=new; Path=/; HttpOnly; " + map[bool]string{false: "", true: "Secure; "}[secure] + "SameSite=Strict"
		if got := answer.Header.Get("Set-Cookie"); got != want {
			t.Errorf("the cookie is %q", got)
		}
		if got, want := fmt.Sprint(h.applicants), fmt.Sprint([]class.Applicant{{Code: "k7m-q4r", Name: " Ada <b>", From: "192.0.2.7", Plain: true}}); got != want {
			t.Errorf("%s applied, want %s", got, want)
		}
	}
}

// Who is not seated is told why, in words, and at which field.
func TestJoinRefused(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
		field  string
		after  string
		text   string
	}{
		{class.ErrCode, 403, "code", "", "This is not the code."},
		{&class.TriesError{After: 11*time.Second + time.Millisecond}, 429, "code", "12", "Too many wrong codes: wait "},
		{&class.TriesError{}, 429, "code", "", "Too many wrong codes: ask the teacher"},
		{fmt.Errorf("%w: it is 40 columns wide", class.ErrName), 422, "name", "", "This cannot be a name: it is 40 columns wide."},
		{fmt.Errorf("%w: <script>alert(1)</script>", class.ErrName), 422, "name", "", "This cannot be a name: <script>alert(1)</script>."},
		{class.ErrTaken, 409, "name", "", "Somebody has that name already: take another one."},
		{class.ErrFull, 503, "", "", "Every seat is taken: tell your teacher."},
		{class.ErrOften, 429, "", "", "Many have joined from this address just now: try again in a few seconds."},
		{class.ErrLocked, 503, "", "", "The teacher lets nobody in now."},
		{class.ErrOver, 410, "", "", "The class is over."},
		{fmt.Errorf("another"), 500, "", "", "Another."},
	} {
		h := open(t, &room{err: tt.err}, Options{})
		answer, text := h.do(t, "POST /join", `{"code":"AAAAAA","name":"Ada"}`, aJSON, own)
		if answer.StatusCode != tt.status || answer.Header.Get("Retry-After") != tt.after || answer.Header.Get("Set-Cookie") != "" {
			t.Errorf("%v: it answers %d, %v", tt.err, answer.StatusCode, answer.Header)
		}
		var r refusal
		if err := json.Unmarshal([]byte(text), &r); err != nil || !strings.HasPrefix(r.Error, tt.text) || r.Field != tt.field {
			t.Errorf("%v: it says %q, %v", tt.err, text, err)
		}
		if strings.ContainsAny(text, "<>") || answer.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%v: %q could be taken for a page", tt.err, text)
		}
	}
}

// A browser has one seat: with its cookie nobody gets a second one.
func TestJoinAgain(t *testing.T) {
	h := open(t, &room{desks: map[class.Token]*desk{"ada": plainDesk()}}, Options{})
	answer, text := h.do(t, "POST /join", `{"code":"","name":"Bob"}`, aJSON, own, aCookie)
	if answer.StatusCode != 200 || text != `{"seat":"/seat"}`+"\n" || len(h.applicants) != 0 || answer.Header.Get("Set-Cookie") != "" {
		t.Errorf("it answers %d, %v: %s; %+v applied", answer.StatusCode, answer.Header, text, h.applicants)
	}
	answer, _ = h.do(t, "POST /leave", "{}", aJSON, own, aCookie)
	if answer.StatusCode != 200 || len(h.desks) != 0 || answer.Header.Get("Set-Cookie") != gone {
		t.Errorf("leaving: %d, %v, and %d seats are taken", answer.StatusCode, answer.Header, len(h.desks))
	}
	if answer, _ = h.do(t, "POST /join", `{"code":"x","name":"Bob"}`, aJSON, own, aCookie); len(h.applicants) != 1 || answer.StatusCode != 200 {
		t.Errorf("joining after that: %d, %+v applied", answer.StatusCode, h.applicants)
	}
}

// gone takes a cookie away.
const gone = "groupcast_seat=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"

// Each cookie leads to the page that it belongs to.
func TestPages(t *testing.T) {
	h := open(t, &room{desks: map[class.Token]*desk{"ada": screenDesk(t), "bob": plainDesk()}}, Options{})
	for name, text := range map[string]string{"join.html": "<p>join", "seat.html": "<p>seat", "plain.html": "<p>plain"} {
		f := h.handler.files[name]
		f.content = []byte(text)
		h.handler.files[name] = f
	}
	bob, yesterday := "Cookie: "+cookieName+"=bob", "Cookie: other=ada; "+cookieName+"=of-yesterday"
	look := func(request, cookie, want string) {
		t.Helper()
		answer, text := h.do(t, request, "", cookie)
		got := fmt.Sprint(answer.StatusCode, " ", answer.Header.Get("Location"), answer.Header.Get("Set-Cookie"), " ", text)
		if got != want {
			t.Errorf("%s with %q: %s, want %s", request, cookie, got, want)
		}
		if answer.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s with %q is kept: %v", request, cookie, answer.Header)
		}
	}
	const toSeat = "303 /seat <a href=\"/seat\">See Other</a>.\n\n"
	look("GET /", "", "200  <p>join")
	look("HEAD /", "", "200  ")
	look("GET /", yesterday, "200  <p>join")
	look("GET /", aCookie, toSeat)
	look("GET /seat", aCookie, "200  <p>seat")
	look("GET /seat", bob, "200  <p>plain")
	look("HEAD /seat", bob, "200  ")
	look("GET /seat", "", "303 /?gone"+gone+" <a href=\"/?gone\">See Other</a>.\n\n")
	look("GET /seat", yesterday, "303 /?gone"+gone+" <a href=\"/?gone\">See Other</a>.\n\n")
	h.end()
	look("GET /", aCookie, "200  <p>join")
	look("GET /seat", aCookie, "303 /?gone"+gone+" <a href=\"/?gone\">See Other</a>.\n\n")
}

// Files are asked for again, and sent again only if they have changed.
func TestFiles(t *testing.T) {
	h := open(t, &room{}, Options{})
	h.handler.files["x.js"] = file{[]byte("let x"), kinds[".js"], `"tag"`}
	h.handler.files["favicon.svg"] = file{[]byte("<svg/>"), kinds[".svg"], `"icon"`}
	for _, tt := range []struct {
		request, tag string
		status       int
		kind, text   string
	}{
		{"GET /assets/x.js", "", 200, "text/javascript; charset=utf-8", "let x"},
		{"HEAD /assets/x.js", "", 200, "text/javascript; charset=utf-8", ""},
		{"GET /assets/x.js", `"tag"`, 304, "", ""},
		{"GET /assets/x.js", `"other"`, 200, "text/javascript; charset=utf-8", "let x"},
		{"GET /favicon.ico", "", 200, "image/svg+xml", "<svg/>"},
		{"GET /assets/y.js", "", 404, "text/plain; charset=utf-8", "404 page not found\n"},
	} {
		answer, text := h.do(t, tt.request, "", "If-None-Match: "+tt.tag)
		if answer.StatusCode != tt.status || text != tt.text || answer.Header.Get("Content-Type") != tt.kind {
			t.Errorf("%s, %s: %d, %v, %q", tt.request, tt.tag, answer.StatusCode, answer.Header, text)
		}
		if kept := answer.Header.Get("Cache-Control"); (kept == "no-cache") != (tt.status != 404) {
			t.Errorf("%s: Cache-Control: %s", tt.request, kept)
		}
	}
	for name, f := range h.handler.files {
		if f.kind == "" || f.tag == "" {
			t.Errorf("%s has no type, or no tag", name)
		}
	}
}
