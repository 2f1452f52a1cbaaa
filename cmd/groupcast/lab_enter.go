package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson/desk"
)

func newLabEnter(set *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "enter NAME HOST [COMMAND...]",
		Short: "Run a shell, or any command, in a host of a running lab",
		Long: `Run a command, or else $SHELL, in a host of a running lab. The command has this terminal, this directory and this
environment, and the network and the name of that host. In it, groupcast is this very program, and the prompt of a
shell names the host.`,
		Example: `  groupcast lab enter article A
  groupcast lab enter article B python3 server.py
  groupcast lab enter article A groupcast interfaces`,
		Args:              arguments(2, -1, "NAME and HOST, as in: article A"),
		ValidArgsFunction: completeEnter,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := dialHosts(args[0])
			if err != nil {
				return err
			}
			hosts := hostNames(r.Topology())
			if !slices.Contains(hosts, args[1]) {
				err := didYouMean(fmt.Errorf("no host %q in %s", args[1], args[0]), lab.Nearest(args[1], hosts))
				return fmt.Errorf("%w (%s)", err, there("hosts", hosts))
			}
			command := args[2:]
			if len(command) > 0 && command[0] == "--" {
				command = command[1:]
			}
			shell := len(command) == 0
			if shell {
				command = []string{cmp.Or(os.Getenv("SHELL"), "/bin/sh")}
			}
			say := func(lacks []string) {
				if !shell || set.quiet || !isTerminal(cmd.InOrStdin()) {
					return
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "groupcast: in host %s of %s; ctrl+d leaves it\r\n", args[1], args[0])
				for _, lack := range lacks {
					fmt.Fprintf(cmd.ErrOrStderr(), "groupcast: here %s\r\n", lack)
				}
			}
			return enterHost(cmd, r, args[1], command, shell, say)
		},
	}
	set.has(cmd, "quiet")
	cmd.Flags().SetInterspersed(false) // what follows is the command's
	return cmd
}

// enterHost runs a command in a host. say is told, before a prompt can be there,
// what the host lacks.
func enterHost(cmd *cobra.Command, r *lab.Remote, host string, command []string, shell bool, say func(lacks []string)) error {
	with, err := packBelongings()
	if err != nil {
		return err
	}
	defer with.remove()
	if err := os.Setenv(labNameEnv, r.Name()); err != nil {
		return err
	}
	before := -1
	if shell {
		before = resetsOf(r)
	}
	ctx := cmd.Context()
	in, out := file(cmd.InOrStdin()), file(cmd.OutOrStdout())
	terminal := isTerminal(in) && isTerminal(out)
	if !terminal {
		ctx = context.WithoutCancel(ctx) // signals are passed on instead
	}
	c := r.Command(ctx, host, command[0], command[1:]...)
	c.Stdin, c.Stdout, c.Stderr = in, out, file(cmd.ErrOrStderr())
	if terminal && shell {
		if err := with.prompting(c, promptOf(r.Name(), host)); err != nil {
			return err
		}
	}
	if terminal {
		err = runInTerminal(c, in.(*os.File), out.(*os.File), say)
	} else {
		err = runWithSignals(c)
	}
	if exit, ok := errors.AsType[*lab.ExitError](err); ok && exit.Signal == syscall.SIGKILL && before >= 0 {
		sayEnded(cmd, r.Name(), host, before)
	}
	return asStatus(err)
}

// resetsOf is how often the network of an exercise was built anew; -1: it is none, or
// has ended.
func resetsOf(r *lab.Remote) int {
	if r.Kind() != desk.Kind {
		return -1
	}
	s, err := desk.StateOf(context.Background(), r)
	if err != nil {
		return -1
	}
	return s.Resets
}

// sayEnded says why a shell in an exercise was killed, if that is known: below its
// prompt.
func sayEnded(cmd *cobra.Command, name, host string, before int) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	r, err := lab.Dial(name)
	switch {
	case errors.Is(err, lab.ErrNotRunning):
		fmt.Fprintf(cmd.ErrOrStderr(), "\ngroupcast: the exercise %s has ended, and this shell with it\n", name)
	case err != nil:
	default:
		for { // the shell is killed before the network is there again
			s, err := desk.StateOf(ctx, r)
			if err != nil {
				return
			}
			if s.Resets != before {
				fmt.Fprintf(cmd.ErrOrStderr(), "\ngroupcast: the network of %s was built anew (lab reset), which ended this shell\n  hint: %s lab enter %s %s\n",
					name, programName(cmd), name, host)
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
}

// completeEnter offers the running labs, then their hosts, then files.
func completeEnter(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	switch len(args) {
	case 0:
		return completeRunning(cmd, args, word)
	case 1:
		if r, err := lab.Dial(args[0]); err == nil {
			return hostNames(r.Topology()), cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveDefault
}
