package lab

import "fmt"

// didYouMean ends an error about a name that nothing has, when one of the
// names is near to it: at most two bytes to insert, delete or replace, and
// fewer than the whole of it.
func didYouMean(typed string, names []string) string {
	best, found := min(3, len(typed)), ""
	for _, name := range names {
		if d := distance(typed, name); d < best || d == best && found != "" && name < found {
			best, found = d, name
		}
	}
	if found == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", found)
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
