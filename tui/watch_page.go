package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
)

// pair is a name, and what there is to say of it.
func (d *watchDetail) pair(width int, name, text string) []string {
	const column = 11
	return d.styles.hanging(" "+d.styles.dim.Render(d.styles.fit(name, column)), text, width, 6)
}

// facts are the counts, the most important first.
func (d *watchDetail) facts(width int) (rows []string) {
	st, s, now := d.styles, &d.last, d.snap.At
	n := &s.Numbers
	add := func(name, text string) { rows = append(rows, d.pair(width, name, text)...) }
	some := func(name string, n uint64, text string) {
		if n > 0 {
			add(name, thousands(n)+text)
		}
	}
	rows = append(rows, d.head("Counts"))
	switch {
	case !s.SilentSince.IsZero():
		add("silent", st.failure.Render(st.silent+" since "+clockAt(s.SilentSince, now, false)+", for "+lasting(now.Sub(s.SilentSince))))
	case n.Ended:
		add("ended", "at "+clockAt(s.Last, now, false)+", as the sender said")
	}
	add("last 1 s", plainRate(s.Rate, 12)+"/s"+st.dot+bitRate(s.Bits))
	add("heard", count(uint64(max(0, s.Datagrams)), "datagram")+st.dot+byteCount(s.Bytes)+st.dot+plainRate(s.Row.Rate(), 12)+"/s since "+clockAt(s.First, now, false))
	if !numbersKnown(n) {
		add("lost", "not known: its datagrams have no numbers that are read")
	} else {
		add("lost", d.lost(n))
	}
	some("twice", n.Duplicates, " with a number that had come before")
	some("late", n.Reordered, " after a later one, in time")
	some("old", n.Old, " too late to say whether late or twice")
	some("early", n.Early, " below the first number that was heard; not counted")
	some("stray", n.Stray, " with a number that fits nothing")
	some("restarts", uint64(max(0, n.Restarts)), ": the sender began anew; that is no loss")
	some("silences", uint64(max(0, s.Silences)), "")
	some("reflected", uint64(max(0, s.Reflected)), " that this host had sent itself")
	if text := s.Copied.Text(); text != "" {
		style := st.dim
		if s.Copied.Notable() {
			style = st.warning
		}
		add("copies", style.Render(clean(text)))
	} else if s.Doubled() {
		add("copies", st.warning.Render("each datagram comes twice"))
	}
	if s.Gap > 0 {
		add("longest gap", lasting(s.Gap)+", from "+clockAt(s.GapAt, now, false)+" on")
	}
	switch {
	case n.Jitter > 0 && n.Sent:
		add("jitter", jitterText(n.Jitter)+" by the sender's clock (RFC 3550)")
	case n.Jitter > 0:
		add("jitter", jitterText(n.Jitter)+" of arrivals, by this host's clock alone")
	}
	switch {
	case s.HopsMax > 0 && s.HopsMin != s.HopsMax:
		add("TTL left", fmt.Sprintf("%d to %d", s.HopsMin, s.HopsMax))
	case s.HopsMax > 0:
		add("TTL left", fmt.Sprint(s.HopsMax))
	}
	switch {
	case s.Local:
		add("sender", "a program on this host")
	case s.Outside:
		add("sender", "in no network of the interface: behind a router, or its address is wrong")
	}
	return rows
}

// lost says how much, and whose it is.
func (d *watchDetail) lost(n *stream.Numbers) string {
	st := d.styles
	text := st.estimate(thousands(n.Lost), n.AtLeast, n.About)
	if n.Format == stream.TS {
		text += " packets of MPEG-TS"
	}
	if sent := n.Distinct + n.Lost; n.Lost > 0 && sent > 0 && !n.AtLeast {
		text += fmt.Sprintf(" of %s%s (%s %%)", st.estimate("", false, n.About), thousands(sent), stream.Digits(100*float64(n.Lost)/float64(sent), 3))
	}
	if n.LostKernel > 0 {
		text += ": at most " + thousands(n.LostKernel) + " of them in this host's socket, which had no room, the rest before it"
	} else if n.Lost > 0 {
		text += ", all before the socket"
	}
	if n.Lost > 0 {
		text = st.warning.Render(text)
	}
	switch {
	case n.About:
		text += "; partly estimated, by rate and time"
	case n.AtLeast:
		text += "; at least: the numbers wrap too soon to tell all"
	}
	return text
}

// numbers say how it is known what is counted.
func (d *watchDetail) numbers(width int) []string {
	s := &d.last
	n := &s.Numbers
	rows := []string{d.head("Numbers")}
	if n.Format == stream.Unnumbered {
		rows = append(rows, d.pair(width, "format", "not known: rate, silences and copies can be seen, loss cannot")...)
		if d.kept.Why != "" {
			rows = append(rows, d.pair(width, "why", clean(d.kept.Why))...)
		}
		return rows
	}
	rows = append(rows, d.pair(width, "format", formatName(n.Format))...)
	why := clean(d.kept.Why)
	if !d.got {
		why = "looking"
	}
	if why != "" {
		rows = append(rows, d.pair(width, "known from", why)...)
	}
	if n.ID != 0 {
		rows = append(rows, d.pair(width, "stream", fmt.Sprintf("%x", n.ID))...)
	}
	if n.Distinct > 0 && n.High >= n.First && n.High > 0 {
		rows = append(rows, d.pair(width, "from to", thousands(n.First)+" to "+thousands(n.High)+", counted on over wraps")...)
	}
	if n.Promise > 0 {
		rows = append(rows, d.pair(width, "promise", "the sender promises at most "+lasting(n.Promise)+" between two datagrams")...)
	}
	return rows
}

// losses are the latest runs of numbers that did not come, the newest first, and how
// long they were.
func (d *watchDetail) losses(width int) []string {
	const most = 12
	st, k := d.styles, &d.kept
	rows := []string{d.head("Numbers that did not come")}
	if !numbersKnown(&d.last.Numbers) {
		return append(rows, " "+st.dim.Render("not known without numbers"))
	}
	if len(k.Bursts) == 0 {
		text := "none"
		switch {
		case !d.got:
			text = "looking"
		case d.last.Numbers.Lost > 0:
			text = "none is given up yet, or their place is not known"
		}
		return append(rows, d.text(width, st.dim, text)...)
	}
	var lengths []string
	for i, n := range k.Lengths {
		if n > 0 {
			lengths = append(lengths, thousands(n)+" of "+lengthSpan(i))
		}
	}
	if len(lengths) > 0 {
		rows = append(rows, d.pair(width, "runs", strings.Join(lengths, ", "))...)
	}
	shown := 0
	for _, b := range slices.Backward(k.Bursts) {
		if shown == most {
			break
		}
		shown++
		cause := "before the socket"
		if b.Kernel {
			cause = "in the socket"
		}
		text := fmt.Sprintf("%s from %s on", thousands(b.Length), thousands(b.First))
		row := " " + st.dim.Render(st.fit(clockAt(b.At, d.snap.At, false)+" ", 11)) + " " + text + st.dot + cause
		rows = append(rows, st.cut(row, width))
	}
	if more := len(k.Bursts) - shown; more > 0 {
		rows = append(rows, " "+st.dim.Render(st.more+" "+thousands(uint64(more))+" before them"))
	}
	return rows
}

// lengthSpan are the lengths that are counted together.
func lengthSpan(i int) string {
	low := uint64(1) << i
	switch i {
	case 0:
		return "one number"
	case 15:
		return thousands(low) + " or more"
	}
	return thousands(low) + " to " + thousands(2*low-1)
}

// gaps are the times between datagrams.
func (d *watchDetail) gaps(width int) []string {
	rows := []string{d.head("Times between datagrams")}
	var bars []PingBar
	low := time.Duration(0)
	for _, b := range d.kept.Gaps {
		bars = append(bars, PingBar{Low: low, High: b.To, Count: b.Count})
		low = b.To
	}
	const most = 10
	drawn := d.styles.histogram(joined(bars, most), width-1, most)
	if len(drawn) == 0 {
		return append(rows, " "+d.styles.dim.Render("none yet"))
	}
	for _, row := range drawn {
		rows = append(rows, " "+row)
	}
	return rows
}

// joined are at most so many bars: those at the end that counts less are added up.
func joined(bars []PingBar, most int) []PingBar {
	for len(bars) > 0 && bars[0].Count == 0 {
		bars = bars[1:]
	}
	for len(bars) > 0 && bars[len(bars)-1].Count == 0 {
		bars = bars[:len(bars)-1]
	}
	for len(bars) > max(2, most) {
		last := len(bars) - 1
		if bars[0].Count+bars[1].Count <= bars[last].Count+bars[last-1].Count {
			bars[1].Low, bars[1].Count = bars[0].Low, bars[0].Count+bars[1].Count
			bars = bars[1:]
			continue
		}
		bars[last-1].High, bars[last-1].Count = bars[last].High, bars[last].Count+bars[last-1].Count
		bars = bars[:last]
	}
	return bars
}

// next is what to type for more.
func (d *watchDetail) next(width int) []string {
	s := &d.last
	group := addrPort(d.id.key.Group)
	if g := d.group(); g != nil {
		group = g.Target.Group.String()
	}
	host := d.id.key.Host().String()
	rows := []string{d.head("What to type next")}
	add := func(why string, words ...string) { rows = append(rows, d.command(width, why, words...)...) }
	if !s.SilentSince.IsZero() {
		add("why is it not heard any more?", "groupcast", "doctor", "--from", host, group)
	}
	if c := s.Copied; c != nil && (c.From.IsValid() || c.Storms > 0) {
		add("who repeats whom, and why?", "groupcast", "explain", "reflected")
	} else if s.Doubled() {
		add("why does each datagram come twice?", "groupcast", "explain", "doubled")
	}
	if s.Numbers.LostKernel > 0 {
		add("this host's socket had no room", "groupcast", "explain", "receive-overflow")
	}
	if s.Numbers.Lost > s.Numbers.LostKernel {
		add("is it this host, or the network?", "groupcast", "doctor", group)
	}
	if s.Numbers.Format == stream.Unnumbered {
		add("if there is a number at byte 4, say", "groupcast", "watch", "--seq", "4:u32", group)
	}
	add("its datagrams, with their bytes", "groupcast", "listen", group)
	return rows
}

// command is a command, and what it is for.
func (d *watchDetail) command(width int, why string, words ...string) []string {
	st := d.styles
	rows := []string{" " + st.dim.Render(st.cut(why, width-2))}
	lines, _ := st.wrap(shellWords(words...), width-4, 4)
	for _, l := range lines {
		rows = append(rows, "   "+st.bold.Render(l))
	}
	return rows
}

// silentGroup is the page of a group in which nothing was heard.
func (d *watchDetail) silentGroup(width int) (rows []string) {
	g := d.group()
	if g == nil {
		return d.text(width, d.styles.dim, "This group is not watched any more.")
	}
	if g.Heard > 0 {
		return d.text(width, d.styles.good, "Something is heard now: esc goes back to the streams.")
	}
	st := d.styles
	switch {
	case g.Err != nil:
		rows = append(rows, d.text(width, st.failure, "Not joined: "+strings.TrimPrefix(clean(g.Err.Error()), "mcast: "))...)
	case len(g.Joined) > 0:
		rows = append(rows, d.pair(width, "joined on", clean(strings.Join(g.Joined, ", ")))...)
	}
	if !d.snap.Began.IsZero() {
		rows = append(rows, d.pair(width, "heard", "nothing in "+lasting(d.snap.At.Sub(d.snap.Began)))...)
	}
	group := g.Target.Group.String()
	rows = append(rows, "", d.head("What to type next"))
	rows = append(rows, d.command(width, "why does nothing arrive?", "groupcast", "doctor", group)...)
	rows = append(rows, d.command(width, "which host is the querier, and which are members?", "groupcast", "igmp", addrText(g.Target.Group.Addr))...)
	return rows
}
