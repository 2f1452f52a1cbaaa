package doctor

import (
	"slices"
	"strings"
	"unicode"
)

// A hint is advice, or it is a command, with or without its reason:
//
//	let the group in: nft insert rule inet filter input ip daddr 239.1.2.3 accept
//
// A command begins with the name of one of hintPrograms and goes on to the end of
// the line. It is for this host, and root can execute it as it is printed.
// docs/decisions/014-hints-that-work.md says more.

// hintPrograms are those that a hint's command begins with.
var hintPrograms = []string{"ip", "nft", "iptables", "ip6tables", "ufw", "sysctl", "tc", "bridge", "arping", "tcpdump"}

// placeholders stand for what only the reader knows, so that the line is advice.
// With a comma or a bracket it is a sentence, and 192.0.2.0/24 and 2001:db8::/32
// are nobody's (RFC 5737, RFC 3849).
var placeholders = []string{"ADDRESS", "BRIDGE", "BYTES", "GROUP", "INTERFACE", "NAME", "PARENT", "PORT", "SOURCE"}

// CommandHint is a hint for who is not in a talk, and so cannot type its commands, such
// as /interface. Of "-i eth0, or /interface eth0" it has the flag, which hints have
// first. Of a hint that has only commands of the talk, "join again: /leave 239.1.2.3,
// then /join 239.1.2.3", it has what does the same from outside. What is behind a
// semicolon stays.
func CommandHint(hint string) string {
	if rest, ok := strings.CutPrefix(hint, "/who "); ok {
		return "groupcast who " + rest
	}
	for _, between := range []string{", or ", ": "} {
		before, way, found := cutAtCommand(hint, between)
		if !found {
			continue
		}
		way, rest, more := strings.Cut(way, "; ")
		if between == ": " {
			before += ": " + outsideOf(way)
		}
		if more {
			before += "; " + rest
		}
		return before
	}
	return hint
}

// cutAtCommand cuts a hint before its first command of the talk that has these
// characters before it.
func cutAtCommand(hint, between string) (before, way string, found bool) {
	for at := 0; ; {
		n := strings.Index(hint[at:], between+"/")
		if n < 0 {
			return hint, "", false
		}
		at += n
		way = hint[at+len(between):]
		word, _, _ := strings.Cut(way, " ")
		if slices.Contains(talkCommands, strings.TrimRight(word, ",;.")) {
			return hint[:at], way, true
		}
		at++
	}
}

// talkCommands are the commands that only who talks can type.
var talkCommands = []string{"/join", "/look", "/leave", "/interface", "/source", "/block", "/unblock", "/who", "/matrix", "/nick", "/verify", "/facts", "/ping", "/loopback", "/ttl", "/hops", "/save",
	"/clear", "/help", "/quit"}

// outsideOf says how to do from outside what commands of the talk do. A program's
// memberships are its own: there it has to be started again.
func outsideOf(way string) string {
	words := strings.Fields(way)
	argument := ""
	if len(words) > 1 {
		argument = " " + strings.TrimRight(words[1], ",")
	}
	switch command := strings.TrimRight(words[0], ","); {
	case command == "/interface":
		return "-i" + argument
	case command == "/ttl", command == "/hops":
		return "--ttl" + argument
	case command == "/nick":
		return "--name" + argument
	case command == "/loopback":
		return "--loopback" + strings.Replace(strings.Replace(argument, " on", "", 1), " off", "=false", 1)
	case command == "/join", command == "/look":
		return "start again and name it"
	case command == "/leave" && slices.Contains(words, "/join"):
		return "end the program and start it again"
	case command == "/leave" && len(words) > 2:
		return "start again with -i and the name of the other"
	case command == "/leave":
		return "start again without it"
	case command == "/source" && argument == " any":
		return "start again and name the group without a source"
	case command == "/facts" && (argument == " off" || argument == " no"):
		return "start again without --share-facts"
	case command == "/facts":
		return "--share-facts"
	case command == "/verify":
		return "a talk in a terminal marks it as verified"
	}
	return "start the program again"
}

// SplitHint splits a hint into its reason and its command. Either can be "": a
// hint without a command is advice.
func SplitHint(hint string) (reason, command string) {
	if strings.HasPrefix(hint, "at ") { // another host's
		return hint, ""
	}
	for at := 0; ; {
		if isHintCommand(hint[at:]) {
			return strings.TrimSuffix(hint[:at], ": "), hint[at:]
		}
		n := strings.Index(hint[at:], ": ")
		if n < 0 {
			return hint, ""
		}
		at += n + len(": ")
	}
}

func isHintCommand(text string) bool {
	name, _, more := strings.Cut(text, " ")
	return more && slices.Contains(hintPrograms, name) &&
		!slices.ContainsFunc([]string{", ", " (", "192.0.2.", "2001:db8:"}, func(s string) bool { return strings.Contains(text, s) }) &&
		!slices.ContainsFunc(placeholders, func(p string) bool { return slices.Contains(wordsOf(text), p) })
}

func wordsOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// lookingWords are in commands that look, and change nothing.
var lookingWords = []string{"list", "show", "get", "monitor", "-S", "arping", "tcpdump"}

// mends reports whether a command changes something.
func mends(command string) bool {
	return command != "" && !slices.ContainsFunc(strings.Fields(command), func(w string) bool { return slices.Contains(lookingWords, w) })
}

// commandsOf are the commands of hints that change something.
func commandsOf(hints []string) (list []string) {
	for _, h := range hints {
		if _, command := SplitHint(h); mends(command) {
			list = append(list, command)
		}
	}
	return list
}
