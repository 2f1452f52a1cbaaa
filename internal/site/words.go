package main

import (
	"strings"
	"unicode"
)

// keys are the stems of a text's words, and of what is written in one piece, such as
// IP_MULTICAST_LOOP, all its stems together.
func keys(s string) (list []string) {
	for _, field := range strings.Fields(s) {
		var piece []string
		for _, w := range searchWords(field) {
			piece = append(piece, stem(w))
		}
		list = append(list, piece...)
		if len(piece) > 1 && len(piece) <= 5 {
			list = append(list, strings.Join(piece, " "))
		}
	}
	return list
}

// searchWords are the runs of letters and digits, in lower case. Of Chinese, which has no
// spaces, they are each two characters that stand beside each other.
func searchWords(s string) (list []string) {
	for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		var run []rune // of Chinese
		at := 0
		for i, r := range w {
			if unicode.Is(unicode.Han, r) {
				if len(run) == 0 && at < i {
					list = append(list, w[at:i])
				}
				run = append(run, r)
				at = i + len(string(r))
				continue
			}
			list, run = append(list, pairs(run)...), nil
		}
		list = append(list, pairs(run)...)
		if at < len(w) {
			list = append(list, w[at:])
		}
	}
	return list
}

func pairs(run []rune) (list []string) {
	if len(run) == 1 {
		return []string{string(run)}
	}
	for i := 0; i+1 < len(run); i++ {
		list = append(list, string(run[i:i+2]))
	}
	return list
}

// endings are cut from words, the first that fits. search.js has the same.
var endings = []string{"ations", "ation", "ated", "ating", "ates", "ate", "ings", "ing", "ied", "ies", "ed", "es", "s", "y", "e"}

// stem cuts the ending that a word has in a sentence, as groupcast explain does.
func stem(w string) string {
	const shortest = 4
	for _, end := range endings {
		if cut, ok := strings.CutSuffix(w, end); ok && (len(cut) >= shortest || end == "s" && len(cut) >= 2 && !strings.HasSuffix(cut, "s")) {
			return strings.TrimSuffix(cut, "e")
		}
	}
	return w
}
