package web

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"strconv"
	"unicode"
	"unicode/utf8"

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
func (h *Handler) join(w http.ResponseWriter, r *http.Request) {
	if _, _, err := h.seatOf(r); err == nil {
		http.Redirect(w, r, "/seat", http.StatusSeeOther)
		return
	}
	h.page(w, r, "join.html")
}

// seat serves the page of a seat, or leads to the join page: with a cookie of another
// class, too, which is taken away.
func (h *Handler) seat(w http.ResponseWriter, r *http.Request) {
	_, s, err := h.seatOf(r)
	switch {
	case err != nil:
		h.giveCookie(w, "")
		http.Redirect(w, r, "/?gone", http.StatusSeeOther)
	case tabOf(s, "").Plain():
		h.page(w, r, "plain.html")
	default:
		h.page(w, r, "seat.html")
	}
}

// seatOf is the seat of a request's cookie.
func (h *Handler) seatOf(r *http.Request) (class.Token, seat, error) {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return "", nil, class.ErrToken
	}
	s, err := h.class.Seat(class.Token(c.Value))
	return class.Token(c.Value), s, err
}

// giveCookie gives a page the cookie of a seat; "": it takes the one away that it has.
func (h *Handler) giveCookie(w http.ResponseWriter, t class.Token) {
	c := &http.Cookie{Name: cookieName, Value: string(t), Path: "/", HttpOnly: true, Secure: h.opts.Secure, SameSite: http.SameSiteStrictMode}
	if t == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// posted lets a handler see what a page of ours has posted, and nothing else: a form of
// another page can send no JSON, and a browser tells where a script's request is from.
func (h *Handler) posted(do func(http.ResponseWriter, *http.Request, []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" || !h.ownOrigin(r) {
			refuse(w, http.StatusForbidden, "This request is from another page.", "")
			return
		}
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
			refuse(w, http.StatusUnsupportedMediaType, "A request is JSON.", "")
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPosted))
		if _, long := errors.AsType[*http.MaxBytesError](err); long {
			refuse(w, http.StatusRequestEntityTooLarge, "A request has at most 4096 bytes.", "")
			return
		}
		if err != nil {
			refuse(w, http.StatusBadRequest, "The request did not arrive whole.", "")
			return
		}
		do(w, r, body)
	}
}

// seated leads to a page of a seat.
type seated struct {
	Seat string `json:"seat"`
}

// postJoin seats somebody. Who sits already stays there: a browser has one cookie, and a
// second seat would stand empty. It does not come with what a link on another site leads to
// (SameSite), and so the page that asks for a code is shown to some who need none.
func (h *Handler) postJoin(w http.ResponseWriter, r *http.Request, body []byte) {
	var j joining
	if json.Unmarshal(body, &j) != nil {
		refuse(w, http.StatusBadRequest, "This is no request to join.", "")
		return
	}
	if _, _, err := h.seatOf(r); err == nil {
		answer(w, http.StatusOK, seated{"/seat"})
		return
	}
	token, err := h.class.Join(class.Applicant{Code: j.Code, Name: j.Name, From: addressOf(r.RemoteAddr), Plain: j.Plain})
	if err != nil {
		refuseJoin(w, err)
		return
	}
	h.giveCookie(w, token)
	answer(w, http.StatusOK, seated{"/seat"})
}

// refuseJoin says why nobody was seated, and at which field.
func refuseJoin(w http.ResponseWriter, err error) {
	status, field := http.StatusInternalServerError, ""
	if tries, ok := errors.AsType[*class.TriesError](err); ok && tries.After > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(tries.After.Seconds()))))
	}
	switch {
	case errors.Is(err, class.ErrTries):
		status, field = http.StatusTooManyRequests, "code"
	case errors.Is(err, class.ErrOften):
		status = http.StatusTooManyRequests
	case errors.Is(err, class.ErrCode):
		status, field = http.StatusForbidden, "code"
	case errors.Is(err, class.ErrName):
		status, field = http.StatusUnprocessableEntity, "name"
	case errors.Is(err, class.ErrTaken):
		status, field = http.StatusConflict, "name"
	case errors.Is(err, class.ErrOver):
		status = http.StatusGone
	case errors.Is(err, class.ErrFull), errors.Is(err, class.ErrLocked):
		status = http.StatusServiceUnavailable
	}
	refuse(w, status, sentence(err), field)
}

// sentence is an error as people read it.
func sentence(err error) string {
	first, size := utf8.DecodeRuneInString(err.Error())
	return string(unicode.ToUpper(first)) + err.Error()[size:] + "."
}

// postLeave gives the seat back.
func (h *Handler) postLeave(w http.ResponseWriter, r *http.Request, _ []byte) {
	if token, _, err := h.seatOf(r); err == nil {
		_ = h.class.Leave(token) // another page may have done so
	}
	h.giveCookie(w, "")
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
