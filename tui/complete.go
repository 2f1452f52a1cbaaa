package tui

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"

	"github.com/groupcast/groupcast/mcast/session"
)

// complete finishes the last word of a command as far as it is certain. ok is
// false when there is nothing to add.
func complete(line string, s session.Snapshot) (completed string, ok bool) {
	words, start := candidates(line, s)
	if len(words) == 0 {
		return line, false
	}
	common := words[0]
	for _, w := range words[1:] {
		for !strings.HasPrefix(w, common) {
			_, size := utf8.DecodeLastRuneInString(common)
			common = common[:len(common)-size]
		}
	}
	return line[:start] + common, len(common) > len(line)-start
}

// candidates are the completions of the last word of a command; the word begins
// at start.
func candidates(line string, s session.Snapshot) (words []string, start int) {
	if !strings.HasPrefix(line, "/") || strings.HasPrefix(line, "//") {
		return nil, 0
	}
	if words, start, ok := lineCandidates(line, s); ok {
		return words, start
	}
	start = strings.LastIndexByte(line, ' ') + 1
	before := strings.Fields(line[:start]) // the command and its finished arguments
	for _, c := range commands {
		switch {
		case start == 0 && c.args != "":
			words = append(words, c.name+" ")
		case start == 0:
			words = append(words, c.name)
		case (before[0] == c.name || before[0] == c.alias) && c.words != nil:
			for _, w := range c.words(s, len(before)-1) {
				words = append(words, clean(w))
			}
		}
	}
	words = slices.DeleteFunc(words, func(w string) bool { return !strings.HasPrefix(w, line[start:]) })
	return words, start
}

// lineCandidates are those of a command whose only argument is the rest of the line,
// such as the name of a member, which may have spaces.
func lineCandidates(line string, s session.Snapshot) (words []string, start int, ok bool) {
	name, rest, typed := strings.Cut(line, " ")
	for _, c := range commands {
		if !typed || c.name != name || !c.line || c.words == nil {
			continue
		}
		for _, w := range c.words(s, 0) {
			if w = clean(w); strings.HasPrefix(strings.ToLower(w), strings.ToLower(rest)) {
				words = append(words, w)
			}
		}
		return words, len(name) + 1, true
	}
	return nil, 0, false
}

// usage is the syntax of the command that is being typed, or "".
func usage(line string) string {
	if !strings.HasPrefix(line, "/") || strings.HasPrefix(line, "//") {
		return ""
	}
	name, _, more := strings.Cut(line, " ")
	var found []command
	for _, c := range commands {
		if c.name == name || c.alias == name {
			return c.usage() + ": " + c.text
		}
		if !more && strings.HasPrefix(c.name, name) {
			found = append(found, c)
		}
	}
	names := make([]string, len(found))
	for i, c := range found {
		names[i] = c.name
	}
	return strings.Join(names, "  ")
}

// nearest is the command that a mistyped one was meant to be, or "".
func nearest(typed string) string {
	best, found := 3, ""
	for _, c := range commands {
		for _, name := range []string{c.name, c.alias} {
			if name == "" {
				continue
			}
			if d := levenshtein.ComputeDistance(typed, name); d < best {
				best, found = d, c.name
			}
			if len(typed) > 1 && strings.HasPrefix(name, typed) {
				return c.name
			}
		}
	}
	return found
}
