package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	streams "github.com/groupcast/groupcast/mcast/sender"
	"github.com/groupcast/groupcast/mcast/watch"
)

// toldOfStreams is what was said already while streams run.
type toldOfStreams struct {
	causes  int       // of what was refused
	skipped uint64    // datagrams
	times   int       // how often that was said
	at      time.Time // when that was said last
	totals  streams.Snapshot
}

const (
	skippedEvery  = 10 * time.Second // it is said that something was left out, at most
	progressEvery = 10 * time.Second
)

// tell says, while streams run, what a person wants to know before the end: the first
// error of each kind, what is left out, and on a terminal how far it is.
func (s *streamSender) tell(snap streams.Snapshot) {
	for ; s.told.causes < len(snap.Causes); s.told.causes++ {
		complain(s.errs, fullError(snap, snap.Causes[s.told.causes].Err))
	}
	if snap.Skipped > s.told.skipped && snap.At.Sub(s.told.at) >= skippedEvery {
		s.printer().remark(overdueText(snap.Skipped - s.told.skipped))
		s.told.skipped, s.told.at = snap.Skipped, snap.At
		s.told.times++
	}
	if s.told.totals.At.IsZero() {
		s.told.totals.At = snap.Began
	}
	if took := snap.At.Sub(s.told.totals.At); took >= progressEvery && isTerminal(s.errs) {
		text := fmt.Sprintf("%s  sent %s, %s", snap.At.Format(time.TimeOnly), thousands(snap.Sent), perSecond(float64(snap.Sent-s.told.totals.Sent)/took.Seconds()))
		if snap.Refused > 0 {
			text += fmt.Sprintf("; %s refused", thousands(snap.Refused))
		}
		s.printer().remark(text)
		s.told.totals = snap
	}
}

// fullError is the error of a stream that has a cause, with what was tried.
func fullError(snap streams.Snapshot, cause error) error {
	for _, c := range snap.Streams {
		if c.Err != nil && strings.Contains(c.Err.Error(), cause.Error()) {
			return c.Err
		}
	}
	return cause
}

// overdueText says that datagrams were left out.
func overdueText(n uint64) string {
	return fmt.Sprintf("%s overdue by more than 100 ms and not sent: it was stopped, or cannot send so fast", countText(n, "datagram was", "datagrams were"))
}

// countText is "1 datagram was" or "1,000 datagrams were".
func countText(n uint64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + more
}

// beginText says what is about to be sent, how fast and by which way.
func (s *streamSender) beginText() string {
	what := fmt.Sprintf("numbered datagrams of %s", payloadText(int64(s.cfg.Size)))
	switch s.cfg.Kind {
	case streams.Mcjoin:
		what = fmt.Sprintf("datagrams of %s as mcjoin numbers them", payloadText(int64(s.cfg.Size)))
	case streams.Fixed:
		what = fmt.Sprintf("the same %s again and again", payloadText(int64(s.cfg.Size)))
	}
	text := fmt.Sprintf("sending %s to %s, %s, TTL %d", what, groupsText(s.targets), s.rateText(), s.set.ttl)
	switch {
	case s.cfg.Count > 0:
		text += fmt.Sprintf(", %s", countText(s.cfg.Count, "datagram", "datagrams"))
		if len(s.targets) > 1 {
			text += " each"
		}
	case s.timeout == 0:
		text += ", until ctrl+c"
	}
	if s.timeout > 0 {
		text += fmt.Sprintf(", for %s", lasted(s.timeout))
		if s.cfg.Count > 0 {
			text += " at most"
		}
	}
	for _, way := range s.ways {
		if way.wayText() != s.ways[0].wayText() {
			return text
		}
	}
	return text + "; " + s.ways[0].wayText()
}

// rateText is how fast that is to be.
func (s *streamSender) rateText() string {
	if s.cfg.Joined {
		return "as fast as the kernel takes them in pieces (UDP_SEGMENT: those of a piece leave in one burst)"
	}
	if s.cfg.Rate == streams.Max {
		return "as fast as the kernel takes them"
	}
	text, bits := perSecond(s.cfg.Rate), s.cfg.Rate*float64(8*s.cfg.Size*len(s.targets))
	if len(s.targets) == 1 {
		return fmt.Sprintf("%s (%s of payload)", text, bitsText(bits))
	}
	return fmt.Sprintf("%s each (%s of payload in all)", text, bitsText(bits))
}

// groupsText names groups: all of a few, else the first and the last.
func groupsText(list []watch.Target) string {
	var names []string
	for _, t := range list {
		names = append(names, t.Group.String())
	}
	if n := len(names); n > 3 {
		return fmt.Sprintf("%s groups, %s to %s", thousands(n), names[0], names[n-1])
	}
	return strings.Join(names, ", ")
}

// report says what was sent, by which way, and what was not.
func (s *streamSender) report(snap streams.Snapshot) {
	if s.told.causes < len(snap.Causes) {
		s.told.at = snap.At // what was left out is said below
		s.tell(snap)
	}
	if s.set.json {
		s.writeObjects(snap)
		return
	}
	p := s.printer()
	for _, part := range s.byWay(snap) {
		text := fmt.Sprintf("sent %s (%s) to %s", countText(part.sum.Sent, "datagram", "datagrams"), payloadText(int64(part.sum.Bytes)), groupsText(part.targets))
		text += " in " + lasted(snap.Last.Sub(snap.Began))
		if rate := streams.SumOfRates(part.counts); rate > 0 {
			text += ", " + perSecond(rate)
			if len(part.targets) > 1 {
				text += " in all"
			}
		}
		p.remark(text + "; " + part.way)
	}
	if snap.Skipped > s.told.skipped || s.told.times > 1 {
		p.remark(overdueText(snap.Skipped))
	}
	for _, c := range snap.Causes {
		p.remark(fmt.Sprintf("%s refused: %s", countText(c.Datagrams, "datagram was", "datagrams were"), c.Err))
	}
	s.reportRefused(snap)
}

// reportRefused says which of several groups it was that the kernel refused.
func (s *streamSender) reportRefused(snap streams.Snapshot) {
	const most = 8
	told := 0
	for _, c := range snap.Streams {
		if c.Refused == 0 || len(snap.Streams) == 1 {
			continue
		}
		if told++; told > most {
			s.printer().remark("others were refused as well; --json names all")
			return
		}
		s.printer().remark(fmt.Sprintf("%s: %s of %s refused", c.Group, thousands(c.Refused), thousands(c.Sent+c.Refused)))
	}
}

// wayPart are the streams that left by one way.
type wayPart struct {
	way     string
	targets []watch.Target
	sum     streams.Totals
	counts  []streams.Counts
}

// byWay are the streams of which anything was sent, by their way.
func (s *streamSender) byWay(snap streams.Snapshot) (parts []wayPart) {
	at := map[string]int{}
	for i, c := range snap.Streams {
		if c.Sent == 0 {
			continue
		}
		way := chat.Clean(s.ways[i].wayText())
		n, known := at[way]
		if !known {
			n = len(parts)
			at[way] = n
			parts = append(parts, wayPart{way: way})
		}
		parts[n].targets = append(parts[n].targets, s.targets[i])
		parts[n].sum.Sent += c.Sent
		parts[n].sum.Bytes += c.Bytes
		parts[n].counts = append(parts[n].counts, c)
	}
	return parts
}

// jsonSentStream is what was sent to one group with --rate. Fields are only added.
type jsonSentStream struct {
	jsonHead          // sent-stream
	Group     string  `json:"group"`
	Name      string  `json:"name,omitempty"`   // that a list of groups gives it; sanitised
	Stream    string  `json:"stream,omitempty"` // its id in a numbered datagram, hexadecimal
	Datagrams uint64  `json:"datagrams"`        // that the kernel took, and a number of the stream each
	Bytes     uint64  `json:"bytes"`
	Refused   uint64  `json:"refused"`        // by the kernel; they used no number
	Skipped   uint64  `json:"skipped"`        // overdue by more than 100 ms, and not sent
	Rate      float64 `json:"rate,omitempty"` // datagrams a second; left out: of so few it is not known
	Interface string  `json:"interface"`
	IfIndex   int     `json:"ifindex"`
	Source    string  `json:"source,omitempty"`
	Because   string  `json:"because"`
	Error     string  `json:"error,omitempty"` // of the latest that was refused
}

// jsonSentTotals is what was sent to all groups with --rate. Fields are only added.
type jsonSentTotals struct {
	jsonHead                    // sent-totals
	Groups    int               `json:"groups"` // how many
	Datagrams uint64            `json:"datagrams"`
	Bytes     uint64            `json:"bytes"`
	Refused   uint64            `json:"refused"`          // by the kernel
	Errors    map[string]uint64 `json:"errors,omitempty"` // why, and how many
	Skipped   uint64            `json:"skipped"`          // overdue by more than 100 ms, and not sent
	Seconds   float64           `json:"seconds"`          // until the last was sent
	Rate      float64           `json:"rate,omitempty"`   // datagrams a second, of all; left out: of so few it is not known
	LatestMS  float64           `json:"latest_ms"`        // after it was due one was sent, at the most
}

// writeObjects prints the report as JSON.
func (s *streamSender) writeObjects(snap streams.Snapshot) {
	for i, c := range snap.Streams {
		way := s.ways[i].way
		o := jsonSentStream{
			jsonHead: headOf("sent-stream"), Group: c.Group.String(), Name: chat.Clean(s.targets[i].Name),
			Datagrams: c.Sent, Bytes: c.Bytes, Refused: c.Refused, Skipped: c.Skipped, Rate: c.Rate,
			Interface: chat.Clean(way.Interface), IfIndex: way.IfIndex, Source: addrText(way.Source), Because: way.Because,
		}
		if s.cfg.Kind == streams.Numbered {
			o.Stream = fmt.Sprintf("%016x", c.ID)
		}
		if c.Err != nil {
			o.Error = chat.Clean(mcast.Plain(c.Err))
		}
		writeJSON(s.out, o)
	}
	o := jsonSentTotals{
		jsonHead: headOf("sent-totals"), Groups: len(snap.Streams), Datagrams: snap.Sent, Bytes: snap.Bytes, Refused: snap.Refused,
		Skipped: snap.Skipped, Seconds: snap.Last.Sub(snap.Began).Seconds(), Rate: snap.Rate(), LatestMS: inMillis(snap.Latest),
	}
	for _, c := range snap.Causes {
		if o.Errors == nil {
			o.Errors = map[string]uint64{}
		}
		o.Errors[c.Err.Error()] = c.Datagrams
	}
	writeJSON(s.out, o)
}
