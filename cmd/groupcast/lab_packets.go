package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/headers"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// Columns of the table of a packet.
const (
	packetNames  = 28
	packetValues = 20
)

// packetTable is a packet field by field, in so many columns: the name of each field, its
// value, and what is worth to know about it.
func packetTable(p *lesson.Packet, width int) string {
	way := "reached"
	if p.Out {
		way = "left"
	}
	cut := ""
	if len(p.Data) < p.Size {
		cut = fmt.Sprintf(", of which %d were kept", len(p.Data))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "a frame of %s%s, which %s %s.%s\n", chat.Count(p.Size, "byte"), cut, way, p.Host, p.Interface)
	for _, h := range p.Headers {
		b.WriteString(headerTable(h, width))
	}
	return b.String()
}

// headerTable is one header of a packet.
func headerTable(h headers.Header, width int) string {
	var b strings.Builder
	name := h.Layer
	if h.Quoted {
		name += ", quoted from the packet that caused the error"
	}
	fmt.Fprintf(&b, "%s: bytes %d to %d", name, h.Offset, h.Offset+max(h.Length, 1)-1)
	if h.Cut > 0 {
		fmt.Fprintf(&b, ", cut: %d of %d", h.Length, h.Cut)
	}
	b.WriteString("\n")
	for _, f := range h.Fields {
		line := fmt.Sprintf("  %-*s %s", packetNames, f.Name, chat.Clean(f.Value))
		at := 2 + packetNames + 1 + packetValues + 1
		notes := strings.Split(strings.TrimSuffix(wrap(f.Note, width-at), "\n"), "\n")
		switch {
		case f.Note == "":
			fmt.Fprintln(&b, line)
			continue
		case len([]rune(line)) < at: // the note is beside the value
			fmt.Fprintf(&b, "%-*s%s\n", at, line, notes[0])
			notes = notes[1:]
		default:
			fmt.Fprintln(&b, line)
		}
		for _, note := range notes {
			fmt.Fprintf(&b, "%*s%s\n", at, "", note)
		}
	}
	return b.String()
}

// packet prints the packet that a step waited for.
func (p *lessonPrinter) packet(packet *lesson.Packet) {
	fmt.Fprint(p.out, indent(packetTable(packet, lessonWidth-4), "    "))
}

// The packets of a lesson as --json prints them. Fields are only added.
type (
	jsonWirePacket struct {
		jsonHead                // packet
		Line      int           `json:"line"`
		Host      string        `json:"host"` // of the lab
		Interface string        `json:"interface"`
		Out       bool          `json:"out"`      // the host sent it; false: it reached the host
		Frame     int           `json:"frame"`    // bytes, from the Ethernet header on
		Captured  int           `json:"captured"` // bytes of them that were kept and decoded
		Text      string        `json:"text"`     // all headers in one line, with which the step's text is compared
		Headers   []jsonHeaders `json:"headers"`
	}
	jsonHeaders struct {
		Layer  string            `json:"layer"`         // such as Ethernet, IPv4, UDP or IGMPv3
		Quoted bool              `json:"quoted"`        // it is of the packet that an ICMP error quotes
		Offset int               `json:"offset"`        // of its first byte in the frame
		Length int               `json:"length"`        // bytes of it that are there
		Whole  int               `json:"cut,omitempty"` // bytes that it should have, where some are not there
		Text   string            `json:"summary"`       // in one line
		Fields []jsonHeaderField `json:"fields"`
	}
	jsonHeaderField struct {
		Name  string `json:"name"`           // as in the RFC
		Value string `json:"value"`          // as people write it
		Bit   int    `json:"bit"`            // of its first bit, from the header's first byte
		Bits  int    `json:"bits"`           // how wide it is
		Note  string `json:"note,omitempty"` // what is worth to know about the value
	}
)

func packetJSON(out io.Writer, o *lesson.Outcome) {
	p := o.Packet
	object := jsonWirePacket{
		jsonHead: headOf("packet"), Line: o.Step.Line, Host: p.Host, Interface: p.Interface, Out: p.Out,
		Frame: p.Size, Captured: len(p.Data), Text: chat.Clean(headers.Line(p.Headers)), Headers: []jsonHeaders{},
	}
	for _, h := range p.Headers {
		header := jsonHeaders{Layer: h.Layer, Quoted: h.Quoted, Offset: h.Offset, Length: h.Length, Whole: h.Cut, Text: chat.Clean(h.Summary), Fields: []jsonHeaderField{}}
		for _, f := range h.Fields {
			header.Fields = append(header.Fields, jsonHeaderField{f.Name, chat.Clean(f.Value), f.Bit, f.Bits, f.Note})
		}
		object.Headers = append(object.Headers, header)
	}
	writeJSON(out, object)
}
