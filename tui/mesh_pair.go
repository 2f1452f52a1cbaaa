package tui

import (
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/mesh"
	"github.com/groupcast/groupcast/mcast/mesh/meshreport"
)

// pairTitle is the selected pair as a title.
func (m *meshModel) pairTitle() string {
	by, from, pair := m.matrix.selected()
	switch v := m.view; {
	case !m.matrix.there():
		return "Pair"
	case pair < 0 && by == from:
		return v.Names[by]
	default:
		return v.Names[by] + " from " + v.Names[from]
	}
}

// pairRows are what is known of the selected pair, the most important first, in so many
// rows.
func (m *meshModel) pairRows(width, height int) []string {
	rows := m.pairPage(width)
	if len(rows) > height && height > 0 { // the line first, then as many facts as there is room for
		rows = rows[:height]
	}
	return rows
}

// pairPage are all rows about the selected pair.
func (m *meshModel) pairPage(width int) (rows []string) {
	st, v := m.styles, m.view
	by, from, pair := m.matrix.selected()
	if !m.matrix.there() {
		return nil
	}
	if by == from {
		one := v.Members[by]
		text := v.Names[by] + ": its row is what it hears, its column who hears it"
		if one.Self {
			text = v.Names[by] + " is this program: its row is what it hears, its column who hears it"
		}
		rows, _ = st.wrap(text, width, 3)
		return append(rows, m.facts(width, [][2]string{{"address", meshreport.Address(one)}, {"state", v.MemberState(by)}, {"interfaces", dashed(cleanAll(one.Interfaces))}, {"key", clean(one.Fingerprint)}})...)
	}
	if pair < 0 {
		return []string{st.dim.Render("nothing is known of this pair")}
	}
	p := v.Pairs[pair]
	words, _ := st.wrap(v.Words(pair), width, 4)
	for _, w := range words {
		rows = append(rows, st.pairStyle(v, pair).Render(w))
	}
	rows = append(rows, m.overTime(p, width)...)
	return append(rows, m.facts(width, m.pairFacts(pair))...)
}

// pairFacts are the numbers of a pair.
func (m *meshModel) pairFacts(pair int) [][2]string {
	v := m.view
	p, loss := v.Pairs[pair], v.Loss(pair)
	facts := [][2]string{
		{"loss", loss + " %"},
		{"received", thousands(p.Received) + " of " + thousands(p.Sent)},
		{"twice", thousands(p.Duplicates)},
		{"reordered", thousands(p.Reordered)},
		{"spread", "-"},
		{"silence", "-"},
		{"interface", dashed([]string{clean(p.Interface)})},
		{"ttl left", "-"},
	}
	switch {
	case loss == "-":
		facts[0][1] = "not known"
	case p.Known == mesh.AllWell && p.Sent == 0:
		facts[1][1], facts[2][1], facts[3][1] = "all", "-", "-"
	case p.Received == 0 && p.Sent == 0:
		facts[1][1] = "nothing"
	}
	if p.Known == mesh.Measured && p.Spread >= 0 {
		facts[4][1] = meshreport.Span(p.Spread)
	}
	if p.Silence > 0 {
		facts[5][1] = meshreport.Span(p.Silence)
		if !p.SilenceAt.IsZero() {
			facts[5][1] += " at " + v.Clock(p.SilenceAt)
		}
	}
	if p.Hops >= 0 {
		facts[7][1] = strconv.Itoa(p.Hops)
	}
	switch told := v.Clock(p.Told); {
	case v.Members[p.By].Self:
		facts = append(facts, [2]string{"known", "measured here"})
	case p.Known == mesh.AllWell:
		facts = append(facts, [2]string{"known", "by the sum of its rows, told at " + told})
	default:
		facts = append(facts, [2]string{"told at", told})
	}
	unicast := meshreport.UnicastText(p.Unicast)
	if unicast == "" {
		unicast = "not probed from here"
	}
	return append(facts, [2]string{"unicast", unicast})
}

// facts are names and values, in as many columns as there is room for.
func (m *meshModel) facts(width int, facts [][2]string) (rows []string) {
	const name, least = 11, 36
	st := m.styles
	columns := max(1, min(3, width/least))
	each := width / columns
	one := func(f [2]string, space int) string {
		return st.dim.Render(st.fit(f[0], name)) + st.cut(f[1], max(1, space-name-1))
	}
	long := facts[len(facts)-1] // has a row of its own
	facts = facts[:len(facts)-1]
	perColumn := (len(facts) + columns - 1) / columns
	for i := range perColumn {
		row := ""
		for c := range columns {
			if at := c*perColumn + i; at < len(facts) {
				row += st.fit(one(facts[at], each), each)
			}
		}
		rows = append(rows, strings.TrimRight(row, " "))
	}
	return append(rows, one(long, width))
}

// overTime draws the loss over time, with the clock below it, and says it.
func (m *meshModel) overTime(p mesh.Pair, width int) []string {
	st, v := m.styles, m.view
	shares := v.Shares(p, max(1, min(width, 120)))
	known := 0
	var b strings.Builder
	for _, s := range shares {
		switch {
		case s < 0:
			b.WriteByte(' ')
			continue
		case s == 0:
			b.WriteString(st.good.Render(st.bars[0]))
		default:
			n := len(st.bars) - 1
			b.WriteString(st.failure.Render(st.bars[min(n, 1+int(s*float64(n)))]))
		}
		known++
	}
	if known == 0 {
		return []string{st.dim.Render("loss over time: not known")}
	}
	axis := st.ends(v.Clock(v.Began), v.Clock(v.End()), len(shares))
	rows := []string{b.String(), st.dim.Render(st.cut(axis, width))}
	words, _ := st.wrap("loss over time: "+v.OverTime(p), width, 2)
	for _, w := range words {
		rows = append(rows, st.dim.Render(w))
	}
	return rows
}

func dashed(list []string) string {
	text := strings.Join(list, ", ")
	if strings.TrimSpace(text) == "" {
		return "-"
	}
	return text
}

// meshPeople is the table of members.
type meshPeople struct {
	styles *styles
	view   *meshreport.View
	counts [][4]int // of each member: whom it hears, of how many; who hears it, of how many
	offset int
	page   int // rows that were shown last
}

func (t *meshPeople) set(v *meshreport.View) {
	t.view = v
	t.counts = make([][4]int, len(v.Members))
	for i, p := range v.Pairs {
		if v.Pair(p.By, p.From) != i {
			continue
		}
		switch st := v.States[i]; {
		case st == meshreport.Unknown, st == meshreport.NotAsked:
		default:
			t.counts[p.By][1]++
			t.counts[p.From][3]++
			if st < meshreport.Silent {
				t.counts[p.By][0]++
				t.counts[p.From][2]++
			}
		}
	}
}

func (t *meshPeople) scroll(by int) {
	if t.view != nil {
		t.offset = scrollTo(t.offset+by, len(t.view.Members), t.page)
	}
}

func (t *meshPeople) render(width, height int) []string {
	t.page = max(0, height-1)
	if t.view == nil || height <= 0 || width <= 0 {
		return nil
	}
	st, v := t.styles, t.view
	name := 8
	for _, n := range v.Names {
		name = max(name, st.cells(n))
	}
	of := func(part, all int) string {
		if all == 0 {
			return "?"
		}
		return strconv.Itoa(part) + "/" + strconv.Itoa(all)
	}
	columns := fitting([]column[int]{
		{"member", min(name, max(10, width/4)), 0, false, func(st *styles, m, space int) string {
			style := st.person(v.Members[m].Fingerprint)
			if v.Members[m].Self {
				style = st.own
			}
			return style.Render(st.memberName(v.Names[m], space))
		}},
		{"hears", 7, 0, true, func(st *styles, m, _ int) string {
			return t.share(of(t.counts[m][0], t.counts[m][1]), t.counts[m][0] < t.counts[m][1])
		}},
		{"heard by", 8, 0, true, func(st *styles, m, _ int) string {
			return t.share(of(t.counts[m][2], t.counts[m][3]), t.counts[m][2] < t.counts[m][3])
		}},
		{"rate", 6, 3, true, func(_ *styles, m, _ int) string {
			if v.Members[m].Rate == 0 {
				return "-" // not known: it was not heard here
			}
			return plainRate(v.Members[m].Rate, 4) + "/s"
		}},
		{"address", 26, 2, false, func(st *styles, m, space int) string {
			return st.middle(meshreport.Address(v.Members[m]), space)
		}},
		{"interfaces", 16, 4, false, func(st *styles, m, space int) string {
			return st.cut(dashed(cleanAll(v.Members[m].Interfaces)), space)
		}},
		{"last heard", 19, 5, false, func(_ *styles, m, _ int) string { return v.Clock(v.Members[m].Last) }},
		{"key", 19, 6, false, func(st *styles, m, space int) string { return st.cut(clean(v.Members[m].Fingerprint), space) }},
		{"state", 0, 0, false, func(st *styles, m, space int) string {
			text, style := v.MemberState(m), st.dim
			one := v.Members[m]
			if one.Gone && !one.Done {
				style = st.warning
				if !one.Last.IsZero() {
					text += " since " + v.Clock(one.Last)
				}
			}
			if off := one.Clock; off >= 5*time.Second || off <= -5*time.Second {
				text += ", clock " + strings.Replace(meshreport.Span(max(off, -off)), "-", "", 1) + map[bool]string{true: " ahead", false: " behind"}[off > 0]
			}
			return style.Render(st.cut(text, space))
		}},
	}, width, 12)
	rows := []string{st.dim.Render(st.fit(columnTitles(st, columns), width))}
	t.offset = scrollTo(t.offset, len(v.Members), t.page)
	for m := t.offset; m < len(v.Members) && len(rows) < height; m++ {
		rows = append(rows, st.fit(columnRow(st, columns, m), width))
	}
	return rows
}

func (t *meshPeople) share(text string, bad bool) string {
	if bad {
		return t.styles.failure.Render(text)
	}
	return text
}
