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
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/cmd/internal/systemd"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/session"
)

func main() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // or it would end the program before it has told its totals
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	go func() {
		s := <-signals
		if s == os.Interrupt {
			leaveCtrlC()
		}
		cancel(signalled{s})
		// A later signal ends the program whatever it is doing. One that comes within
		// a blink is no second wish: timeout(1) sends each twice, to the program and to
		// its process group.
		time.Sleep(blink)
		signal.Stop(signals)
	}()
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	os.Exit(code)
}

// signalled is the cause of a context that a signal ended.
type signalled struct{ os.Signal }

func (s signalled) Error() string { return "signal: " + s.String() }
func (s signalled) Unwrap() error { return context.Canceled }

// leaveCtrlC begins a row below the ^C that a terminal shows, as ping(8) does, for
// what is said at the end.
func leaveCtrlC() {
	for _, f := range []*os.File{os.Stderr, os.Stdout} {
		if isTerminal(f) {
			fmt.Fprintln(f)
			return
		}
	}
}

// blink is how long a signal counts as the same as the one before.
const blink = 500 * time.Millisecond

// run is the whole program, as a function.
func run(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) (code int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := &output{w: stdout, journal: systemd.Journal(stdout), failed: func(error) { cancel() }}
	errs := &output{w: stderr, json: wantsJSON(args), journal: systemd.Journal(stderr), failed: func(err error) {
		if errors.Is(err, syscall.EPIPE) {
			cancel()
		}
	}}
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
	cmd, err := root.ExecuteContextC(ctx)
	if errors.Is(out.error(), syscall.EPIPE) || errors.Is(errs.error(), syscall.EPIPE) {
		return exitClosed // whoever read it has enough, which is no failure to tell of
	}
	if werr := out.error(); werr != nil {
		complain(errs, unwritten(werr))
		return exitNot
	}
	return exitStatus(ctx, cmd, err, errs)
}

// exitStatus is the status for what a command returned, which is said unless
// it was before.
func exitStatus(ctx context.Context, cmd *cobra.Command, err error, errs io.Writer) int {
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
	if _, ok := errors.AsType[usageError](err); ok || errors.Is(err, host.ErrDefaultAlone) || errors.Is(err, host.ErrZoneElsewhere) {
		complainOf(errs, err, usageText(cmd))
		return exitUsage
	}
	complain(errs, err)
	return exitNot
}

// wantsJSON reports whether errors are to be objects, also those about the flags
// themselves.
func wantsJSON(args []string) bool {
	for _, arg := range args {
		switch arg {
		case "--":
			return false
		case "--json", "--json=true":
			return true
		}
	}
	on, _ := strconv.ParseBool(os.Getenv("GROUPCAST_JSON"))
	return on
}
