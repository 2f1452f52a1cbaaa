package main

import (
	"fmt"
	"io"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/ends"
)

// withReport is what was found at both ends.
type withReport struct {
	here, peer ends.Party
	verdicts   [2]ends.Direction
	group      mcast.Group
	quiet      bool
	strong     func(string) string
}

func (r withReport) trouble() bool {
	return r.verdicts[0].Trouble() || r.verdicts[1].Trouble() || len(r.findings(r.here)) > 0 || len(r.findings(r.peer)) > 0
}

func (r withReport) findings(p ends.Party) []doctor.Finding {
	if p.End == nil {
		return nil
	}
	var list []doctor.Finding
	for _, f := range doctor.Seen(p.Findings) {
		open := func(d ends.Direction) bool { return d.Verdict == ends.NotKnown || d.Verdict == ends.NotArrived }
		if f.Name != "one-way" || open(r.verdicts[0]) || open(r.verdicts[1]) { // else the verdict says more
			list = append(list, f)
		}
	}
	return list
}

// verdictText is a verdict in words.
var verdictText = map[ends.Verdict]string{
	ends.Arrives: "arrives", ends.Lossy: "arrives, with loss", ends.NotSent: "not sent", ends.WrongInterface: "sent via the wrong interface",
	ends.NotArrived: "sent, and not arrived", ends.Dropped: "arrived, and dropped", ends.NotKnown: "not known",
}

func (r withReport) write(out io.Writer) {
	if !r.quiet {
		fmt.Fprintf(out, "%s: %s, this host, and %s\n", chat.Clean(r.group.String()), r.here.Name, r.peer.Name)
	}
	for _, d := range r.verdicts {
		line := fmt.Sprintf("%s -> %s: %s", d.From, d.To, verdictText[d.Verdict])
		if d.Trouble() {
			line = r.strong(line)
		}
		fmt.Fprintf(out, "%s: %s\n", line, chat.CleanRow(d.Text))
		switch {
		case d.Side != "" && d.Cause != "":
			fmt.Fprintf(out, "  on the side of %s: %s\n", d.Side, d.Cause)
		case d.Side != "":
			fmt.Fprintf(out, "  on the side of %s\n", d.Side)
		}
	}
	for _, p := range []ends.Party{r.here, r.peer} {
		on := "on " + p.Name
		if p.Name == r.here.Name {
			on += ", this host"
		}
		switch list := r.findings(p); {
		case p.End == nil:
			fmt.Fprintf(out, "%s: nothing is known\n", on)
		case len(list) == 0 && !r.quiet:
			fmt.Fprintf(out, "%s: nothing found\n", on)
		default:
			for _, f := range list {
				fmt.Fprintf(out, "%s: %s\n", on, headline(f))
				writeReasons(out, forCommand(f))
			}
		}
	}
}

// jsonEnd is a finding of --with, on the host of a member.
type jsonEnd struct {
	jsonHead        // end
	On       string `json:"on"`   // the name of the member
	Here     bool   `json:"here"` // on this host
	doctor.Finding
}

// jsonDirection is the verdict of --with for one direction.
type jsonDirection struct {
	jsonHead        // direction
	Group    string `json:"group"`
	Sender   string `json:"sender"`          // the name of a member
	Receiver string `json:"receiver"`        // the name of the other one
	Verdict  string `json:"verdict"`         // arrives, lossy, not-sent, wrong-interface, not-arrived, dropped, not-known
	Side     string `json:"side,omitempty"`  // the member whose host has the cause
	Cause    string `json:"cause,omitempty"` // the pitfall
	Text     string `json:"text"`            // why, in words
}

func (r withReport) objects(out io.Writer) {
	for _, p := range []ends.Party{r.here, r.peer} {
		for _, f := range r.findings(p) {
			o := objectOf(f)
			writeJSON(out, jsonEnd{headOf("end"), p.Name, p.Name == r.here.Name, o.Finding})
		}
	}
	if r.quiet {
		return
	}
	for _, d := range r.verdicts {
		writeJSON(out, jsonDirection{
			headOf("direction"), chat.Clean(r.group.String()), d.From, d.To, string(d.Verdict), d.Side, d.Cause, chat.CleanRow(d.Text),
		})
	}
}
