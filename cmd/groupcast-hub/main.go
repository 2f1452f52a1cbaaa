// Command groupcast-hub is the server that the bridges of several LANs connect to.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// The exit statuses, as those of groupcast.
const (
	exitOK          = 0   // what was asked happened
	exitNot         = 1   // it did not
	exitUsage       = 2   // the command line makes no sense
	exitInterrupted = 130 // ctrl+c, as a shell reports it
)

var errInterrupted = errors.New("interrupted")

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		if <-signals == os.Interrupt {
			cancel(errInterrupted)
		}
		cancel(context.Canceled)
		// A later signal ends the program whatever it is doing. One that comes within a
		// blink is no second wish: timeout(1) sends each twice.
		time.Sleep(blink)
		signal.Stop(signals)
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// blink is how long a signal counts as the same as the one before.
const blink = 500 * time.Millisecond

// run is the whole program, as a function.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	}
	complain(stderr, err)
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitNot
}
