package meshreport

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/mesh"
)

// Options say how a text is drawn.
type Options struct {
	Width int  // cells; 0: 80, and 40 is the least
	ASCII bool // no bars of block characters; names are shown as they are
}

// Bounds of what a text lists.
const (
	mostMatrix    = 12 // members, from which the worst pairs are listed instead
	mostSentences = 24
	mostRows      = 20 // pairs of a table
	leastRows     = 8  // of them, if that many have something to tell
	mostMembers   = 128
)

// Text writes a report for a terminal or a file. All of it is safe to write to a terminal.
func Text(w io.Writer, r mesh.Report, o Options) error {
	_, err := io.WriteString(w, Look(r).Text(o))
	return err
}

// Text is the report in rows.
func (v *View) Text(o Options) string {
	if o.Width <= 0 {
		o.Width = 80
	}
	o.Width = max(40, o.Width)
	b := &builder{Options: o}
	b.wrapped("", v.head())
	if facts := v.facts(); len(facts) > 0 {
		b.wrapped("  ", strings.Join(facts, ", "))
	}
	b.part("")
	b.wrapped("", v.Verdict())
	b.said(v)
	if v.matrixFits(o.Width) {
		b.part("loss in per cent: rows hear, columns speak")
		b.rows(v.matrix()...)
		b.wrapped("", v.legend())
	}
	b.pairs(v)
	b.unicast(v)
	b.members(v)
	return b.String()
}

type builder struct {
	strings.Builder
	Options
}

func (b *builder) rows(rows ...string) {
	for _, row := range rows {
		b.WriteString(strings.TrimRight(row, " ") + "\n")
	}
}

func (b *builder) part(title string) {
	b.WriteByte('\n')
	if title != "" {
		b.wrapped("", title)
	}
}

// wrapped adds a sentence, broken at spaces, with its further rows indented.
func (b *builder) wrapped(before, text string) {
	row, space := before, ""
	fill := cells(before)
	for _, word := range strings.Fields(text) {
		n := cells(word)
		if space != "" && fill+1+n > b.Width {
			b.rows(row)
			row, space = strings.Repeat(" ", cells(before))+"  ", ""
			fill = cells(row)
		}
		row += space + word
		fill += len(space) + n
		space = " "
	}
	b.rows(row)
}

// legend explains the signs of the matrix that are in it.
func (v *View) legend() string {
	guessed := slices.ContainsFunc(v.Worst, func(i int) bool { return v.uncounted(i) > 0 })
	parts := []string{". the same member"}
	for _, sign := range []struct {
		there bool
		text  string
	}{
		{v.Counts[Silent] > 0, "! " + v.silentNow()}, {guessed, "~ guessed for the silence"}, {v.Counts[Never] > 0, "x never heard"},
		{v.Counts[Unknown] > 0, "? not known"}, {v.Counts[NotAsked] > 0, "- not asked for"},
	} {
		if sign.there {
			parts = append(parts, sign.text)
		}
	}
	return strings.Join(parts, ", ")
}

// head says what was measured.
func (v *View) head() string {
	room := ""
	if v.Sealed {
		room = ", sealed room (the numbered datagrams are not sealed)"
	}
	return "groupcast mesh " + v.Target() + room
}

// Target is the group that was measured.
func (v *View) Target() string {
	if !v.Group.IsValid() {
		return "-"
	}
	return clean(v.Group.String())
}

// facts are when and how it was measured.
func (v *View) facts() (parts []string) {
	took := v.end.Sub(v.Began)
	switch {
	case v.Began.IsZero():
	case v.Ended.IsZero():
		parts = append(parts, "since "+v.Began.Format("2006-01-02 15:04:05 MST"))
		if took > 0 {
			parts = append(parts, Span(took)+" so far")
		}
	default:
		parts = append(parts, v.Began.Format("2006-01-02 15:04:05")+" to "+v.Clock(v.Ended)+v.Ended.Format(" MST"), Span(took))
	}
	if r := v.rates(); r != "" {
		parts = append(parts, r+" each")
	}
	return parts
}

// Verdict is the report in a sentence.
func (v *View) Verdict() string {
	n := v.Total()
	holes, unknown := v.Holes(), v.Counts[Unknown]
	switch {
	case len(v.Members) < 2:
		if absent := v.Absent(); absent > 0 {
			return "NOBODY ELSE: no other member was heard, " + number(absent, "member") + " missing"
		}
		return "NOBODY ELSE: no other member was heard"
	case holes == 0 && unknown == 0 && v.Counts[NotAsked] == 0 && v.Absent() == 0:
		return fmt.Sprintf("ALL WELL: %s of %s hear, %s", number(n, "pair"), number(len(v.Members), "member"), v.Within())
	}
	parts := []string{}
	for _, st := range []State{Never, Silent, Lossy} {
		if c := v.Counts[st]; c > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", thousands(uint64(c)), map[State]string{
				Never: "never heard", Silent: v.silentNow(), Lossy: "lost too much",
			}[st]))
		}
	}
	if unknown > 0 {
		parts = append(parts, thousands(uint64(unknown))+" not known")
	}
	if c := v.Counts[NotAsked]; c > 0 {
		parts = append(parts, thousands(uint64(c))+" not asked for")
	}
	what := "NOT ALL IS KNOWN"
	absent := v.Absent()
	switch {
	case holes > 0:
		what = strings.ToUpper(number(holes, "hole"))
		if absent > 0 {
			what += ", " + thousands(uint64(absent)) + " MISSING"
		}
	case absent > 0:
		what = strings.ToUpper(number(absent, "member")) + " MISSING"
	case unknown == 0:
		what = "ALL WELL THAT WAS ASKED FOR"
	case v.Counts[Well] == 0:
		what = "NOTHING IS KNOWN"
	}
	if c := v.Counts[Well]; c > 0 {
		parts = append(parts, thousands(uint64(c))+" well ("+v.Within()+")")
	}
	return fmt.Sprintf("%s among %s of %s: %s", what, number(n, "pair"), number(len(v.Members), "member"), strings.Join(parts, ", "))
}

// Absent is how many members were expected and have not come.
func (v *View) Absent() int { return max(len(v.Missing), v.Expect-len(v.Members), 0) }

// silentNow says when a silence goes on.
func (v *View) silentNow() string {
	if v.Ended.IsZero() {
		return "silent now"
	}
	return "silent at the end"
}

// Within says what the pairs that are well lost.
func (v *View) Within() string {
	if !(v.MaxLoss > 0) {
		return "nothing lost"
	}
	return "no more than " + v.Bar() + " lost"
}

// said are the holes, what is not known, and notes.
func (b *builder) said(v *View) {
	holes := v.Sentences()
	for n, s := range holes {
		if n == mostSentences {
			rest := 0
			for _, more := range holes[n:] {
				rest += more.Pairs
			}
			b.wrapped("  ", "and "+number(rest, "pair")+" more")
			break
		}
		b.wrapped("  ", s.Text)
		if s.Back != "" {
			b.wrapped("    ", s.Back)
		}
	}
	for _, more := range []struct {
		title string
		rows  []string
	}{{"not known:", v.NotKnown()}, {"also:", v.Notes()}} {
		if len(more.rows) == 0 {
			continue
		}
		b.part(more.title)
		for _, row := range more.rows[:min(len(more.rows), mostSentences)] {
			b.wrapped("  ", row)
		}
		if rest := len(more.rows) - mostSentences; rest > 0 {
			b.wrapped("  ", "and "+thousands(uint64(rest))+" more")
		}
	}
}

// pairs is a table of pairs, the worst first: of those that have something to tell.
func (b *builder) pairs(v *View) {
	var list []int
	grouped := 0
	_, told := v.sentences()
	for _, i := range v.Worth() {
		if told[i] {
			grouped++
			continue
		}
		list = append(list, i)
	}
	holes := 0
	for holes < len(list) && v.States[list[holes]].Hole() {
		holes++
	}
	shown := list[:min(len(list), mostRows, max(holes, leastRows))]
	if len(shown) > 0 {
		b.part("pairs, the worst first")
		t := table{{"HEARS"}, {"SPEAKS"}, {"LOSS %"}, {"LOST"}, {"OF"}, {"DUP"}, {"REORDERED"}, {"SPREAD"}, {"ON"}, {"TTL"}, {"LONGEST SILENCE"}, {"LOSS OVER TIME"}}
		for _, i := range shown {
			p := v.Pairs[i]
			t.add(v.Names[p.By], v.Names[p.From], v.Loss(i), thousands(lostOf(&p)), thousands(p.Sent), thousands(p.Duplicates), thousands(p.Reordered),
				spread(p), dash(clean(p.Interface)), ttl(p), v.silence(p), v.spark(p, 20, b.ASCII))
		}
		b.rows(t.text(b.Width, 18, "LLRRRRRRLRLL", []int{11, 9, 5, 6, 7, 4, 8})...)
	}
	if more := holes - len(shown); more > 0 {
		b.wrapped("", "and "+number(more, "hole")+" more")
	}
	if rest := v.Counts[Well] - v.wellOf(shown); rest > 0 && len(list)+grouped > 0 {
		b.wrapped("", fmt.Sprintf("all others, %s, are within the bar: %s", number(rest, "pair"), v.Within()))
	}
}

// Worth are the pairs that have something to tell, the worst first: holes, and those that lost
// some, or had some twice or late, or were silent for more than a second.
func (v *View) Worth() (list []int) {
	for _, i := range v.Worst {
		if v.States[i].Hole() || v.States[i] == Well && told(&v.Pairs[i]) {
			list = append(list, i)
		}
	}
	return list
}

func (v *View) wellOf(list []int) (n int) {
	for _, i := range list {
		if v.States[i] == Well {
			n++
		}
	}
	return n
}

// unicast is what probes have shown, apart.
func (b *builder) unicast(v *View) {
	var bad []string
	asked, well := 0, 0
	for _, i := range v.Worst {
		p := v.Pairs[i]
		switch {
		case p.Unicast.Sent == 0 && !p.Unicast.Refused:
			continue
		case p.Unicast.Answered >= p.Unicast.Sent && !p.Unicast.Refused:
			well++
		default:
			bad = append(bad, v.Names[p.By]+" and "+v.Names[p.From]+": "+UnicastText(p.Unicast))
		}
		asked++
	}
	b.part("unicast, apart (probes between members, to the address that each is heard from):")
	if asked == 0 {
		b.wrapped("  ", "not known: no probe was sent")
		return
	}
	for _, row := range bad[:min(len(bad), mostRows)] {
		b.wrapped("  ", row)
	}
	if more := len(bad) - mostRows; more > 0 {
		b.wrapped("  ", "and "+number(more, "pair")+" more")
	}
	switch {
	case well == asked:
		b.wrapped("  ", "all probes answered: "+number(well, "pair")+", "+v.roundTrips())
	case well > 0:
		b.wrapped("  ", "of "+number(well, "other pair")+" all probes answered, "+v.roundTrips())
	}
}

// roundTrips are the medians of the pairs whose probes were all answered.
func (v *View) roundTrips() string {
	text := "round trip not known"
	low, high := mesh.Unicast{}, mesh.Unicast{}
	for _, p := range v.Pairs {
		u := p.Unicast
		if u.RoundTrip <= 0 || u.Answered < u.Sent || u.Refused {
			continue
		}
		if low.RoundTrip == 0 || u.RoundTrip < low.RoundTrip {
			low = u
		}
		if u.RoundTrip > high.RoundTrip {
			high = u
		}
	}
	if high.RoundTrip > 0 {
		text = "round trip " + Span(low.RoundTrip)
		if Span(low.RoundTrip) != Span(high.RoundTrip) {
			text += " to " + Span(high.RoundTrip)
		}
	}
	return text
}

// members is the table of members.
func (b *builder) members(v *View) {
	if len(v.Members) == 0 {
		return
	}
	b.part("members")
	t := table{{"NAME"}, {"ADDRESS"}, {"KEY"}, {"RATE"}, {"INTERFACES"}, {"HEARD"}, {"STATE"}}
	for m := range v.Members[:min(len(v.Members), mostMembers)] {
		one := v.Members[m]
		t.add(v.Names[m], Address(one), clean(one.Fingerprint), dash(rate(one.Rate)), dash(list(cleanAll(one.Interfaces), 4)), v.heard(m), v.MemberState(m))
	}
	b.rows(t.text(b.Width, 18, "LLLRLLL", []int{2, 4, 3, 5})...)
	if more := len(v.Members) - mostMembers; more > 0 {
		b.wrapped("", "and "+number(more, "member")+" more")
	}
}

// Address is where a member sends from.
func Address(m mesh.Member) string {
	if !m.Addr.IsValid() {
		return "-"
	}
	return clean(m.Addr.String())
}

// heard is when a member was heard.
func (v *View) heard(m int) string {
	one := v.Members[m]
	if one.First.IsZero() {
		return "-"
	}
	return v.Clock(one.First) + " to " + v.Clock(one.Last)
}

// MemberState is what became of a member, in a word or two.
func (v *View) MemberState(m int) string {
	one := v.Members[m]
	switch {
	case one.Self:
		return "this program"
	case one.Done:
		return "reported"
	case one.Left:
		return "left"
	case one.Gone:
		return "gone"
	case !v.Ended.IsZero():
		return "no final report"
	}
	return "measures"
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
