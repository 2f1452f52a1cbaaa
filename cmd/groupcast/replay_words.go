package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/record"
	"github.com/groupcast/groupcast/mcast/stream"
)

// restText is what of a capture was not replayed, with a semicolon before it.
func restText(a account) (text string) {
	if skipped := skippedText(a.skipped, a.links); skipped != "" {
		text += "; skipped: " + skipped
	}
	if a.others > 0 {
		text += "; left out: " + thousands(a.others) + " to other destinations"
	}
	if a.copies > 0 {
		text += "; left out: own copies of " + thousands(a.copies) + " that it had sent"
	}
	return text
}

// oddities says what the times of a recording were not kept to, with a semicolon
// before it.
func oddities(back, cut int, gap time.Duration) (text string) {
	if cut > 0 {
		text += fmt.Sprintf("; cut to %s: %s", gap, chat.Count(cut, "pause"))
	}
	if back > 0 {
		text += "; time ran back " + chat.Count(back, "time")
	}
	return text
}

// skippedText is "2 fragments, 1 other link type 105 (802.11)". links are those of
// the packets that were skipped for theirs.
func skippedText(list []record.Skipped, links []string) string {
	var words []string
	for _, s := range list {
		word := s.Words()
		if s.Reason == record.LinkType && len(links) > 0 {
			word += " " + strings.Join(links, ", ")
		}
		words = append(words, thousands(s.Count)+" "+word)
	}
	return strings.Join(words, ", ")
}

// brokenText is how a capture ends that does not end at its end.
func brokenText(err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "it is cut: it ends within a packet"
	}
	return "it cannot be read to its end: " + strings.TrimPrefix(err.Error(), "record: read: ")
}

// forever is the longest Duration: a time that long can be any longer one.
const forever time.Duration = math.MaxInt64

// lasted is how long something takes, for people.
func lasted(d time.Duration) string {
	switch {
	case d == forever:
		return "more than 292 years"
	case d >= 10*time.Minute:
		return d.Round(time.Second).String()
	case d >= 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.3f s", d.Seconds())
}

// behind is how late the latest was.
func behind(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return fmt.Sprintf("%.1f s behind", d.Seconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%d ms behind", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f ms behind", inMillis(d))
}

// payloadText is "1 byte" or "65,524 bytes".
func payloadText(n int64) string {
	if n == 1 {
		return "1 byte"
	}
	return thousands(n) + " bytes"
}

// thousands is a number with commas.
func thousands[N int | int64 | uint64](n N) string { return stream.Thousands(uint64(n)) }
