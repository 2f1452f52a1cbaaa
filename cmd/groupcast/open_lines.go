package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/record"
	"github.com/groupcast/groupcast/mcast/record/browse"
	"github.com/groupcast/groupcast/tui"
)

// lines prints a recording, and at the end what it has.
func (o *openCommand) lines(ctx context.Context) error {
	type result struct {
		totals browse.Totals
		shown  uint64
		err    error
	}
	done := make(chan result, 1)
	go func() { // a pipe may bring nothing for hours: then the read is left behind
		r, err := o.reader()
		if err != nil {
			done <- result{err: o.opened(err)}
			return
		}
		defer r.Close()
		shown := uint64(0)
		t := browse.Read(ctx, r, o.filter, func(d *browse.Datagram) {
			if ctx.Err() == nil {
				shown++
				o.print(d)
			}
		})
		done <- result{t, shown, nil}
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case r := <-done:
		if r.err != nil {
			return r.err
		}
		if ctx.Err() == nil {
			o.summary(r.totals, r.shown)
		}
		return o.ended(ctx, r.totals, r.shown)
	}
}

func (o *openCommand) reader() (*record.Reader, error) {
	if o.file == "-" {
		return record.NewReader(o.in)
	}
	return record.Open(o.file)
}

// print writes one datagram, as listen does.
func (o *openCommand) print(d *browse.Datagram) {
	at := d.At.Local()
	if o.set.json {
		var comments []string
		for _, c := range d.Comments {
			comments = append(comments, chat.Clean(c))
		}
		writeJSON(o.out, jsonRecordedDatagram{
			jsonHead: jsonHead{Type: "datagram", Time: at},
			jsonArrival: jsonArrival{
				From: addrPortText(d.From), To: addrPortText(d.To), Interface: chat.Clean(d.Interface), TTL: d.Hops, Size: len(d.Data),
				Text: chat.Sanitize(d.Data).String(), Data: d.Data,
			},
			Number: d.Number, Out: d.Out, Comments: comments, LostBefore: d.Lost,
		})
		return
	}
	short := at.Format("15:04:05.000")
	clock := short
	switch {
	case d.At.IsZero(): // the file does not say
		short, clock = "-", "-"
	case at.Format(time.DateOnly) != time.Now().Format(time.DateOnly):
		clock = at.Format("2006-01-02 15:04:05.000")
	}
	if d.Lost > 0 {
		o.remark(short + ": " + lostText(d))
	}
	way, notes := d.Said()
	for _, note := range notes {
		o.remark(short + ": " + note)
	}
	left := ""
	switch {
	case way != "":
		left = "  left by " + chat.CleanRow(way)
	case d.Out:
		left = "  sent"
	}
	fmt.Fprintf(o.out, "%s  %s  %s → %s%s  ttl %d  %d B  %s\n", clock, cmp.Or(chat.CleanRow(d.Interface), "-"),
		addrPortText(d.From), addrPortText(d.To), left, d.Hops, len(d.Data), chat.Gutter(chat.Sanitize(d.Data).String(), 10, mostRows))
}

// timeOrNone is a time on this host's clock; nil: there is none.
func timeOrNone(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = at.Local()
	return &at
}

// lostText says what is lost before a datagram.
func lostText(d *browse.Datagram) string {
	text := chat.Count(int(d.Lost), "datagram") + " lost here"
	if d.Interface != "" {
		text += ", of " + d.Interface
	}
	return text
}

// jsonRecordedDatagram is a datagram of a recording, as --json prints it. Its ifindex
// is 0: it was another host's. It is without time where the file has none, as in a
// Simple Packet Block of pcapng. Fields are only added.
type jsonRecordedDatagram struct {
	jsonHead // datagram
	jsonArrival
	Number     int      `json:"number"`                // of the packet in the file, from 1
	Out        bool     `json:"out,omitempty"`         // it left the recording host
	Comments   []string `json:"comments,omitempty"`    // about it, of the file; why it left, where groupcast recorded
	LostBefore uint64   `json:"lost_before,omitempty"` // how many the file says are not in it, before this one
}

// jsonOpened is what --json says of a recording at the end. Fields are only added.
type jsonOpened struct {
	jsonHead                      // recording
	File        string            `json:"file"`      // its name, -: standard input
	Packets     int               `json:"packets"`   // of any protocol
	Datagrams   uint64            `json:"datagrams"` // of UDP, to any group
	Shown       uint64            `json:"shown"`     // of them, those of GROUP
	Bytes       uint64            `json:"bytes"`
	Senders     int               `json:"senders"` // addresses
	First       *time.Time        `json:"first,omitempty"`
	Last        *time.Time        `json:"last,omitempty"`
	Groups      []jsonOpenedGroup `json:"groups"`            // the most used first; single hosts are among them
	Skipped     map[string]int    `json:"skipped,omitempty"` // packets by the reason: not UDP, fragment, cut short, other link type, bad header
	Lost        uint64            `json:"lost"`              // that are not in the file, as it says itself
	Synthesised uint64            `json:"synthesised"`       // datagrams whose headers groupcast made up
	Cut         bool              `json:"cut,omitempty"`     // the file ends within a packet
	Error       string            `json:"error,omitempty"`   // why the rest cannot be read
}

// jsonOpenedGroup is where datagrams of a recording went.
type jsonOpenedGroup struct {
	To        string `json:"to"`
	Datagrams uint64 `json:"datagrams"`
	Bytes     uint64 `json:"bytes"`
}

// summary says what the recording has.
func (o *openCommand) summary(t browse.Totals, shown uint64) {
	hosts := map[string]bool{}
	for _, s := range t.Senders {
		hosts[s.Addr.String()] = true
	}
	cut := errors.Is(t.Err, io.ErrUnexpectedEOF)
	if o.set.json {
		end := jsonOpened{
			jsonHead: headOf("recording"), File: chat.Clean(o.file), Packets: t.Packets, Datagrams: t.Datagrams, Shown: shown, Bytes: t.Bytes,
			Senders: len(hosts), Groups: []jsonOpenedGroup{}, Lost: t.Lost, Synthesised: t.Synthesised, Cut: cut,
		}
		end.First, end.Last = timeOrNone(t.First), timeOrNone(t.Last)
		for _, d := range t.Destinations {
			end.Groups = append(end.Groups, jsonOpenedGroup{addrPortText(d.To), d.Datagrams, d.Bytes})
		}
		for _, s := range t.Skipped {
			if end.Skipped == nil {
				end.Skipped = map[string]int{}
			}
			end.Skipped[s.Reason.String()] = s.Count
		}
		if t.Err != nil && !cut {
			end.Error = chat.Clean(strings.TrimPrefix(t.Err.Error(), "record: read: "))
		}
		writeJSON(o.out, end)
		return
	}
	if shown == 0 {
		return // the error says it
	}
	groups := map[string]bool{}
	for _, d := range t.Destinations {
		if d.To.Addr().IsMulticast() {
			groups[d.To.Addr().String()] = true
		}
	}
	text := fmt.Sprintf("%s: %s from %s, in %s", o.name(), chat.Count(int(t.Datagrams), "datagram"), chat.Count(len(hosts), "host"), chat.Count(len(groups), "group"))
	if o.only != "" {
		text += fmt.Sprintf(", %d of them to %s", shown, o.only)
	}
	first, last := t.First.Local().Format(time.DateTime), t.Last.Local().Format(time.DateTime)
	switch {
	case t.First.IsZero():
		text += ", without times"
	case last != first:
		text += ", " + first + " to " + last
	default:
		text += ", " + first
	}
	if t.Lost > 0 {
		text += fmt.Sprintf(", %d lost", t.Lost)
	}
	for n, s := range tui.SkippedText(t) {
		if n == 0 {
			text += "; skipped: " + s
		} else {
			text += ", " + s
		}
	}
	if t.Synthesised > 0 {
		text += "; headers synthesised by groupcast"
	}
	switch {
	case cut:
		text += "; the file is cut: it ends within a packet"
	case t.Err != nil:
		text += "; " + brokenText(t.Err)
	}
	o.remark(text)
}
