// Command soak runs groupcast's programs for minutes or hours in a lab, and reports whether
// what they hold grows: live memory, RSS, goroutines, threads, descriptors. docs/soak.md says
// what runs, what is measured and what the verdict means.
//
//	go run ./internal/soak --for 2m --report soak.md
//
// The exit status is 0 if all is flat, 1 if something grew, was lost or ended, 2 if the
// command line makes no sense, and 130 after ctrl+c, with a report of the time until then.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
)

const (
	shortest = time.Minute
	longest  = 7 * 24 * time.Hour
	most     = 240             // samples of each program
	fastest  = 2 * time.Second // between two samples
	// programsEnv names the folder of the programs to the second run, in the lab's
	// namespace, where there is no network to load a module by.
	programsEnv = "SOAK_PROGRAMS"
)

func main() {
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	period := flags.Duration("for", 2*time.Minute, "how long it is measured, 1m to 168h")
	report := flags.String("report", "", "write the report to this new `FILE`, too")
	maxLoss := flags.Float64("max-loss", 1, "the loss that a way may have, in per cent")
	lines := flags.Duration("line-every", time.Second, "time between two lines of the chat, 20ms at least: what keeps a number of lines is filled sooner")
	switch err := flags.Parse(os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		os.Exit(2)
	case *period < shortest, *period > longest, flags.NArg() > 0, *maxLoss < 0, *lines < 20*time.Millisecond:
		fmt.Fprintln(os.Stderr, "soak: it takes flags only, --for from 1m to 168h, --max-loss from 0, and --line-every from 20ms")
		os.Exit(2)
	}
	os.Exit(run(*period, *lines, *report, *maxLoss))
}

func run(period, lines time.Duration, report string, maxLoss float64) int {
	dir := os.Getenv(programsEnv)
	if dir == "" {
		if err := isNew(report); err != nil { // before hours have gone
			fmt.Fprintln(os.Stderr, "soak: --report:", err)
			return 2
		}
		status, err := prepare()
		if err != nil {
			fmt.Fprintln(os.Stderr, "soak:", err)
		}
		return status
	}
	if err := lab.Enter(); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r, err := measure(ctx, dir, period, lines, maxLoss)
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		return 1
	}
	text := r.text()
	fmt.Print(text)
	if report != "" {
		if err := write(report, text); err != nil {
			fmt.Fprintln(os.Stderr, "soak:", err)
			return 1
		}
	}
	switch {
	case ctx.Err() != nil:
		return 130
	case len(r.wrong) > 0:
		return 1
	}
	return 0
}

// prepare builds the programs, with their meter, and runs this one again: the folder is gone
// when that has ended, however it did.
func prepare() (int, error) {
	dir, err := os.MkdirTemp("", "soak-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-tags", "soak", "-o", dir+"/", "github.com/groupcast/groupcast/cmd/groupcast", "github.com/groupcast/groupcast/cmd/groupcast-hub")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return 1, fmt.Errorf("go build: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return 1, err
	}
	// ctrl+c reaches that process from the terminal; what is sent to this one alone is passed on.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	again := exec.Command(self, os.Args[1:]...)
	again.Env = append(os.Environ(), programsEnv+"="+dir)
	again.Stdout, again.Stderr = os.Stdout, os.Stderr
	if err := again.Start(); err != nil {
		return 1, err
	}
	go func() {
		for s := range signals {
			_ = again.Process.Signal(s)
		}
	}()
	err = again.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}

// isNew looks whether a new file of that name can be written; "" is none.
func isNew(name string) error {
	if name == "" {
		return nil
	}
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("%s: %w", name, fs.ErrExist)
	}
	_, err := os.Stat(filepath.Dir(name))
	return err
}

// write writes a new file.
func write(name, text string) error {
	f, err := os.OpenFile(filepath.Clean(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
