package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/groupcast/groupcast/mcast"
)

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
