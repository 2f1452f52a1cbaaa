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
	{status: exitOK, when: "the command did its work"},
	{status: exitNot, when: "it did not"},
	{status: exitUsage, when: "the command line makes no sense"},
	{status: exitDoubt, when: "it worked, but with loss or with a pitfall"},
	{status: exitInterrupted, when: "it was interrupted before that was known"},
}

// endings are the statuses of each command beside 2, which every command has.
// Help and docs/exit-status.md are made of them, and a test makes each happen.
//
// What ends in a report of what it was asked to find out prints it on ctrl+c, and
// exits by it. What was given a number of things to do, and has not done them, ends
// with 130.
var endings = map[string][]ending{
	"chat": {
		{status: exitOK, when: "if the screen was quit; without the screen, if every line was sent and no pitfall was found"},
		{status: exitNot, when: "if the group could not be joined, or no line was sent"},
		{status: exitDoubt, when: "if a line was not sent, its loopback copy did not come back, lines came faster than they were printed, the recording is not complete, or a pitfall was found"},
		{status: exitInterrupted, when: "if a signal ended it, or ctrl+c where there is no screen, after the report about the lines"},
	},
	"listen": {
		{status: exitOK, when: "if datagrams arrived, in any of the groups: with --count that many, else at least one"},
		{status: exitNot, when: "if not, when --timeout ended it, or ctrl+c without --count and --timeout"},
		{status: exitDoubt, when: "if the socket dropped datagrams because its buffer was full, or the recording is not complete"},
		{status: exitInterrupted, when: "if ctrl+c ended it before --count datagrams arrived, or before --timeout with none"},
	},
	"watch": {
		{status: exitOK, when: "if every group was heard and every limit held, also if ctrl+c or a signal ended it; with --join-only if every group was joined"},
		{status: exitNot, when: "if one of the groups was never heard or could not be joined, even if 3 holds, too; or if the port of --metrics could not be opened"},
		{status: exitDoubt, when: "if a stream lost more than --max-loss (of a --pair: if both legs lost more), the legs of a --pair cannot be compared, a stream was silent, or stayed below --min-rate, or if rows of --csv could not be written"},
	},
	"open": {
		{status: exitOK, when: "if the screen was quit; without the screen, if every datagram was printed"},
		{status: exitNot, when: "if the file cannot be read, or has no such datagram"},
		{status: exitDoubt, when: "without the screen, if the file is cut off, or some datagrams in it are not whole"},
		{status: exitInterrupted, when: "if a signal ended it, or ctrl+c where there is no screen"},
	},
	"send": {
		{status: exitOK, when: "if the kernel accepted every datagram and no pitfall was found; with --rate, without --count and --timeout, also if ctrl+c ended it"},
		{status: exitNot, when: "if nothing was sent"},
		{status: exitDoubt, when: "if some were not sent or not recorded, or a pitfall was found; with --rate also if some were overdue and left out"},
		{status: exitInterrupted, when: "if ctrl+c ended it, after the totals"},
	},
	"replay": {
		{status: exitOK, when: "if all of the recording was sent, or all until --timeout, and no pitfall was found; with --loop 0 also if ctrl+c ended it"},
		{status: exitNot, when: "if nothing was sent: the file does not exist, is not a recording, or has no datagram"},
		{status: exitDoubt, when: "if something was skipped (with --only, what is not UDP does not count), cut off or not sent, or a pitfall was found"},
		{status: exitInterrupted, when: "if ctrl+c ended it, after the totals"},
	},
	"who": {
		{status: exitOK, when: "if a member or a sender was heard, and no problem was found"},
		{status: exitNot, when: "if nobody was heard"},
		{status: exitDoubt, when: "if somebody was heard, but a member does not hear this host, a pitfall was found, or no frames could be sent; also if only frames of another room came"},
		{status: exitInterrupted, when: "if ctrl+c came before anybody was heard"},
	},
	"mesh": {
		{status: exitOK, when: "if each member hears each other one and no pair lost more than --max-loss, also if ctrl+c or a signal ended it"},
		{status: exitNot, when: "if there was no other member, members of --expect, --expect-names or --wait-for are missing, or it could not measure, even if 3 holds, too"},
		{status: exitDoubt, when: "if a pair lost more, fell silent or never heard, if that is not known of a pair, or if the file of --report could not be written at the end"},
	},
	"interfaces": {
		{status: exitOK, when: "if no pitfall was found in the kernel's choice"},
		{status: exitNot, when: "if there is no such interface, or the interfaces cannot be read"},
		{status: exitDoubt, when: "if a pitfall was found"},
	},
	"echo": {
		{status: exitOK, when: "if ctrl+c or --timeout ended it"},
		{status: exitNot, when: "if it could not open its socket"},
		{status: exitDoubt, when: "if the recording is not complete"},
	},
	"ping": {
		{status: exitOK, when: "if every request got a reply, also if ctrl+c ended it"},
		{status: exitNot, when: "if no request got a reply"},
		{status: exitDoubt, when: "with loss or errors, or if the recording is not complete"},
		{status: exitInterrupted, when: "if ctrl+c came before anything was known, or between the messages of --message"},
	},
	"probe": {
		{status: exitOK, when: "if all targets replied (with --follow, in the last round), also if ctrl+c ended it"},
		{status: exitNot, when: "if none replied"},
		{status: exitDoubt, when: "if some replied"},
		{status: exitInterrupted, when: "if ctrl+c came before anything was known"},
	},
	"bridge": {
		{status: exitOK, when: "if ctrl+c, a signal or --timeout ended it, with --timeout after something was carried"},
		{status: exitNot, when: "if the hub file cannot be used, the hub refuses the key or has another certificate, a LAN could not be joined, or port 1236 is taken; also if --timeout ended it and nothing was carried"},
		{status: exitDoubt, when: "if datagrams or frames were lost or over a limit, or something was found"},
		{status: exitInterrupted, when: "if ctrl+c came before the hub was reached for the first time"},
	},
	"bridge status": {
		{status: exitOK, when: "if a bridge answered", untested: "it needs a hub; TestBridgesByAHub has one"},
		{status: exitNot, when: "if none did, or the hub was not reached or refused the key"},
		{status: exitInterrupted, when: "if ctrl+c came before that was known"},
	},
	"hub": {
		{status: exitOK, when: "if groupcast-hub ended with 0; its status is passed on"},
		{status: exitNot, when: "if there is no groupcast-hub"},
	},
	"igmp": {
		{status: exitOK, when: "if it could watch: with --until the event was seen, with --once a querier was seen, and a member of GROUP; also if ctrl+c ended it"},
		{status: exitNot, when: "if not, or if it could not watch"},
		{status: exitDoubt, when: "with --once if no querier or two were heard, or if the reports of other hosts do not reach this port; without CAP_NET_RAW, after what is known about this host"},
		{status: exitInterrupted, when: "if ctrl+c came before the event of --until, or before --once knew anything"},
	},
	"record": {
		{status: exitOK, when: "if frames were recorded, with --count that many, and none was lost; also if ctrl+c ended it"},
		{status: exitNot, when: "if not, or if it could not capture or write"},
		{status: exitDoubt, when: "if some were lost, or the recording stopped early: a full disk, or --max"},
		{status: exitInterrupted, when: "if ctrl+c came before --count frames were recorded"},
	},
	"kernel": {
		{status: exitOK, when: "if the call was traced, or with --recorded"},
		{status: exitNot, when: "if it could not be traced (it shows the recorded run then), or if the call failed"},
		{status: exitDoubt, when: "if the kernel dropped the datagram for a receiver", untested: "only root may trace; TestKernelInLab does"},
	},
	"doctor": {
		{status: exitOK, when: "if nothing was found, also if ctrl+c ended it early; with --with if both directions are fine"},
		{status: exitNot, when: "if it could not examine this host, or the report was not written; with --with if that member is not there, shares no facts, or did not answer"},
		{status: exitDoubt, when: "if a pitfall was found, at either end of --with, or the recording is not complete"},
		{status: exitInterrupted, when: "if ctrl+c came before --probe knew anything, and nothing was found"},
	},
	"explain": {
		{status: exitOK, when: "if there is such a page, or a page or lesson about the words; with --symptom if there is such a question"},
		{status: exitInterrupted, when: "if ctrl+c ended the questions of --symptom"},
	},
	"completion": {
		{status: exitOK, when: "if the script was printed"},
	},
	"keygen": {
		{status: exitOK, when: "if it was drawn, and printed or written"},
		{status: exitNot, when: "if the file exists already, or could not be written"},
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
		{status: exitNot, when: "if the lab could not be built, or one of that name is running"},
		{status: exitDoubt, when: "after lab down, if the recording is not complete"},
		{status: exitInterrupted, when: "after ctrl+c"},
	},
	"lab enter": {
		{status: exitOK, when: "if the command ended with 0; else the command's own status, or 128 + the signal's number if a signal ended it"},
		{status: exitNot, when: "if there is no such lab or host"},
		{status: exitInterrupted, when: "if a signal ended groupcast itself and not the command; in a terminal, ctrl+c goes to the command"},
	},
	"lab each": {
		{status: exitOK, when: "if the command ended with 0 in every host"},
		{status: exitNot, when: "if it did so in no host, or there is no such lab"},
		{status: exitDoubt, when: "if it did so in some hosts"},
		{status: exitInterrupted, when: "if ctrl+c ended it"},
	},
	"lab fault": {
		{status: exitOK, when: "if the fault was made"},
		{status: exitNot, when: "if not"},
	},
	"lab down": {
		{status: exitOK, when: "if the lab has ended"},
		{status: exitNot, when: "if there is no such lab"},
	},
	"lab exercise": {
		{status: exitOK, when: "after lab down, ctrl+c or a signal, if all was met at the last check; also if the exercises or a solution were printed"},
		{status: exitNot, when: "if the network could not be built, or an exercise or a lab of that name is running"},
		{status: exitDoubt, when: "if not all was met at the last check, or the recording is not complete"},
		{status: exitInterrupted, when: "if a signal ended it before the network was there", untested: "that takes a fifth of a second"},
	},
	"lab check": {
		{status: exitOK, when: "if all is met"},
		{status: exitNot, when: "if the exercise could not be checked: no exercise runs, a host was killed, or two checks run already"},
		{status: exitDoubt, when: "if not all is met; with --watch also if ctrl+c ended it before all was met"},
		{status: exitInterrupted, when: "if ctrl+c came before that was known", untested: "a check ends within seconds"},
	},
	"lab hint": {
		{status: exitOK, when: "if a hint was printed, or the exercise is solved"},
		{status: exitNot, when: "if no exercise runs"},
	},
	"lab reset": {
		{status: exitOK, when: "if the network was built anew"},
		{status: exitNot, when: "if the network was not built, or no exercise runs"},
	},
	"lab report": {
		{status: exitOK, when: "if there was something to report"},
		{status: exitNot, when: "if no such exercise was started yet, or the record cannot be read"},
	},
	"lab course": {
		{status: exitOK, when: "always"},
	},
	"lab worksheet": {
		{status: exitOK, when: "if the page was printed, or all were written"},
		{status: exitNot, when: "if a page could not be printed or written, or a file could not be read"},
	},
	"class": {
		{status: exitOK, when: "after class down"},
		{status: exitNot, when: "if the LAN could not be built, programs cannot be confined here, the port is taken, a class or a lab of that name is running, the file of --results exists, or it was started as root"},
		{status: exitDoubt, when: "after class down, if the results could not be kept", untested: "its exercise needs Linux 6.12; TestClassExercise has one"},
		{status: exitInterrupted, when: "after ctrl+c or a signal"},
	},
	"class status": {
		{status: exitOK, when: "if it was printed"},
		{status: exitNot, when: "if there is no such class"},
	},
	"class key": {
		{status: exitOK, when: "if it was printed"},
		{status: exitNot, when: "if there is no such class"},
	},
	"class fault": {
		{status: exitOK, when: "if the fault was made"},
		{status: exitNot, when: "if not, or if there is no such class"},
	},
	"class undo": {
		{status: exitOK, when: "if the fault was ended"},
		{status: exitNot, when: "if no such fault stands, or if there is no such class"},
	},
	"class results": {
		{status: exitOK, when: "if they were printed or written", untested: "the same"},
		{status: exitNot, when: "if there is no such class, or it has no exercise, or the file exists already"},
	},
	"class free": {
		{status: exitOK, when: "if the seat is free"},
		{status: exitNot, when: "if there is no such seat or class"},
	},
	"class reset": {
		{status: exitOK, when: "if the seat was reset"},
		{status: exitNot, when: "if there is no such seat or class"},
	},
	"class lock": {
		{status: exitOK, when: "if nobody is let in"},
		{status: exitNot, when: "if there is no such class"},
	},
	"class unlock": {
		{status: exitOK, when: "if students are let in"},
		{status: exitNot, when: "if there is no such class"},
	},
	"class down": {
		{status: exitOK, when: "if the class has ended"},
		{status: exitNot, when: "if there is no such class"},
	},
	"lab run": {
		{status: exitOK, when: "if all was seen that was expected"},
		{status: exitNot, when: "if the lesson could not be run"},
		{status: exitDoubt, when: "if something expected was not seen, or the recording is not complete"},
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

// description is the long text of a command with its statuses, as help and the man pages have it.
func description(cmd *cobra.Command) string {
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	text = strings.TrimRight(text, " \n")
	list := endings[pathOf(cmd)]
	switch {
	case !cmd.HasParent():
		list = everyEnding
	case len(list) == 0: // cobra's own commands
		return text
	}
	return text + "\n\n" + strings.TrimRight(endingsText(list), "\n")
}
