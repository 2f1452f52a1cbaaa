package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"github.com/groupcast/groupcast/mcast/class"
)

// Bounds of what a page may send. More closes its connection with 1008.
const (
	maxMessage  = 64 << 10 // bytes of one
	maxMessages = 200      // a second
	maxSizes    = 20       // messages a second that resize the screen: each is drawn anew
	maxOrders   = 5        // messages a second for the exercise
)

// Close codes of our own.
const (
	closedGone websocket.StatusCode = 4001 // the seat was given back, or is another's
	closedOver websocket.StatusCode = 4002 // the class is over
)

// whyClosed is what a page is told whose token has no seat.
func whyClosed(err error) (websocket.StatusCode, string) {
	if errors.Is(err, class.ErrOver) {
		return closedOver, "the class is over"
	}
	return closedGone, "this seat is no longer yours"
}

// socket is the conversation with a page of a seat.
//
// A script cannot read the status of a handshake that was refused: so a page of ours is told
// by the code of a close, and only who is none is refused.
func (h *Handler) socket(w http.ResponseWriter, r *http.Request) {
	if !h.ownOrigin(r) {
		refuse(w, http.StatusForbidden, "This request is from another page.", "")
		return
	}
	token, seat, err := h.seatOf(r) // the cookie decides: a program need not tell an Origin
	if err != nil && r.Header.Get("Origin") == "" {
		refuse(w, http.StatusForbidden, sentence(err), "")
		return
	}
	var at shownAs
	var shows seatTab
	var code websocket.StatusCode
	var why string
	switch {
	case err != nil:
		code, why = whyClosed(err)
	default:
		if shows = tabOf(seat, r.URL.Query().Get("tab")); shows == nil {
			code, why = websocket.StatusPolicyViolation, "this seat has no such tab"
		} else if at = (shownAs{token, shows.Host()}); !h.pages.enter(at, maxPages) {
			code, why = websocket.StatusTryAgainLater, "too many pages show this seat: close one"
		}
	}
	if code != 0 {
		if at = (shownAs{}); !h.pages.enter(at, maxFarewells) {
			refuse(w, http.StatusServiceUnavailable, "Too many pages are being closed: try again.", "")
			return
		}
	}
	defer h.pages.leave(at)
	p, err := accept(w, r)
	if err != nil {
		return // it has answered
	}
	defer p.conn.CloseNow()
	if code != 0 {
		p.close(code, why)
		return
	}
	h.talk(r.Context(), p, at, seat, shows)
}

// talk shows a tab of a seat to a page and takes what it tells, until one of them goes.
func (h *Handler) talk(ctx context.Context, p *page, at shownAs, s seat, t seatTab) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := t.Look()
	defer done()
	exercise := s.Exercise()
	said := make(chan int64, 1) // the last line that a plain page has, with its first message
	var shown sync.WaitGroup
	show := func(what func() error) {
		shown.Go(func() {
			defer cancel()
			if err := what(); errors.Is(err, io.EOF) {
				if _, err := h.class.Seat(at.token); err != nil {
					p.close(whyClosed(err))
				}
			}
		})
	}
	show(func() error {
		if err := p.send(ctx, introduce(s, exercise != nil)); err != nil {
			return err
		}
		if exercise != nil {
			show(func() error { return p.showExercise(ctx, exercise) })
		}
		if t.Plain() {
			return p.showLines(ctx, t, said)
		}
		return p.showScreens(ctx, t)
	})
	defer h.fitting.leave(at, p, t)
	take := func(m message, may func() bool) {
		if m.Do != "" {
			m.do(exercise)
			return
		}
		h.fitting.put(at, p, t, m.input(), may)
	}
	if why := hear(ctx, p, t, take, said); why != "" {
		p.close(websocket.StatusPolicyViolation, why)
	}
	cancel()
	shown.Wait()
}

// hear takes what a page tells, until it goes or breaks a limit: then it returns which.
func hear(ctx context.Context, p *page, t seatTab, take func(message, func() bool), said chan<- int64) (broken string) {
	messages := rate.NewLimiter(maxMessages, maxMessages)
	orders := rate.NewLimiter(maxOrders, maxOrders)
	sizes := rate.NewLimiter(maxSizes, maxSizes)
	for {
		kind, from, err := p.conn.Reader(ctx)
		if err != nil {
			return ""
		}
		b, err := io.ReadAll(io.LimitReader(from, maxMessage+1))
		switch {
		case err != nil:
			return ""
		case len(b) > maxMessage:
			return "a message has at most 65536 bytes"
		case kind != websocket.MessageText:
			return "a message is text"
		case !messages.Allow():
			return "there are at most 200 messages a second"
		}
		m, err := readMessage(b)
		if err != nil {
			return err.Error()
		}
		select {
		case said <- m.Seen:
		default: // it is not the first
		}
		switch {
		case m.Say != nil:
			t.Say(*m.Say)
		case m.Do != "" && !orders.Allow():
			return "there are at most 5 orders a second"
		case m.input().Size != (class.Size{}) && !sizes.Allow():
			return "there are at most 20 sizes a second"
		default:
			take(m, sizes.Allow)
		}
	}
}
