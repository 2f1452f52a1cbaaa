// Command groupcast joins a UDP multicast group, lets people talk on it, and
// shows where every datagram really goes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/session"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second signal ends the program whatever it is doing
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	os.Exit(code)
}

// The exit statuses, the same for every command.
const (
	exitOK          = 0   // what was asked happened
	exitNot         = 1   // it did not: nothing heard, nothing sent
	exitUsage       = 2   // the command line makes no sense
	exitDoubt       = 3   // it worked, but with loss or with findings
	exitInterrupted = 130 // ctrl+c, as a shell reports it
)

// status is an exit status that needs no words: they have been said.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// usageError is a mistake on the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// run is the whole program, as a function.
func run(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) (code int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out, errs := &output{w: stdout, failed: cancel}, &output{w: stderr, failed: func() {}}
	defer func() {
		if r := recover(); r != nil {
			reportCrash(errs, session.Recovered(r))
			code = exitNot
		}
	}()
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if werr := out.error(); werr != nil {
		complain(errs, fmt.Errorf("write standard output: %w", werr))
		return exitNot
	}
	return exitStatus(ctx, err, errs)
}

// exitStatus is the status for what a command returned, which is said unless
// it was before.
func exitStatus(ctx context.Context, err error, errs io.Writer) int {
	if s, ok := errors.AsType[status](err); ok {
		return int(s)
	}
	if p, ok := errors.AsType[*session.PanicError](err); ok {
		reportCrash(errs, p)
		return exitNot
	}
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil:
		return exitInterrupted
	}
	complain(errs, err)
	if _, ok := errors.AsType[usageError](err); ok || errors.Is(err, host.ErrDefaultAlone) || errors.Is(err, host.ErrZoneElsewhere) {
		fmt.Fprintln(errs, "  usage: see groupcast --help")
		return exitUsage
	}
	return exitNot
}

// output is standard output or standard error, which goroutines share. What is
// lost on standard output is no success, so the first error ends the command.
type output struct {
	w      io.Writer
	failed func()

	mu  sync.Mutex
	err error
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.w.Write(p)
	if err != nil && o.err == nil {
		o.err = err
		o.failed()
	}
	return n, err
}

func (o *output) error() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}
