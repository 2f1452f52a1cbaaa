package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

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
		fmt.Fprintf(out, "nobody but this host was heard in %s\n", seconds(lasted))
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

// heardText is "10.0.0.1:5004: 40 datagrams by eth0, 10/s, the last 0.1 s before
// the end, longest gap 0.2 s at 12:04:05, ttl 1".
func (r report) heardText(row stream.Row) string {
	parts := []string{fmt.Sprintf("%s: %s by %s", row.From, chat.Count(row.Datagrams, "datagram"), r.interfaceName(row.IfIndex))}
	if rate := row.Rate(); rate > 0 {
		parts = append(parts, fmt.Sprintf("%.3g/s", rate))
	}
	parts = append(parts, fmt.Sprintf("the last %s before the end", seconds(max(r.facts.Observed.Listen.Until.Sub(row.Last), 0))))
	if row.Gap > 0 {
		parts = append(parts, fmt.Sprintf("longest gap %s at %s", seconds(row.Gap), row.GapAt.Format(time.TimeOnly)))
	}
	switch {
	case row.HopsMin != row.HopsMax:
		parts = append(parts, fmt.Sprintf("ttl %d to %d", row.HopsMin, row.HopsMax))
	case row.HopsMax > 0:
		parts = append(parts, fmt.Sprintf("ttl %d", row.HopsMax))
	}
	return strings.Join(parts, ", ")
}

func (r report) interfaceName(index int) string {
	if i, ok := host.ByIndex(r.facts.Interfaces, index); ok {
		return i.Name
	}
	return fmt.Sprintf("#%d", index)
}

// seconds is a time for people: 0.02 s, 0.2 s, 13.0 s.
func seconds(d time.Duration) string {
	if d < 100*time.Millisecond {
		return fmt.Sprintf("%.2g s", d.Seconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// jsonHeard is one source in one group by one interface. Fields are only added.
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
	at := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	list := []jsonHeard{}
	for _, row := range r.facts.Observed.Heard {
		list = append(list, jsonHeard{
			Group: chat.Clean(r.group.String()), From: chat.Clean(row.From.String()), Interface: chat.Clean(r.interfaceName(row.IfIndex)), Local: row.Local,
			Datagrams: row.Datagrams, Bytes: row.Bytes, Rate: row.Rate(), First: row.First, Last: row.Last, GapMS: row.Gap.Milliseconds(),
			GapAt: at(row.GapAt), TTLMin: row.HopsMin, TTLMax: row.HopsMax, SilentSince: at(row.SilentSince),
		})
	}
	return &list
}

func (r report) answerObjects() (list []jsonAnswer) {
	for _, a := range r.answers() {
		list = append(list, jsonAnswer{chat.Clean(a.Host.String()), a.State, chat.CleanRow(a.Text)})
	}
	return list
}
