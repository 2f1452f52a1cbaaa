package web

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"

	"github.com/groupcast/groupcast/mcast/class"
)

// cookieName is that of the cookie that says whose seat a page shows.
const cookieName = "groupcast_seat"

// maxPosted bounds the body of a request, in bytes.
const maxPosted = 4 << 10

// joining is what the join page posts.
type joining struct {
	Code  string `json:"code"`
	Name  string `json:"name"`
	Plain bool   `json:"plain"`
}

// refusal is what a page is told when it asked for something in vain.
type refusal struct {
	Error string `json:"error"` // for people
	Field string `json:"field,omitempty"`
}

// join serves the join page, or leads to the seat of who has one.
func (h *handler) join(w http.ResponseWriter, r *http.Request) {
	if _, err := h.seatOf(r); err == nil {
		http.Redirect(w, r, "/seat", http.StatusSeeOther)
		return
	}
	h.page(w, r, "join.html")
}

// seat serves the page of a seat, or leads to the join page: with a cookie of another
// class, too.
func (h *handler) seat(w http.ResponseWriter, r *http.Request) {
	s, err := h.seatOf(r)
	switch {
	case err != nil:
		http.Redirect(w, r, "/?gone", http.StatusSeeOther)
	case s.Plain():
		h.page(w, r, "plain.html")
	default:
		h.page(w, r, "seat.html")
	}
}

// seatOf is the seat of a request's cookie.
func (h *handler) seatOf(r *http.Request) (*class.Seat, error) {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return nil, class.ErrToken
	}
	return h.class.Seat(class.Token(c.Value))
}

// posted lets a handler see what a page of ours has posted, and nothing else: a form of
// another page can send no JSON, and a browser tells where a script's request is from.
func (h *handler) posted(do func(http.ResponseWriter, *http.Request, []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" || !h.ownOrigin(r) {
			refuse(w, http.StatusForbidden, "this request is from another page", "")
			return
		}
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
			refuse(w, http.StatusUnsupportedMediaType, "a request is JSON", "")
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPosted))
		if err != nil {
			refuse(w, http.StatusRequestEntityTooLarge, "a request has at most 4096 bytes", "")
			return
		}
		do(w, r, body)
	}
}

// ownOrigin reports whether the Origin of a request, where a browser tells it, is this
// server's.
func (h *handler) ownOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin == "" || origin == "http://"+r.Host || origin == "https://"+r.Host
}

func (h *handler) postJoin(w http.ResponseWriter, r *http.Request, body []byte) {
	var j joining
	if err := json.Unmarshal(body, &j); err != nil {
		refuse(w, http.StatusBadRequest, "this is no request to join", "")
		return
	}
	from, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		from = r.RemoteAddr
	}
	token, _, err := h.class.Join(class.Applicant{Code: j.Code, Name: j.Name, From: from, Plain: j.Plain})
	if err != nil {
		refuseJoin(w, err)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: string(token), Path: "/", HttpOnly: true, Secure: h.opts.Secure, SameSite: http.SameSiteStrictMode,
	})
	answer(w, http.StatusOK, struct {
		Seat string `json:"seat"`
	}{"/seat"})
}

// refuseJoin says why nobody was seated, and at which field.
func refuseJoin(w http.ResponseWriter, err error) {
	var tries *class.TriesError
	switch {
	case errors.As(err, &tries):
		if tries.After > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(tries.After.Seconds()+0.99)))
		}
		refuse(w, http.StatusTooManyRequests, sentence(err), "code")
	case errors.Is(err, class.ErrCode):
		refuse(w, http.StatusForbidden, sentence(err), "code")
	case errors.Is(err, class.ErrName), errors.Is(err, class.ErrTaken):
		refuse(w, http.StatusConflict, sentence(err), "name")
	case errors.Is(err, class.ErrOver):
		refuse(w, http.StatusGone, sentence(err), "")
	default: // full, locked
		refuse(w, http.StatusServiceUnavailable, sentence(err), "")
	}
}

// sentence is an error as people read it.
func sentence(err error) string {
	text := []rune(err.Error())
	if text[0] >= 'a' && text[0] <= 'z' {
		text[0] -= 'a' - 'A'
	}
	return string(text) + "."
}

func (h *handler) postLeave(w http.ResponseWriter, r *http.Request, _ []byte) {
	if c, err := r.Cookie(cookieName); err == nil {
		_ = h.class.Leave(class.Token(c.Value))
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, HttpOnly: true, Secure: h.opts.Secure, SameSite: http.SameSiteStrictMode})
	answer(w, http.StatusOK, struct{}{})
}

func refuse(w http.ResponseWriter, status int, text, field string) {
	answer(w, status, refusal{text, field})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
