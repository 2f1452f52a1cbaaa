package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// ending is what an exit status says of a command.
type ending struct {
	status int
	when   string // "if this was so"

	untested string // why no test of the table makes it happen
}

// everyEnding is what a status means whatever the command, which its own table
// only makes precise.
var everyEnding = []ending{
	{status: exitOK, when: "what was asked happened"},
	{status: exitNot, when: "it did not"},
	{status: exitUsage, when: "the command line makes no sense"},
	{status: exitDoubt, when: "it worked, but with loss or with a pitfall"},
	{status: exitInterrupted, when: "interrupted before that was known"},
}

// endings are the statuses of each command beside 2, which every command has.
// Help and docs/exit-status.md are made of them, and a test makes each happen.
//
// What ends in a report of what it was asked to find out prints it on ctrl+c, and
// exits by it. What was given a number of things to do, and has not done them, ends
// with 130.
var endings = map[string][]ending{
	"chat": {
		{status: exitOK, when: "if the screen was quit; without it, if every line was sent and nothing speaks against its way"},
		{status: exitNot, when: "if the group could not be joined, or no line sent"},
		{status: exitDoubt, when: "if a line was not sent, its own copy did not come back, lines came faster than they were printed, not all was recorded, or a pitfall was found"},
		{status: exitInterrupted, when: "if a signal ended it, or ctrl+c where there is no screen, after what became of the lines"},
	},
	"listen": {
		{status: exitOK, when: "if what was asked for arrived: with --count that many, else anything at all, in whichever group"},
		{status: exitNot, when: "if not, by --timeout or, without --count and --timeout, by ctrl+c"},
		{status: exitDoubt, when: "if datagrams were dropped meanwhile, for want of room, or not all were recorded"},
		{status: exitInterrupted, when: "if ctrl+c came when it could still arrive"},
	},
	"open": {
		{status: exitOK, when: "if the screen was quit; without it, if every datagram was printed"},
		{status: exitNot, when: "if the file cannot be read, or has no datagram of those asked for"},
		{status: exitDoubt, when: "without the screen, if the file is cut, or datagrams in it could not be read whole"},
		{status: exitInterrupted, when: "if a signal ended it, or ctrl+c where there is no screen"},
	},
	"send": {
		{status: exitOK, when: "if the kernel took every datagram and nothing speaks against their way"},
		{status: exitNot, when: "if nothing was sent"},
		{status: exitDoubt, when: "if some were not sent or not recorded, or a pitfall was found"},
		{status: exitInterrupted, when: "if ctrl+c ended it, after the totals"},
	},
	"replay": {
		{status: exitOK, when: "if all of it was sent, or all until --timeout, and nothing speaks against its way; with --loop 0 also if ctrl+c ended it"},
		{status: exitNot, when: "if nothing was sent: there is no such file, it is no recording, or has no datagram"},
		{status: exitDoubt, when: "if something was skipped (with --only what is no UDP does not count), cut or not sent, or a pitfall was found"},
		{status: exitInterrupted, when: "if ctrl+c ended it, after the totals"},
	},
	"interfaces": {
		{status: exitOK, when: "if nothing speaks against the kernel's choice"},
		{status: exitNot, when: "if there is no such interface, or none can be read"},
		{status: exitDoubt, when: "if a pitfall was found"},
	},
	"echo": {
		{status: exitOK, when: "if it was asked to end, by ctrl+c or --timeout"},
		{status: exitNot, when: "if it could not serve"},
		{status: exitDoubt, when: "if not all was recorded"},
	},
	"ping": {
		{status: exitOK, when: "if every request was answered, also if ctrl+c ended it"},
		{status: exitNot, when: "if nothing was answered"},
		{status: exitDoubt, when: "with loss or errors, or if not all was recorded"},
		{status: exitInterrupted, when: "if ctrl+c came before anything was known, or between the messages of --message"},
	},
	"probe": {
		{status: exitOK, when: "if all answered (with --follow, at last), also if ctrl+c ended it"},
		{status: exitNot, when: "if none did"},
		{status: exitDoubt, when: "if some did"},
		{status: exitInterrupted, when: "if ctrl+c came before anything was known"},
	},
	"igmp": {
		{status: exitOK, when: "if what was asked for was seen: with --until that event, with --once a querier and, of GROUP, a member; also if ctrl+c ended it"},
		{status: exitNot, when: "if not, or if it could not look"},
		{status: exitDoubt, when: "with --once if no querier or two were heard, or if others' reports do not reach this port; without CAP_NET_RAW, after what is known of this host"},
		{status: exitInterrupted, when: "if ctrl+c came before --until happened, or --once knew anything"},
	},
	"record": {
		{status: exitOK, when: "if frames were recorded, with --count that many, and none was lost; also if ctrl+c ended it"},
		{status: exitNot, when: "if not, or if it could not look or write"},
		{status: exitDoubt, when: "if some were lost, or the recording stopped early: a full disk, or --max"},
		{status: exitInterrupted, when: "if ctrl+c came before --count were recorded"},
	},
	"kernel": {
		{status: exitOK, when: "if the call was traced, or with --recorded"},
		{status: exitNot, when: "if it could not be traced, after the recorded run, or if the call failed"},
		{status: exitDoubt, when: "if the kernel dropped the datagram for somebody", untested: "only root may trace; TestKernelInLab does"},
	},
	"doctor": {
		{status: exitOK, when: "if nothing was found, also if ctrl+c ended it early"},
		{status: exitNot, when: "if it could not look"},
		{status: exitDoubt, when: "if a pitfall was found, or not all was recorded"},
		{status: exitInterrupted, when: "if ctrl+c came before --probe knew anything, and nothing was found"},
	},
	"explain": {
		{status: exitOK, when: "if there is such a page"},
	},
	"completion": {
		{status: exitOK, when: "if the script was printed"},
	},
	"version": {
		{status: exitOK, when: "if it was printed"},
	},
	"man": {
		{status: exitOK, when: "if all pages were written"},
		{status: exitNot, when: "if one could not be"},
	},
	"lab": {
		{status: exitOK, when: "if the screen was quit"},
		{status: exitNot, when: "if there is no terminal, or the network could not be built"},
		{status: exitInterrupted, when: "if a signal ended it"},
	},
	"lab list": {
		{status: exitOK, when: "if the list was printed"},
	},
	"lab up": {
		{status: exitOK, when: "after lab down"},
		{status: exitNot, when: "if it could not be built, or one of that name is running"},
		{status: exitDoubt, when: "after lab down, if not all was recorded"},
		{status: exitInterrupted, when: "after ctrl+c"},
	},
	"lab enter": {
		{status: exitOK, when: "if the command ended so; else the command's own status, and 128 and the signal's number if a signal ended it"},
		{status: exitNot, when: "if there is no such lab or host"},
		{status: exitInterrupted, when: "if a signal ended it, and not the command, which in a terminal has the keys"},
	},
	"lab each": {
		{status: exitOK, when: "if the command ended so in every host"},
		{status: exitNot, when: "if it did in none, or there is no such lab"},
		{status: exitDoubt, when: "if it did in some"},
		{status: exitInterrupted, when: "if ctrl+c ended it"},
	},
	"lab fault": {
		{status: exitOK, when: "if the fault was made"},
		{status: exitNot, when: "if not"},
	},
	"lab down": {
		{status: exitOK, when: "if it has ended"},
		{status: exitNot, when: "if there is no such lab"},
	},
	"lab run": {
		{status: exitOK, when: "if all was seen that was expected"},
		{status: exitNot, when: "if the lesson could not be run"},
		{status: exitDoubt, when: "if something expected was not seen, or not all was recorded"},
		{status: exitInterrupted, when: "if ctrl+c ended it"},
	},
}

// pathOf is a command without the program's name; the program alone is chat.
func pathOf(cmd *cobra.Command) string {
	if !cmd.HasParent() {
		return "chat"
	}
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

// endingsText is "Exit status: 0 if ...; 1 if ...", as help has it.
func endingsText(list []ending) string {
	var parts []string
	for _, e := range list {
		parts = append(parts, fmt.Sprintf("%d %s", e.status, e.when))
	}
	return wrap("Exit status: "+strings.Join(parts, "; ")+".", helpWidth)
}

// helpWidth is the columns of the help texts.
const helpWidth = 118

// tellEndings adds the statuses to the help of all commands.
func tellEndings(root *cobra.Command) {
	for _, cmd := range tree(root) {
		list := endings[pathOf(cmd)]
		if cmd == root {
			list = everyEnding
		}
		if cmd.Long == "" {
			cmd.Long = cmd.Short + "."
		}
		cmd.Long += "\n\n" + strings.TrimSuffix(endingsText(list), "\n")
	}
}
