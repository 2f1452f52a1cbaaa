package tui

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// estimate marks a number that is a lower bound, or partly estimated.
func (st *styles) estimate(n string, atLeast, about bool) string {
	switch {
	case about:
		return st.about + n
	case atLeast:
		return st.atLeast + n
	}
	return n
}

// estimateIn is estimate of a number that has so many cells at most.
func (st *styles) estimateIn(n uint64, atLeast, about bool, width int) string {
	mark := st.estimate("", atLeast, about)
	return mark + short(n, width-st.cells(mark))
}

// fitting is the first of those texts that has so many cells at most, else the last one,
// which is cut.
func (st *styles) fitting(width int, texts ...string) string {
	for _, text := range texts {
		if st.cells(text) <= width {
			return text
		}
	}
	return st.cut(texts[len(texts)-1], width)
}

// middle cuts an address in its middle: its head says which kind it is, and its tail
// which one.
func (st *styles) middle(text string, width int) string {
	n := st.cells(text)
	head := (width - 1) / 2
	if n <= width || head < 3 {
		return st.tail(text, width)
	}
	return st.truncate(text, head, "") + st.tail(text, width-head)
}

// short is a number in so many cells, if need be by thousands or millions.
func short(n uint64, width int) string {
	text := thousands(n)
	for _, unit := range []string{"k", "M", "G", "T", "P"} {
		if len(text) <= width {
			return text
		}
		n /= 1000
		text = thousands(n) + unit
	}
	return text
}

// plainRate is datagrams a second, without a unit.
func plainRate(rate float64, width int) string {
	switch {
	case !(rate > 0):
		return "0"
	case rate < 0.05:
		return "<0.1"
	case rate < 9.95:
		return strconv.FormatFloat(rate, 'f', 1, 64)
	}
	return short(uint64(min(rate+0.5, 1e18)), width)
}

// megabits is bits a second in Mb/s, without the unit.
func megabits(bits float64) string {
	switch m := bits / 1e6; {
	case !(m > 0):
		return "0"
	case m < 0.005:
		return "<0.01"
	case m < 9.995:
		return strconv.FormatFloat(m, 'f', 2, 64)
	case m < 99.95:
		return strconv.FormatFloat(m, 'f', 1, 64)
	case m < 1e6:
		return strconv.FormatFloat(m, 'f', 0, 64)
	default:
		return short(uint64(min(m, 1e18)), 6)
	}
}

// bitRate is bits a second with a unit.
func bitRate(bits float64) string {
	switch {
	case bits >= 1e9:
		return fmt.Sprintf("%.2f Gb/s", bits/1e9)
	case bits >= 1e6:
		return megabits(bits) + " Mb/s"
	case bits >= 1e3:
		return fmt.Sprintf("%.0f kb/s", bits/1e3)
	}
	return fmt.Sprintf("%.0f b/s", max(0, bits))
}

// byteCount is so many bytes in decimal units, as rates of bits are.
func byteCount(n uint64) string {
	switch {
	case n >= 1e12:
		return fmt.Sprintf("%.1f TB", float64(n)/1e12)
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.0f kB", float64(n)/1e3)
	}
	return count(n, "byte")
}

// lasting is how long something took, in few characters.
func lasting(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < time.Second:
		return spanTime(d)
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 5*time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}

// jitterText is a jitter in seven cells, where it is not absurd.
func jitterText(d time.Duration) string {
	switch {
	case d < 10*time.Microsecond:
		return fmt.Sprintf("%.1f us", float64(d)/float64(time.Microsecond))
	case d < time.Millisecond:
		return fmt.Sprintf("%d us", d/time.Microsecond)
	case d < 9995*time.Microsecond:
		return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d/time.Millisecond)
	}
	return stream.Digits(d.Seconds(), 3) + " s"
}

// clockAt is a time of day; of another day than now with that day, for which a
// narrow one has no room for seconds.
func clockAt(t, now time.Time, narrow bool) string {
	if t.IsZero() {
		return "-"
	}
	if y, m, d := t.Date(); y != now.Year() || m != now.Month() || d != now.Day() {
		if narrow {
			return t.Format("2 Jan")
		}
		return t.Format("2 Jan 15:04:05")
	}
	return t.Format("15:04:05")
}

// lastText says when a stream was heard last, in so many cells.
func lastText(s *watch.Stream, now time.Time, width int) string {
	roomy := width >= watchLastRoomy
	switch {
	case !s.SilentSince.IsZero() && roomy:
		return "silent since " + clockAt(s.SilentSince, now, width < watchLastRoomy+7)
	case !s.SilentSince.IsZero():
		return clockAt(s.SilentSince, now, true)
	case s.Numbers.Ended && roomy:
		return "ended " + clockAt(s.Last, now, false)
	case s.Numbers.Ended:
		return "ended"
	}
	switch age := now.Sub(s.Last); {
	case age < 1500*time.Millisecond:
		return "now"
	case roomy || age < 10*time.Minute:
		return ago(age)
	case age < time.Hour:
		return fmt.Sprintf("%d min", age/time.Minute)
	default:
		return fmt.Sprintf("%d h", age/time.Hour)
	}
}

// watchLastRoomy is the width of "silent since 03:12:04".
const watchLastRoomy = 21

// numbersKnown reports whether there is something that numbers told, also where they
// are not read any more.
func numbersKnown(n *stream.Numbers) bool { return n.Format != stream.Unnumbered || n.Distinct > 0 }

// formatName is the format of a stream's numbers.
func formatName(f stream.Format) string {
	if f == stream.Unnumbered {
		return "none"
	}
	return clean(string(f))
}

// fromText is the sender of a stream.
func fromText(k stream.Key) string {
	text := addrPort(k.From)
	if k.From.Port() == 0 && k.From.IsValid() {
		text = addrText(k.From.Addr())
	}
	if k.Sub > 0 {
		text += " #" + strconv.Itoa(k.Sub+1)
	}
	return text
}

// rowFrom is fromText of a row, which may be about several ports.
func rowFrom(r *stream.Row) string {
	text := fromText(r.Key)
	if r.Ports > 0 {
		text += ", " + count(r.Ports, "port")
	}
	return text
}

// groupAddr is the address of a group, with its port unless that says nothing.
func groupAddr(a netip.AddrPort, withPort bool) string {
	if withPort && a.Port() != 0 {
		return addrPort(a)
	}
	return addrText(a.Addr())
}

// shellWords are a command as it is typed into a shell.
func shellWords(words ...string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-"
	for i, w := range words {
		if w = clean(w); w == "" || strings.Trim(w, plain) != "" {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		words[i] = w
	}
	return strings.Join(words, " ")
}
