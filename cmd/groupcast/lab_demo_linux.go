package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// runLabDemo is groupcast lab without arguments: the article's LAN, the screen
// as host A with a lesson on it, and a host B that answers whom it hears.
//
// The screen has to be a process of host A, for its interfaces to be A's, and
// so it is in another session than the terminal: this process, which is in the
// terminal's foreground, passes on what the kernel tells only to that.
func runLabDemo(cmd *cobra.Command, set *settings) error {
	if set.json || !onTerminal(cmd.InOrStdin(), cmd.OutOrStdout()) {
		return errNoScreen
	}
	if err := lab.Enter(); err != nil {
		return err
	}
	ctx := cmd.Context()
	l, err := lab.Up(ctx, lab.Article)
	if err != nil {
		return err
	}
	defer l.Close()

	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	peer := labCommand(life, l.Host("B"), "lab-peer", "B", "eth0")
	var said bytes.Buffer
	peer.Stderr = &said
	if err := peer.Start(); err != nil {
		return err
	}
	screen := labCommand(life, l.Host("A"), "chat", "--lesson")
	screen.Stdin, screen.Stdout, screen.Stderr = os.Stdin, os.Stdout, os.Stderr
	defer restoreTerminal()()
	signals := make(chan os.Signal, 8)
	// A second signal must not end this process before it has restored the
	// terminal, as main would let it.
	signal.Notify(signals, syscall.SIGWINCH, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if err := screen.Start(); err != nil {
		return err
	}

	peerEnd, screenEnd := make(chan error, 1), make(chan error, 1)
	go func() { peerEnd <- peer.Wait() }()
	go func() { screenEnd <- screen.Wait() }()
	asked := ctx.Done()
	var lost error // why there is no B any more
	for {
		select {
		case s := <-signals:
			if s == syscall.SIGWINCH {
				_ = screen.Signal(s)
			}
		case <-asked:
			asked = nil
			endSoon(screen, end)
		case err := <-peerEnd:
			lost = fmt.Errorf("lab: host B has ended: %v\n%s", err, chat.Clean(said.String()))
			endSoon(screen, end)
		case err := <-screenEnd:
			if lost != nil && ctx.Err() == nil {
				return lost
			}
			if exit, ok := errors.AsType[*lab.ExitError](err); ok && exit.Signal != 0 {
				fmt.Fprint(cmd.OutOrStdout(), leaveScreen)
			}
			fmt.Fprint(cmd.OutOrStdout(), afterDemo())
			return asStatus(err)
		}
	}
}

// afterDemo says what else there is, when the screen has gone.
func afterDemo() string {
	return fmt.Sprintf(`Next: groupcast lab run           %d lessons like this one, in their order
      groupcast lab run echo      the first of them
      groupcast lab course        what a class does in 90 minutes, or in a day
      groupcast lab up article    this LAN, for other terminals
      groupcast                   the same screen on your own network
`, len(lesson.All()))
}

// labCommand prepares this program as a command in a host. What the environment
// says about interfaces is not about those of the lab.
func labCommand(ctx context.Context, host *lab.Node, args ...string) *lab.Cmd {
	c := host.Command(ctx, "/proc/self/exe", args...) // the host's process is the same program
	c.Args[0] = os.Args[0]
	c.Env = slices.DeleteFunc(os.Environ(), func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		return strings.HasPrefix(name, "GROUPCAST_") && !slices.Contains(ofTheScreen, name)
	})
	return c
}

// ofTheScreen are the variables that say how to draw.
var ofTheScreen = []string{"GROUPCAST_ASCII", "GROUPCAST_THEME", "GROUPCAST_MOUSE", "GROUPCAST_NOTIFY"}

// endSoon asks a command to end, and ends it when it takes too long.
func endSoon(c *lab.Cmd, end context.CancelFunc) {
	_ = c.Signal(syscall.SIGTERM)
	time.AfterFunc(2*time.Second, end)
}

// restoreTerminal returns a function that sets the terminal's modes to what
// they are now: the screen does that itself, unless it is killed.
func restoreTerminal() func() {
	state, err := term.GetState(os.Stdin.Fd())
	if err != nil {
		return func() {}
	}
	return func() { _ = term.Restore(os.Stdin.Fd(), state) }
}
