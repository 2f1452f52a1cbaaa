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
}

// everyEnding is what a status means whatever the command, which its own table
// only makes precise.
var everyEnding = []ending{
	{exitOK, "what was asked happened"},
	{exitNot, "it did not"},
	{exitUsage, "the command line makes no sense"},
	{exitDoubt, "it worked, but with loss or with a pitfall"},
	{exitInterrupted, "interrupted before that was known"},
}

// endings are the statuses of each command beside 2, which every command has.
// Help and docs/exit-status.md are made of them, and a test makes each happen.
//
// What ends in a report of what it was asked to find out prints it on ctrl+c, and
// exits by it. What was given a number of things to do, and has not done them, ends
// with 130.
var endings = map[string][]ending{
	"chat": {
		{exitOK, "if the screen was quit; without it, if every line was sent and nothing speaks against its way"},
		{exitNot, "if the group could not be joined, or no line sent"},
		{exitDoubt, "if a line was not sent, its own copy did not come back, lines came faster than they were printed, or a pitfall was found"},
		{exitInterrupted, "if a signal ended it, or ctrl+c where there is no screen, after what became of the lines"},
	},
	"listen": {
		{exitOK, "if what was asked for arrived: with --count that many, else anything at all, in whichever group"},
		{exitNot, "if not, by --timeout or, without --count and --timeout, by ctrl+c"},
		{exitDoubt, "if datagrams were dropped meanwhile, for want of room"},
		{exitInterrupted, "if ctrl+c came when it could still arrive"},
	},
	"send": {
		{exitOK, "if the kernel took every datagram and nothing speaks against their way"},
		{exitNot, "if nothing was sent"},
		{exitDoubt, "if some were not sent, or a pitfall was found"},
		{exitInterrupted, "if ctrl+c ended it, after the totals"},
	},
	"interfaces": {
		{exitOK, "if nothing speaks against the kernel's choice"},
		{exitNot, "if there is no such interface, or none can be read"},
		{exitDoubt, "if a pitfall was found"},
	},
	"echo": {
		{exitOK, "if it was asked to end, by ctrl+c or --timeout"},
		{exitNot, "if it could not serve"},
	},
	"ping": {
		{exitOK, "if every request was answered, also if ctrl+c ended it"},
		{exitNot, "if nothing was answered"},
		{exitDoubt, "with loss or errors"},
		{exitInterrupted, "if ctrl+c came before anything was known, or between the messages of --message"},
	},
	"probe": {
		{exitOK, "if all answered (with --follow, at last), also if ctrl+c ended it"},
		{exitNot, "if none did"},
		{exitDoubt, "if some did"},
		{exitInterrupted, "if ctrl+c came before anything was known"},
	},
	"doctor": {
		{exitOK, "if nothing was found, also if ctrl+c ended it early"},
		{exitNot, "if it could not look"},
		{exitDoubt, "if a pitfall was found"},
		{exitInterrupted, "if ctrl+c came before --probe had sent anything, and nothing was found"},
	},
	"explain": {
		{exitOK, "if there is such a page"},
	},
	"lab": {
		{exitOK, "if the screen was quit"},
		{exitNot, "if there is no terminal, or the network could not be built"},
		{exitInterrupted, "if a signal ended it"},
	},
	"lab list": {
		{exitOK, "if the list was printed"},
	},
	"lab up": {
		{exitOK, "after lab down"},
		{exitNot, "if it could not be built, or one of that name is running"},
		{exitInterrupted, "after ctrl+c"},
	},
	"lab enter": {
		{exitOK, "if the command ended so; else the command's own status, and 128 and the signal's number if a signal ended it"},
		{exitNot, "if there is no such lab or host"},
		{exitInterrupted, "if a signal ended it, and not the command, which in a terminal has the keys"},
	},
	"lab fault": {
		{exitOK, "if the fault was made"},
		{exitNot, "if not"},
	},
	"lab down": {
		{exitOK, "if it has ended"},
		{exitNot, "if there is no such lab"},
	},
	"lab run": {
		{exitOK, "if all was seen that was expected"},
		{exitNot, "if the lesson could not be run"},
		{exitDoubt, "if something expected was not seen"},
		{exitInterrupted, "if ctrl+c ended it"},
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
