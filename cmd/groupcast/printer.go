package main

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/session"
)

// linePrinter writes a conversation as plain lines or as JSON. What others say
// goes to out; everything else is a remark, on errs, or an object like any
// other.
type linePrinter struct {
	out, errs io.Writer
	json      bool
	quiet     bool
	person    bool      // types what is sent, and reads what is printed
	dropped   uint64    // lines that came faster than they were printed
	problems  uint64    // lines that said so
	port      uint16    // that the group has
	noTTL     bool      // lines are sent with TTL 0
	ask       *question // for when nobody else is heard
	began     time.Time
	told      map[string]bool // findings, by name and interface
	heard     rowsShown       // that may get a name later
	reach     ownReaches      // of own lines, where a person says them
}

func (p *linePrinter) batch(b session.Batch) {
	events := b.Events
	for _, l := range b.Lines {
		events = p.events(events, l.At)
		if l.Kind == chat.Problem {
			p.problems++
		}
		p.lineOrObject(l)
	}
	for _, e := range events {
		p.events([]session.MemberEvent{e}, e.At)
	}
	if b.Dropped > 0 {
		p.dropped += b.Dropped
		p.remark(chat.Count(int(b.Dropped), "line") + " lost: they came faster than they were printed")
	}
}

func (p *linePrinter) lineOrObject(l chat.Line) {
	known := l.Kind == chat.Own && l.Member.Name != "" && p.reach.line(l)
	if !p.json {
		if !known { // else only who has it has changed
			p.line(l)
		}
		return
	}
	l.Hint = p.hint(l.Hint)
	writeJSON(p.out, lineObject(l, p.port))
}

func (p *linePrinter) line(l chat.Line) {
	switch l.Kind {
	case chat.Heard:
		if p.heard.again(l) {
			return // its words are there
		}
		at := l.At.Format(time.TimeOnly)
		fmt.Fprintf(p.out, "%s  %-15s  %s  %s%s\n", at, speaker(l), l.Interface, marks(l), chat.Gutter(l.Text.String(), len(at)+2, mostRows))
	case chat.Own:
		switch l.Copy {
		case chat.CopyNone:
			p.warn(fmt.Sprintf("not sent: %s", l.Text.Row()), p.hint(l.Hint))
		case chat.CopyBack, chat.CopyOff:
			if p.person {
				p.remark(sentLine(l, p.noTTL))
			}
		case chat.CopyMissing:
			p.remark(fmt.Sprintf("no own copy within %s of: %s", chat.CopyTimeout, l.Text.Row()))
		}
	case chat.Problem:
		p.warn(l.Text.Row(), p.hint(l.Hint))
	case chat.Notice:
		p.remark(l.Text.Row())
	}
}

// hint is a hint as it can be followed: only a person types commands of the talk.
func (p *linePrinter) hint(h chat.Text) chat.Text {
	if p.person {
		return h
	}
	return chat.SanitizeString(doctor.CommandHint(h.String()))
}

// finding is a finding with its hints, as they can be followed.
func (p *linePrinter) finding(f doctor.Finding) {
	if p.person {
		writeFindingInTalk(p.errs, f)
	} else {
		writeFinding(p.errs, f)
	}
}

// noHops says what becomes of a datagram with TTL 0, as Linux does it.
func noHops(ifname string) string {
	return fmt.Sprintf("TTL 0 stays on this host where the group is joined on %s; else it leaves with TTL 0", chat.Clean(ifname))
}

// sentLine says by which way a line left.
func sentLine(l chat.Line, noTTL bool) string {
	text := "sent by " + l.Interface
	switch {
	case l.Stays:
		text = "stays on this host: TTL 0, and the group is joined on " + l.Interface
	case noTTL:
		text = "sent; " + noHops(l.Interface)
	}
	if l.Source.IsValid() && !l.Stays {
		text += " from " + l.Source.String()
	}
	if l.Copy == chat.CopyBack {
		text += fmt.Sprintf("; own copy back after %.2f ms", float64(l.After)/float64(time.Millisecond))
	}
	return text
}

// objects is where JSON is printed; nil: it is not.
func (p *linePrinter) objects() io.Writer {
	if p.json {
		return p.out
	}
	return nil
}

func (p *linePrinter) remark(text string) {
	if !p.quiet && !p.json {
		fmt.Fprintf(p.errs, "groupcast: %s\n", chat.Clean(text))
	}
}

// advise prints the doctor's command.
func (p *linePrinter) advise(q question) {
	if !p.quiet && !p.json {
		fmt.Fprintf(p.errs, "  hint: %s\n", q.command())
	}
}

func (p *linePrinter) warn(text string, hint chat.Text) {
	fmt.Fprintf(p.errs, "groupcast: %s\n", text)
	if h := hint.Row(); h != "" {
		fmt.Fprintf(p.errs, "  hint: %s\n", h)
	}
}

// findings tells each finding once.
func (p *linePrinter) findings(list []doctor.Finding) {
	for _, f := range list {
		key := f.Name + " " + f.Interface
		if p.told[key] {
			continue
		}
		if p.told == nil {
			p.told = map[string]bool{}
		}
		p.told[key] = true
		switch {
		case p.json:
			writeJSON(p.out, objectOf(f))
		case !p.quiet:
			p.finding(f)
		}
	}
}

// jsonLine is a line of the talk as --json prints it. Fields are only added.
type jsonLine struct {
	jsonHead          // heard, own, notice, problem
	ID        uint64  `json:"id"`   // an own line comes again, with the same id, when its copy is back
	Text      string  `json:"text"` // sanitised
	Interface string  `json:"interface,omitempty"`
	IfIndex   int     `json:"ifindex,omitempty"`
	From      string  `json:"from,omitempty"`
	To        string  `json:"to,omitempty"`
	TTL       int     `json:"ttl,omitempty"`
	Direct    bool    `json:"direct,omitempty"` // sent to an address of this host, not to a group
	Source    string  `json:"source,omitempty"`
	Copy      string  `json:"copy,omitempty"`     // own: pending, back, missing, off, none
	AfterMS   float64 `json:"after_ms,omitempty"` // own: until its copy was back
	Error     string  `json:"error,omitempty"`    // own, copy none: why it was not sent
	Hint      string  `json:"hint,omitempty"`

	Name        string `json:"name,omitempty"`        // heard: of the member who said it; without it that was a plain program. A line that came as plain text comes again, with the same id, when its member is known
	Fingerprint string `json:"fingerprint,omitempty"` // of the member's key
	Repaired    bool   `json:"repaired,omitempty"`    // it was missing, and was sent again
	Earlier     bool   `json:"earlier,omitempty"`     // it was said before this program came, or is from a history
	Outside     bool   `json:"outside,omitempty"`     // plain text where only members speak: in a sealed room, or on the port of frames
	Before      uint64 `json:"before,omitempty"`      // the id of a younger line of the same member, before which it belongs
	Part        int    `json:"part,omitempty"`        // of a long line: 1, 2, ...
	Parts       int    `json:"parts,omitempty"`       // how many that has
	HeardBy     *int   `json:"heard_by,omitempty"`    // own: members that have it. The line comes again, with the same id, when that changes
	Of          *int   `json:"of,omitempty"`          // own: members that were there
	Missing     string `json:"missing,omitempty"`     // own: those that do not have it yet: "bob, carol and 3 more"
	Site        string `json:"site,omitempty"`        // heard: where it was said, if a bridge brought it
	RelayedBy   string `json:"relayed_by,omitempty"`  // heard: the bridge, or the member, that passed on what a plain program said there. From is that program's address at its site
}

// lineObject is a line of the talk at a port.
func lineObject(l chat.Line, port uint16) jsonLine {
	o := jsonLine{
		jsonHead: jsonHead{Time: l.At}, ID: l.ID, Text: l.Text.String(), Hint: l.Hint.String(),
		Interface: l.Interface, IfIndex: l.IfIndex,
		TTL: l.Hops, Direct: l.Direct, AfterMS: float64(l.After) / float64(time.Millisecond),
		Source: addrText(l.Source),
		Name:   l.Member.Name, Fingerprint: l.Member.Fingerprint,
		Repaired: l.Missed, Earlier: l.Earlier, Outside: l.Outside, Before: l.Before, Part: l.Part[0], Parts: l.Part[1],
	}
	o.Site, o.RelayedBy = cmp.Or(l.Member.Site, l.Origin.Site), l.Origin.By
	if r := l.Reach; r.Known {
		o.HeardBy, o.Of, o.Missing = &r.By, &r.Of, r.Missing
	}
	if l.From.IsValid() {
		o.From = chat.Clean(l.From.String())
	}
	if l.To.IsValid() {
		o.To = addrPortText(netip.AddrPortFrom(l.To, port))
	}
	switch l.Kind {
	case chat.Heard:
		o.Type = "heard"
	case chat.Own:
		o.Type = "own"
		o.Copy = map[chat.Copy]string{
			chat.CopyPending: "pending", chat.CopyBack: "back", chat.CopyMissing: "missing",
			chat.CopyOff: "off", chat.CopyNone: "none",
		}[l.Copy]
		if l.Copy == chat.CopyNone {
			o.Error, o.Hint = o.Hint, ""
		}
	case chat.Notice:
		o.Type = "notice"
	case chat.Problem:
		o.Type = "problem"
	}
	return o
}

// mostRows of one message are printed.
const mostRows = 40
