package meshreport

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/mesh"
	"github.com/groupcast/groupcast/mcast/stream"
)

// Percent is a part of all in per cent, such as "79.9": what is more than nothing is never
// "0", and what is less than all never "100".
func Percent(part, all uint64) string { return percent(part, all, 100) }

// percent has one digit after the point below so many per cent.
func percent(part, all uint64, fine float64) string {
	switch {
	case part == 0:
		return "0"
	case part >= all:
		return "100"
	}
	p := 100 * float64(part) / float64(all)
	switch {
	case p < 0.1:
		return "<0.1"
	case p >= 99.95, p >= 99.5 && fine <= 99:
		return ">99"
	case p < fine:
		return strconv.FormatFloat(p, 'f', 1, 64)
	}
	return strconv.FormatFloat(p, 'f', 0, 64)
}

// Loss is the loss of a pair in per cent, or "-" where there is none to tell. Of one that is
// silent it begins with "~" if what was sent meanwhile is guessed from the sender's rate.
func (v *View) Loss(i int) string { return v.loss(i, 100) }

func (v *View) loss(i int, fine float64) string {
	p := v.Pairs[i]
	if v.States[i] == Silent && v.uncounted(i) > 0 {
		n := v.uncounted(i)
		return "~" + percent(lostOf(&p)+n, p.Sent+n, fine)
	}
	if _, permille := p.Lost(); permille < 0 {
		return "-"
	}
	if p.Sent == 0 && p.Known == mesh.HeardNever {
		return "100"
	}
	return percent(lostOf(&p), p.Sent, fine)
}

// uncounted is about how many datagrams one that hears nothing cannot have counted: what was
// sent since, unless the sender is gone, too.
func (v *View) uncounted(i int) uint64 {
	p := &v.Pairs[i]
	from := v.Members[p.From]
	sent := from.Rate * p.SilentFor.Seconds()
	if p.SilentFor <= 0 || from.Gone && !from.Done && !from.Left || !(sent < 1e15) || float64(lostOf(p)) >= sent/2 {
		return 0
	}
	return uint64(sent)
}

// Cell is a pair in five cells at most: its loss in per cent as [View.Loss] has it, with "!" if
// it is silent now; "x" if it was never heard, "?" if nothing is known, "-" if it was not asked for, "*" if the
// report leaves it out.
func (v *View) Cell(by, from int) string {
	i := v.Pair(by, from)
	switch {
	case by == from:
		return "."
	case i < 0 && v.left() > 0:
		return "*"
	case i < 0:
		return "?"
	}
	switch v.States[i] {
	case NotAsked:
		return "-"
	case Unknown:
		return "?"
	case Never:
		return "x"
	case Silent:
		return v.loss(i, 10) + "!"
	}
	return v.loss(i, 10)
}

// thousands is a number with its thousands apart.
func thousands(n uint64) string { return stream.Thousands(n) }

// Span is a time for people: "104ms", "3.2s", "47m56s", "1h".
func Span(d time.Duration) string {
	switch {
	case d < 0:
		return "-"
	case d > 10_000*time.Hour:
		return "over 10000h"
	case d < time.Millisecond:
		return strconv.FormatInt(d.Microseconds(), 10) + "us"
	case d < 10*time.Millisecond:
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64) + "ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
	case d < time.Minute:
		return strings.Replace(d.Round(100*time.Millisecond).String(), ".0s", "s", 1)
	}
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Clock is a time of day, with its date if the measurement began on another day.
func (v *View) Clock(t time.Time) string {
	switch {
	case t.IsZero():
		return "-"
	case t.Year() < 1 || t.Year() > 9999:
		return "?"
	case sameDay(t, v.Began) && sameDay(v.Began, v.end):
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}

// spread is the delay spread of a pair.
func spread(p mesh.Pair) string {
	if p.Known != mesh.Measured || p.Spread < 0 {
		return "-"
	}
	return Span(p.Spread)
}

// ttl is what was left of the TTL.
func ttl(p mesh.Pair) string {
	if p.Hops < 0 {
		return "-"
	}
	return strconv.Itoa(p.Hops)
}

// silence is the longest silence of a pair and when it began, if that was longer than a
// second.
func (v *View) silence(p mesh.Pair) string {
	switch {
	case p.SilenceAt.IsZero() && p.Silence <= 0:
		return "-"
	case p.SilenceAt.IsZero():
		return Span(p.Silence)
	}
	return Span(p.Silence) + " at " + v.Clock(p.SilenceAt)
}

// UnicastText says what probes between the two of a pair have shown; "": there were none.
func UnicastText(u mesh.Unicast) string {
	switch {
	case u.Refused:
		return "refused by ICMP"
	case u.Sent == 0:
		return ""
	case u.Answered == 0:
		return "none of " + chat.Many(u.Sent, "probe") + " answered"
	}
	text := fmt.Sprintf("%s of %s answered", thousands(u.Answered), chat.Many(u.Sent, "probe"))
	if u.Answered >= u.Sent {
		text = "all of " + chat.Many(u.Sent, "probe") + " answered"
	}
	if u.RoundTrip > 0 {
		text += ", round trip " + Span(u.RoundTrip)
	}
	return text
}

// Bar is how much a pair may lose, in words.
func (v *View) Bar() string {
	if !(v.MaxLoss > 0) {
		return "nothing"
	}
	return stream.Digits(v.MaxLoss, 4) + " %"
}

// rate is what a member sends in a second; "": it is not known.
func rate(perSecond float64) string {
	if !(perSecond > 0) {
		return ""
	}
	return stream.Digits(min(max(perSecond, 1e-4), 1e9), 3) + "/s" // others may say anything
}

// rates are those of all members: "10/s", or from the lowest to the highest. That of another
// is what was counted, and not quite the same all the time.
func (v *View) rates() string {
	low, high := 0.0, 0.0
	for _, m := range v.Members {
		if m.Rate > 0 && (low == 0 || m.Rate < low) {
			low = m.Rate
		}
		high = max(high, m.Rate)
	}
	if low >= 0.95*high {
		if len(v.Members) > 0 && v.Members[0].Rate > 0 {
			high = v.Members[0].Rate
		}
		return rate(high)
	}
	return strings.TrimSuffix(rate(low), "/s") + " to " + rate(high)
}

// number is a count with what is counted.
func number(n int, thing string) string { return chat.Many(uint64(max(0, n)), thing) }

// list is names as a sentence has them: of many the first.
func list(names []string, most int) string {
	if more := len(names) - most; more > 0 {
		return strings.Join(names[:most], ", ") + " and " + thousands(uint64(more)) + " more"
	}
	return strings.Join(names, ", ")
}
