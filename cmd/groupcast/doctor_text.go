package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
)

// patientWatch is how long a switch takes to forget a group whose querier is
// gone: 260 s (RFC 3376, section 8.4).
const patientWatch = 260 * time.Second

// report is what doctor looked at and what it found.
type report struct {
	group    mcast.Group
	from     netip.Addr // who is to be heard; the zero Addr: nobody in particular
	intent   doctor.Intent
	choice   host.Choice
	facts    doctor.Facts
	findings []doctor.Finding // worst first
	all      bool             // print those that are fine or not known, too
	quiet    bool             // print nothing but findings
	strong   func(string) string
}

// begin writes what is looked at.
func (r report) begin(out io.Writer) {
	if r.quiet {
		return
	}
	about := r.group.String()
	if r.from.IsValid() {
		about += " from " + r.from.String()
	}
	writeRow(out, chat.Clean(about)+": ", "  ", chat.CleanRow(choiceText(r.group, r.choice)))
}

// write writes the answer that was asked for, who was heard, the kind of network,
// what was found, then what was not, a line each.
func (r report) write(out io.Writer) {
	r.writeAnswers(out)
	if !r.quiet {
		r.writeHeard(out)
		r.writeBeside(out)
		r.writeNetwork(out)
	}
	for _, f := range r.shown() {
		if f.Verdict == doctor.OK || f.Verdict == doctor.Unknown {
			writeRow(out, fmt.Sprintf("%s: %s: ", f.Verdict, f.Name), "  ", chat.CleanRow(f.Evidence))
			writeHints(out, forCommand(f))
			continue
		}
		writeRow(out, "", "  ", r.strong(headline(f)))
		writeReasons(out, forCommand(f))
		if more := "groupcast explain " + f.Name; !slices.Contains(f.Hints, more) {
			fmt.Fprintf(out, "  more: %s\n", more)
		}
	}
	if r.quiet {
		return
	}
	fine, unknown := r.names(doctor.OK), r.names(doctor.Unknown)
	if len(doctor.Seen(r.findings)) == 0 {
		fmt.Fprintf(out, "nothing found: %d of %d pitfalls are fine, %d not known\n", len(fine), len(doctor.Names()), len(unknown))
	}
	if len(fine) > 0 {
		writeRow(out, "fine: ", "  ", strings.Join(fine, ", "))
	}
	r.writeUnknown(out, unknown)
}

// writeUnknown writes which pitfalls are not known: a line for each source
// that could not be read with those that needed it, and one for the others.
func (r report) writeUnknown(out io.Writer, names []string) {
	for _, source := range slices.Sorted(maps.Keys(r.facts.Unread)) {
		because := func(name string) bool {
			return slices.ContainsFunc(r.findings, func(f doctor.Finding) bool {
				return f.Name == name && strings.Contains(f.Evidence, string(source))
			})
		}
		text := fmt.Sprintf("%s: %s", source, unreadReason(r.facts.Unread[source]))
		var needed, others []string
		for _, name := range names {
			if because(name) {
				needed = append(needed, name)
			} else {
				others = append(others, name)
			}
		}
		if names = others; len(needed) > 0 {
			text = strings.Join(needed, ", ") + ": " + text
		}
		writeRow(out, "not known: ", "  ", chat.CleanRow(text))
	}
	if len(names) > 0 {
		writeRow(out, "not known: ", "  ", strings.Join(names, ", ")+r.closer())
	}
}

// closer says how to look closer than was done.
func (r report) closer() string {
	ask := question{group: r.group, from: r.intent.From, to: r.intent.To}
	if r.choice.ByUser {
		ask.interfaces = chat.InterfaceNames(r.choice.Joins)
	}
	switch o := r.facts.Observed; {
	case !o.Probed:
		ask.flags = "--probe"
		return "; " + ask.command() + " looks closer"
	case o.For < patientWatch:
		ask.flags = "--probe --watch 5m"
		return "; " + ask.command() + " looks longer"
	}
	return ""
}

// shown are the findings to print, worst first.
func (r report) shown() []doctor.Finding {
	if r.all {
		return r.findings
	}
	return doctor.Seen(r.findings)
}

// names are those of the pitfalls whose findings end in v at worst, in the
// order of the catalogue.
func (r report) names(v doctor.Verdict) []string {
	worst := map[string]doctor.Verdict{}
	for _, f := range r.findings {
		if _, worse := worst[f.Name]; !worse { // worst first
			worst[f.Name] = f.Verdict
		}
	}
	names := []string{} // [], not null, in JSON
	for _, name := range doctor.Names() {
		if worst[name] == v {
			names = append(names, name)
		}
	}
	return names
}

// unreadReason is why a source could not be read, without its name, which an
// error of the file system repeats.
func unreadReason(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	return mcast.Reason(err)
}

// jsonDoctor comes after the findings that --json prints. Fields are only
// added.
type jsonDoctor struct {
	jsonHead                     // doctor
	Group      string            `json:"group"`
	From       string            `json:"from,omitempty"`   // who is to be heard
	Interfaces []string          `json:"interfaces"`       // that groupcast joins on
	Fine       []string          `json:"fine"`             // names
	Unknown    []string          `json:"unknown"`          // names
	Unread     map[string]string `json:"unread,omitempty"` // sources that could not be read, and why
	Findings   int               `json:"findings"`         // warnings and failures
	Probed     bool              `json:"probed"`
	WatchedMS  int64             `json:"watched_ms"`      // 0: nobody watched
	Heard      *[]jsonHeard      `json:"heard,omitempty"` // left out when nobody listened
	ListenedMS int64             `json:"listened_ms,omitempty"`
	Beside     *jsonBeside       `json:"beside,omitempty"`  // members that take part by frames
	Answers    []jsonAnswer      `json:"answers,omitempty"` // to --from and --to
	Network    *jsonNetwork      `json:"network,omitempty"` // its kind, where that says something
}

func (r report) writeJSON(out io.Writer) {
	for _, f := range r.shown() {
		writeJSON(out, objectOf(f))
	}
	if r.quiet {
		return
	}
	o := jsonDoctor{
		jsonHead: headOf("doctor"), Group: chat.Clean(r.group.String()), From: addrText(r.from), Interfaces: []string{},
		Fine: r.names(doctor.OK), Unknown: r.names(doctor.Unknown), Findings: len(doctor.Seen(r.findings)),
		Probed: r.facts.Observed.Probed, WatchedMS: r.facts.Observed.For.Milliseconds(),
		Heard: r.heardObjects(), ListenedMS: max(r.facts.Observed.Listen.Lasted(), 0).Milliseconds(), Answers: r.answerObjects(),
		Network: r.networkObject(), Beside: besideObject(r.facts.Observed.Beside),
	}
	for _, i := range r.choice.Joins {
		if i.Index != 0 { // the kernel's choice has no name
			o.Interfaces = append(o.Interfaces, chat.Clean(i.Name))
		}
	}
	if r.facts.Unread != nil {
		o.Unread = map[string]string{}
		for source, err := range r.facts.Unread {
			o.Unread[string(source)] = chat.CleanRow(unreadReason(err))
		}
	}
	writeJSON(out, o)
}
