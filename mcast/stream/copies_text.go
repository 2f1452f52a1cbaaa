package stream

import (
	"fmt"
	"strings"
	"time"
)

// Notable reports whether something is known that a network or a sender may be at fault
// for. Several hosts that say the same quickly are none.
func (c *Copied) Notable() bool {
	return c != nil && (c.Times > 0 || c.From.IsValid() || c.Storms > 0)
}

// Text is what is known of copies, for people: "each datagram arrives twice, with TTL
// 3 and 2", "it sends again what 10.0.0.1:5004 sends, 0.3 ms later"; "": nothing.
func (c *Copied) Text() string {
	if c == nil {
		return ""
	}
	var parts []string
	if c.Times > 0 {
		parts = append(parts, c.timesText())
	}
	if c.From.IsValid() {
		parts = append(parts, c.fromText())
	}
	switch {
	case c.Storm:
		parts = append(parts, "its datagrams go in circles")
	case c.Storms > 0:
		parts = append(parts, "a datagram of it went in circles")
	case c.Again > 0:
		parts = append(parts, fmt.Sprintf("a datagram that another sent arrived %s times within a second", Thousands(uint64(c.Again))))
	}
	return strings.Join(parts, ", ")
}

func (c *Copied) timesText() string {
	text := "each datagram arrives twice"
	if c.Times > 2 {
		text = fmt.Sprintf("each datagram arrives %d times", c.Times)
	}
	switch {
	case c.Hops[1] == 0:
	case c.Hops[0] != c.Hops[1]:
		text += fmt.Sprintf(", with TTL %d and %d", c.Hops[0], c.Hops[1])
	default:
		text += fmt.Sprintf(", both with TTL %d", c.Hops[0])
		if c.Times > 2 {
			text = strings.Replace(text, "both", "all", 1)
		}
	}
	return text
}

func (c *Copied) fromText() string {
	others := ""
	if c.Several {
		others = " and others"
	}
	if c.Repeats {
		return fmt.Sprintf("it sends again what %s%s sent %s before", c.From, others, fewTime(c.Later))
	}
	return fmt.Sprintf("%s%s sent the same %s before", c.From, others, fewTime(c.Later))
}

// fewTime is "0.3 ms".
func fewTime(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms < 100 {
		return Digits(max(ms, 0.01), 2) + " ms"
	}
	return fmt.Sprintf("%.0f ms", ms)
}

// CopiesText is what an event about copies says, and the page that explains it; "":
// it is about something else.
func (e Event) CopiesText() (text, page string) {
	c := e.Copied
	switch e.Kind {
	case Copies:
		if c.From.IsValid() {
			return c.fromText() + ": one repeats the other, it is one host with two addresses, or both send the same", "reflected"
		}
		text = c.timesText()
		if c.Paths {
			return text + ": it comes by several paths", "doubled"
		}
		return text + ": it comes by several paths, or the sender sends it so often", "doubled"
	case CopiesEnded:
		if c.From.IsValid() {
			return fmt.Sprintf("no longer the same as from %s", c.From), ""
		}
		return "each datagram arrives once again", ""
	case Reflection:
		return c.fromText(), "reflected"
	case ReflectionEnded:
		return fmt.Sprintf("it no longer sends again what %s sends", c.From), ""
	case Storm:
		if e.Falls {
			return fmt.Sprintf("the TTL of one datagram fell %d times in a row: it goes in circles", e.Count), "reflected"
		}
		return fmt.Sprintf("one datagram arrived %d times within a second: it goes in circles", e.Count), "reflected"
	case StormEnded:
		return "no datagram goes in circles any more", ""
	}
	return "", ""
}
