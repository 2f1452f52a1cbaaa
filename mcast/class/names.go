package class

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// maxTitle bounds a title, in columns.
const maxTitle = 80

// titleOf is what a program calls its window, safe to show.
func titleOf(s string) string {
	if len(s) > 4*maxTitle {
		s = s[:4*maxTitle]
	}
	return ansi.Truncate(harmlessAll(s), maxTitle, "…")
}

// harmlessAll is [harmless] of text of any length.
func harmlessAll(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		cluster, _ := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		if cluster == "" {
			break
		}
		b.WriteString(harmless(cluster))
		s = s[len(cluster):]
	}
	return b.String()
}
