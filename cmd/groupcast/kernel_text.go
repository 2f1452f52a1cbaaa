package main

import (
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/kernel"
)

// jsonPath is the path of one call as --json prints it. Fields are only added.
type jsonPath struct {
	jsonHead                // path
	Call     string         `json:"call"` // send, connect
	To       string         `json:"to"`
	Source   string         `json:"source,omitempty"`
	Size     int            `json:"size,omitempty"` // of a send
	Kernel   string         `json:"kernel"`         // its name and version
	Recorded bool           `json:"recorded"`       // once, on that kernel: it says nothing about this one
	Left     bool           `json:"left"`           // an interface's queue was given the datagram
	Steps    []jsonPathStep `json:"steps"`          // in their order
	Drops    []jsonPathDrop `json:"drops"`          // one for each buffer
	Error    string         `json:"error,omitempty"`
	Foreign  int            `json:"foreign"`           // events of other datagrams, left out
	Overrun  int            `json:"overrun"`           // events that were lost because the buffer was full
	Skipped  int            `json:"skipped"`           // lines of the trace that could not be read
	Missing  []string       `json:"missing,omitempty"` // events that this kernel does not have
}

// jsonPathStep is an event of the path.
type jsonPathStep struct {
	Micros    int64    `json:"at_us"`               // since the first event; includes the tracing
	Stage     string   `json:"stage"`               // route, neighbour, own copy, leaves, driver, arrives, receives, forwards, checks, socket, dropped, refused
	Copy      string   `json:"copy,omitempty"`      // own, wire
	Event     string   `json:"event,omitempty"`     // of ftrace
	Function  string   `json:"function,omitempty"`  // in which the event lies
	Interface string   `json:"interface,omitempty"` // as its own host calls it
	Size      int      `json:"skb_size,omitempty"`  // bytes of the buffer, with the Ethernet header in a queue
	Buffer    string   `json:"skb,omitempty"`       // its address, as the kernel hashes it
	Source    string   `json:"source,omitempty"`    // as a route is looked up for
	Dest      string   `json:"dest,omitempty"`      // as a route is looked up to
	Given     bool     `json:"given,omitempty"`     // the route is looked up for a given interface
	Error     string   `json:"error,omitempty"`     // that no route was found with, or the call returned
	Softirq   bool     `json:"softirq,omitempty"`   // not in the call itself: in a receive, on the same thread
	Stack     []string `json:"stack"`               // functions, the outermost first
}

// jsonPathDrop is a buffer that the kernel dropped.
type jsonPathDrop struct {
	Reason   string `json:"reason"`   // as IP_RPFILTER
	Function string `json:"function"` // that dropped it
	Because  string `json:"because,omitempty"`
	Pitfall  string `json:"pitfall,omitempty"` // as in groupcast explain NAME
	To       string `json:"to,omitempty"`      // the socket whose buffer was full
	Lost     bool   `json:"lost"`              // no: nobody there is a member
}

func pathObject(p kernel.Path, recorded bool) jsonPath {
	o := jsonPath{
		jsonHead: headOf("path"), Call: string(p.Op), To: addrPortText(p.Target), Source: addrText(p.Source), Kernel: p.Kernel, Recorded: recorded,
		Left: p.Left(), Steps: []jsonPathStep{}, Drops: []jsonPathDrop{}, Foreign: p.Foreign, Overrun: p.Overrun, Skipped: p.Skipped, Missing: p.Missing,
	}
	if p.Op == kernel.Send {
		o.Size = p.Size
	}
	if p.Err != nil {
		o.Error = chat.CleanRow(p.Err.Error())
	}
	for _, s := range p.Steps {
		o.Steps = append(o.Steps, jsonPathStep{
			Micros: s.At.Microseconds(), Stage: string(s.Stage), Copy: string(s.Copy), Event: s.Event, Function: s.Function, Interface: chat.CleanRow(s.Interface),
			Size: s.Size, Buffer: s.Buffer, Source: s.Source, Dest: s.Dest, Given: s.Given, Error: errnoText(s), Softirq: s.Softirq, Stack: append([]string{}, s.Stack...),
		})
	}
	for _, d := range p.Drops() {
		o.Drops = append(o.Drops, jsonPathDrop{Reason: d.Reason, Function: d.Function, Because: d.Meaning(), Pitfall: d.Pitfall(), To: d.To, Lost: !d.NotForHost()})
	}
	return o
}

// tell prints a path.
func (k *kernelCommand) tell(p kernel.Path, recorded bool) {
	if k.set.json {
		writeJSON(k.out, pathObject(p, recorded))
		return
	}
	fmt.Fprintln(k.out, pathTitle(p, recorded))
	writeSteps(k.out, p, rowColumns(k.out))
	for _, line := range pathEnd(p) {
		fmt.Fprint(k.out, indent(wrap(line, columns(k.out)-2), "  "))
	}
	if recorded {
		return
	}
	for _, d := range lostBy(p) {
		if d.Pitfall() != "" && !k.set.quiet {
			fmt.Fprintf(k.errs, "  hint: groupcast explain %s\n", d.Pitfall())
		}
	}
}

// pathTitle says what is shown, and of which kernel.
func pathTitle(p kernel.Path, recorded bool) string {
	what := fmt.Sprintf("%s %s", p.Op, addrPortText(p.Target))
	if p.Op == kernel.Send {
		what += fmt.Sprintf(", %d bytes", p.Size)
	}
	if recorded {
		return fmt.Sprintf("recorded on %s, %s, not your kernel: %s", p.Kernel, p.Date.Format(time.DateOnly), what)
	}
	return fmt.Sprintf("%s: %s", chat.CleanRow(p.Kernel), what)
}

// writeSteps writes a row for each step. The functions that lead to it are beside
// it, or below where a row has not the room for all.
func writeSteps(out io.Writer, p kernel.Path, width int) {
	const margin = "                          "
	rows := make([]string, len(p.Steps))
	widest, longest := 0, 0
	for i, s := range p.Steps {
		rows[i] = fmt.Sprintf("%6d us  %-13s  %s", s.At.Microseconds(), stageText(s), stepText(s, p))
		widest, longest = max(widest, len(rows[i])), max(longest, len(callersText(s, 3)))
	}
	for i, s := range p.Steps {
		callers := callersText(s, 3)
		switch {
		case callers == "":
			fmt.Fprintln(out, rows[i])
		case widest+2+longest <= width:
			fmt.Fprintf(out, "%-*s  %s\n", widest, rows[i], callers)
		default:
			for n := 2; n > 0 && len(margin)+len(callers) > width; n-- {
				callers = callersText(s, n)
			}
			fmt.Fprintf(out, "%s\n%s%s\n", rows[i], margin, callers)
		}
	}
}

func callersText(s kernel.Step, n int) string { return strings.Join(s.Callers(n), " > ") }

// stageText is the stage, marked where it is the own copy's.
func stageText(s kernel.Step) string {
	if s.Copy == kernel.OwnCopy && s.Stage != kernel.StageOwnCopy {
		return "own: " + string(s.Stage)
	}
	return string(s.Stage)
}

func stepText(s kernel.Step, p kernel.Path) string {
	dev := chat.CleanRow(s.Interface)
	switch s.Stage {
	case kernel.StageRoute:
		switch noRoute := dev == "" || s.Errno != 0; {
		case noRoute && s.Given && p.Left():
			return s.Event + ": no route, but the interface is given: taken as on its link"
		case noRoute:
			return fmt.Sprintf("%s: no route to %s in this table", s.Event, s.Dest)
		}
		text := fmt.Sprintf("%s: oif %s", s.Event, dev)
		if p.Source.IsValid() {
			text += ", source " + addrText(p.Source)
		}
		return text
	case kernel.StageChecks:
		if dev == "" {
			return fmt.Sprintf("%s: no route to %s", s.Event, s.Dest)
		}
		return fmt.Sprintf("%s: %s is by %s", s.Event, s.Dest, dev)
	case kernel.StageDrop:
		text := s.Drop.Reason
		if dev != "" {
			text += " at " + dev
		}
		return fmt.Sprintf("%s  skb %s", text, s.Buffer)
	case kernel.StageSocket:
		return fmt.Sprintf("%s: a socket has it, by %s", s.Event, dev)
	case kernel.StageRefused:
		return errnoText(s)
	case kernel.StageNeighbour:
		return fmt.Sprintf("%s %s %d: who has the address? The datagram waits", s.Event, dev, s.Size)
	}
	return fmt.Sprintf("%s %s %d  skb %s", s.Event, dev, s.Size, s.Buffer)
}

func errnoText(s kernel.Step) string {
	switch {
	case s.Errno == 0:
		return ""
	case s.Stage == kernel.StageRefused:
		return chat.CleanRow(syscall.Errno(s.Errno).Error())
	}
	return fmt.Sprintf("error %d", s.Errno) // of the kernel's inside, which no call returns so
}

// pathEnd is what the steps come to, and what they do not show.
func pathEnd(p kernel.Path) (lines []string) {
	var own, leaves kernel.Step
	routed := false
	for _, s := range p.Steps {
		routed = routed || s.Stage == kernel.StageRoute
		switch {
		case s.Stage == kernel.StageOwnCopy && own.Buffer == "":
			own = s
		case s.Stage == kernel.StageQueue && leaves.Buffer == "":
			leaves = s
		}
	}
	switch {
	case p.Op == kernel.Connect && !p.Left():
		lines = append(lines, "nothing leaves: no datagram reached the queue of an interface")
	case !p.Left():
		lines = append(lines, "nothing leaves on this thread")
	case own.Buffer != "":
		lines = append(lines, fmt.Sprintf("the own copy is another buffer (%s) than the datagram that leaves (%s): a loopback copy proves nothing about the network", own.Buffer, leaves.Buffer))
	}
	if p.Left() && !routed {
		text := "no route is looked up"
		if p.Target.Addr().Is4() && p.Target.Addr().IsLinkLocalMulticast() {
			text += ": a group of 224.0.0.0/24 on a given interface needs none"
		}
		if p.Source.IsValid() {
			text += "; source " + addrText(p.Source)
		}
		lines = append(lines, text)
	}
	if n := p.Delivered(kernel.OwnCopy); n > 0 {
		lines = append(lines, fmt.Sprintf("own copy: %s", socketsText(n)))
	}
	if n := p.Delivered(kernel.WireCopy); n > 0 {
		lines = append(lines, fmt.Sprintf("the datagram: %s, as far as it was seen on this thread", socketsText(n)))
	}
	for _, s := range p.Steps {
		switch {
		case s.Drop == nil:
		case s.Drop.NotForHost():
			lines = append(lines, chat.CleanRow(fmt.Sprintf("at %s it ended, and nothing was lost: %s (%s)", s.Interface, s.Drop.Meaning(), s.Drop)))
		default:
			lines = append(lines, chat.CleanRow(s.Drop.Sentence()))
		}
	}
	for _, gap := range []struct {
		n    int
		text string
	}{
		{p.Overrun, "events were lost because the kernel's buffer was full: the path has gaps"},
		{p.Skipped, "lines of the trace could not be read: the path may have gaps"},
		{p.Foreign, "events of other datagrams are left out"},
	} {
		if gap.n > 0 {
			lines = append(lines, fmt.Sprintf("%d %s", gap.n, gap.text))
		}
	}
	if len(p.Missing) > 0 {
		lines = append(lines, "this kernel does not have "+strings.Join(p.Missing, ", "))
	}
	return lines
}

func socketsText(n int) string {
	if n == 1 {
		return "1 socket has it"
	}
	return fmt.Sprintf("%d sockets have it", n)
}
