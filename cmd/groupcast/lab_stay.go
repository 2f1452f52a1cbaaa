package main

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// labStay is a lesson's network that other terminals reach, while the lesson runs and
// after it.
type labStay struct {
	cmd     *cobra.Command
	set     *settings
	console *lab.Console
	stop    context.CancelFunc
	served  chan error // nil: the network was not built
}

// beginLabStay takes the lesson's name for its network.
func beginLabStay(cmd *cobra.Command, set *settings, l lesson.Lesson) (*labStay, error) {
	console, err := lab.Listen(l.Name)
	if err != nil {
		return nil, err
	}
	return &labStay{cmd: cmd, set: set, console: console, stop: func() {}}, nil
}

// built is for a lesson's Built.
func (s *labStay) built(network *lab.Lab) {
	var ctx context.Context
	ctx, s.stop = context.WithCancel(s.cmd.Context())
	s.served = make(chan error, 1)
	go func() { s.served <- network.Serve(ctx, s.console) }()
}

// wait says that the network stays, and waits until it was ended: by groupcast lab down,
// or the error is that of the command's context.
func (s *labStay) wait(l lesson.Lesson) error {
	if !s.set.json && !s.set.quiet {
		out := s.cmd.OutOrStdout()
		fmt.Fprintf(out, "\nThe network stays. In another terminal: groupcast lab enter %s %s\nEnd it with ctrl+c, or: groupcast lab down %s\n",
			l.Name, l.Topology.Hosts[0].Name, l.Name)
		p := byHandPrinter{out: out}
		p.print(l.ByHand)
	}
	err := <-s.served
	s.served <- err // for end
	return err
}

// end frees the name.
func (s *labStay) end() {
	s.stop()
	if s.served != nil {
		<-s.served
	}
	s.console.Close()
}

// byHandPrinter prints what a student can type in the hosts of a lesson.
type byHandPrinter struct{ out io.Writer }

func (p byHandPrinter) print(parts []lesson.Part) {
	if len(parts) > 0 {
		fmt.Fprintf(p.out, "\nBy hand, in the hosts:\n")
	}
	for _, part := range parts {
		switch {
		case part.Step == nil:
			fmt.Fprintf(p.out, "\n%s", wrap(part.Prose, lessonWidth))
		case part.Step.Acts():
			fmt.Fprintf(p.out, "  %s\n", chat.Clean(part.Step.String()))
		default:
			fmt.Fprintf(p.out, "    expected: %s\n", chat.Clean(cmp.Or(part.Step.Expected(), part.Step.Text)))
		}
	}
}
