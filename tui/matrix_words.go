package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/session"
)

// hearing is a hearing matrix as the screen reads it: what is known of how member j
// hears member i.
type hearing struct {
	snap session.Snapshot
	rows []members.Row
}

func hearingOf(s session.Snapshot) hearing { return hearing{s, s.Members.Matrix} }

// there reports whether there is a matrix to show: of two members at the least.
func (h hearing) there() bool { return h.snap.Members.On && len(h.rows) > 1 }

// nobody says why there is no matrix.
func (h hearing) nobody() []string {
	m := h.snap.Members
	switch mode := memberMode(h.snap); {
	case m.On:
		return []string{"No other member is here yet. To get one, " + clean(m.Invite), "", "Then this shows which of you hears which, on which interface, and how much is lost."}
	case mode == "":
		return []string{"Nothing is known of members yet."}
	default:
		return []string{"Members are off: " + strings.TrimSuffix(clean(m.Off), ".") + ".", "", "Without them nobody says what is heard: ask, or use /ping."}
	}
}

// cell is what member j hears of member i. What is said here leaves by one interface,
// and HELLOs by others as well while nobody hears that one: who hears only those does
// not hear the talk.
func (h hearing) cell(i, j int) members.Cell {
	if i >= len(h.rows) || j >= len(h.rows[i].Cells) {
		return members.Cell{}
	}
	c := h.rows[i].Cells[j]
	if h.rows[i].Who.Self && c.Hears == members.HearsIt && h.elsewhere(j) != "" {
		c.Hears = members.HearsNot
	}
	return c
}

// elsewhere is the interface by which member j hears own HELLOs, if it does not hear
// those that leave as the talk does; "": it does, or it is not known.
func (h hearing) elsewhere(j int) string {
	return hearsElsewhere(h.snap.Members, h.rows[j].Who)
}

func hearsElsewhere(m session.Members, who members.Who) (by string) {
	const listed = 16 // of those that hear a way
	for _, way := range m.Ways {
		hears := slices.ContainsFunc(way.Heard, func(w members.Who) bool { return w.Ref == who.Ref })
		switch {
		case way.Chosen && (hears || !way.Tried || len(way.Heard) >= listed):
			return ""
		case !way.Chosen && hears && by == "":
			by = clean(way.Name)
		}
	}
	return by
}

// oneWay reports whether member j does not hear member i, while i hears j.
func (h hearing) oneWay(i, j int) bool {
	return h.cell(i, j).Hears == members.HearsNot && h.cell(j, i).Hears == members.HearsIt
}

// name is a member in a sentence.
func (h hearing) name(i int) string {
	if h.rows[i].Who.Self {
		return "you"
	}
	return label(h.rows[i].Who)
}

// sentence says that member j hears, or does not hear, member i.
func (h hearing) sentence(i, j int, hears bool) string {
	who, whom := h.name(j), h.name(i)
	switch self := h.rows[j].Who.Self; {
	case hears && self:
		return who + " hear " + whom
	case hears:
		return who + " hears " + whom
	case self:
		return who + " do not hear " + whom
	}
	return who + " does not hear " + whom
}

// sites says from where to where, if a bridge is between.
func (h hearing) sites(i, j int) string {
	from, to := h.rows[i], h.rows[j]
	if from.Site == to.Site && (from.Site != "" || from.Afar == to.Afar) || !from.Afar && !to.Afar {
		return ""
	}
	return fmt.Sprintf(", over bridges from %s to %s", siteName(h.rows[i]), siteName(h.rows[j]))
}

// siteName is the site of a member in a sentence. In a sealed room no bridge tells it.
func siteName(r members.Row) string {
	switch {
	case r.Site != "":
		return clean(r.Site)
	case r.Afar:
		return "another site"
	}
	return "this one"
}

// words say a cell in a sentence or two.
func (h hearing) words(i, j int) string {
	c := h.cell(i, j)
	source := h.sites(i, j)
	if !h.rows[j].Who.Self {
		source += fmt.Sprintf(", as %s said %s", h.name(j), strings.Replace(ago(c.Ago), "now", "just now", 1))
	}
	switch c.Hears {
	case members.HearsSelf:
		if h.rows[i].Who.Self {
			return "this is you: your row is who hears you, your column is whom you hear"
		}
		return fmt.Sprintf("this is %s: its row is who hears it, its column is whom it hears", h.name(i))
	case members.HearsIt:
		text := h.sentence(i, j, true)
		if c.Interface != "" {
			text += " by " + clean(c.Interface)
		}
		switch {
		case c.Lost < 0:
			text += ", loss not known"
		case c.Lost == 0:
			text += ", nothing lost"
		default:
			text += ", " + lossText(c.Lost) + " lost"
		}
		return text + source
	case members.HearsNot:
		text := h.sentence(i, j, false) + source
		switch h.cell(j, i).Hears {
		case members.HearsIt:
			text += ", but " + h.sentence(j, i, true) + ": one-way"
		case members.HearsNot:
			text += ", and " + h.sentence(j, i, false) + " either"
		}
		if by := h.elsewhereOf(i, j); by != "" {
			text += fmt.Sprintf("; via your %s %s does hear you", by, h.name(j))
		}
		return text
	}
	if h.rows[j].Who.Self {
		return "it is not known yet whether you hear " + h.name(i)
	}
	return fmt.Sprintf("it is not known whether %s: %s has not said it yet", h.sentence(i, j, true), h.name(j))
}

// elsewhereOf is elsewhere, for an own row.
func (h hearing) elsewhereOf(i, j int) string {
	if !h.rows[i].Who.Self {
		return ""
	}
	return h.elsewhere(j)
}

// finding is the pitfall that explains a cell: where the own words are not heard, one
// that can be mended here comes first.
func (h hearing) finding(i, j int) (doctor.Finding, bool) {
	if i >= len(h.rows) || h.cell(i, j).Hears != members.HearsNot {
		return doctor.Finding{}, false
	}
	own := h.rows[i].Who.Self || h.rows[j].Who.Self
	for _, fits := range []func(doctor.Finding) bool{
		func(f doctor.Finding) bool { return h.rows[i].Who.Self && f.Fix != nil && f.Fix.UseInterface != "" },
		func(f doctor.Finding) bool { return own && h.oneWay(i, j) && f.Name == "one-way" },
		func(f doctor.Finding) bool { return h.rows[i].Who.Self && f.Name == "not-heard" },
	} {
		if n := slices.IndexFunc(h.snap.Findings, fits); n >= 0 {
			return h.snap.Findings[n], true
		}
	}
	return doctor.Finding{}, false
}

// mostBy is how wide the name of an interface may be in a cell: all cells are as wide as
// the widest, and others choose these names. Those of most hosts have at most 9.
const mostBy = 9

// text is a cell in a few characters: the interface of the one that hears, and the
// loss if there is any.
func (h hearing) text(st *styles, i, j int) string {
	c := h.cell(i, j)
	switch c.Hears {
	case members.HearsSelf:
		return st.self
	case members.HearsNot:
		if h.oneWay(i, j) {
			return st.fail + "!"
		}
		return st.fail
	case members.HearsIt:
		by := c.Interface
		if by == "" {
			by = "heard"
		}
		by = st.cut(clean(by), mostBy)
		if c.Lost > 0 {
			return by + " " + lossText(c.Lost)
		}
		return by
	}
	return "?"
}
