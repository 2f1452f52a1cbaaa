package main

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

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab"
)

// mostAtOnce is in how many hosts a command runs at once: in every one of the
// largest class, because what hosts say to each other needs all of them.
const mostAtOnce = 250

func newLabEach(set *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "each NAME COMMAND...",
		Short: "Run a command in every host of a running lab at once",
		Long: `Run a command in every host of a running lab at once, without input. Each line of its output begins with the host's
name. ctrl+c interrupts the command in all hosts.`,
		Example: `  groupcast lab each classroom groupcast listen -c 1
  groupcast lab each classroom groupcast doctor --json
  groupcast lab each article ip -brief address`,
		Args: arguments(2, -1, "NAME and a command, as in: article ip route"),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return completeRunning(cmd, args, word)
			}
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := dialHosts(args[0])
			if err != nil {
				return err
			}
			command := args[1:]
			if command[0] == "--" && len(command) > 1 {
				command = command[1:]
			}
			return inEachHost(cmd, set, r, command)
		},
	}
	set.has(cmd, "json", "quiet")
	cmd.Flags().SetInterspersed(false) // what follows is the command's
	return cmd
}

// inEachHost runs a command in all hosts and waits for its end in all.
func inEachHost(cmd *cobra.Command, set *settings, r *lab.Remote, command []string) error {
	with, err := packBelongings()
	if err != nil {
		return err
	}
	defer with.remove()
	hosts := hostNames(r.Topology())
	e := &eachHost{out: cmd.OutOrStdout(), errs: cmd.ErrOrStderr(), json: set.json, quiet: set.quiet}
	for _, h := range hosts {
		e.width = max(e.width, len(h))
	}
	life, end := context.WithCancel(context.WithoutCancel(cmd.Context()))
	defer end()
	var running sync.WaitGroup
	room := make(chan struct{}, mostAtOnce)
	failed := make([]bool, len(hosts))
	for i, host := range hosts {
		running.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			if cmd.Context().Err() == nil {
				c := r.Command(life, host, command[0], command[1:]...)
				failed[i] = !e.run(cmd.Context(), c, host, end)
			}
		})
	}
	running.Wait()
	switch {
	case cmd.Context().Err() != nil:
		return cmd.Context().Err()
	case !slices.Contains(failed, true):
		return nil
	case !slices.Contains(failed, false):
		return status(exitNot)
	}
	return status(exitDoubt)
}

// eachHost prints what commands in several hosts say, each line by one Write, which
// [output] keeps whole.
type eachHost struct {
	out, errs   io.Writer
	json, quiet bool
	width       int // of the longest name of a host
}

// jsonHostLine is a line that a command in a host printed. Fields are only added.
type jsonHostLine struct {
	jsonHead        // line
	Host     string `json:"host"`   // its name
	Stream   string `json:"stream"` // stdout or stderr
	Text     string `json:"text"`
}

// jsonHostEnd is the end of a command in a host. Fields are only added.
type jsonHostEnd struct {
	jsonHead        // ended
	Host     string `json:"host"`            // its name
	Status   int    `json:"status"`          // the exit status, as lab enter has it
	Error    string `json:"error,omitempty"` // why it did not run
}

// run runs the command in one host and reports whether it ended with 0. When ctx
// ends it is interrupted, as by ctrl+c, and end is called if it takes too long.
func (e *eachHost) run(ctx context.Context, c *lab.Cmd, host string, end context.CancelFunc) bool {
	out := &hostLines{each: e, to: e.out, host: host, stream: "stdout"}
	errs := &hostLines{each: e, to: e.errs, host: host, stream: "stderr"}
	c.Stdout, c.Stderr = out, errs
	err := c.Start()
	if err == nil {
		stop := context.AfterFunc(ctx, func() {
			_ = c.Signal(os.Interrupt)
			time.AfterFunc(2*time.Second, end)
		})
		err = c.Wait()
		stop()
		out.end()
		errs.end()
	}
	return e.ended(host, err)
}

// ended says how it ended, where that is not as it should.
func (e *eachHost) ended(host string, err error) bool {
	o := jsonHostEnd{jsonHead: headOf("ended"), Host: host}
	code, ran := errors.AsType[status](asStatus(err))
	switch {
	case ran:
		o.Status = int(code)
	case err != nil:
		o.Status, o.Error = exitNot, chat.Clean(err.Error())
	}
	switch {
	case e.json:
		writeJSON(e.out, o)
	case o.Error != "":
		fmt.Fprintf(e.errs, "%s%s\n", e.prefix(host), o.Error)
	case o.Status != 0 && !e.quiet:
		fmt.Fprintf(e.errs, "%sexit status %d\n", e.prefix(host), o.Status)
	}
	return o.Status == 0
}

func (e *eachHost) prefix(host string) string {
	return host + ": " + strings.Repeat(" ", e.width-len(host))
}

// hostLines prints the lines of one of a command's outputs.
type hostLines struct {
	each         *eachHost
	to           io.Writer
	host, stream string
	rest         []byte // of a line that has no end yet
}

// longestLine bounds what is kept of a line without an end, in bytes.
const longestLine = 1 << 16

func (l *hostLines) Write(b []byte) (int, error) {
	l.rest = append(l.rest, b...)
	for {
		line, rest, whole := strings.Cut(string(l.rest), "\n")
		if !whole && len(l.rest) < longestLine {
			return len(b), nil
		}
		l.print(line)
		l.rest = []byte(rest)
	}
}

// end prints a last line that has no end.
func (l *hostLines) end() {
	if len(l.rest) > 0 {
		l.print(string(l.rest))
	}
}

func (l *hostLines) print(line string) {
	line = chat.Clean(strings.TrimSuffix(line, "\r"))
	if l.each.json {
		writeJSON(l.each.out, jsonHostLine{headOf("line"), l.host, l.stream, line})
		return
	}
	fmt.Fprintf(l.to, "%s%s\n", l.each.prefix(l.host), line)
}
