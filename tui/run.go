package tui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// framesPerSecond is the highest rate at which the terminal is drawn, but for what the
// user does, which is drawn at once.
const framesPerSecond = 10

// run shows a model whose life is l, as [Run] says.
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
	if opts.Output == nil {
		opts.Output = os.Stdout
	}
	var shutter shutter
	defer shutter.close()
	program = append(program, tea.WithOutput(shutter.watch(opts.Output)))
	paced := &pacer{Model: m, life: l}
	p := tea.NewProgram(paced, program...)
	paced.showSoon = func() { shutter.open(p); shutter.soon() }
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

// errTerminalGone ends a session whose terminal hung up without a
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
