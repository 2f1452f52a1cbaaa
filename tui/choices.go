package tui

import (
	"slices"

	"github.com/groupcast/groupcast/mcast/session"
)

// choices are the rows of a picker that the filter lets through.
func choices(st *styles, kind pickerKind, s session.Snapshot, filter string) []choice {
	var all []choice
	var typed choice
	switch kind {
	case pickInterface:
		all = interfaceChoices(st, s)
	case pickGroup:
		all, typed = groupChoices(st, s), typedGroup(st, filter)
	case pickSource:
		all, typed = sourceChoices(st, s), typedSource(st, s, filter)
	}
	words := filterWords(filter)
	all = slices.DeleteFunc(all, func(c choice) bool {
		return c.key != typed.key && !hasWords(c.name+" "+c.keywords, words)
	})
	if typed.key != "" && !slices.ContainsFunc(all, func(c choice) bool { return c.key == typed.key }) {
		all = slices.Insert(all, 0, typed)
	}
	return all
}
