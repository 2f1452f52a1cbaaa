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
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
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
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if s, ok := errors.AsType[status](err); ok {
		return int(s)
	}
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil:
		return exitInterrupted
	}
	complain(errs, err)
	if _, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintln(errs, "  usage: see groupcast --help")
		return exitUsage
	}
	return exitNot
}
