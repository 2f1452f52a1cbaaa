package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// settings are the flags that every command has.
type settings struct {
	interfaces []string
	hops       int
	loopback   bool
	json       bool
	quiet      bool
	trace      bool

	multicastAll bool
}

// tracer tells every call on a socket on errs, a line each, if --trace asks
// for it.
func (set *settings) tracer(errs io.Writer) *mcast.Trace {
	if !set.trace {
		return nil
	}
	return &mcast.Trace{Call: func(c mcast.Call) { fmt.Fprintln(errs, chat.Clean(c.String())) }}
}

// fromEnvironment gives every flag that was not named its value from
// GROUPCAST_NAME, if that is set.
func fromEnvironment(flags *pflag.FlagSet) (err error) {
	flags.VisitAll(func(f *pflag.Flag) {
		name := "GROUPCAST_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, set := os.LookupEnv(name)
		if f.Name == "hops" && !set {
			name = "GROUPCAST_TTL"
			value, set = os.LookupEnv(name)
		}
		if f.Changed || !set || err != nil {
			return
		}
		if e := flags.Set(f.Name, value); e != nil {
			err = usageError{fmt.Errorf("%s: %w", name, e)}
		}
	})
	return err
}

// groupArgs parses the groups named on the command line; without any it is
// the default one.
func groupArgs(cmd *cobra.Command, args []string) ([]mcast.Group, error) {
	if len(args) == 0 {
		return []mcast.Group{mcast.DefaultGroup}, nil
	}
	var groups []mcast.Group
	for _, arg := range args {
		g, err := mcast.ParseGroup(arg)
		if err != nil {
			if near := cmd.SuggestionsFor(arg); len(near) > 0 {
				err = fmt.Errorf("%w; did you mean: groupcast %s", err, strings.Join(near, ", "))
			}
			return nil, usageError{err}
		}
		if !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	return groups, nil
}

func atMost(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return usageError{fmt.Errorf("%q: one argument too many", args[n])}
		}
		return nil
	}
}

// completeInterfaces offers the interfaces of this host with their addresses.
func completeInterfaces(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	list, _ := host.Interfaces()
	out := []string{host.KernelDefault + "\tas the kernel chooses"}
	for _, i := range list {
		out = append(out, chat.Clean(i.Name)+"\t"+state(i)+" "+addresses(i))
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completeGroups offers the groups that programs of this host have joined.
func completeGroups(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	out := []string{mcast.DefaultGroup.String() + "\tthe default"}
	v4, _ := host.IGMP()
	v6, _ := host.MLD()
	for _, i := range slices.Concat(v4, v6) {
		for _, g := range i.Groups {
			if !slices.ContainsFunc(out, func(s string) bool { return strings.HasPrefix(s, g.Addr.String()+"\t") }) {
				out = append(out, g.Addr.String()+"\tjoined on "+chat.Clean(i.Name))
			}
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}
