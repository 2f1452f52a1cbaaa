package main

import (
	"fmt"
	"strings"
)

// named is a variable or a file, and what it is for.
type named struct{ name, what string }

// environment are the variables that are no flag's.
var environment = []named{
	{"GROUPCAST_CALLED_AS", "set by groupcast hub for groupcast-hub, whose hints then say groupcast hub"},
	{"GROUPCAST_LAB", "in a host of a lab: its name and its network namespace; set by groupcast lab"},
	{"GROUPCAST_LAB_NAME", "in a host that groupcast lab enter entered: the name of the lab, for groupcast lab check and its like"},
	{"GROUPCAST_PASSPHRASE", "the passphrase of a sealed room, if neither --passphrase-file nor --key-file is given. groupcast removes it from the environment at once, but /proc/PID/environ still shows the user and root the environment at the start: a file is better"},
	{"NO_COLOR", "if it is not empty: no colours"},
	{"COLORFGBG", "set by some terminals: it chooses the theme if the terminal does not report its background"},
	{"TERM", "dumb: plain lines instead of the screen"},
	{"LC_ALL, LC_CTYPE, LANG", "the first that is set names the locale; if that is not UTF-8, the screen uses ASCII only"},
	{"SHELL", "the program that groupcast lab enter runs if no command is given"},
	{"XDG_CONFIG_HOME, XDG_CACHE_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR, TMPDIR", "the directories of the files below"},
}

// files are those that the program makes by itself.
var files = []named{
	{"$XDG_CACHE_HOME/groupcast/recent-groups", "(or ~/.cache) the groups that the screen joined before, a line for each; F6 offers them"},
	{"$XDG_CONFIG_HOME/groupcast/identity", "(or ~/.config) the key that the user signs with, made when it is first needed; whoever has it can speak as the user"},
	{"$XDG_CONFIG_HOME/groupcast/known-members", "(or ~/.config) the owner of each nickname, and the keys that the user verified; the last 4,096 names, a line for each. Without its line, a name is new again"},
	{"$XDG_STATE_HOME/groupcast/exercises.jsonl", "(or ~/.local/state) what the user met in the exercises, and when, a line for each event; 1 MiB at the most, then the oldest starts are dropped; groupcast lab report prints it"},
	{"$XDG_STATE_HOME/groupcast/class.pem", "(or ~/.local/state) the key and the certificate of groupcast class --tls, for 30 days"},
	{"$XDG_RUNTIME_DIR/groupcast/", "(or $TMPDIR/groupcast-UID, which only the user can read) a socket for each running lab, through which other terminals enter it"},
	{"$TMPDIR/groupcast-crash-*.txt", "(or /tmp) the report of a crash of groupcast: its version and its stack, and nothing of what was said"},
}

// filesHelp is that in short, below the help of the program.
const filesHelp = `Every flag has an environment variable, such as GROUPCAST_TTL for --ttl and GROUPCAST_LISTEN_COUNT for listen --count;
the command line overrides it. ~/.cache/groupcast/recent-groups has the groups that you joined before.
~/.config/groupcast has your signing key and the members that you know. $XDG_RUNTIME_DIR/groupcast has the sockets of
running labs. After a crash, $TMPDIR has a report. groupcast man writes pages with all variables and files.`

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
