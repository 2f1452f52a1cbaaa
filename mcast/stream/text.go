package stream

import (
	"fmt"
	"strings"
	"time"
)

// Text is the row in one line: "10.0.0.1:5004: 40 datagrams by eth0, 10/s, from
// 12:04:00 to 12:04:04, longest gap 0.2 s at 12:04:03, ttl 1". The interface has
// the name by; when is what it says of first and last, as [Row.When] does.
func (r Row) Text(by, when string) string {
	from := r.From.String()
	if r.Ports > 0 {
		from = fmt.Sprintf("%s from %d ports", r.From.Addr(), r.Ports)
	}
	parts := []string{fmt.Sprintf("%s: %d datagrams by %s", from, r.Datagrams, by)}
	if r.Datagrams == 1 {
		parts[0] = fmt.Sprintf("%s: 1 datagram by %s", from, by)
	}
	if rate := r.Rate(); rate > 0 {
		parts = append(parts, fmt.Sprintf("%.3g/s", rate))
	}
	parts = append(parts, when)
	if gap := r.LongestGap(); gap != "" {
		parts = append(parts, gap)
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

// Seconds is a time for people: 0.02 s, 0.2 s, 13.0 s.
func Seconds(d time.Duration) string {
	if d < 100*time.Millisecond {
		return fmt.Sprintf("%.2g s", d.Seconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
