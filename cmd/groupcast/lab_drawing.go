package main

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/tui"
)

// labDrawing is a topology in lines: each switch with its wires, what went over
// them since the last picture and every fault on them; and the hosts, with what
// runs in them and what they have joined.
type labDrawing struct {
	topology lab.Topology
	colour   bool
	marks    wireMarks
	last     map[string]lab.Counters
	drawn    time.Time
}

// labState is what a picture shows of a lab that runs.
type labState struct {
	counters map[string]lab.Counters // by A.eth0
	faults   map[string][]string     // by A or A.eth0
	hosts    map[string]hostState
}

// hostState is what a host does.
type hostState struct {
	inside []string // commands
	groups []string // with their interfaces
}

// wireMarks join a switch to its wires.
type wireMarks struct{ only, first, middle, end, none, in, out string }

func newLabDrawing(t lab.Topology, colour, utf8 bool) *labDrawing {
	d := &labDrawing{topology: t, colour: colour}
	d.marks = wireMarks{only: "── ", first: "─┬─", middle: " ├─", end: " └─", none: "   ", in: "←", out: "→"}
	if !utf8 {
		d.marks = wireMarks{only: "---", first: "-+-", middle: " +-", end: " +-", none: "   ", in: "<-", out: "->"}
	}
	return d
}

// wire is an interface of a host, at the end of a wire.
type wire struct {
	name  string // A.eth0
	host  string
	addrs []string
}

// rows draws the lab as its counters are now, and says whose each row is.
func (d *labDrawing) rows(now labState, at time.Time) []tui.LabRow {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 1, ' ', 0)
	var hosts []string // of each line
	wires := d.wires()
	for _, s := range d.topology.Switches {
		fmt.Fprint(t, s.Name)
		if s.On != "" {
			fmt.Fprintf(t, " on %s", s.On)
		}
		if len(wires[s.Name]) == 0 {
			fmt.Fprintln(t)
			hosts = append(hosts, "")
		}
		for i, w := range wires[s.Name] {
			mark := d.marks.middle
			switch {
			case len(wires[s.Name]) == 1:
				mark = d.marks.only
			case i == 0:
				mark = d.marks.first
			case i == len(wires[s.Name])-1:
				mark = d.marks.end
			}
			d.line(t, mark, w, now, at)
			hosts = append(hosts, w.host)
		}
	}
	for _, w := range wires[""] {
		d.line(t, d.marks.none, w, now, at)
		hosts = append(hosts, w.host)
	}
	t.Flush()
	d.last, d.drawn = now.counters, at
	d.hosts(&b, now)
	hosts = append(append(hosts, ""), hostNames(d.topology)...)
	rows := make([]tui.LabRow, len(hosts))
	for i, text := range strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n") {
		rows[i] = tui.LabRow{Text: text, Host: hosts[i]}
	}
	return rows
}

// hosts are a line each below the wires.
func (d *labDrawing) hosts(b *strings.Builder, now labState) {
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t)
	for _, h := range d.topology.Hosts {
		state := now.hosts[h.Name]
		fmt.Fprintf(t, "%s\t%s", h.Name, cmp.Or(strings.Join(state.inside, " "), "-"))
		if len(state.groups) > 0 {
			fmt.Fprintf(t, "\tjoined %s", strings.Join(state.groups, ", "))
		} else {
			fmt.Fprint(t, "\t")
		}
		if faults := now.faults[h.Name]; len(faults) > 0 {
			fmt.Fprintf(t, "\t%s", d.red(strings.Join(faults, ", ")))
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}

// wires are by the name of their switch; "": by none.
func (d *labDrawing) wires() map[string][]wire {
	wires := map[string][]wire{}
	for _, h := range d.topology.Hosts {
		for _, i := range h.Interfaces {
			w := wire{name: h.Name + "." + i.Name, host: h.Name}
			for _, a := range i.Addrs {
				w.addrs = append(w.addrs, a.String())
			}
			wires[i.Switch] = append(wires[i.Switch], w)
		}
	}
	return wires
}

func (d *labDrawing) line(t *tabwriter.Writer, mark string, w wire, now labState, at time.Time) {
	fmt.Fprintf(t, "\t%s\t%s\t%s\t", mark, w.name, strings.Join(w.addrs, " "))
	c, ok := now.counters[w.name]
	if !ok {
		fmt.Fprintln(t, d.red("deleted"))
		return
	}
	if faults := now.faults[w.name]; len(faults) > 0 { // before what a narrow screen cuts off
		fmt.Fprintf(t, "%s  ", d.red(strings.Join(faults, ", ")))
	}
	switch {
	case !c.Up:
		fmt.Fprint(t, d.red("down"))
	case !c.Carrier:
		fmt.Fprint(t, d.red("cut"))
	default:
		was, known := d.last[w.name]
		if !known {
			was = c
		}
		seconds := at.Sub(d.drawn).Seconds()
		fmt.Fprintf(t, "%s %s  %s %s", d.marks.in, rates(since(c.RxPackets, was.RxPackets), since(c.RxBytes, was.RxBytes), seconds),
			d.marks.out, rates(since(c.TxPackets, was.TxPackets), since(c.TxBytes, was.TxBytes), seconds))
	}
	if c.Dropped > 0 {
		fmt.Fprintf(t, "  %s", d.red(fmt.Sprintf("%d dropped", c.Dropped)))
	}
	fmt.Fprintln(t)
}

// since is how much was counted. An interface that was made again counts from
// 0.
func since(now, was uint64) uint64 {
	if now < was {
		return now
	}
	return now - was
}

func rates(packets, bytes uint64, seconds float64) string {
	return fmt.Sprintf("%5.0f pkt/s %7s/s", float64(packets)/seconds, byteSize(float64(bytes)/seconds))
}

func byteSize(n float64) string {
	switch {
	case n < 9999.5:
		return fmt.Sprintf("%.0f B", n)
	case n < 9999.5e3:
		return fmt.Sprintf("%.0f kB", n/1e3)
	}
	return fmt.Sprintf("%.0f MB", n/1e6)
}

func (d *labDrawing) red(s string) string {
	if !d.colour {
		return s
	}
	return "\x1b[31m" + s + "\x1b[39m"
}
