package stream

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxSeqOffset is where a number may begin at most.
const maxSeqOffset = 2040

// ParseSeq reads where a datagram has its number: OFFSET:u8, u16, u32 or u64, with le
// behind it if its lowest byte comes first, as "4:u32le". OFFSET is a number of bytes
// from 0 to 2040.
func ParseSeq(text string) (Seq, error) {
	offset, width, ok := strings.Cut(text, ":")
	if !ok {
		return Seq{}, fmt.Errorf("stream: %q does not say where the number is: OFFSET:u8, u16, u32 or u64, with le if its lowest byte is first, as 4:u32le", text)
	}
	at, err := strconv.ParseUint(offset, 10, 16)
	if err != nil || at > maxSeqOffset {
		return Seq{}, fmt.Errorf("stream: the number begins after 0 to %d bytes, not %q", maxSeqOffset, offset)
	}
	seq := Seq{Offset: int(at)}
	width, seq.LittleEndian = strings.CutSuffix(width, "le")
	switch width {
	case "u8":
		seq.Bits = 8
	case "u16":
		seq.Bits = 16
	case "u32":
		seq.Bits = 32
	case "u64":
		seq.Bits = 64
	default:
		return Seq{}, fmt.Errorf("stream: a number is u8, u16, u32 or u64, with le if its lowest byte is first, not %q", text[len(offset)+1:])
	}
	return seq, nil
}

// String is the text that [ParseSeq] reads; "" of the zero Seq.
func (s Seq) String() string {
	if s == (Seq{}) {
		return ""
	}
	order := ""
	if s.LittleEndian {
		order = "le"
	}
	return fmt.Sprintf("%d:u%d%s", s.Offset, s.Bits, order)
}

// number reads the number, and reports whether the datagram is long enough.
func (s Seq) number(payload []byte) (uint64, bool) {
	n := s.Bits / 8
	if s.Offset < 0 || len(payload)-s.Offset < n {
		return 0, false
	}
	var order binary.ByteOrder = binary.BigEndian
	if s.LittleEndian {
		order = binary.LittleEndian
	}
	switch b := payload[s.Offset:]; s.Bits {
	case 8:
		return uint64(b[0]), true
	case 16:
		return uint64(order.Uint16(b)), true
	case 32:
		return uint64(order.Uint32(b)), true
	case 64:
		return order.Uint64(b), true
	}
	return 0, false
}

// told reads the number where the user says that it is.
func (r *recogniser) told(payload []byte, at time.Time, drops uint32) Reading {
	n, ok := r.bench.seq.number(payload)
	if !ok {
		return Reading{}
	}
	var reading Reading
	if r.adopted != kindTold {
		r.adopted, reading.Adopted = kindTold, Told
	}
	r.bench.sights[0] = Seen{Sight: Sight{Format: Told, Number: n, Bits: r.bench.seq.Bits}, At: at, Drops: drops}
	reading.Sights = r.bench.sights[:1]
	return reading
}
