package lab

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// Nearest returns the names that a mistyped one was most likely meant to be,
// in order: those with the fewest letters to insert, delete or replace, at most
// two and fewer than the mistyped name has. Case is ignored.
func Nearest(typed string, names []string) []string {
	best, found := min(3, utf8.RuneCountInString(typed)), []string(nil)
	for _, name := range names {
		switch d := levenshtein.ComputeDistance(strings.ToLower(typed), strings.ToLower(name)); {
		case d < best:
			best, found = d, []string{name}
		case d == best && found != nil:
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}

// didYouMean ends an error about a name that nothing has.
func didYouMean(typed string, names []string) string {
	near := Nearest(typed, names)
	if len(near) == 0 {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", near[0])
}
