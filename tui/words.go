package tui

import (
	"slices"

	"github.com/groupcast/groupcast/mcast/session"
)

func interfacesAndDefault(s session.Snapshot, _ int) []string {
	return append(interfaceNames(s), "default")
}

func onOff(session.Snapshot, int) []string { return []string{"on", "off"} }

// groupThenInterface are the groups that one may want to join, the joined
// ones among them: they are joined elsewhere too.
func groupThenInterface(s session.Snapshot, nth int) []string {
	if nth > 0 {
		return interfaceNames(s)
	}
	var words []string
	for _, g := range slices.Concat(s.Groups, s.Recent) {
		words = append(words, g.String())
	}
	for _, k := range wellKnown {
		words = append(words, k.group.String())
	}
	return words
}

func groupsAndInterfaces(s session.Snapshot, nth int) []string {
	var words []string
	if nth == 0 {
		for _, g := range s.Groups {
			words = append(words, g.String())
		}
	}
	return append(words, interfaceNames(s)...)
}

func sourcesAndAny(s session.Snapshot, nth int) []string { return append(heardSources(s, nth), "any") }

func heardSources(s session.Snapshot, _ int) []string {
	var words []string
	for _, host := range everyHost(withMembers(s).Room) {
		words = append(words, host.Addr.String())
	}
	return words
}

func blockedSources(s session.Snapshot, _ int) []string {
	var words []string
	for _, a := range s.Blocked {
		words = append(words, a.String())
	}
	return words
}

func interfaceNames(s session.Snapshot) []string {
	names := make([]string, len(s.Interfaces))
	for i, v := range s.Interfaces {
		names[i] = v.Name
	}
	return names
}
