package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab"
)

func newLab(set *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "A LAN in a box: hosts, switches and faults on this computer, without root",
		Long: `A LAN in a box: hosts, switches and faults on this computer, without root. Nothing that happens in it leaves the
computer, and all of it ends with the command that started it. It needs Linux.`,
		Example: `  groupcast lab                                the article's lesson, in a terminal UI
  groupcast lab up article                     build a LAN and keep it running; in other terminals:
  groupcast lab enter article A                a shell in its host A
  groupcast lab enter article B node server.js
  groupcast lab fault article loss B.eth0 30%
  groupcast lab down article`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			err := fmt.Errorf("%q: no such command of the lab", args[0])
			return usageError{didYouMean(err, cmd.SuggestionsFor(args[0]))}
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return runLabDemo(cmd, set) },
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(newLabList(set), newLabUp(set), newLabEnter(set), newLabFault(), newLabDown(), newLabRun(set))
	return cmd
}

func newLabList(set *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the topologies, and the labs that are running",
		Args:  atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			running, err := runningLabs()
			if err != nil {
				return err
			}
			if set.json {
				listLabsJSON(cmd, running)
			} else {
				listLabs(cmd, running)
			}
			return nil
		},
	}
}

// runningLabs are none where there is no lab at all.
func runningLabs() ([]string, error) {
	running, err := lab.Running()
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, nil
	}
	return running, err
}

func listLabs(cmd *cobra.Command, running []string) {
	t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	defer t.Flush()
	for _, n := range lab.Topologies() {
		fmt.Fprintf(t, "%s\t%s", n.Name, n.Title)
		if i := slices.Index(running, n.Name); i >= 0 {
			running = slices.Delete(running, i, i+1)
			fmt.Fprintf(t, "\trunning: %s", size(n.Name))
		}
		fmt.Fprintln(t)
	}
	for _, name := range running {
		fmt.Fprintf(t, "%s\t\trunning: %s\n", name, size(name))
	}
}

// size tells how many hosts and switches a running lab has.
func size(name string) string {
	r, err := lab.Dial(name)
	if err != nil {
		return chat.Clean(err.Error()) // it has ended since
	}
	return inventory(r.Topology())
}

func inventory(t lab.Topology) string {
	return counted(len(t.Hosts), "host", "hosts") + ", " + counted(len(t.Switches), "switch", "switches")
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// jsonLab is a topology or a running lab as --json prints it.
type jsonLab struct {
	Type    string `json:"type"` // topology or running
	Name    string `json:"name"`
	Title   string `json:"title,omitempty"`
	Content string `json:"content,omitempty"`
}

func listLabsJSON(cmd *cobra.Command, running []string) {
	for _, n := range lab.Topologies() {
		writeJSON(cmd.OutOrStdout(), jsonLab{Type: "topology", Name: n.Name, Title: n.Title})
	}
	for _, name := range running {
		writeJSON(cmd.OutOrStdout(), jsonLab{Type: "running", Name: name, Content: size(name)})
	}
}

func newLabDown() *cobra.Command {
	return &cobra.Command{
		Use:               "down NAME",
		Short:             "End a running lab and every process in it",
		Args:              arguments(1, 1, "NAME"),
		ValidArgsFunction: completeRunning,
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := dialLab(args[0])
			if err != nil {
				return err
			}
			return r.Down()
		},
	}
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

// arguments wants a number of them; most < 0: any number from least.
func arguments(least, most int, usage string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least {
			return usageError{fmt.Errorf("groupcast lab %s needs %s", cmd.Name(), usage)}
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

// there says what there is instead of what was named.
func there(what string, names []string) string {
	const most = 8
	more := ""
	if len(names) > most {
		more = fmt.Sprintf(" and %d more", len(names)-most)
		names = names[:most]
	}
	return what + ": " + strings.Join(names, ", ") + more
}

func didYouMean(err error, near []string) error {
	if len(near) == 0 {
		return err
	}
	return fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
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
