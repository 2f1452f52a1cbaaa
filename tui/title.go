package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/session"
	"github.com/groupcast/groupcast/mcast/stream"
)

// titleBar is the first row: the group, and how sends leave.
type titleBar struct {
	styles *styles
	host   string // of a lab; "": none

	recording string // as Options.Recording says; "": none
}

// render gives the one row. Facts that do not fit are left out, the least
// important first.
func (t titleBar) render(s session.Snapshot, frozen string, width int) string {
	st := t.styles
	group := ""
	if s.Group.Addr.IsValid() {
		group = clean(s.Group.String())
	}
	if n := len(s.Groups); n > 1 {
		group += fmt.Sprintf(" +%d", n-1)
	}
	if len(s.Interfaces) > 0 && group != "" && !slices.Contains(s.Groups, s.Group) {
		group += " (not joined)"
	}
	sign, signs := "", 0
	worst, some := worst(s)
	if some {
		sign = st.alarm(worst.Verdict, "")
		signs = st.cells(sign)
	}
	left := st.headed(t.host, "", group, width-signs)
	if mode := memberMode(s); mode == "sealed" {
		left += st.titleName.bold().Render(mode + " ")
	} else if mode != "" && st.cells(left+mode)+1 <= width*3/5 {
		left += st.titleName.Render(mode + " ")
	}
	loud := ""
	if some {
		loud = st.alarm(worst.Verdict, clean(worst.Name))
	}
	if frozen != "" {
		loud = st.titleName.bold().Render(" "+frozen+" ") + loud
	}
	space := width - st.cells(left)
	said := sign
	for _, recording := range append(st.recorded(t.recording), "") {
		if st.cells(recording+loud) <= space {
			said = recording + loud
			break
		}
		if recording != "" && st.cells(recording+sign) <= space {
			said = recording + sign // the name of the finding is too long beside it
			break
		}
	}
	loud = said
	facts := append(egressFacts(s), rateFact(st, s))
	said = ""
	for n := len(facts); n > 0; n-- {
		said = " " + strings.Join(facts[:n], st.dot) + " "
		if st.cells(loud)+st.cells(said) <= space {
			break
		}
		said = ""
	}
	gap := strings.Repeat(" ", max(0, space-st.cells(loud)-st.cells(said)))
	return st.fit(left+st.title.Render(gap)+loud+st.title.Render(said), width)
}

// headed is where a first row begins: the host of a lab, the command, and what it is
// about. Where that is too wide, the command goes first. A group that is cut says so:
// 239.1.2.3:500 would be another one than 239.1.2.3:5000.
func (st *styles) headed(host, command, about string, width int) string {
	left := st.nameplate(host)
	for _, name := range []string{strings.TrimSpace("groupcast " + command), command} {
		if name != "" {
			name = st.titleName.Render(" " + name + " ")
		}
		if row := left + name + st.title.bold().Render(" "+about+" "); st.cells(row) <= width {
			return row
		}
	}
	return left + st.title.bold().Render(st.cut(" "+about, max(0, width-st.cells(left))))
}

// recorded is what is said of a recording, the most that can be said first.
func (st *styles) recorded(text string) []string {
	short, _, stopped := strings.Cut(clean(text), ":")
	switch {
	case text == "":
		return nil
	case stopped:
		return []string{st.alarmWarning.Render(" " + clean(text) + " "), st.alarmWarning.Render(" " + short + " ")}
	}
	return []string{st.titleName.bold().Render(" " + short + " ")}
}

// worst is the finding that the first row names: it is seen where the pane is folded
// or its rows are below the edge, and from the last bench.
func worst(s session.Snapshot) (f doctor.Finding, ok bool) {
	for _, verdict := range []doctor.Verdict{doctor.Failure, doctor.Warning} {
		for _, f := range s.Findings {
			if f.Verdict == verdict {
				return f, true
			}
		}
	}
	return doctor.Finding{}, false
}

// alarm is a finding's sign and name, the strongest thing on the screen.
func (st *styles) alarm(v doctor.Verdict, name string) string {
	style, sign := st.alarmWarning, st.warn
	if v == doctor.Failure {
		style, sign = st.alarmFailure, st.fail
	}
	if name != "" {
		sign += " " + name
	}
	return style.Render(" " + sign + " ")
}

// egressFacts says how sends leave, the most important first.
func egressFacts(s session.Snapshot) []string {
	by := "sends by " + clean(s.Sends.Interface)
	switch {
	case s.Sends.Err != nil:
		by = "sends go nowhere"
	case s.Sends.Stays:
		by = "sends stay on this host"
	case s.Sends.Interface == "":
		return nil // nothing is known yet
	}
	loopback := "loopback off"
	if s.Loopback {
		loopback = "loopback on"
	}
	hops := "ttl "
	if s.Group.Addr.Is6() {
		hops = "hops "
	}
	return []string{by, loopback, hops + strconv.Itoa(s.Hops)}
}

func rateFact(st *styles, s session.Snapshot) string {
	rate := perSecond(s.Room.Rate)
	if s.Dropped > 0 {
		rate = thousands(s.Dropped) + " lost" + st.dot + rate
	}
	return rate + " " + st.spark(s.Room.History, 8)
}

// perSecond is a rate in a few characters.
func perSecond(rate float64) string {
	switch {
	case rate > 0 && rate < 1:
		return "<1/s"
	case rate >= 1e6:
		return strconv.FormatFloat(rate/1e6, 'f', 1, 64) + "M/s"
	case rate >= 1e4:
		return strconv.FormatFloat(rate/1e3, 'f', 0, 64) + "k/s"
	}
	return strconv.FormatFloat(rate, 'f', 0, 64) + "/s"
}

// spark draws the last n counts as bars, the largest the highest.
func (st *styles) spark(counts []uint32, n int) string {
	counts = counts[max(0, len(counts)-n):]
	top := uint32(1)
	for _, c := range counts {
		top = max(top, c)
	}
	var b strings.Builder
	b.WriteString(strings.Repeat(st.bars[0], n-len(counts)))
	for _, c := range counts {
		b.WriteString(st.bars[int(uint64(c)*uint64(len(st.bars)-1)/uint64(top))])
	}
	return b.String()
}

// count says "1 row", "2 rows", "12,345 rows".
func count[N int | uint64](n N, what string) string {
	if n != 1 {
		what += "s"
	}
	return thousands(uint64(n)) + " " + what
}

// countUnlessZero is a number for a title: nothing when there is nothing to count.
func countUnlessZero(n int) string {
	if n == 0 {
		return ""
	}
	return thousands(uint64(n))
}

func thousands(n uint64) string { return stream.Thousands(n) }

// ago says how long ago something was, in its largest unit.
func ago(d time.Duration) string {
	switch {
	case d < time.Second:
		return "now"
	case d < time.Minute:
		return fmt.Sprintf("%d s ago", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", d/time.Minute)
	}
	return fmt.Sprintf("%d h ago", d/time.Hour)
}
