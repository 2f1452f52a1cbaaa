package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/chat"
)

// statusTable writes a heading for each bridge and a row for each of its groups. An
// address of IPv6 in a column would not fit into 80.
func statusTable(out io.Writer, list []bridge.Status, now time.Time) error {
	var rows bytes.Buffer
	t := tabwriter.NewWriter(&rows, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  GROUP\tHEARD\tLAST\tCARRIED\tRE-SENT\tFRAMES\tNOT CARRIED")
	for _, s := range list {
		sum, last := sumOf(s), "never"
		if !s.Last.IsZero() {
			last = ago(now.Sub(s.Last))
		}
		fmt.Fprintln(t, strings.Join([]string{
			"  " + chat.CleanRow(s.Group.String()), thousands(sum.heard), last, thousands(sum.carried), thousands(sum.resent), framesShort(s), notCarried(s),
		}, "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	lines, heading := strings.SplitAfter(rows.String(), "\n"), ""
	text := lines[0]
	for n, s := range list {
		if of := statusHeading(s); of != heading {
			heading = of
			text += of + "\n"
		}
		text += lines[n+1]
	}
	_, err := io.WriteString(out, text)
	return err
}

// statusHeading is "room-1 on eth0: 10.1.0.2 leads".
func statusHeading(s bridge.Status) string {
	does := "stands by"
	if s.Leads {
		does = "leads"
	}
	if words := keepingWords(s.Keeping); words != "" {
		does += "; " + words
	}
	return fmt.Sprintf("%s: %s %s", atPort(bridge.Port{Site: s.Site, Interface: s.Interface}), cmp.Or(addrText(s.Addr), chat.CleanRow(s.Bridge)), does)
}

// whyShort are reasons as the table has room for them.
var whyShort = map[bridge.Why]string{
	bridge.Standby: "stood by", bridge.Joined: "joined already", bridge.Limited: "over --rate", bridge.TooLong: "over --max-size",
	bridge.OneWay: "one way only", bridge.Lost: "lost", bridge.Unsent: "send failed", bridge.Late: "read too late",
	bridge.NotAllowed: "not in --from", bridge.Copy: "copies",
}

// notCarried is how many datagrams were not carried or not sent again for the most
// frequent reason, and how many for others.
func notCarried(s bridge.Status) string {
	counts, all := map[bridge.Why]uint64{}, uint64(0)
	for _, door := range []map[bridge.Why]uint64{s.AtLAN, s.AtSites} {
		for why, n := range door {
			if whyShort[why] != "" || whyWords[why] == "" && why != bridge.Carried && why != bridge.Resent { // or of a later version
				counts[why] += n
				all += n
			}
		}
	}
	if all == 0 {
		return "0"
	}
	most := slices.MaxFunc(slices.Sorted(maps.Keys(counts)), func(a, b bridge.Why) int { return cmp.Compare(counts[a], counts[b]) })
	text := fmt.Sprintf("%s %s", thousands(counts[most]), cmp.Or(whyShort[most], chat.CleanRow(string(most))))
	if rest := all - counts[most]; rest > 0 {
		text += ", +" + thousands(rest)
	}
	return text
}

// ago is how long something is past, as the clock of another host has it: never before
// now.
func ago(d time.Duration) string {
	d = max(d, 0)
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
