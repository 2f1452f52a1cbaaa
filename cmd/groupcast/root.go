package main

import (
	"fmt"
	"runtime/debug"
	"strings"

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
with no server, and shows where every datagram really goes: the outgoing interface, the source address, why they were
chosen, and what came back.

Without -i it listens on every usable interface, sends where the kernel's routing leads, and says where that is.
With -i eth0 it joins on eth0 and sends out of eth0. Several -i join on each and send out of the first. -i default
leaves both choices to the kernel, as programs do that set no option.

` + filesHelp
	root.Example = `  groupcast                          talk in 224.0.0.114:1234, in the terminal UI
  groupcast -i eth0 239.1.2.3:5000   another group, on one interface
  echo hello | groupcast             the same without a terminal: a datagram for each line
  groupcast interfaces               where the kernel would join and send, and why`
	root.SilenceErrors = true
	root.SilenceUsage = true
	root.SuggestionsMinimumDistance = 2

	info, _ := debug.ReadBuildInfo()
	root.Version = builtFrom(info).String()
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().BoolP("version", "V", false, "print the version")
	root.SetFlagErrorFunc(flagError)
	root.SetUsageTemplate(usageTemplate(root))
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		set.passphrase = takePassphrase()
		if err := fromEnvironment(cmd); err != nil {
			return err
		}
		if err := notInterval(cmd, set.interfaces); err != nil {
			return err
		}
		if (set.ttl < 0 || set.ttl > 255) && cmd.Name() != "bridge" { // which has a range of its own
			return usageError{fmt.Errorf("--ttl %d: %w", set.ttl, mcast.ErrHopsOutside)}
		}
		return nil
	}

	chat := newChat(set)
	chat.Use = "chat [GROUP[:PORT]]"
	root.AddCommand(chat, newListen(set), newOpen(set), newSend(set), newWho(set), newMesh(set), newInterfaces(set),
		newWatch(set), newEcho(set), newPing(set), newProbe(set), newBridge(set), newHub(), newIGMP(set), newKernel(set), newRecord(set), newReplay(set),
		newDoctor(set), newExplain(set), newLab(set), newClass(set), newKeygen(set), newVersion(set), newMan(), newCompletion(), newLabPeer())
	root.SetHelpCommand(newHelp())
	tellEndings(root)
	completeFiles(root)
	return root
}

// cobra keeps the functions of its templates in one map of the process, which
// nothing guards: they are set before any command is made.
func init() {
	cobra.AddTemplateFunc("flags", func(cmd *cobra.Command, f *pflag.FlagSet) string {
		return f.FlagUsagesWrapped(columns(cmd.OutOrStdout()))
	})
}

// usageTemplate is cobra's, but that flags are wrapped as everything else is.
func usageTemplate(root *cobra.Command) string {
	return strings.ReplaceAll(root.UsageTemplate(), ".LocalFlags.FlagUsages", "flags . .LocalFlags")
}
