package tui

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// sourceChoices are the sources that were heard, one for each address, in its
// order: rows that jump with every datagram cannot be chosen.
func sourceChoices(st *styles, s session.Snapshot) []choice {
	everyone := choice{
		key: "any", glyph: st.dim.Render(st.notJoined), name: "all sources", keywords: "any",
		means: "every sender to the group is heard", action: session.Source{}, actionLabel: "hear all again",
	}
	if !s.Group.Source.IsValid() {
		everyone.glyph, everyone.action = st.good.Render(st.joined), nil
		everyone.refusal = "all sources are heard already"
		if len(s.Blocked) > 0 {
			everyone.refusal += ", but for those that are blocked: choose one to hear it again"
		}
	}
	heard := map[netip.Addr][]chat.Sender{}
	for _, sender := range everyHost(s.Room) {
		if a := sender.Addr.WithZone(""); noSource(a, s) == "" {
			heard[a] = append(heard[a], sender)
		}
	}
	for _, a := range append(slices.Clone(s.Blocked), s.Group.Source) {
		if a = a.WithZone(""); a.IsValid() && heard[a] == nil {
			heard[a] = []chat.Sender{}
		}
	}
	list := []choice{everyone}
	for _, a := range slices.SortedFunc(maps.Keys(heard), netip.Addr.Compare) {
		list = append(list, sourceChoice(st, s, a, heard[a]))
	}
	return list
}

// sourceChoice is an address and all the senders that have it.
func sourceChoice(st *styles, s session.Snapshot, a netip.Addr, senders []chat.Sender) choice {
	c := choice{key: a.String(), glyph: st.good.Render(st.joined), name: a.String()}
	only := s.Group.Source.WithZone("")
	switch {
	case only == a:
		c.means = "the only one that is heard"
		c.refusal = "it is the only one that is heard: ctrl+o hears all again"
		c.other, c.otherLabel = session.Source{}, "hear all again"
	case only.IsValid():
		c.glyph = st.dim.Render(st.notJoined)
		c.means = "not heard now: only " + only.String() + " is"
		c.action, c.actionLabel = session.Source{Addr: a}, "hear only this one"
	case isBlocked(s, a):
		c.glyph, c.means, c.keywords = st.failure.Render(st.fail), "blocked", "blocked"
		c.action, c.actionLabel = session.Block{Addr: a}, "unblock"
		c.other, c.otherLabel = session.Source{Addr: a}, "hear only this one"
	default:
		c.action, c.actionLabel = session.Block{Addr: a, On: true}, "block"
		c.other, c.otherLabel = session.Source{Addr: a}, "hear only this one"
	}
	if len(senders) == 0 {
		c.facts = st.dim.Render("not heard lately")
		return c
	}
	var datagrams uint64
	var rate float64
	var history [chat.HistorySeconds]uint32
	for _, sender := range senders {
		datagrams += sender.Datagrams
		rate += sender.Rate
		counts := sender.History[max(0, len(sender.History)-len(history)):]
		for i, n := range counts {
			history[len(history)-len(counts)+i] += n
		}
	}
	by := clean(senders[0].Interface) // the first was heard last
	facts := []string{perSecond(rate), count(datagrams, "datagram"), "by " + by}
	if datagrams == 0 { // a member that has said nothing
		facts = facts[2:]
	}
	c.keywords += " " + by
	if names := namesAt(s, a); names != "" {
		facts = append([]string{st.cut(names, 24)}, facts...)
		c.keywords += " " + names
	}
	c.facts = st.spark(history[:], 8) + " " + st.dim.Render(strings.Join(facts, st.dot))
	return c
}

// typedSource offers the address that was typed.
func typedSource(st *styles, s session.Snapshot, filter string) choice {
	a, err := netip.ParseAddr(strings.TrimSpace(filter))
	if err != nil {
		return choice{}
	}
	a = a.Unmap()
	if why := noSource(a, s); why != "" {
		return choice{
			key: "typed", glyph: st.failure.Render(st.fail), name: clean(a.String()), means: "not a source: " + clean(why),
			refusal: clean(a.String() + " is " + why),
		}
	}
	c := sourceChoice(st, s, a.WithZone(""), nil)
	c.glyph = st.accent.Render(st.notJoined)
	return c
}
