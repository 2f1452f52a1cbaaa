package meshreport

import (
	"fmt"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/mesh"
)

// Holes are the pairs of a report that lost more than they may, in words, the worst first.
func Holes(r mesh.Report) []mesh.Hole { return Look(r).List() }

// List is as [Holes].
func (v *View) List() (list []mesh.Hole) {
	for _, i := range v.Worst {
		if v.States[i].Hole() {
			list = append(list, mesh.Hole{By: v.Pairs[i].By, From: v.Pairs[i].From, Text: v.Words(i)})
		}
	}
	return list
}

// Words are a pair in a sentence: "db2 does not hear web1 on eth1 since 03:12:04: 28,800 of
// 36,000 lost (80.0 %)".
func (v *View) Words(i int) string {
	p, st := v.Pairs[i], v.States[i]
	who, whom := v.Names[p.By], v.Names[p.From]
	by := ""
	if name := clean(p.Interface); name != "" {
		by = " on " + name
	}
	lost := fmt.Sprintf("%s of %s lost (%s %%)", thousands(lostOf(&p)), thousands(p.Sent), Percent(lostOf(&p), p.Sent))
	switch st {
	case NotAsked:
		return fmt.Sprintf("%s did not ask for %s as a source", who, whom)
	case Unknown:
		return fmt.Sprintf("it is not known whether %s hears %s", who, whom)
	case Never:
		text := fmt.Sprintf("%s never heard %s", who, whom)
		if p.Sent > 0 {
			text += fmt.Sprintf(": none of %s came", thousands(p.Sent))
		}
		return text
	case Silent:
		text := fmt.Sprintf("%s does not hear %s%s", who, whom, by)
		if at := v.Since(i); !at.IsZero() {
			text += " since " + v.Clock(at)
		} else {
			text += " for " + Span(p.SilentFor)
		}
		switch {
		case lostOf(&p) == 0:
		case v.uncounted(i) > 0:
			text += "; before, " + lost
		default:
			text += ": " + lost
		}
		return text
	}
	text := fmt.Sprintf("%s hears %s%s: ", who, whom, by)
	if lostOf(&p) == 0 {
		text += "nothing lost"
		if p.Known == mesh.AllWell {
			return text
		}
		text += " of " + thousands(p.Sent)
	} else {
		text += lost
	}
	if p.Silence > time.Second && !p.SilenceAt.IsZero() {
		text += ", longest silence " + v.silence(p)
	}
	return text
}

// back is what unicast between the two of a hole says of it; "": nothing.
func (v *View) back(i int) string {
	u := v.Pairs[i].Unicast
	switch {
	case u.Sent == 0 && !u.Refused:
		return ""
	case u.Answered > 0:
		return "unicast between them works: " + UnicastText(u)
	}
	return "unicast between them does not work either: " + UnicastText(u)
}

// Sentence is one or several holes in words.
type Sentence struct {
	Text, Back string
	State      State
	Pairs      int // that it is about
}

// Sentences are the holes in words, the worst first. Where nobody hears a member any more, or
// a member hears nobody, that is said once.
func (v *View) Sentences() (rows []Sentence) {
	rows, _ = v.sentences()
	return rows
}

// sentences are those, and which pairs are in one about several.
func (v *View) sentences() (rows []Sentence, told []bool) {
	told = make([]bool, len(v.Pairs))
	n := len(v.Members)
	for _, column := range []bool{true, false} {
		for m := range n {
			deaf, all := v.deaf(m, column, told)
			if all < 2 || len(deaf) < all {
				continue
			}
			for _, i := range deaf {
				told[i] = true
			}
			rows = append(rows, Sentence{Text: v.aboutAll(m, column, deaf), State: v.worstOf(deaf), Pairs: len(deaf)})
		}
	}
	for _, i := range v.Worst {
		if v.States[i].Hole() && !told[i] {
			rows = append(rows, Sentence{v.Words(i), v.back(i), v.States[i], 1})
		}
	}
	return rows, told
}

// deaf are the pairs of a member that are silent: of those who hear it, or of those that it
// hears; of how many that tell something.
func (v *View) deaf(m int, column bool, told []bool) (deaf []int, all int) {
	for other := range v.Members {
		by, from := m, other
		if column {
			by, from = other, m
		}
		i := v.Pair(by, from)
		if i < 0 || told[i] || v.States[i] == Unknown || v.States[i] == NotAsked {
			continue
		}
		all++
		if v.States[i] >= Silent {
			deaf = append(deaf, i)
		}
	}
	return deaf, all
}

func (v *View) worstOf(pairs []int) (worst State) {
	for _, i := range pairs {
		worst = max(worst, v.States[i])
	}
	return worst
}

// aboutAll says that nobody hears a member, or that it hears nobody.
func (v *View) aboutAll(m int, column bool, pairs []int) string {
	var first, last time.Time
	ever := false
	for _, i := range pairs {
		if v.States[i] != Silent {
			continue
		}
		ever = true
		if at := v.Since(i); !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
		if at := v.Since(i); at.After(last) {
			last = at
		}
	}
	text := v.Names[m]
	switch {
	case column && ever:
		text = "nobody hears " + text + " any more"
	case column:
		text = "nobody ever heard " + text
	case ever:
		text += " hears nobody any more"
	default:
		text += " never heard anybody"
	}
	if !first.IsZero() {
		text += " since " + v.Clock(first)
		if last.Sub(first) >= time.Second {
			text += " (the last one since " + v.Clock(last) + ")"
		}
	}
	if column {
		text += " (told by " + number(len(pairs), "member") + ")"
	} else {
		text += ": none of " + thousands(uint64(len(pairs)))
	}
	if one := v.Members[m]; column && one.Gone && !one.Done && !one.Left {
		text += "; it ended without saying so"
	}
	return text
}

// NotKnown says in sentences what the report does not know.
func (v *View) NotKnown() (rows []string) {
	for m, one := range v.Members {
		unknown := 0
		for from := range v.Members {
			if i := v.Pair(m, from); from != m && (i < 0 && v.left() == 0 || i >= 0 && v.States[i] == Unknown) {
				unknown++
			}
		}
		switch others := len(v.Members) - 1; {
		case unknown == 0:
			if !v.Ended.IsZero() && !one.Done && !one.Self {
				rows = append(rows, fmt.Sprintf("the end of what %s heard: its final report did not come", v.Names[m]))
			}
		case unknown == others && one.Self:
			rows = append(rows, "what "+v.Names[m]+" hears: nothing was received so far")
		case unknown == others:
			rows = append(rows, "what "+v.Names[m]+" hears: it has told nothing")
		case unknown <= 4:
			var names []string
			for from := range v.Members {
				if from != m && v.Of(m, from) == Unknown {
					names = append(names, v.Names[from])
				}
			}
			rows = append(rows, "whether "+v.Names[m]+" hears "+strings.Join(names, ", "))
		default:
			rows = append(rows, fmt.Sprintf("whether %s hears %d of the others", v.Names[m], unknown))
		}
	}
	return rows
}

// Notes are what else is to be said: who was expected and did not come, clocks that are off,
// datagrams of strangers.
func (v *View) Notes() (rows []string) {
	if missing := cleanAll(v.Missing); len(missing) > 0 {
		what := "expected, and never came: "
		if v.Ended.IsZero() {
			what = "expected, and not here yet: "
		}
		rows = append(rows, what+list(missing, 16))
	} else if v.Expect > len(v.Members) {
		rows = append(rows, fmt.Sprintf("%s expected, %d came", number(v.Expect, "member"), len(v.Members)))
	}
	for m, one := range v.Members {
		switch {
		case one.Clock >= 5*time.Second:
			rows = append(rows, fmt.Sprintf("the clock of %s is %s ahead", v.Names[m], Span(one.Clock)))
		case one.Clock <= -5*time.Second:
			rows = append(rows, fmt.Sprintf("the clock of %s is %s behind", v.Names[m], Span(-one.Clock)))
		}
	}
	if v.Unsent > 0 {
		rows = append(rows, fmt.Sprintf("%s could not be sent by this host", chat.Many(v.Unsent, "own datagram")))
	}
	if v.Skipped > 0 {
		rows = append(rows, fmt.Sprintf("%s left out: this program was stopped", chat.Many(v.Skipped, "own datagram")))
	}
	if n := v.left(); n > 0 {
		rows = append(rows, fmt.Sprintf("%s are not listed: %s well, %s not known", number(n, "pair"), thousands(uint64(max(0, v.Left.Well))), thousands(uint64(max(0, v.Left.NotKnown)))))
	}
	if v.Strays > 0 {
		rows = append(rows, fmt.Sprintf("%s numbered datagrams came from addresses that are no member's", thousands(v.Strays)))
	}
	return rows
}
