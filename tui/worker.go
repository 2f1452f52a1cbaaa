package tui

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/session"
)

// worker runs what may block, outside of Update. Its goroutines end with ctx,
// and their panics become errors, so that the terminal is restored.
type worker struct {
	ctx     context.Context
	session Session

	mu     sync.Mutex
	closed bool
	wg     sync.WaitGroup
}

// wait returns when everything has ended; nothing starts after it.
func (w *worker) wait() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.wg.Wait()
}

func (w *worker) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.wg.Add(1)
	return true
}

// command makes a tea.Cmd of f; an error of f ends the session.
func (w *worker) command(f func(context.Context) (tea.Msg, error)) tea.Cmd {
	return func() (msg tea.Msg) {
		if !w.begin() {
			return nil
		}
		defer w.wg.Done()
		defer func() {
			if r := recover(); r != nil {
				msg = endMsg{session.Recovered(r)}
			}
		}()
		msg, err := f(w.ctx)
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return endMsg{err}
		}
		return msg
	}
}

// poll makes a tea.Cmd that looks after a pause, and not at all when the session
// ends before.
func (w *worker) poll(pause time.Duration, look func() tea.Msg) tea.Cmd {
	return w.command(func(ctx context.Context) (tea.Msg, error) {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		select {
		case <-timer.C:
			return look(), nil
		case <-ctx.Done():
			return nil, nil
		}
	})
}

// next waits for the next batch.
func (w *worker) next() tea.Cmd {
	return w.command(func(ctx context.Context) (tea.Msg, error) {
		b, err := w.session.Next(ctx)
		return batchMsg(b), err
	})
}

// do carries out an action.
func (w *worker) do(a session.Action) tea.Cmd {
	return w.command(func(ctx context.Context) (tea.Msg, error) {
		return doneMsg{}, w.session.Do(ctx, a)
	})
}

// after sends msg in a while, or never when the session ends before.
func (w *worker) after(pause time.Duration, msg tea.Msg) tea.Cmd {
	return w.poll(pause, func() tea.Msg { return msg })
}

// What comes back.
type (
	batchMsg session.Batch
	doneMsg  struct{}            // the action is carried out
	endMsg   struct{ err error } // the session is over; nil: it ended well
	tickMsg  struct{}            // a second has gone by
	freshMsg struct{}            // a snapshot that was put off is due
)
