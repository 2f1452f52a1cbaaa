package meshreport

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page and its style
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/groupcast/groupcast/mcast/mesh"
)

// Bounds of a page.
const (
	mostHoles  = 100 // sentences
	mostCards  = 60  // pairs with their loss over time
	leastCards = 4
	// mostGrouped of them are of those that one sentence is about: a member that nobody hears.
	mostGrouped = 4
	mostGrid    = 40 // members of the matrix
	mostPeople  = 1024
	lineParts   = 120 // of the time
)

var (
	//go:embed report.html
	pageText string
	//go:embed report.css
	pageStyle string
)

// page parses the page once. Its policy allows the one style sheet that is in it, by its hash.
var page = sync.OnceValue(func() *template.Template {
	style := strings.TrimSpace(pageStyle)
	sum := sha256.Sum256([]byte(style))
	text := strings.NewReplacer("/*STYLE*/", style, "STYLEHASH", base64.StdEncoding.EncodeToString(sum[:])).Replace(pageText)
	return template.Must(template.New("report.html").Parse(text))
})

// HTML writes a report as one file that loads nothing and runs nothing.
func HTML(w io.Writer, r mesh.Report) error { return Look(r).HTML(w) }

// HTML writes the report as [HTML] does.
func (v *View) HTML(w io.Writer) error {
	var b bytes.Buffer
	if err := page().Execute(&b, v.page()); err != nil {
		return fmt.Errorf("mesh report: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// pageData is what a page is made of. Its texts are escaped by the template.
type pageData struct {
	*View
	Facts, Told     []string // when and how it was measured; what is not known
	State           string   // bad, doubt or well
	Said            []Sentence
	Unsaid          int // pairs
	LeftOut         bool
	Grid            grid
	Cards           []card
	MoreCards       int
	Unicasts        []unicastRow
	People          []person
	MorePeople      int
	AnyInterfaces   bool
	Noted, Headline []string
}

type grid struct {
	Many   bool // names stand upright
	Heads  []gridHead
	Rows   []gridRow
	Except string // who is not in it
}

type gridHead struct {
	N    int
	Name string
}

type gridRow struct {
	gridHead
	Cells []gridCell
}

type gridCell struct {
	Class, Text, Word, Title string
	Card                     string // the fragment of its card; "": it has none
}

type fact struct{ Name, Value string }

// card is one pair.
type card struct {
	ID, By, From string
	Class, State string
	Verb         string
	Line         *line
	NoLine       string // why there is none
	Facts        []fact
	Unicast      string
	Known        string
}

// line is the loss over time as a drawing: two paths in a box of 600 by 48.
type line struct {
	Words, Known, Lost string
	Begin, End         string
}

type unicastRow struct {
	By, From, Sent, Answered, RoundTrip, Said, Class string
}

type person struct {
	N                                                                     int
	Name, Address, Fingerprint, Rate, Interfaces, Heard, State, LossClass string
}

// className is the class of a state in the style sheet.
func (s State) className() string {
	return [...]string{"n", "w", "u", "l", "s", "x"}[s]
}

func (v *View) page() pageData {
	d := pageData{View: v, Facts: v.facts(), Told: v.NotKnown(), Noted: v.Notes(), State: "well"}
	switch {
	case v.Holes() > 0 || len(v.Members) < 2 || v.Absent() > 0:
		d.State = "bad"
	case v.Counts[Unknown] > 0:
		d.State = "doubt"
	}
	head, rest, _ := strings.Cut(v.Verdict(), ": ")
	if before, after, ok := strings.Cut(head, " among "); ok {
		head, rest = before, "Among "+after+": "+rest
	}
	d.Headline, d.LeftOut = []string{head, rest}, v.left() > 0
	d.Said = v.Sentences()
	if len(d.Said) > mostHoles {
		for _, s := range d.Said[mostHoles:] {
			d.Unsaid += s.Pairs
		}
		d.Said = d.Said[:mostHoles]
	}
	d.Told, d.Noted = bounded(d.Told, mostHoles), bounded(d.Noted, mostHoles)
	with := d.cards()
	d.Grid = v.grid(with)
	for _, i := range v.Worst {
		if row, ok := v.unicastRow(i); ok && len(d.Unicasts) < 2*mostHoles {
			d.Unicasts = append(d.Unicasts, row)
		}
	}
	for m := range v.Members[:min(len(v.Members), mostPeople)] {
		one := v.Members[m]
		d.People = append(d.People, person{
			N: m + 1, Name: v.Names[m], Address: Address(one), Fingerprint: clean(one.Fingerprint), Rate: dash(rate(one.Rate)),
			Interfaces: dash(list(cleanAll(one.Interfaces), 8)), Heard: v.heard(m), State: v.MemberState(m),
		})
	}
	d.MorePeople = len(v.Members) - len(d.People)
	return d
}

// bounded is so many rows at most, the last of which says how many there are more.
func bounded(rows []string, most int) []string {
	if more := len(rows) - most; more > 0 {
		return append(slices.Clone(rows[:most]), "and "+strconv.Itoa(more)+" more")
	}
	return rows
}

// cards are the pairs that have something to tell, and if those are few, the next ones. with
// are the pairs that have one.
func (d *pageData) cards() (with map[int]bool) {
	v := d.View
	worth, grouped := v.Worth(), 0
	_, told := v.sentences()
	chosen := make([]int, 0, len(worth))
	for _, i := range worth { // of those that one sentence is about a few will do
		if told[i] {
			if grouped++; grouped > mostGrouped {
				continue
			}
		}
		chosen = append(chosen, i)
	}
	d.MoreCards = len(worth) - min(len(chosen), mostCards)
	chosen = chosen[:min(len(chosen), mostCards)]
	with = map[int]bool{}
	for _, i := range chosen {
		with[i] = true
	}
	for _, i := range v.Worst {
		if len(chosen) < leastCards && !with[i] && v.States[i] == Well {
			chosen, with[i] = append(chosen, i), true
		}
	}
	for _, i := range chosen {
		d.Cards = append(d.Cards, v.card(i))
	}
	return with
}

func (v *View) card(i int) card {
	p, st := v.Pairs[i], v.States[i]
	c := card{ID: cardID(i), By: v.Names[p.By], From: v.Names[p.From], Class: st.className(), State: st.String(), Verb: "hears"}
	lost := fmt.Sprintf("%s of %s (%s\u00a0%%)", thousands(lostOf(&p)), thousands(p.Sent), Percent(lostOf(&p), p.Sent))
	if lostOf(&p) == 0 {
		lost = "nothing of " + thousands(p.Sent)
	}
	if p.Known == mesh.AllWell && p.Sent == 0 {
		lost = "nothing"
	}
	switch st {
	case Silent:
		c.Verb = "does not hear"
		if n := v.uncounted(i); n > 0 {
			lost += ", and since then about " + thousands(n)
		}
		if at := v.Since(i); !at.IsZero() {
			c.State = "silent since " + v.Clock(at)
		}
	case Never:
		c.Verb = "never heard"
		lost = "all"
		if p.Sent > 0 {
			lost = "all of " + thousands(p.Sent)
		}
	case Lossy:
		c.State = "lost " + v.Loss(i) + " %"
	}
	c.Facts = []fact{
		{"Lost", lost}, {"Twice", thousands(p.Duplicates)}, {"Out of order", thousands(p.Reordered)}, {"Delay spread", spread(p)},
		{"Longest silence", v.silence(p)}, {"Interface", dash(clean(p.Interface))}, {"TTL left", ttl(p)},
	}
	c.Unicast = UnicastText(p.Unicast)
	if c.Unicast == "" {
		c.Unicast = "not probed from here"
	}
	switch {
	case v.Members[p.By].Self:
		c.Known = "measured here"
	case p.Told.IsZero():
		c.Known = "told by " + c.By
	default:
		c.Known = "told by " + c.By + " at " + v.Clock(p.Told)
	}
	if p.Known == mesh.AllWell {
		c.Known += ", by the sum of its rows"
	}
	if shares := v.Shares(p, lineParts); slices.ContainsFunc(shares, func(s float64) bool { return s >= 0 }) {
		c.Line = v.line(p, shares)
	} else if c.NoLine = "Loss over time: not known."; st == Never {
		c.NoLine = "Nothing came at any time."
	}
	return c
}

func cardID(i int) string { return "p" + strconv.Itoa(i) }

// line draws what was lost from the top, over what is known.
func (v *View) line(p mesh.Pair, shares []float64) *line {
	const width, height = 600, 48
	at := func(n int) int { return n * width / len(shares) }
	depth := func(n int) int {
		if shares[n] <= 0 {
			return 0
		}
		return max(4, int(shares[n]*height+0.5)) // the least loss is seen
	}
	l := line{Words: "Loss over time: " + v.OverTime(p), Begin: v.Clock(v.Began), End: v.Clock(v.end)}
	var known, lost strings.Builder
	deep := 0
	lost.WriteString("M0 0")
	for n := range shares {
		if d := depth(n); d != deep {
			fmt.Fprintf(&lost, "H%dV%d", at(n), d)
			deep = d
		}
	}
	fmt.Fprintf(&lost, "H%dV0z", width)
	for n := 0; n < len(shares); {
		end := n + 1
		for end < len(shares) && (shares[end] < 0) == (shares[n] < 0) {
			end++
		}
		if shares[n] >= 0 {
			fmt.Fprintf(&known, "M%d 0H%dV%dH%dz", at(n), at(end), height, at(n))
		}
		n = end
	}
	l.Known, l.Lost = known.String(), lost.String()
	return &l
}

func (v *View) unicastRow(i int) (row unicastRow, ok bool) {
	p := v.Pairs[i]
	u := p.Unicast
	if u.Sent == 0 && !u.Refused {
		return row, false
	}
	row = unicastRow{v.Names[p.By], v.Names[p.From], thousands(u.Sent), thousands(u.Answered), "-", "all answered", Well.className()}
	if u.RoundTrip > 0 {
		row.RoundTrip = Span(u.RoundTrip)
	}
	switch {
	case u.Refused:
		row.Said, row.Class = "refused by ICMP", Never.className()
	case u.Answered == 0:
		row.Said, row.Class = "none answered", Never.className()
	case u.Answered < u.Sent:
		row.Said, row.Class = Percent(u.Sent-u.Answered, u.Sent)+" % not answered", Lossy.className()
	}
	return row, true
}

// grid is the matrix. Of more members than there is room for it has those of the worst pairs.
func (v *View) grid(with map[int]bool) (g grid) {
	chosen := make([]int, 0, mostGrid)
	in := map[int]bool{}
	take := func(m int) {
		if !in[m] && len(chosen) < mostGrid {
			in[m], chosen = true, append(chosen, m)
		}
	}
	if len(v.Members) > mostGrid {
		for _, i := range v.Worst {
			take(v.Pairs[i].By)
			take(v.Pairs[i].From)
		}
		out := Counted(v.States, func(i int) bool { return !in[v.Pairs[i].By] || !in[v.Pairs[i].From] }, v.Worst)
		g.Except = fmt.Sprintf("These are the %d members of the worst pairs, of %d, the worst first. Of the pairs that are not here %s.", len(chosen), len(v.Members), out)
	}
	for m := range v.Members {
		take(m)
	}
	g.Many = len(chosen) > 8
	for _, m := range chosen {
		g.Heads = append(g.Heads, gridHead{m + 1, v.Names[m]})
	}
	for _, by := range chosen {
		row := gridRow{gridHead: gridHead{by + 1, v.Names[by]}}
		for _, from := range chosen {
			row.Cells = append(row.Cells, v.gridCell(by, from, with))
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

// Counted says how many of the chosen pairs are holes, are not known and are well.
func Counted(of []State, chosen func(i int) bool, pairs []int) string {
	holes, unknown, well := 0, 0, 0
	for _, i := range pairs {
		switch st := of[i]; {
		case !chosen(i):
		case st.Hole():
			holes++
		case st == Well:
			well++
		default:
			unknown++
		}
	}
	var parts []string
	if holes > 0 {
		parts = append(parts, thousands(uint64(holes))+" are holes")
	}
	if unknown > 0 {
		parts = append(parts, thousands(uint64(unknown))+" are not known")
	}
	return strings.Join(append(parts, thousands(uint64(well))+" are well"), ", ")
}

func (v *View) gridCell(by, from int, with map[int]bool) gridCell {
	i := v.Pair(by, from)
	if by == from {
		return gridCell{Class: "e"}
	}
	if i < 0 {
		return gridCell{Class: "u", Text: v.Cell(by, from)}
	}
	st := v.States[i]
	c := gridCell{Class: st.className(), Text: v.loss(i, 10)}
	switch st {
	case NotAsked:
		c.Text = "-"
	case Unknown:
		c.Text = "?"
	case Never:
		c.Text, c.Word = "100", "never"
	case Silent:
		c.Word = "silent"
	case Lossy:
		c.Word = "lost"
	}
	if with[i] {
		c.Card = cardID(i)
	}
	if st.Hole() && v.Holes() <= mostHoles {
		c.Title = v.Words(i)
	}
	return c
}
