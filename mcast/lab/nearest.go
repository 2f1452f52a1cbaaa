package lab

import (
	"fmt"
	"slices"
	"strings"
)

// Nearest returns the names that a mistyped one was most likely meant to be,
// in order: those with the fewest letters to insert, delete or replace, at most
// two of them and not the whole word. Capitals do not count.
func Nearest(typed string, names []string) []string {
	best, found := min(3, len(typed)), []string(nil)
	for _, name := range names {
		switch d := distance(strings.ToLower(typed), strings.ToLower(name)); {
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

// distance is the number of bytes to insert, delete or replace (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
