package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/groupcast/groupcast/mcast/class"
)

// looked is the tab of a seat that a teacher looks at: see [class.Tab].
type looked interface {
	Plain() bool
	LookOn() (done func())
	Next(ctx context.Context, seen int64) (class.Screen, error)
	Lines(ctx context.Context, seen int64) (list []string, last int64, lost int, err error)
}

// Bounds of connections that look: those that have told no key yet, in all and of one
// address, and those that have.
const (
	maxAsking     = 256
	maxAskingEach = 16
	maxLooking    = 16

	askTimeout = 5 * time.Second
)

// closedKey is the code of closing after a wrong key.
const closedKey websocket.StatusCode = 4003

// asksToLook is the first message of a page that looks.
type asksToLook struct {
	Key  string `json:"key"`
	Seat string `json:"seat"`
	Tab  string `json:"tab"` // "": the first
}

// look shows the screen of a seat to a teacher, who can do nothing there.
func (b *boards) look(w http.ResponseWriter, r *http.Request) {
	asked, ok := b.crowd.enter(map[string]int{"asking": maxAsking, "asking of " + addressOf(r.RemoteAddr): maxAskingEach})
	if !ok {
		refuse(w, http.StatusServiceUnavailable, "Too many pages ask to look on: try again.", "")
		return
	}
	defer asked()
	p, err := accept(w, r)
	if err != nil {
		return // it has answered
	}
	defer p.conn.CloseNow()
	ask, err := firstAsk(r.Context(), p)
	switch {
	case errors.Is(err, errRequest):
		p.close(websocket.StatusPolicyViolation, err.Error())
		return
	case err != nil:
		return
	case !b.keys.right(ask.Key):
		if b.keys.tried(addressOf(r.RemoteAddr)) > 0 {
			p.close(websocket.StatusTryAgainLater, "too many wrong keys: wait a minute")
			return
		}
		p.close(closedKey, "this is not the teacher's key")
		return
	}
	leave, ok := b.crowd.enter(map[string]int{"looking": maxLooking})
	if !ok {
		p.close(websocket.StatusTryAgainLater, "too many pages look on: close one")
		return
	}
	defer leave()
	asked()
	tab, err := b.class.Look(ask.Seat, ask.Tab)
	if err != nil {
		p.close(closedGone, short(err.Error()))
		return
	}
	done := tab.LookOn()
	defer done()
	ctx, cancel := context.WithCancel(r.Context())
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		defer cancel()
		if err := p.showTab(ctx, tab); errors.Is(err, io.EOF) {
			select {
			case <-b.class.Done():
				p.close(whyClosed(class.ErrOver))
			default:
				p.close(closedGone, "the seat was given back")
			}
		}
	}()
	if _, _, err := p.conn.Reader(ctx); err == nil {
		p.close(websocket.StatusPolicyViolation, "who looks on sends nothing")
	}
	cancel()
	<-shown
}

// firstAsk reads the first message.
func firstAsk(ctx context.Context, p *page) (ask asksToLook, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	_, from, err := p.conn.Reader(ctx)
	if err != nil {
		return ask, err
	}
	text, err := io.ReadAll(io.LimitReader(from, maxPosted+1))
	if err != nil {
		return ask, err
	}
	if len(text) > maxPosted || json.Unmarshal(text, &ask) != nil {
		return ask, errRequest
	}
	return ask, nil
}

// showTab sends what changes, until it fails.
func (p *page) showTab(ctx context.Context, tab looked) error {
	var seen int64
	if tab.Plain() {
		return show(ctx, p, func(ctx context.Context) (w written, err error) {
			list, last, lost, err := tab.Lines(ctx, seen)
			if err == nil {
				seen = last
			}
			return written{list, last, lost}, err
		})
	}
	return show(ctx, p, func(ctx context.Context) (screen class.Screen, err error) {
		if screen, err = tab.Next(ctx, seen); err == nil {
			seen = screen.Version
		}
		return screen, err
	})
}

// short is a text that fits into the reason of a close.
func short(text string) string {
	const most = 123 // bytes, RFC 6455, section 5.5
	for n := range text {
		if n > most-4 {
			return text[:n] + "…"
		}
	}
	return text
}
