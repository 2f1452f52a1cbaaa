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

// introduction is the first message to a page.
type introduction struct {
	Seat introduced `json:"seat"`
}

type introduced struct {
	Seat     string   `json:"seat"`
	Name     string   `json:"name"` // of who sits there
	Tabs     []string `json:"tabs"`
	Exercise bool     `json:"exercise"`
	Shell    bool     `json:"shell"` // a tab is a shell
}

func introduce(s seat, exercise bool) introduction {
	i := introduced{Seat: s.Place(), Name: s.Name(), Exercise: exercise, Shell: s.Shell()}
	for _, t := range s.Tabs() {
		i.Tabs = append(i.Tabs, t.Host())
	}
	return introduction{i}
}

// exercised is a message of an exercise. A page with several tabs gets it for each: by the
// version it knows what is old.
type exercised struct {
	Exercise class.ExerciseState `json:"exercise"`
	Version  int64               `json:"v"`
}

// showExercise sends how an exercise stands, now and when that changes, until it fails.
func (p *page) showExercise(ctx context.Context, x exercise) error {
	var seen int64
	return show(ctx, p, func(ctx context.Context) (exercised, error) {
		state, version, err := x.Next(ctx, seen)
		if err == nil {
			seen = version
		}
		return exercised{state, version}, err
	})
}

// showScreens sends what changes on a tab's screen, until it fails. A page that reads slowly
// gets fewer screens.
func (p *page) showScreens(ctx context.Context, t seatTab) error {
	var seen int64
	return show(ctx, p, func(ctx context.Context) (screen class.Screen, err error) {
		if screen, err = t.Next(ctx, seen); err == nil {
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
func (p *page) showLines(ctx context.Context, t seatTab, has <-chan int64) error {
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
		list, last, lost, err := t.Lines(ctx, seen)
		if err == nil {
			seen = last
		}
		return written{list, last, lost}, err
	})
}

// show sends what next returns, until one fails.
func show[T any](ctx context.Context, p *page, next func(context.Context) (T, error)) error {
	for {
		due, err := p.due(ctx)
		if err != nil {
			return err
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

// due asks the page whether it is there where that is due, and returns when it is due next.
func (p *page) due(ctx context.Context) (time.Time, error) {
	if err := p.take(ctx); err != nil {
		return time.Time{}, err
	}
	defer p.give()
	if !time.Now().Before(p.answered.Add(pingInterval)) {
		if err := p.ask(ctx); err != nil {
			return time.Time{}, err
		}
	}
	return p.answered.Add(pingInterval), nil
}

// send sends a message, after those that are being sent.
func (p *page) send(ctx context.Context, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := p.take(ctx); err != nil {
		return err
	}
	defer p.give()
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

// ask returns when the page has read all that was sent to it. The caller has the turn.
func (p *page) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pongTimeout)
	defer cancel()
	if err := p.conn.Ping(ctx); err != nil {
		return err
	}
	p.answered, p.unanswered = time.Now(), 0
	return nil
}

// take waits for the turn to send.
func (p *page) take(ctx context.Context) error {
	select {
	case p.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *page) give() { <-p.turn }
