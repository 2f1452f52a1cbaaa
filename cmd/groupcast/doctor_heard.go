package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/stream"
)

// mostHeard is how many sources the text names.
const mostHeard = 8

// writeAnswers writes the answers to --from and --to, a line each.
func (r report) writeAnswers(out io.Writer) {
	for _, a := range r.answers() {
		fmt.Fprintln(out, chat.CleanRow(a.String()))
	}
}

func (r report) answers() []doctor.Answer {
	list := []doctor.Answer{r.facts.AnswerFrom(r.intent), r.facts.AnswerTo(r.intent)}
	return slices.DeleteFunc(list, func(a doctor.Answer) bool { return !a.Host.IsValid() })
}

// writeHeard writes who was heard, a line for each source, those that sent most
// first; nothing when nobody listened.
func (r report) writeHeard(out io.Writer) {
	o := r.facts.Observed
	lasted := o.Listen.Lasted()
	if o.Heard == nil || lasted <= 0 {
		return
	}
	rows := slices.DeleteFunc(slices.Clone(o.Heard), func(row stream.Row) bool { return row.Local })
	if len(rows) == 0 {
		fmt.Fprintf(out, "nobody but this host was heard in %s\n", stream.Seconds(lasted))
		return
	}
	slices.SortStableFunc(rows, func(a, b stream.Row) int { return b.Datagrams - a.Datagrams })
	for n, row := range rows {
		if n == mostHeard {
			fmt.Fprintf(out, "heard: and %d more\n", len(rows)-n)
			break
		}
		fmt.Fprintf(out, "heard: %s\n", chat.CleanRow(r.heardText(row)))
	}
}

// writeBeside writes who takes part by frames, which plain text does not tell.
func (r report) writeBeside(out io.Writer) {
	if text := r.facts.Observed.Beside.Text(r.group); text != "" {
		fmt.Fprintln(out, chat.CleanRow(text))
	}
}

// jsonBeside is who takes part in a group by frames. Fields are only added.
type jsonBeside struct {
	Port uint16   `json:"port"` // that the frames come to
	From []string `json:"from"` // addresses
}

// besideObject is nil when no frame came, or nobody looked.
func besideObject(b *doctor.Beside) *jsonBeside {
	if b == nil || len(b.Members) == 0 {
		return nil
	}
	return &jsonBeside{b.Port, b.From()}
}

// heardText is "10.0.0.1:5004: 40 datagrams by eth0, 10/s, the last 0.1 s before
// the end, longest gap 0.2 s at 12:04:05, ttl 1".
func (r report) heardText(row stream.Row) string {
	before := max(r.facts.Observed.Listen.Until.Sub(row.Last), 0)
	return row.Text(r.interfaceName(row.IfIndex), fmt.Sprintf("the last %s before the end", stream.Seconds(before)))
}

func (r report) interfaceName(index int) string {
	if i, ok := host.ByIndex(r.facts.Interfaces, index); ok {
		return i.Name
	}
	return fmt.Sprintf("#%d", index)
}

// jsonHeard is one source in one group on one interface. Fields are only added.
type jsonHeard struct {
	Group       string     `json:"group"`
	From        string     `json:"from"`
	Interface   string     `json:"interface"`
	Local       bool       `json:"local,omitempty"` // a program of this host
	Datagrams   int        `json:"datagrams"`
	Bytes       uint64     `json:"bytes"` // of payload
	Rate        float64    `json:"rate"`  // datagrams a second
	First       time.Time  `json:"first"`
	Last        time.Time  `json:"last"`
	GapMS       int64      `json:"gap_ms"` // the longest
	GapAt       *time.Time `json:"gap_at,omitempty"`
	TTLMin      int        `json:"ttl_min,omitempty"`
	TTLMax      int        `json:"ttl_max,omitempty"`
	SilentSince *time.Time `json:"silent_since,omitempty"` // of a steady sender

	Format      stream.Format `json:"format,omitempty"`        // of its numbers: groupcast, RTP, RTP+TS, MPEG-TS, mcjoin, iperf2, sockperf or PTP; without it there are none, and lost is not known
	Lost        *uint64       `json:"lost,omitempty"`          // numbers that did not come
	LostKernel  uint64        `json:"lost_kernel,omitempty"`   // of them, at most, those that this host's socket had no room for
	LostAtLeast bool          `json:"lost_at_least,omitempty"` // lost is a lower bound
	LostAbout   bool          `json:"lost_about,omitempty"`    // lost is partly estimated, by rate and time
	Duplicates  uint64        `json:"duplicates,omitempty"`    // numbers that came again
	Reordered   uint64        `json:"reordered,omitempty"`     // numbers that came after a later one
	Restarts    int           `json:"restarts,omitempty"`      // the sender began anew
	jsonCopied
}

// jsonAnswer is the answer to --from or --to.
type jsonAnswer struct {
	Host  string         `json:"host"`
	State doctor.Hearing `json:"state"`
	Text  string         `json:"text"`
}

// heardObjects is nil when nobody listened.
func (r report) heardObjects() *[]jsonHeard {
	if r.facts.Observed.Heard == nil || r.facts.Observed.Listen.Lasted() <= 0 {
		return nil
	}
	list := []jsonHeard{}
	for _, row := range r.facts.Observed.Heard {
		list = append(list, heardObject(row, r.group, r.interfaceName(row.IfIndex)))
	}
	return &list
}

// heardObject is a row of a group, by the interface of that name.
func heardObject(row stream.Row, group mcast.Group, by string) jsonHeard {
	at := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	one := jsonHeard{
		Group: chat.Clean(group.String()), From: chat.Clean(row.From.String()), Interface: chat.Clean(by), Local: row.Local,
		Datagrams: row.Datagrams, Bytes: row.Bytes, Rate: row.Rate(), First: row.First, Last: row.Last, GapMS: row.Gap.Milliseconds(),
		GapAt: at(row.GapAt), TTLMin: row.HopsMin, TTLMax: row.HopsMax, SilentSince: at(row.SilentSince), jsonCopied: copiedObject(row.Copied),
	}
	if n := row.Numbers; n.Distinct > 0 {
		one.Format, one.Lost, one.LostKernel, one.LostAtLeast, one.LostAbout = n.Format, &n.Lost, min(n.LostKernel, n.Lost), n.AtLeast, n.About
		one.Duplicates, one.Reordered, one.Restarts = n.Duplicates, n.Reordered, n.Restarts
	}
	return one
}

func (r report) answerObjects() (list []jsonAnswer) {
	for _, a := range r.answers() {
		list = append(list, jsonAnswer{chat.Clean(a.Host.String()), a.State, chat.CleanRow(a.Text)})
	}
	return list
}
