package headers

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/igmp"
)

// recordNames are those of RFC 3376, section 4.2.12, and RFC 3810, section 5.2.12.
var recordNames = map[igmp.RecordType]string{
	igmp.IsInclude: "MODE_IS_INCLUDE", igmp.IsExclude: "MODE_IS_EXCLUDE", igmp.ToInclude: "CHANGE_TO_INCLUDE_MODE",
	igmp.ToExclude: "CHANGE_TO_EXCLUDE_MODE", igmp.Allow: "ALLOW_NEW_SOURCES", igmp.Block: "BLOCK_OLD_SOURCES",
}

var recordNotes = map[igmp.RecordType]string{
	igmp.IsInclude: "state: receives these sources only", igmp.IsExclude: "state: receives all sources except these",
	igmp.ToInclude: "change: these sources only; an empty list leaves the group", igmp.ToExclude: "change: all sources except these; an empty list joins the group",
	igmp.Allow: "change: adds these sources", igmp.Block: "change: removes these sources",
}

var igmpTypes = map[uint64]string{0x11: "membership query", 0x12: "IGMPv1 membership report", 0x16: "IGMPv2 membership report", 0x17: "leave group", 0x22: "IGMPv3 membership report"}

var mldTypes = map[uint64]string{130: "multicast listener query", 131: "multicast listener report", 132: "multicast listener done", 143: "version 2 multicast listener report"}

// igmp reads IGMP (RFC 1112, RFC 2236, RFC 3376). What it means is said by package igmp.
func (d *decoder) igmp(p part, of packet) {
	p = p.to(of.length)
	m, err := igmp.Decode(of.head.b)
	h := d.header("IGMP", p, max(8, len(p.b)))
	h.hex("Type", 0, 8, igmpTypes[h.bits(0, 8)])
	if d.refused(h, p, of, err, 0) {
		return
	}
	h.Layer = fmt.Sprintf("IGMPv%d", m.Version)
	switch {
	case m.Kind == igmp.Query && m.Version > 1:
		name := "Max Resp Code"
		if m.Version == 2 {
			name = "Max Resp Time"
		}
		h.number(name, 8, 8, "answer within "+seconds(m.MaxResponse))
	case m.Version == 3:
		h.number("Reserved", 8, 8)
	default:
		h.number("Unused", 8, 8)
	}
	h.hex("Checksum", 16, 16, "right")
	h.message(m, 4, 4)
}

// mld reads MLD (RFC 2710, RFC 3810), a part of ICMPv6.
func (d *decoder) mld(p part, of packet) {
	p = p.to(of.length)
	m, err := igmp.Decode(of.head.b)
	h := d.header("MLD", p, max(8, len(p.b)))
	h.number("Type", 0, 8, mldTypes[h.bits(0, 8)])
	h.number("Code", 8, 8)
	if d.refused(h, p, of, err, protoICMPv6) {
		return
	}
	h.Layer = fmt.Sprintf("MLDv%d", m.Version)
	h.hex("Checksum", 16, 16, "right")
	if m.Kind == igmp.Report && m.Version == 2 {
		h.message(m, 4, 16)
		return
	}
	name := "Maximum Response Code"
	if m.Version == 1 {
		name = "Maximum Response Delay"
	}
	note := ""
	if m.Kind == igmp.Query {
		note = "answer within " + seconds(m.MaxResponse)
	}
	h.number(name, 32, 16, note)
	h.number("Reserved", 48, 16)
	h.message(m, 8, 16)
}

// refused ends a header that package igmp does not decode.
func (d *decoder) refused(h *header, p part, of packet, err error, protocol int) bool {
	if err == nil {
		return false
	}
	var words []string
	if len(p.b) > 0 {
		words = append(words, fmt.Sprintf("type 0x%02x", h.bits(0, 8)))
	}
	if len(p.b) >= 4 {
		note, word := d.checksum(p, of, protocol, of.length, uint16(h.bits(16, 16)))
		h.hex("Checksum", 16, 16, note)
		words = append(words, word)
	}
	if refusal, ok := errors.AsType[*igmp.DecodeError](err); ok && refusal.Reason != igmp.ReasonChecksum {
		words = append(words, "not decoded: "+string(refusal.Reason)+" ("+refusal.What+")")
	}
	h.ends(words...)
	return true
}

// message reads what is behind the checksum of a message, whose group is at byte at and has
// so many bytes: its bytes are all there, as the message was decoded.
func (h *header) message(m igmp.Message, at, width int) {
	switch {
	case m.Kind == igmp.Query:
		h.query(m, at, width)
	case m.Group.IsValid():
		name := "Group Address"
		if width == 16 {
			name = "Multicast Address"
		}
		h.address(name, at, width)
		kind := "report"
		if m.Kind == igmp.Leave {
			kind = map[int]string{4: "leave", 16: "done"}[width]
		}
		h.ends(kind, m.Group.String())
	default:
		h.report(m, width)
	}
}

func (h *header) query(m igmp.Message, at, width int) {
	name, about := "Group Address", "general query"
	if width == 16 {
		name = "Multicast Address"
	}
	note := "0: all groups are asked about"
	if !m.General() {
		note, about = "", "query for "+m.Group.String()
	}
	h.address(name, at, width, note)
	words := []string{about}
	rest := at + width
	if len(m.Sources) > 0 {
		words = append(words, sources(m.Sources))
	}
	words = append(words, "max response "+seconds(m.MaxResponse))
	if m.Version == 3 || m.Version == 2 && width == 16 {
		h.number("Resv", 8*rest, 4)
		h.number("S", 8*rest+4, 1, map[bool]string{true: "routers keep their timers"}[m.Suppress])
		h.number("QRV", 8*rest+5, 3, "the querier's robustness: how many losses in a row are survived, plus 1")
		h.number("QQIC", 8*rest+8, 8, "a general query every "+seconds(m.Interval))
		h.number("Number of Sources", 8*rest+16, 16)
		for i, s := range m.Sources[:min(len(m.Sources), mostRecords)] {
			h.field(fmt.Sprintf("Source Address [%d]", i+1), 8*(rest+4+i*width), 8*width, s.String)
		}
		words = append(words, fmt.Sprintf("QRV %d", m.Robustness), "QQIC "+seconds(m.Interval))
	}
	h.ends(commas(words, len(m.Sources) > 0))
}

// commas joins words; the first two by a space if they belong together.
func commas(words []string, two bool) string {
	if two {
		words = append([]string{words[0] + " " + words[1]}, words[2:]...)
	}
	return strings.Join(words, ", ")
}

func (h *header) report(m igmp.Message, width int) {
	b := h.p.b
	count := int(h.bits(48, 16))
	record, group := "Number of Group Records", "Multicast Address"
	if width == 16 {
		record = "Nr of Mcast Address Records"
	}
	h.number("Reserved", 32, 16)
	h.number(record, 48, 16)
	at, known := 8, 0
	for i := range min(count, mostRecords) {
		if len(b) < at+4+width { // it was decoded, so it cannot be
			break
		}
		n, aux := int(b[at+2])<<8|int(b[at+3]), int(b[at+1])
		of := fmt.Sprintf("Record [%d] ", i+1)
		kind := igmp.RecordType(b[at])
		h.field(of+"Type", 8*at, 8, func() string {
			if name := recordNames[kind]; name != "" {
				return strconv.Itoa(int(kind)) + " " + name
			}
			return strconv.Itoa(int(kind))
		}, recordNotes[kind])
		h.number(of+"Aux Data Len", 8*at+8, 8)
		h.number(of+"Number of Sources", 8*at+16, 16)
		h.address(of+group, at+4, width)
		for j := range min(n, mostRecords) {
			h.address(fmt.Sprintf("%sSource Address [%d]", of, j+1), at+4+width+j*width, width)
		}
		at += 4 + width + n*width + 4*aux
		known++
	}
	said := make([]string, 0, known)
	for i, r := range m.Records {
		if i == mostRecords {
			said = append(said, fmt.Sprintf("and %d more", len(m.Records)-i))
			break
		}
		said = append(said, recordNames[r.Type]+" "+r.Group.String()+" "+sources(r.Sources))
	}
	if len(said) == 0 {
		said = append(said, "no records")
	}
	h.ends("report:", strings.Join(said, "; "))
}

// sources are a list of sources: {} if there is none.
func sources(list []netip.Addr) string {
	words := make([]string, 0, min(len(list), mostRecords)+1)
	for i, s := range list {
		if i == mostRecords {
			words = append(words, fmt.Sprintf("and %d more", len(list)-i))
			break
		}
		words = append(words, s.String())
	}
	return "{" + strings.Join(words, ", ") + "}"
}

func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " s"
}
