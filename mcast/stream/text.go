package stream

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Text is the row in one line: "10.0.0.1:5004: 40 datagrams by eth0, 10/s, from
// 12:04:00 to 12:04:04, longest gap 0.2 s at 12:04:03, lost 3 of 43 (RTP), ttl 1".
// The interface has the name by; when is what it says of first and last, as [Row.When] does.
func (r Row) Text(by, when string) string {
	from := r.From.String()
	switch {
	case r.Ports == 1:
		from = fmt.Sprintf("%s from 1 port", r.From.Addr())
	case r.Ports > 1:
		from = fmt.Sprintf("%s from %d ports", r.From.Addr(), r.Ports)
	}
	parts := []string{fmt.Sprintf("%s: %d datagrams by %s", from, r.Datagrams, by)}
	if r.Datagrams == 1 {
		parts[0] = fmt.Sprintf("%s: 1 datagram by %s", from, by)
	}
	if rate := r.Rate(); rate > 0 {
		parts = append(parts, Digits(rate, 3)+"/s")
	}
	parts = append(parts, when)
	if gap := r.LongestGap(); gap != "" {
		parts = append(parts, gap)
	}
	if numbers := r.Numbers.Text(); numbers != "" {
		parts = append(parts, numbers)
	}
	if copies := r.Copied.Text(); copies != "" {
		parts = append(parts, copies)
	}
	switch {
	case r.HopsMin != r.HopsMax:
		parts = append(parts, fmt.Sprintf("ttl %d to %d", r.HopsMin, r.HopsMax))
	case r.HopsMax > 0:
		parts = append(parts, fmt.Sprintf("ttl %d", r.HopsMax))
	}
	return strings.Join(parts, ", ")
}

// LongestGap is "longest gap 0.2 s at 12:04:03"; "": there is none.
func (r Row) LongestGap() string {
	if r.Gap <= 0 {
		return ""
	}
	return fmt.Sprintf("longest gap %s at %s", Seconds(r.Gap), r.GapAt.Format(time.TimeOnly))
}

// When is "from 12:04:00 to 12:04:05", "at 12:04:00", or "from 12:04:00, stopped
// at 12:04:05" of a steady sender that is missed.
func (r Row) When() string {
	first, last := r.First.Format(time.TimeOnly), r.Last.Format(time.TimeOnly)
	switch {
	case !r.SilentSince.IsZero():
		return fmt.Sprintf("from %s, stopped at %s", first, last)
	case first == last:
		return "at " + first
	}
	return fmt.Sprintf("from %s to %s", first, last)
}

// Seconds is a time for people: under 1 ms, 0.02 s, 0.2 s, 13.0 s.
func Seconds(d time.Duration) string {
	if d < time.Millisecond {
		return "under 1 ms"
	}
	if d < 100*time.Millisecond {
		return Digits(d.Seconds(), 2) + " s"
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// Text is what the numbers told: "none lost of 1,000 (RTP)", or "lost 3 of 1,000
// (RTP), 1 of them by this host, 2 duplicates, 1 reordered"; "": there are no
// numbers.
func (n Numbers) Text() string {
	if n.Distinct == 0 {
		return ""
	}
	parts := []string{n.LossText()}
	if kernel := min(n.LostKernel, n.Lost); kernel > 0 {
		parts = append(parts, Thousands(kernel)+" of them by this host")
	}
	for _, c := range []struct {
		n         uint64
		one, many string
	}{
		{n.Duplicates, " duplicate", " duplicates"},
		{n.Reordered, " reordered", " reordered"},
		{n.Old, " late or twice", " late or twice"},
		{uint64(n.Restarts), " restart", " restarts"},
	} {
		switch {
		case c.n == 1:
			parts = append(parts, "1"+c.one)
		case c.n > 1:
			parts = append(parts, Thousands(c.n)+c.many)
		}
	}
	return strings.Join(parts, ", ")
}

// LossText is "none lost of 1,000 (RTP)", "lost 3 of 1,000 (RTP)", "lost about
// 119,800 (RTP)", or of MPEG-TS "at least 5 packets lost (MPEG-TS)"; "": there are no
// numbers.
func (n Numbers) LossText() string {
	format := ""
	if n.Format != Unnumbered {
		format = fmt.Sprintf(" (%s)", n.Format)
	}
	packets := ""
	if n.Format == TS {
		packets = " packets"
		if n.Lost == 1 {
			packets = " packet"
		}
	}
	switch {
	case n.Distinct == 0:
		return ""
	case n.Lost == 0 && n.Format == TS:
		return "no loss seen" + format
	case n.Lost == 0:
		return "none lost of " + Thousands(n.Distinct) + format
	case n.About:
		return "lost about " + Thousands(n.Lost) + packets + format
	case n.AtLeast:
		return "at least " + Thousands(n.Lost) + packets + " lost" + format
	}
	return fmt.Sprintf("lost %s of %s%s", Thousands(n.Lost), Thousands(n.Lost+n.Distinct), format)
}

// Sum adds up what several streams told. Its Format is that of all of them, and
// First, High, ID and the jitter are of none.
func Sum(list ...Numbers) (sum Numbers) {
	ended := true
	for _, n := range list {
		if n.Distinct == 0 {
			continue
		}
		if sum.Distinct == 0 {
			sum.Format = n.Format
		} else if sum.Format != n.Format {
			sum.Format = Unnumbered
		}
		sum.Distinct += n.Distinct
		sum.Lost += n.Lost
		sum.LostKernel += n.LostKernel
		sum.Gone += n.Gone
		sum.Duplicates += n.Duplicates
		sum.Reordered += n.Reordered
		sum.Old += n.Old
		sum.Early += n.Early
		sum.Stray += n.Stray
		sum.Restarts += n.Restarts
		sum.AtLeast = sum.AtLeast || n.AtLeast
		sum.About = sum.About || n.About
		ended = ended && n.Ended
	}
	sum.Ended = ended && sum.Distinct > 0
	return sum
}

// Digits is a number for people in so many digits, without an exponent: 4310, 0.0000012.
func Digits(n float64, digits int) string {
	short, _ := strconv.ParseFloat(strconv.FormatFloat(n, 'g', digits, 64), 64)
	return strconv.FormatFloat(short, 'f', -1, 64)
}

// Thousands is a number for people: 119,800.
func Thousands(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}
