package web

import (
	"context"
	"encoding/json"
	"time"

	"github.com/coder/websocket"

	"github.com/groupcast/groupcast/mcast/class"
)

// A page that does not answer a ping has gone, whatever its system says. It is asked now and
// then, and when that much is under way to it: what is on the wire, and in the queues of two
// systems, would otherwise be as old as they are long.
const (
	writeTimeout  = 20 * time.Second // for a message to be taken
	pingInterval  = 20 * time.Second
	pongTimeout   = 20 * time.Second
	maxUnanswered = 128 << 10 // bytes
)

// firstMessage is how long a plain page has to tell which lines it has.
const firstMessage = time.Second

// showScreens sends what changes on a seat's screen, until it fails. A page that reads slowly
// gets fewer screens.
func (p *page) showScreens(ctx context.Context, s seat) error {
	var seen int64
	return show(ctx, p, func(ctx context.Context) (screen class.Screen, err error) {
		if screen, err = s.Next(ctx, seen); err == nil {
			seen = screen.Version
		}
		return screen, err
	})
}

// written is a message of lines.
type written struct {
	Lines []string `json:"lines"`
	Last  int64    `json:"last"`
	Lost  int      `json:"lost,omitempty"`
}

// showLines sends what a seat without a screen writes after the line that the page has,
// until it fails.
func (p *page) showLines(ctx context.Context, s seat, has <-chan int64) error {
	var seen int64
	late := time.NewTimer(firstMessage)
	defer late.Stop()
	select {
	case seen = <-has:
		seen = max(seen, 0)
	case <-late.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return show(ctx, p, func(ctx context.Context) (w written, err error) {
		list, last, lost, err := s.Lines(ctx, seen)
		if err == nil {
			seen = last
		}
		return written{list, last, lost}, err
	})
}

// show sends what next returns, until one fails.
func show[T any](ctx context.Context, p *page, next func(context.Context) (T, error)) error {
	for {
		due := p.answered.Add(pingInterval)
		if !time.Now().Before(due) {
			if err := p.ask(ctx); err != nil {
				return err
			}
			continue
		}
		wait, cancel := context.WithDeadline(ctx, due)
		v, err := next(wait)
		late := wait.Err() != nil
		cancel()
		switch {
		case err != nil && late && ctx.Err() == nil:
			continue
		case err != nil:
			return err
		}
		if err := p.send(ctx, v); err != nil {
			return err
		}
	}
}

// send sends a message.
func (p *page) send(ctx context.Context, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := p.conn.Write(limited, websocket.MessageText, b); err != nil {
		return err
	}
	if p.unanswered += len(b); p.unanswered < maxUnanswered {
		return nil
	}
	return p.ask(ctx)
}

// ask returns when the page has read all that was sent to it.
func (p *page) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pongTimeout)
	defer cancel()
	if err := p.conn.Ping(ctx); err != nil {
		return err
	}
	p.answered, p.unanswered = time.Now(), 0
	return nil
}
