package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/session"
)

// groupChoices are the current group, the joined ones, recent ones and
// well-known ones, each once.
func groupChoices(st *styles, s session.Snapshot) []choice {
	var list []choice
	seen := map[mcast.Group]bool{}
	add := func(g mcast.Group, c choice) {
		if g = withoutZone(g); seen[g] || !g.Addr.IsValid() {
			return
		}
		seen[g] = true
		c.key, c.name = g.String(), clean(g.String())
		c.keywords += " " + groupKnownFor(g)
		list = append(list, c)
	}
	if !slices.Contains(s.Groups, s.Group) {
		add(s.Group, choice{
			glyph: st.warning.Render(st.notJoined), means: "you talk here and hear nobody: it is not joined",
			action: session.Join{Group: s.Group}, actionLabel: "join again",
			other: session.Join{Group: s.Group, ListenOnly: true}, otherLabel: "only listen",
		})
	} else {
		add(s.Group, choice{
			glyph: st.good.Render(st.joined), facts: traffic(st, s, s.Group), means: "you talk here", keywords: "joined",
			refusal: "you talk in " + clean(s.Group.String()) + " already",
			other:   session.Leave{Group: s.Group}, otherLabel: "leave",
		})
	}
	for _, g := range s.Groups {
		add(g, choice{
			glyph: st.good.Render(st.joined), facts: traffic(st, s, g), means: cmp.Or(groupKnownFor(g), "joined"), keywords: "joined",
			action: session.Join{Group: g}, actionLabel: "talk there",
			other: session.Leave{Group: g}, otherLabel: "leave",
		})
	}
	for _, g := range s.Recent {
		add(g, choice{
			glyph: st.dim.Render(st.notJoined), means: cmp.Or(groupKnownFor(g), "joined before"), keywords: "joined before",
			action: session.Join{Group: g}, actionLabel: "join and talk",
			other: session.Join{Group: g, ListenOnly: true}, otherLabel: "only listen",
		})
	}
	for _, k := range wellKnown {
		add(k.group, choice{
			glyph: st.dim.Render(st.notJoined), means: k.what,
			action: session.Join{Group: k.group, ListenOnly: true}, actionLabel: "only listen",
			other: session.Join{Group: k.group}, otherLabel: "join and talk",
		})
	}
	return list
}

// traffic is the rate at which a group is heard. The room counts by address:
// groups that share theirs share the rate.
func traffic(st *styles, s session.Snapshot, g mcast.Group) string {
	for _, t := range s.Room.Groups {
		if t.Group.WithZone("") != g.Addr {
			continue
		}
		text := perSecond(t.Rate)
		if slices.ContainsFunc(s.Groups, func(o mcast.Group) bool { return o != g && o.Addr == g.Addr }) {
			text += " on all its ports"
		}
		return st.spark(t.History, 8) + " " + st.dim.Render(text)
	}
	return st.dim.Render("nothing heard")
}

// typedGroup offers the group that was typed.
func typedGroup(st *styles, filter string) choice {
	g, err := mcast.ParseGroup(strings.TrimSpace(filter))
	if err != nil {
		return choice{}
	}
	means := "as you typed it"
	if !strings.HasSuffix(strings.TrimSpace(filter), fmt.Sprint(":", g.Port)) {
		means = fmt.Sprintf("a colon and a number behind it name another port than %d", g.Port)
	}
	return choice{
		key: g.String(), glyph: st.accent.Render(st.notJoined), name: "join " + clean(g.String()), means: means,
		action: session.Join{Group: g}, actionLabel: "join and talk",
		other: session.Join{Group: g, ListenOnly: true}, otherLabel: "only listen",
	}
}
