package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/record"
	"github.com/groupcast/groupcast/mcast/session"
)

func (r *replayer) printer() *linePrinter {
	return &linePrinter{out: r.out, errs: r.errs, json: r.set.json, quiet: r.set.quiet}
}

func (r *replayer) remark(text string) { r.printer().remark(text) }

// mostDestinations are shown of a capture.
const mostDestinations = 20

// table shows what a capture has.
func (r *replayer) table(list []record.Destination) {
	if r.set.json {
		for _, d := range list {
			writeJSON(r.out, destinationObject(d))
		}
		return
	}
	t := tabwriter.NewWriter(r.errs, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RECORDED FOR\tDATAGRAMS\tBYTES\tLASTED\tSENDERS")
	for _, d := range list[:min(len(list), mostDestinations)] {
		senders := strconv.Itoa(d.Senders)
		if d.More {
			senders += " or more"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", chat.Clean(labelOf(d)), thousands(d.Datagrams), thousands(int(d.Bytes)), lasted(d.Last.Sub(d.First)), senders)
	}
	t.Flush()
	if n := len(list) - mostDestinations; n > 0 {
		fmt.Fprintf(r.errs, "and %s more\n", thousands(n))
	}
}

// labelOf is a destination, with the name that it is registered by.
func labelOf(d record.Destination) string {
	return mcast.Group{Addr: d.To.Addr(), Port: d.To.Port()}.Label()
}

// beginText says what is about to be sent, how, and by which way.
func (r *replayer) beginText() string {
	what := fmt.Sprintf("what comes through %s for %s", r.from.title(), r.chosen.To)
	if !r.from.stream {
		what = r.plan.text(r)
	}
	text := fmt.Sprintf("replaying %s to %s%s, TTL %d", what, r.group, r.rhythm(), r.set.ttl)
	if r.way.Err == nil {
		text += "; " + r.wayText()
	}
	return text + r.leftText()
}

// leftText says what the time that was given is too short for, with a semicolon
// before it. Of rounds without end that cannot be counted.
func (r *replayer) leftText() string {
	switch {
	case r.plan.left == 0:
		return ""
	case r.loops == 0:
		return "; --timeout ends it after " + lasted(r.timeout)
	}
	return fmt.Sprintf("; --timeout ends it after %s: %s left", lasted(r.timeout), thousands(r.plan.all()*r.loops-r.plan.datagrams))
}

// rhythm is how fast, and how long that takes where it is known.
func (r *replayer) rhythm() string {
	text := ""
	switch {
	case r.from.stream:
	case r.plan.left > 0 || r.loops == 1:
		text = " in " + lasted(r.plan.takes)
	case r.loops == 0:
		text = fmt.Sprintf(" in rounds of %s until ctrl+c", lasted(r.plan.takes))
		if r.timeout > 0 {
			text = fmt.Sprintf(" in rounds of %s for %s", lasted(r.plan.takes), lasted(r.timeout))
		}
	default:
		text = fmt.Sprintf(" in %d rounds of %s", r.loops, lasted(r.plan.takes))
		if r.timeout > 0 {
			text += " for " + lasted(r.timeout) + " at most"
		}
	}
	return text + " (" + r.speed() + ")"
}

// speed is how fast, in a word.
func (r *replayer) speed() string {
	text := (*speedValue)(&r.pace.Speed).String()
	if text != "max" {
		text += "x"
	}
	if rate := r.rate(); rate > 0 {
		number := strconv.FormatFloat(rate, 'f', -1, 64)
		if rate == math.Trunc(rate) && rate < 1e15 {
			number = thousands(int(rate))
		}
		text += ", " + number + "/s at most"
	}
	return text
}

// rate is the bound that holds; 0: none.
func (r *replayer) rate() float64 {
	if r.pace.Rate == 0 && math.IsInf(r.pace.Speed, 1) {
		return record.MaxRate
	}
	return r.pace.Rate
}

// failedBy counts a datagram that was not sent. Each cause is told once.
func (r *replayer) failedBy(_ int, err error) {
	const mostCauses = 16
	cause := mcast.Reason(err)
	if errors.Is(err, mcast.ErrTooLong) {
		cause = mcast.ErrTooLong.Error()
	}
	r.failed++
	if r.causes == nil {
		r.causes = map[string]int{}
	}
	if r.causes[cause] == 0 && len(r.causes) == mostCauses {
		cause = "other"
	}
	if r.causes[cause]++; r.causes[cause] == 1 {
		complain(r.errs, err)
	}
}

// finish says what was sent, and gives the exit status. parent is without the
// timeout; found: a pitfall was.
func (r *replayer) finish(parent context.Context, found bool) error {
	r.sent, r.bytes = r.player.Sent, int(r.player.Bytes)
	unread := r.ended
	if errors.Is(unread, context.Canceled) || errors.Is(unread, context.DeadlineExceeded) {
		unread = nil
	}
	if unread != nil && r.sent == 0 {
		return unread
	}
	last := session.WayOut(r.group, r.choice, r.conn.LocalAddr().Port())
	p := r.printer()
	if r.set.json {
		writeJSON(r.out, r.object())
	} else if r.read.chosen > 0 || r.ended != nil {
		p.remark(r.endText(last))
	}
	r.tellBroken()
	if unread != nil {
		complain(r.errs, unread)
	}
	if r.failed > 0 || found {
		p.advise(r.set.about(r.group))
	}
	switch {
	case parent.Err() != nil && r.loops != 0:
		return parent.Err()
	case r.read.chosen == 0 && r.ended == nil:
		return r.nothing()
	case r.sent == 0:
		return status(exitNot)
	case r.failed > 0, found, unread != nil, r.doubtful():
		return status(exitDoubt)
	}
	return nil
}

// tellBroken says how the capture ends, if not at its end.
func (r *replayer) tellBroken() {
	if r.read.broken == nil {
		return
	}
	hint := "every datagram before that is there"
	if errors.Is(r.read.broken, io.ErrUnexpectedEOF) {
		hint += "; a recording that is still being written ends so, too"
	}
	complain(r.errs, &mcast.Advised{Err: r.from.about(errors.New(brokenText(r.read.broken))), Advice: hint})
}

// nothing is the error of a stream that had nothing of what was asked for.
func (r *replayer) nothing() error {
	if r.read.others == 0 {
		return r.from.none(r.read.skipped, r.read.links, nil)
	}
	var where []string
	for _, to := range r.read.elsewhere[:min(len(r.read.elsewhere), maxElsewhere)] {
		where = append(where, to.String())
	}
	if len(r.read.elsewhere) > maxElsewhere {
		where = append(where, "...")
	}
	return r.from.about(fmt.Errorf("%s: %w; %s went elsewhere: %s", r.chosen.To, record.ErrNotThere, chat.Count(r.read.others, "datagram"), strings.Join(where, ", ")))
}

// doubtful reports whether something was skipped that is part of what was asked
// for, or can be. With --only that is not what is no UDP.
func (r *replayer) doubtful() bool {
	return r.read.broken != nil || slices.ContainsFunc(r.read.skipped, func(s record.Skipped) bool {
		return s.Reason != record.NotUDP || !r.only.IsValid()
	})
}

// endText is what was sent. last is by which way at the end.
func (r *replayer) endText(last session.Egress) string {
	text := fmt.Sprintf("replayed %s of %s to %s", thousands(r.sent), r.from.title(), r.group)
	if r.way.Interface != "" {
		text += " by " + r.way.Interface
		if last.Interface != "" && last.Interface != r.way.Interface {
			text += ", at last by " + last.Interface
		}
	}
	if r.rounds > 1 {
		text += fmt.Sprintf(" in %d rounds", r.rounds)
	}
	text += fmt.Sprintf(" in %s (%s)", lasted(r.player.Took()), r.speed())
	if r.sent > 0 {
		text += ", latest " + behind(r.player.Latest)
	}
	if r.failed > 0 {
		var list []string
		for _, cause := range slices.SortedFunc(maps.Keys(r.causes), func(a, b string) int {
			return cmp.Or(cmp.Compare(r.causes[b], r.causes[a]), strings.Compare(a, b))
		}) {
			list = append(list, fmt.Sprintf("%s %s", thousands(r.causes[cause]), cause))
		}
		text += "; not sent: " + strings.Join(list, ", ")
	}
	switch left := r.plan.all()*r.loops - r.sent - r.failed; {
	case r.ended != nil && r.from.stream:
		text += "; ended before its end"
	case r.ended != nil && left > 0:
		text += fmt.Sprintf("; ended before its end: %s left", thousands(left))
	}
	if r.own > 0 {
		text += "; left out: " + thousands(r.own) + " that came back"
	}
	return text + oddities(r.player.Back(), r.player.Cut(), r.pace.CapGap) + restText(r.read)
}
