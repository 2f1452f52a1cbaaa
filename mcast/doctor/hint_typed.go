package doctor

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// beforeNames is what stands in front of the name of an interface in a command.
var beforeNames = []string{" dev ", "-i ", "ip link set ", " oif ", ".conf.", "%"}

// typed are hints whose commands a shell takes as they are printed: the name of an
// interface that means more to it is between apostrophes, as is a group in brackets,
// which zsh takes for a pattern.
func (f Facts) typed(in Intent, hints []string) []string {
	odd := slices.DeleteFunc(slices.Concat(f.Interfaces, in.Wanted), func(i host.Interface) bool { return shellWord(i.Name) == i.Name })
	slices.SortStableFunc(odd, func(a, b host.Interface) int { return cmp.Compare(len(b.Name), len(a.Name)) })
	hints = slices.Clone(hints)
	for n, hint := range hints {
		for _, i := range odd {
			for _, before := range beforeNames {
				name := i.Name
				if before == ".conf." {
					name = strings.ReplaceAll(name, ".", "/")
				}
				hint = strings.ReplaceAll(hint, before+name, before+shellWord(name))
			}
		}
		if at := strings.Index(hint, "groupcast "); at >= 0 && in.Group.Addr.Is6() {
			hint = hint[:at] + inBrackets().ReplaceAllStringFunc(hint[at:], func(word string) string {
				if g, err := mcast.ParseGroup(word); err == nil {
					return groupWord(g)
				}
				return word
			})
		}
		hints[n] = hint
	}
	return hints
}

var inBrackets = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:[^\s'@]+@)?\[[^\s']+\]:\d+`) })

// groupWord is a group as it is typed into a shell.
func groupWord(g mcast.Group) string {
	if g.Addr.Is6() && g.Port == mcast.DefaultPort && !g.Source.IsValid() {
		return shellWord(g.Addr.String())
	}
	return shellWord(g.String())
}

// shellWord is a word for a POSIX shell: as it is, or between apostrophes.
func shellWord(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
