package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
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

func newRoot() *cobra.Command {
	set := &settings{}
	root := newChat(set)
	root.Use = "groupcast [GROUP[:PORT]]"
	root.Short = "Join a multicast group, talk on it, and see where every datagram goes"
	root.Long = `groupcast joins a UDP multicast group (224.0.0.114:1234 unless you name another), lets people talk on it
with no server, and shows where every datagram really goes: which interface and source address it left by and why,
and what came back.

Without -i it listens on every usable interface, sends where the kernel's routing leads, and says where that is.
With -i eth0 it joins and sends by eth0; several -i join on each and send by the first; -i default leaves both to the
kernel, as a program does that sets nothing.`
	root.Example = `  groupcast                          talk in 224.0.0.114:1234, in a terminal UI
  groupcast -i eth0 239.1.2.3:5000   another group, by one interface
  echo hello | groupcast             the same without a terminal: a datagram for each line
  groupcast interfaces               where the kernel would join and send, and why`
	root.SilenceErrors = true
	root.SilenceUsage = true
	root.SuggestionsMinimumDistance = 2
	root.CompletionOptions.HiddenDefaultCmd = true

	flags := root.PersistentFlags()
	flags.StringSliceVarP(&set.interfaces, "interface", "i", nil, "join on `NAME|INDEX|ADDRESS`, and send by the first one named; \"default\": as the kernel chooses")
	flags.IntVar(&set.hops, "hops", 1, "TTL of what is sent, 0 to 255 (also --ttl)")
	flags.BoolVar(&set.loopback, "loopback", true, "let this host's own members hear what is sent")
	flags.BoolVar(&set.multicastAll, "multicast-all", false, "hear groups that other programs have joined as well, as a program does that does not switch it off (IP_MULTICAST_ALL)")
	flags.BoolVar(&set.json, "json", false, "print one JSON object per line")
	flags.BoolVarP(&set.quiet, "quiet", "q", false, "print no remarks, only what arrives and what fails")
	flags.BoolVar(&set.trace, "trace", false, "print the calls on sockets on standard error, as strace does")
	root.SetGlobalNormalizationFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "ttl" {
			name = "hops"
		}
		return pflag.NormalizedName(name)
	})
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := fromEnvironment(cmd.Flags()); err != nil {
			return err
		}
		if set.hops < 0 || set.hops > 255 {
			return usageError{fmt.Errorf("--hops %d: %w", set.hops, mcast.ErrHopsOutside)}
		}
		return nil
	}
	root.RegisterFlagCompletionFunc("interface", completeInterfaces)

	chat := newChat(set)
	chat.Use = "chat [GROUP[:PORT]]"
	root.AddCommand(chat, newListen(set), newSend(set), newInterfaces(set),
		newEcho(set), newPing(set), newProbe(set),
		newDoctor(set), newExplain(set), newLab(set), newLabPeer())
	return root
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
