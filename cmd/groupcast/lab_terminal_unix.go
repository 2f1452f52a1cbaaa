//go:build unix

package main

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"

	"github.com/groupcast/groupcast/mcast/lab"
)

// runInTerminal runs a command in a terminal of its own, which is shown in
// ours: every key reaches it, ctrl+c too, and what it draws fits. started is
// called before what it writes is shown.
func runInTerminal(c *lab.Cmd, in, out *os.File, started func(lacks []string)) error {
	master, terminal, err := pty.Open()
	if err != nil {
		return err
	}
	defer master.Close()
	defer terminal.Close()
	if isTerminal(c.Stderr) {
		c.Stderr = terminal
	}
	c.Stdin, c.Stdout, c.TTY = terminal, terminal, true

	resized := make(chan os.Signal, 1)
	signal.Notify(resized, syscall.SIGWINCH)
	defer signal.Stop(resized)
	_ = pty.InheritSize(in, master) // one without a size shares that
	was, err := term.MakeRaw(in.Fd())
	if err != nil {
		return err
	}
	defer func() { _ = term.Restore(in.Fd(), was) }()
	if err := c.Start(); err != nil {
		return err
	}
	started(c.Lacks())
	terminal.Close() // the command's end is to be seen as that of what it writes

	go io.Copy(master, in)
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		_, _ = io.Copy(out, master)
	}()
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for {
		select {
		case <-resized:
			_ = pty.InheritSize(in, master)
		case err := <-ended:
			select {
			case <-shown:
			case <-time.After(time.Second): // somebody else still has it
			}
			if exit, ok := errors.AsType[*lab.ExitError](err); !ok && err != nil || ok && exit.Signal != 0 {
				_, _ = io.WriteString(out, leaveScreen) // it had no time to
			}
			return err
		}
	}
}

// runWithSignals runs a command with our standard files, and passes on the
// signals that we are sent. Those of the keyboard are for all of its group, as
// a terminal sends them.
func runWithSignals(c *lab.Cmd) error {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2)
	defer signal.Stop(signals)
	if err := c.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for {
		select {
		case s := <-signals:
			if err := passOn(c, s); err != nil && !errors.Is(err, os.ErrProcessDone) {
				return err
			}
		case err := <-ended:
			return err
		}
	}
}

func passOn(c *lab.Cmd, s os.Signal) error {
	if s == syscall.SIGINT || s == syscall.SIGQUIT {
		if err := syscall.Kill(-c.Pid(), s.(syscall.Signal)); err != syscall.ESRCH {
			return err
		}
		return os.ErrProcessDone
	}
	return c.Signal(s)
}

// leaveScreen takes back what a program that draws, and was killed, had asked
// of the terminal.
const leaveScreen = ansi.ResetModeAltScreenSaveCursor + ansi.SetModeTextCursorEnable +
	ansi.ResetModeMouseButtonEvent + ansi.ResetModeMouseExtSgr + ansi.ResetModeFocusEvent +
	ansi.ResetModeBracketedPaste + ansi.ResetModeUnicodeCore + ansi.ResetStyle
