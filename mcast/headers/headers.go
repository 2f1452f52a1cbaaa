package headers

import (
	"fmt"
	"strconv"
	"strings"
)

// Link types of frames (www.tcpdump.org/linktypes.html).
const (
	Ethernet = 1
	Raw      = 101 // IPv4 or IPv6, by the version in its first 4 bits
)

// Header is one header of a frame.
type Header struct {
	Layer   string // such as "Ethernet", "IPv4", "UDP" or "IGMPv3"
	Quoted  bool   // it is of the packet that an ICMP error quotes: that packet caused the error
	Offset  int    // of its first byte in the frame
	Length  int    // bytes of it that are there, without what it carries
	Cut     int    // bytes that it should have, if more than Length; 0: it is whole
	Summary string // one line, with the layer's name in front
	Fields  []Field
}

// Field is one field of a header.
type Field struct {
	Name  string // as in the RFC
	Value string // as people write it; printable
	Bit   int    // of its first bit, from the header's first byte
	Bits  int    // of its width
	Note  string // what is worth to know about the value; "": nothing
}

// Bounds of what a frame can make Decode give.
const (
	mostHeaders    = 24
	mostExtensions = 8
	mostRecords    = 32 // records, sources and options that have fields of their own
	mostText       = 40 // bytes of data that are shown
)

// Line is the summaries of all headers in one line, with " | " between them. It is
// what a pattern is compared with; see the package's examples.
func Line(list []Header) string {
	words := make([]string, len(list))
	for i, h := range list {
		words[i] = h.Summary
	}
	return strings.Join(words, " | ")
}

// Decode reads the headers of a frame of a link type, in their order. It reads what is
// there: of a frame that was cut, the fields that are whole. It gives 24 headers at the
// most, keeps nothing of the frame, and never fails: what it does not know has no header.
func Decode(link int, frame []byte) []Header {
	d := &decoder{}
	switch link {
	case Ethernet:
		d.ethernet(part{b: frame})
	case Raw, 12, 14, 228, 229: // DLT_RAW of other systems; IPv4 and IPv6 alone
		d.ip(part{b: frame})
	}
	d.groupMAC()
	return d.list
}

// part is a part of a frame, from a header's first byte to the end of what is known to
// belong to it.
type part struct {
	at int // of its first byte in the frame
	b  []byte
}

// from is the part from byte n on; empty if it has none.
func (p part) from(n int) part {
	n = min(n, len(p.b))
	return part{p.at + n, p.b[n:]}
}

// to is the first n bytes of the part, or what there is of them.
func (p part) to(n int) part { return part{p.at, p.b[:min(n, len(p.b))]} }

type decoder struct {
	list   []Header
	quoted bool
}

// header begins a header that should have so many bytes.
func (d *decoder) header(name string, p part, length int) *header {
	h := &header{d: d, p: p.to(length)}
	h.Layer, h.Quoted, h.Offset, h.Length = name, d.quoted, p.at, len(h.p.b)
	if h.Length < length {
		h.Cut = length
	}
	return h
}

// header is one that is being read.
type header struct {
	Header
	d *decoder
	p part
}

// field adds a field, if all its bits are there.
func (h *header) field(name string, bit, bits int, value func() string, note ...string) {
	if bit+bits <= 8*len(h.p.b) {
		f := Field{Name: name, Value: value(), Bit: bit, Bits: bits}
		for _, n := range note {
			f.Note = joined(f.Note, n)
		}
		h.Fields = append(h.Fields, f)
	}
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// number adds a field that is a number.
func (h *header) number(name string, bit, bits int, note ...string) {
	h.field(name, bit, bits, func() string { return strconv.FormatUint(h.bits(bit, bits), 10) }, note...)
}

// hex adds a field that is written as a hexadecimal number.
func (h *header) hex(name string, bit, bits int, note ...string) {
	h.field(name, bit, bits, func() string { return fmt.Sprintf("0x%0*x", (bits+3)/4, h.bits(bit, bits)) }, note...)
}

// bits is a number of 64 bits at the most; 0 if it is not there.
func (h *header) bits(bit, bits int) (n uint64) {
	if bit+bits > 8*len(h.p.b) {
		return 0
	}
	for i := bit; i < bit+bits; i++ {
		n = n<<1 | uint64(h.p.b[i/8]>>(7-i%8)&1)
	}
	return n
}

// ends adds the header to the list, with its summary: its name and these words. The words of
// fields that are not there are left to the caller.
func (h *header) ends(words ...string) {
	if len(h.d.list) >= mostHeaders {
		return
	}
	if h.Quoted {
		h.Summary = "quoted "
	}
	h.Summary += h.Layer
	if h.Cut > 0 {
		words = append(words, fmt.Sprintf("cut: %d of %d bytes", h.Length, h.Cut))
	}
	for _, w := range words {
		if w != "" {
			h.Summary += " " + w
		}
	}
	h.d.list = append(h.d.list, h.Header)
}

// text is data as people can read it: in quotes if it is text, else in hexadecimal.
func text(b []byte) string {
	s := string(b)
	for _, r := range s {
		if r == '\ufffd' || r < ' ' && r != '\n' && r != '\r' && r != '\t' {
			return fmt.Sprintf("0x%x", b)
		}
	}
	return strconv.Quote(s)
}

// data are the words for what a header carries: how many bytes, and the first ones.
// whole is how many there should be.
func data(b []byte, whole int) string {
	s := strconv.Itoa(whole) + " bytes"
	if whole == 1 {
		s = "1 byte"
	}
	switch {
	case len(b) == 0:
		return s
	case len(b) <= mostText && len(b) == whole:
		return s + " " + text(b)
	}
	return s + " beginning with " + text(first(b))
}

// first are the first bytes of data that are shown. A rune is not cut.
func first(b []byte) []byte {
	n := min(len(b), mostText)
	for back := range 4 { // bytes of a rune at the most
		if n < len(b) && n-back > 0 && b[n-back]&0xc0 != 0x80 {
			return b[:n-back]
		}
	}
	return b[:n]
}

// octets adds the field of the data behind a header.
func (h *header) octets(name string, b []byte, whole int) {
	if len(b) == 0 {
		return
	}
	f := Field{Name: name, Value: text(b), Bit: 8 * h.Length, Bits: 8 * len(b)}
	if len(b) > mostText {
		f.Value = text(first(b))
		f.Note = fmt.Sprintf("the first %d of %d bytes", len(first(b)), whole)
	} else if len(b) < whole {
		f.Note = fmt.Sprintf("%d of %d bytes are there", len(b), whole)
	}
	h.Fields = append(h.Fields, f)
}
