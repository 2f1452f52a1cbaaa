package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every command has its statuses, and docs/exit-status.md has them all.
func TestExitStatusesOfAllCommands(t *testing.T) {
	root := newRoot()
	left := maps.Clone(endings)
	for _, cmd := range tree(root) {
		if _, ok := endings[pathOf(cmd)]; !ok {
			t.Errorf("%s has no exit statuses", cmd.CommandPath())
		}
		delete(left, pathOf(cmd))
		if n := strings.Count(description(cmd), "Exit status"); n != 1 {
			t.Errorf("the help of %s has exit statuses %d times:\n%s", cmd.CommandPath(), n, description(cmd))
		}
	}
	for path := range left {
		t.Errorf("there is no command %s", path)
	}
	for path, list := range endings {
		if !slices.IsSortedFunc(list, func(a, b ending) int { return a.status - b.status }) {
			t.Errorf("the statuses of %s are not in order", path)
		}
	}
	checkDoc(t, "../../docs/exit-status.md", endingsDoc(root), "TestExitStatusesOfAllCommands")
}

// A flag that no command has is status 2, of each.
func TestUsageIsStatus2(t *testing.T) {
	for _, cmd := range tree(newRoot()) {
		if cmd.DisableFlagParsing {
			continue // its arguments are another program's
		}
		var out, errs bytes.Buffer
		args := append(strings.Fields(cmd.CommandPath())[1:], "--no-such-flag")
		if code := run(t.Context(), args, strings.NewReader(""), &out, &errs); code != exitUsage || out.Len() > 0 {
			t.Errorf("%v: status %d, want %d\n%s%s", args, code, exitUsage, out.String(), errs.String())
		}
	}
}

func endingsDoc(root *cobra.Command) string {
	var b strings.Builder
	fmt.Fprint(&b, `# Exit statuses

This page and the help of the commands come from one table. A test makes every status happen, except those in the list at the
end.

| status | of every command |
|---|---|
`)
	for _, e := range everyEnding {
		fmt.Fprintf(&b, "| %d | %s |\n", e.status, e.when)
	}
	fmt.Fprintf(&b, "| %d | the reader of its output has ended, as in `| head -1`; totals are printed on standard error before |\n", exitClosed)
	fmt.Fprint(&b, `
A command with a report (ping, probe, doctor, listen) prints the report on ctrl+c and on SIGTERM, once, even if the signal
arrives twice, and its status follows from the report. A command that was to do a number of things, and has not done all of
them, prints its totals and ends with 130. A second signal, at least half a second later, ends any command at once.

With `+"`--json`"+` an error is an object `+"`error`"+` on standard error. [meet.sh](scripts/meet.sh) is a script that reads only
objects and exit statuses.

| command | 0 | 1 | 3 | 130 |
|---|---|---|---|---|
`)
	var notes []string
	for _, cmd := range tree(root)[1:] {
		path := pathOf(cmd)
		cells := map[int]string{}
		for _, e := range endings[path] {
			cells[e.status] = e.when
			if e.untested != "" {
				notes = append(notes, fmt.Sprintf("* %s, %d: %s.", path, e.status, e.untested))
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", path, cells[exitOK], cells[exitNot], cells[exitDoubt], cells[exitInterrupted])
	}
	fmt.Fprintf(&b, "\nThe test of this table does not make these happen:\n\n%s\n", strings.Join(notes, "\n"))
	return b.String()
}
