package stream

import (
	"encoding/binary"
	"time"
)

// The ports of PTP over UDP (IEEE 1588, annexes C and D).
const ptpEvent, ptpGeneral = 319, 320

// ptpTypes says of each type of message how long it is at least, and what its
// control field is (IEEE 1588, tables 36 and 42).
var ptpTypes = [16]struct {
	length  int
	control byte
	answer  bool // its number is that of the request
}{
	0x0: {44, 0, false}, // Sync
	0x1: {44, 1, false}, // Delay_Req
	0x2: {54, 5, false}, // Pdelay_Req
	0x3: {54, 5, true},  // Pdelay_Resp
	0x8: {44, 2, false}, // Follow_Up, with the number of its Sync
	0x9: {54, 3, true},  // Delay_Resp
	0xA: {54, 5, true},  // Pdelay_Resp_Follow_Up
	0xB: {64, 5, false}, // Announce
	0xC: {44, 5, false}, // Signaling
	0xD: {48, 4, true},  // Management: some are answers
}

// ptpSight reads the header of PTP version 2 (IEEE 1588, section 13.3). Each type
// of message of each clock has numbers of its own.
func ptpSight(payload []byte, size int) (Sight, fit) {
	if len(payload) < 44 || payload[1]&0x0F != 2 {
		return Sight{}, misfit
	}
	t := ptpTypes[payload[0]&0x0F]
	length := int(binary.BigEndian.Uint16(payload[2:]))
	if t.length == 0 || length < t.length || length > size || size > length+2 { // IPv6: two bytes more
		return Sight{}, misfit
	}
	if payload[32] != t.control && payload[32] != 0 { // version 2.1 lets it be 0
		return Sight{}, misfit
	}
	clock := binary.BigEndian.Uint64(payload[20:])
	if clock == 0 || clock == 1<<64-1 {
		return Sight{}, misfit
	}
	if t.answer {
		return Sight{}, unnumbered
	}
	s := Sight{Number: uint64(binary.BigEndian.Uint16(payload[30:]))}
	// A hash: the identity alone has 10 bytes.
	for _, b := range [...]uint64{clock, uint64(binary.BigEndian.Uint16(payload[28:])), uint64(payload[4]), uint64(payload[0])} {
		s.ID = (s.ID ^ b) * 0x9E3779B97F4A7C15
		s.ID ^= s.ID >> 29
	}
	s.ID |= 1
	if log := int8(payload[33]); log >= -10 && log <= 10 {
		if log < 0 {
			s.Promise = time.Second >> -log
		} else {
			s.Promise = time.Second << log
		}
	}
	return s, numbered
}
