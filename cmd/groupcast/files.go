package main

import (
	"fmt"
	"strings"
)

// named is a variable or a file, and what it is for.
type named struct{ name, what string }

// environment are the variables that are no flag's.
var environment = []named{
	{"GROUPCAST_LAB", "in a host of a lab: its name and its network namespace; set by groupcast lab"},
	{"NO_COLOR", "if it is not empty: no colours"},
	{"COLORFGBG", "as terminals set it: which theme is drawn where the terminal does not say its background"},
	{"TERM", "dumb: plain lines instead of the screen"},
	{"LC_ALL, LC_CTYPE, LANG", "the first that is set: a locale that is not UTF-8 is drawn with ASCII only"},
	{"SHELL", "what groupcast lab enter runs without a command"},
	{"XDG_CACHE_HOME, XDG_RUNTIME_DIR, TMPDIR", "where its files are"},
}

// files are those that the program makes by itself.
var files = []named{
	{"$XDG_CACHE_HOME/groupcast/recent-groups", "(or ~/.cache) the groups that the screen joined before, a line for each; F6 offers them"},
	{"$XDG_RUNTIME_DIR/groupcast/", "(or $TMPDIR/groupcast-UID, of the user alone) a socket for each lab that runs, by which other terminals enter it"},
	{"$TMPDIR/groupcast-crash-*.txt", "(or /tmp) the report of a mistake of the program: its version and its stack, nothing that was said"},
}

// filesHelp is that in short, below the help of the program.
const filesHelp = `Every flag has a variable, such as GROUPCAST_TTL for --ttl and GROUPCAST_LISTEN_COUNT for listen --count; the command
line overrules it. Groups that were joined before are in ~/.cache/groupcast/recent-groups, the sockets of running labs in
$XDG_RUNTIME_DIR/groupcast, and a crash leaves its report in $TMPDIR. groupcast man writes pages with all of them.`

// manFiles is what stands below the flags of each man page.
func manFiles() string {
	var b strings.Builder
	list := func(all []named) {
		for _, n := range all {
			fmt.Fprintf(&b, ".TP\n\\fB%s\\fP\n%s\n", roff(n.name), roff(n.what))
		}
	}
	b.WriteString(".PP\nOther variables:\n")
	list(environment)
	b.WriteString(".SH FILES\n")
	list(files)
	return b.String()
}

// roff writes a text as man(7) takes it: a bare hyphen is one that a row may be
// broken at, and not what is typed.
func roff(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
}
