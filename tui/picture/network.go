package picture

import (
	"cmp"
	"fmt"
	"image/color"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Network is what a picture of a network is drawn of: for the screen of a lab, for
// a page, or for a browser.
type Network struct {
	Switches []NetworkSwitch
	Hosts    []NetworkHost
	Notes    []string // what else there is to say of it, a line each below the rest
}

// NetworkSwitch is a switch, which may hang on another one.
type NetworkSwitch struct{ Name, On string }

// NetworkHost is a host with its interfaces.
type NetworkHost struct {
	Name       string
	Interfaces []NetworkInterface
	Router     bool
}

// NetworkInterface is an interface at the end of a wire.
type NetworkInterface struct {
	Name   string
	Switch string // "": none
	Addrs  []string
	Extra  []string // what else is set, such as down and mtu 1400
}

// NetworkState is what goes on in a network. An interface is called
// HOST.INTERFACE. Text of strangers has to be sanitised before.
type NetworkState struct {
	Links  map[string]LinkState // by interface; one that is missing was deleted
	Faults map[string][]string  // by host or interface
	Hosts  map[string]HostState // by host
}

// LinkState is an interface with its counters.
type LinkState struct {
	RxPackets, RxBytes uint64
	TxPackets, TxBytes uint64
	Dropped            uint64
	Up                 bool // it is switched on
	Carrier            bool // and its wire is whole
}

// HostState is what a host does.
type HostState struct {
	Inside []string // commands that run in it
	Groups []string // that they have joined, with the interfaces
}

// NetworkRow is a row of the picture: a wire, or a host.
type NetworkRow struct {
	Text string // with its columns; faults are red, if colours are wanted
	Host string // whose it is; "": nobody's
}

// NetworkDrawing draws a network in rows: each switch with its wires, what went
// over them since the last picture and every fault on them; and the hosts below.
type NetworkDrawing struct {
	network Network
	colour  bool
	marks   wireMarks
	last    map[string]LinkState
	drawn   time.Time
}

// wireMarks join a switch to its wires.
type wireMarks struct{ only, first, middle, end, none, in, out string }

// NewNetworkDrawing begins the pictures of a network, with colours or not, and of
// ASCII alone or not.
func NewNetworkDrawing(n Network, colour, asciiOnly bool) *NetworkDrawing {
	d := &NetworkDrawing{network: n, colour: colour}
	d.marks = wireMarks{only: "── ", first: "─┬─", middle: " ├─", end: " └─", none: "   ", in: "←", out: "→"}
	if asciiOnly {
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

// Rows draws the network as it is at a time.
func (d *NetworkDrawing) Rows(now NetworkState, at time.Time) []NetworkRow {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 1, ' ', 0)
	var hosts []string // of each line
	wires := d.wires()
	for _, s := range d.network.Switches {
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
	d.last, d.drawn = now.Links, at
	d.hosts(&b, now)
	hosts = append(hosts, "")
	for _, h := range d.network.Hosts {
		hosts = append(hosts, h.Name)
	}
	if len(d.network.Notes) > 0 {
		fmt.Fprintf(&b, "\n%s\n", strings.Join(d.network.Notes, "\n"))
		hosts = append(hosts, make([]string, 1+len(d.network.Notes))...)
	}
	rows := make([]NetworkRow, len(hosts))
	for i, text := range strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n") {
		rows[i] = NetworkRow{Text: text, Host: hosts[i]}
	}
	return rows
}

// hosts are a line each below the wires.
func (d *NetworkDrawing) hosts(b *strings.Builder, now NetworkState) {
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t)
	for _, h := range d.network.Hosts {
		state := now.Hosts[h.Name]
		fmt.Fprintf(t, "%s\t%s", h.Name, cmp.Or(strings.Join(state.Inside, " "), "-"))
		if len(state.Groups) > 0 {
			fmt.Fprintf(t, "\tjoined %s", strings.Join(state.Groups, ", "))
		} else {
			fmt.Fprint(t, "\t")
		}
		if faults := now.Faults[h.Name]; len(faults) > 0 {
			fmt.Fprintf(t, "\t%s", d.red(strings.Join(faults, ", ")))
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}

// wires are by the name of their switch; "": by none.
func (d *NetworkDrawing) wires() map[string][]wire {
	wires := map[string][]wire{}
	for _, h := range d.network.Hosts {
		for _, i := range h.Interfaces {
			wires[i.Switch] = append(wires[i.Switch], wire{name: h.Name + "." + i.Name, host: h.Name, addrs: i.Addrs})
		}
	}
	return wires
}

func (d *NetworkDrawing) line(t *tabwriter.Writer, mark string, w wire, now NetworkState, at time.Time) {
	fmt.Fprintf(t, "\t%s\t%s\t%s\t", mark, w.name, strings.Join(w.addrs, " "))
	c, ok := now.Links[w.name]
	if !ok {
		fmt.Fprintln(t, d.red("deleted"))
		return
	}
	if faults := now.Faults[w.name]; len(faults) > 0 { // before what a narrow screen cuts off
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

const redOn, redOff = "\x1b[31m", "\x1b[39m"

func (d *NetworkDrawing) red(s string) string {
	if !d.colour {
		return s
	}
	return redOn + s + redOff
}

// NetworkScreen is the rows of a network's picture as a screen, for SVG.
func NetworkScreen(rows []NetworkRow) Screen {
	s := Screen{Height: len(rows), CursorX: -1}
	cells := make([][]Cell, len(rows))
	for y, row := range rows {
		var style Style
		for text := row.Text; text != ""; {
			if rest, ok := strings.CutPrefix(text, redOn); ok {
				text, style.Fg = rest, color.RGBA{0xd9, 0x4f, 0x4f, 0xff}
				continue
			}
			if rest, ok := strings.CutPrefix(text, redOff); ok {
				text, style.Fg = rest, nil
				continue
			}
			_, size := utf8.DecodeRuneInString(text)
			cell := Cell{Text: text[:size], Width: max(ansi.StringWidth(text[:size]), 1), Style: style}
			for range cell.Width {
				cells[y] = append(cells[y], cell)
			}
			text = text[size:]
		}
		s.Width = max(s.Width, len(cells[y]))
	}
	s.At = func(x, y int) Cell {
		if y < len(cells) && x < len(cells[y]) {
			return cells[y][x]
		}
		return Cell{Text: " ", Width: 1}
	}
	return s
}
