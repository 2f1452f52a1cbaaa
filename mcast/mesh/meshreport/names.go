package meshreport

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/mesh"
)

// labels are names to show, none twice: of members with the same name each has the beginning
// of its fingerprint, as in a talk, and if that is the same, too, a number.
func labels(members []mesh.Member) []string {
	out, times := make([]string, len(members)), map[string]int{}
	for i, m := range members {
		if out[i] = clean(m.Name); strings.TrimSpace(out[i]) == "" {
			out[i] = "(no name)"
		}
		times[out[i]]++
	}
	for i, m := range members {
		if print := clean(m.Fingerprint); times[out[i]] > 1 && print != "" {
			out[i] += "~" + beginning(print, 4)
		}
	}
	taken := map[string]bool{}
	for i, name := range out {
		for n := 2; taken[out[i]]; n++ {
			out[i] = fmt.Sprintf("%s #%d", name, n)
		}
		taken[out[i]] = true
	}
	return out
}

// clean is a text on one row, safe to show.
func clean(s string) string { return chat.CleanRow(s) }

// cleanAll leaves out what shows nothing.
func cleanAll(list []string) (out []string) {
	for _, s := range list {
		if s = clean(s); strings.TrimSpace(s) != "" {
			out = append(out, s)
		}
	}
	return out
}

// beginning is the first so many runes.
func beginning(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}

// cells is how many cells of a terminal a text takes.
func cells(s string) (n int) {
	for _, r := range s {
		n += runeCells(r)
	}
	return n
}

func runeCells(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// cut shortens a text to at most so many cells, and says so with two dots.
func cut(s string, most int) string {
	if cells(s) <= most {
		return s
	}
	n := 0
	for i, r := range s {
		if n += runeCells(r); n > most-2 {
			return s[:i] + ".."[:min(2, max(0, most))]
		}
	}
	return s
}

// pad makes a text exactly so many cells wide: on its right, or on its left if it stands at
// the right end.
func pad(s string, n int, right bool) string {
	s = cut(s, n)
	space := strings.Repeat(" ", max(0, n-cells(s)))
	if right {
		return space + s
	}
	return s + space
}
