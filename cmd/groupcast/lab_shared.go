package main

import (
	"errors"
	"fmt"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/spf13/cobra"
)

func inventory(t lab.Topology) string {
	return chat.Count(len(t.Hosts), "host") + ", " + chat.Count(len(t.Switches), "switch")
}

// dialLab finds a running lab, or says which are running.
func dialLab(name string) (*lab.Remote, error) {
	r, err := lab.Dial(name)
	if !errors.Is(err, lab.ErrNotRunning) {
		return r, err
	}
	running, e := lab.Running()
	if e != nil || len(running) == 0 {
		return nil, err
	}
	return nil, fmt.Errorf("%w (%s)", didYouMean(err, lab.Nearest(name, running)), there("running", running))
}

// dialHosts is dialLab, of a lab whose hosts other terminals can reach.
func dialHosts(name string) (*lab.Remote, error) {
	r, err := dialLab(name)
	if err == nil && r.Kind() == classKind {
		return nil, &mcast.Advised{
			Err:    fmt.Errorf("%s is a class: nobody but its students reaches its hosts", name),
			Advice: "groupcast class status " + name + " shows who sits where; for a lab of your own: groupcast lab up NAME",
		}
	}
	return r, err
}

// arguments wants a number of them; most < 0: any number from least.
func arguments(least, most int, usage string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least {
			return usageError{fmt.Errorf("%s needs %s", cmd.CommandPath(), usage)}
		}
		if most >= 0 {
			return atMost(most)(cmd, args)
		}
		return nil
	}
}

// completeRunning offers the running labs.
func completeRunning(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	running, _ := lab.Running()
	return running, cobra.ShellCompDirectiveNoFileComp
}

func hostNames(t lab.Topology) []string {
	names := make([]string, len(t.Hosts))
	for i, h := range t.Hosts {
		names[i] = h.Name
	}
	return names
}

// asStatus is the end of a command as that of this one.
func asStatus(err error) error {
	exit, ok := errors.AsType[*lab.ExitError](err)
	switch {
	case !ok:
		return err
	case exit.Signal != 0:
		return status(128 + int(exit.Signal))
	}
	return status(exit.Code)
}
