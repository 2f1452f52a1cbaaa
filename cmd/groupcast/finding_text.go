package main

import (
	"fmt"
	"io"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
)

func writeFinding(w io.Writer, f doctor.Finding) { writeFindingInTalk(w, forCommand(f)) }

// writeFindingInTalk is writeFinding for who can type commands of the talk.
func writeFindingInTalk(w io.Writer, f doctor.Finding) {
	writeRow(w, "groupcast: ", "  ", headline(f))
	writeReasons(w, f)
}

// forCommand is a finding without the ways to help that only a talk has.
func forCommand(f doctor.Finding) doctor.Finding {
	hints := make([]string, len(f.Hints))
	for i, h := range f.Hints {
		hints[i] = doctor.CommandHint(h)
	}
	f.Hints = hints
	return f
}

// headline is a finding in one row, and writeReasons the rows below it.
func headline(f doctor.Finding) string {
	return fmt.Sprintf("%s: %s: %s", f.Verdict, f.Name, chat.CleanRow(f.Title))
}

func writeReasons(w io.Writer, f doctor.Finding) {
	writeRow(w, "  because: ", "    ", chat.CleanRow(f.Evidence))
	writeHints(w, f)
}

func writeHints(w io.Writer, f doctor.Finding) {
	for _, h := range f.Hints {
		reason, command := doctor.SplitHint(h)
		switch {
		case reason == "", command == "":
			fmt.Fprintf(w, "  hint: %s\n", chat.CleanRow(h))
		default: // the command alone in its line, to be copied
			writeRow(w, "  hint: ", "    ", chat.CleanRow(reason)+":")
			fmt.Fprintf(w, "    %s\n", chat.CleanRow(command))
		}
	}
}

// findingObject is a finding as --json prints it.
type findingObject struct {
	jsonHead // finding
	doctor.Finding
}

func objectOf(f doctor.Finding) findingObject {
	hints := make([]string, len(f.Hints)) // [], not null
	for i, h := range f.Hints {
		hints[i] = chat.CleanRow(doctor.CommandHint(h))
	}
	var commands []string
	for _, c := range f.Commands {
		commands = append(commands, chat.CleanRow(c))
	}
	f.Commands = commands
	f.Title, f.Evidence, f.Hints, f.Interface = chat.CleanRow(f.Title), chat.CleanRow(f.Evidence), hints, chat.Clean(f.Interface)
	if f.Fix != nil {
		fix := *f.Fix
		fix.UseInterface, fix.Rejoin = chat.Clean(fix.UseInterface), chat.Clean(fix.Rejoin)
		if fix.Leave != nil {
			fix.Leave = &doctor.Place{Group: fix.Leave.Group, Interface: chat.Clean(fix.Leave.Interface)}
		}
		f.Fix = &fix
	}
	return findingObject{headOf("finding"), f}
}
