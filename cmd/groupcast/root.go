package main

import (
	"fmt"
	"io"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/spf13/cobra"

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
	root.SetHelpFunc(writeHelp)
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
	completeFiles(root)
	return root
}

// writeHelp writes help as cobra does, but that the text is wrapped for a terminal that is
// too narrow, and that nothing is said of a reader that has gone: see [output].
func writeHelp(cmd *cobra.Command, _ []string) {
	text, out := description(cmd), cmd.OutOrStdout()
	if isTerminal(out) && widest(text) > rowColumns(out) {
		text = reflow(text, columns(out))
	}
	text += "\n\n"
	if cmd.Runnable() || cmd.HasSubCommands() {
		flags := func(wrapped int) string { return strings.TrimRight(cmd.LocalFlags().FlagUsagesWrapped(wrapped), "\n") }
		text += strings.Replace(cmd.UsageString(), flags(0), flags(columns(out)), 1)
	}
	_, _ = io.WriteString(out, text)
}

// tableRow is a row of a table in a text: its head, and the blanks up to what it says.
var tableRow = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^ +\S+(?: \S+)*  +`) })

// reflow wraps a text of paragraphs anew. The rows of a table stay rows, and what does not
// fit goes below the second column.
func reflow(text string, width int) string {
	var b strings.Builder
	for n, paragraph := range strings.Split(text, "\n\n") {
		if n > 0 {
			b.WriteString("\n")
		}
		if !strings.Contains("\n"+paragraph, "\n ") {
			b.WriteString(wrap(paragraph, width))
			continue
		}
		for line := range strings.SplitSeq(paragraph, "\n") {
			head := tableRow().FindString(line)
			rows := indent(wrap(line[len(head):], max(20, width-len(head))), strings.Repeat(" ", len(head)))
			b.WriteString(head + rows[len(head):])
		}
	}
	return strings.TrimRight(b.String(), "\n")
}
