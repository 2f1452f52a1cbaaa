package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/session"
)

// framesPerSecond is how often the terminal is drawn at the most. The renderer
// wakes up as often when nothing changes: 30 would be half of the idle load.
const framesPerSecond = 20

// Options say how the screen is shown. The zero value is the terminal of the
// process.
type Options struct {
	Input  io.Reader        // nil: standard input
	Output io.Writer        // nil: standard output
	Env    []string         // TERM, NO_COLOR and so on; nil: os.Environ
	Now    func() time.Time // nil: time.Now
	ASCII  bool             // draw with ASCII only; what people write is shown as it is

	NoMouse bool // leave the mouse to the terminal
	Notify  bool // ring the bell and count new lines in the window's title while the terminal is not looked at
	Suspend bool // ctrl+z stops the program: a shell is there that can continue it
	Lesson  bool // lead through the article above the talk: the session is host A of lab.Article
}

// Run shows a session on the terminal until the user quits or the session
// ends; then it returns nil or what ended the session. It returns the cause
// of ctx when that ends first. The terminal is restored in every case, panics
// included. Run waits for the session's calls to return: they have to end with
// their context. Signals are left to the caller, to end ctx with.
func Run(ctx context.Context, s Session, opts Options) error {
	if opts.Env == nil {
		opts.Env = os.Environ()
	}
	m := newModel(s, opts)
	return run(ctx, m, &m.life, opts)
}

// run shows a model whose life is l, as Run says.
func run(ctx context.Context, m tea.Model, l *life, opts Options) error {
	inner, cancel := context.WithCancel(ctx)
	l.work.ctx = inner
	defer l.work.wait()
	defer cancel()

	program := []tea.ProgramOption{tea.WithEnvironment(environ(opts.Env)), tea.WithFPS(framesPerSecond), tea.WithoutSignalHandler()}
	if opts.Input == nil {
		opts.Input = os.Stdin
	}
	file, onFile := opts.Input.(*os.File)
	watched := &terminalInput{File: file}
	if onFile {
		opts.Input = watched
	}
	program = append(program, tea.WithInput(opts.Input))
	if opts.Output != nil {
		program = append(program, tea.WithOutput(opts.Output))
	}
	p := tea.NewProgram(&pacer{Model: m, work: l.work}, program...)
	// Not by tea.WithContext: that does not wait for the reader of the input.
	stop := context.AfterFunc(ctx, p.Quit)
	defer stop()
	watched.gone = func() { go p.Send(endMsg{errTerminalGone}) }
	l.quit = func() { go p.Quit() } // it waits for the loop, which may be where we are
	_, err := p.Run()
	switch {
	case l.err != nil && !errors.Is(l.err, ctx.Err()): // which a call that ctx ended may have returned
		return l.err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("tui: %w", err)
	}
	return nil
}

// errTerminalGone is what ends a session whose terminal hung up without a
// signal, as it does when the shell in between ignores SIGHUP.
var errTerminalGone = errors.New("the terminal is gone")

// terminalInput tells when there is no more to read from a terminal. Bubble Tea
// would go on without keys.
type terminalInput struct {
	*os.File
	gone func()
}

func (t *terminalInput) Read(p []byte) (int, error) {
	n, err := t.File.Read(p)
	if err != nil && n == 0 {
		t.gone()
	}
	return n, err
}

// environ makes NO_COLOR count whenever it is not empty, as no-color.org asks:
// the renderer takes it for a boolean, and NO_COLOR=yes is none.
func environ(env []string) []string {
	env = slices.Clone(env)
	for i, e := range env {
		if v, ok := strings.CutPrefix(e, "NO_COLOR="); ok && v != "" {
			env[i] = "NO_COLOR=1"
		}
	}
	return env
}

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
func (w *worker) after(d time.Duration, msg tea.Msg) tea.Cmd {
	return w.command(func(ctx context.Context) (tea.Msg, error) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return msg, nil
		case <-ctx.Done():
			return nil, nil
		}
	})
}

// What comes back.
type (
	batchMsg session.Batch
	doneMsg  struct{}            // the action is carried out
	endMsg   struct{ err error } // the session is over; nil: it ended well
	tickMsg  struct{}            // a second has gone by
	freshMsg struct{}            // a snapshot that was put off is due
)
