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
