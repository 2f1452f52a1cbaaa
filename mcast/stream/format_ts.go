package stream

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"time"
)

const (
	tsSync   = 0x47
	tsPacket = 188
	tsNull   = 0x1FFF
	tsCounts = 16 // values of a continuity counter
	// maxPIDs of a stream are counted; the packets of others are not.
	maxPIDs = 48
	// maxLate is how many others a datagram overtakes, or is overtaken by, at most.
	maxLate = 3
	// maxBlocks of PIDs are in one datagram.
	maxBlocks = 16
	// maxCopyMS is how long after a datagram its copy comes at most.
	maxCopyMS = 200
	// needRun datagrams with a PID that went on from the one before them overtook
	// nothing.
	needRun = 4
	// constant is how many datagrams after one that repeats another, and goes on from
	// the one before it, nothing is told from a copy.
	constant = 64
)

// tsShape reports whether what is kept of a datagram is packets of MPEG-TS by their
// length and first bytes (ISO/IEC 13818-1, section 2.4.3).
func tsShape(data []byte, size int) bool {
	if size < tsPacket || size%tsPacket != 0 || len(data) < 4 {
		return false
	}
	for at := 0; at < len(data); at += tsPacket {
		if data[at] != tsSync {
			return false
		}
	}
	return true
}

func tsSight(payload []byte, size int) (Sight, fit) {
	if !tsShape(payload, size) {
		return Sight{}, misfit
	}
	return Sight{}, numbered
}

// hasPAT reports whether a program association table with a right checksum is in a
// datagram (section 2.4.4.3). One that needs several packets is not looked at.
func hasPAT(payload []byte) bool {
	for ; len(payload) >= tsPacket; payload = payload[tsPacket:] {
		p := payload[:tsPacket]
		if p[1]&0xDF != 0x40 || p[2] != 0 || p[3]&0xD0 != 0x10 { // error, start, PID 0; not scrambled, with payload
			continue
		}
		at := 4
		if p[3]&0x20 != 0 {
			at += 1 + int(p[4])
		}
		if at >= tsPacket {
			continue
		}
		at += 1 + int(p[at]) // the pointer to the section
		if at+3 > tsPacket || p[at] != 0 || p[at+1]&0xC0 != 0x80 {
			continue
		}
		end := at + 3 + int(binary.BigEndian.Uint16(p[at+1:])&0x0FFF)
		if end-at >= 12 && end <= tsPacket && crcMPEG(p[at:end]) == 0 {
			return true
		}
	}
	return false
}

// crcMPEG is the CRC-32 of annex A: not reflected, and not inverted at the end. That
// of a section with its checksum is 0.
func crcMPEG(data []byte) uint32 {
	crc := ^uint32(0)
	for _, b := range data {
		crc ^= uint32(b) << 24
		for range 8 {
			if crc&(1<<31) != 0 {
				crc = crc<<1 ^ 0x04C11DB7
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

// pids are the continuity counters of the PIDs of one stream.
//
// What is missing is the way of a counter less the packets that came, and both are
// known modulo 16 in whatever order they came. It is counted between two places that
// nothing overtook: a lower bound, since more may be missing by a multiple of 16.
type pids struct {
	list  [64]pidState
	known int

	count   uint32 // datagrams, but for copies
	ms      uint32 // when the latest came
	repeats int    // datagrams for which copies are not told from others
	pending bool   // something may be missing that is not counted

	ids   [64]uint32 // of the latest datagrams
	times [64]uint32 // milliseconds
	next  int
}

// pidState is what is known of one PID.
type pidState struct {
	key     uint16 // the PID and 1; 0: free
	ends    uint16 // the latest counters of the latest 4 datagrams with it, the latest one in the lowest 4 bits
	may     uint16 // bit n: missing may be n more, modulo 16
	missing uint8  // modulo 16, since it was counted last
	run     uint8  // datagrams that went on from the one before them
	burst   uint8  // datagrams since all before them had come
	span    uint8  // counters in the latest datagram
	based   bool   // it was counted from a place that nothing overtook
	again   bool   // the latest packet came twice (followRTP)
	at      uint32 // pids.count of the latest datagram
}

// packetTS is what the counter of a packet depends on.
type packetTS struct {
	pid   uint16
	count uint8
	jump  bool // any counter is right (discontinuity_indicator)
}

// blockTS is what a datagram has of one PID.
type blockTS struct {
	slot              int
	pid               uint16
	first, last, span uint8
	missing           int
	jump              bool
}

func (p *pids) reset() { p.list, p.known, p.pending = [64]pidState{}, 0, false }

// packet reads a packet, and reports whether its counter means something: it does
// not in packets without payload, in null packets, and in damaged ones.
func packet(b []byte) (packetTS, bool) {
	head := binary.BigEndian.Uint32(b)
	p := packetTS{pid: uint16(head >> 8 & tsNull), count: uint8(head & 0x0F)}
	if len(b) >= 6 && head&0x20 != 0 && b[4] > 0 {
		p.jump = b[5]&0x80 != 0
	}
	return p, head&0x10 != 0 && p.pid != tsNull && head&0x800000 == 0
}

// slot is where a PID is kept, or would be.
func (p *pids) slot(pid uint16) int {
	n := int(pid*0x9E37>>10) & 63
	for p.list[n].key != 0 && p.list[n].key != pid+1 {
		n = (n + 1) & 63
	}
	return n
}

// packets counts the packets of a datagram that follows the one before it for sure.
func (p *pids) packets(data []byte) (missing int) {
	for ; len(data) >= 6; data = data[min(tsPacket, len(data)):] {
		t, ok := packet(data)
		if !ok {
			continue
		}
		s := &p.list[p.slot(t.pid)]
		switch step := (t.count - uint8(s.ends)) & 0x0F; {
		case s.key == 0:
			p.add(s, t.pid, t.count)
		case !t.jump && step == 0 && !s.again:
			s.again = true // which is legal once
			continue
		case !t.jump:
			missing += int(step-1) & 0x0F
		}
		s.ends, s.again = uint16(t.count), false
	}
	return missing
}

// add begins a PID, if there is room for one.
func (p *pids) add(s *pidState, pid uint16, count uint8) {
	if p.known < maxPIDs {
		p.known++
		s.key = pid + 1
		s.begin(count)
	}
}

// begin says that nothing is known of what came before.
func (s *pidState) begin(count uint8) {
	*s = pidState{key: s.key, ends: uint16(count) * 0x1111, may: 1, burst: 1, at: s.at}
}

// datagram counts the packets of a datagram. One that comes twice, or overtook
// others, is no loss.
func (p *pids) datagram(payload []byte, size int, at time.Time) (missing int) {
	var blocks [maxBlocks]blockTS
	used, ok := p.blocks(payload, &blocks)
	if len(payload) < size || !ok { // the other counters are not known
		p.reset()
		for _, b := range blocks[:used] {
			missing += b.missing
		}
		return missing
	}
	if used == 0 {
		return 0
	}
	follows := true
	for n := range blocks[:used] {
		b := &blocks[n]
		s := &p.list[b.slot]
		follows = follows && s.key != 0 && !b.jump && (b.first-uint8(s.ends))&0x0F == 1
	}
	id, ms := crc32.Checksum(payload, castagnoli()), uint32(at.UnixMilli())
	copied := p.copied(id, ms)
	switch {
	case copied && !follows && p.repeats == 0:
		return 0
	case copied:
		p.repeats = constant // the sender may well say the same again
	case p.repeats > 0:
		p.repeats--
	}
	p.ids[p.next], p.times[p.next] = id, ms
	p.next = (p.next + 1) % len(p.ids)
	if p.count++; p.paused(ms) {
		p.count += 2*maxLate + 1
	}
	p.ms = ms
	for n := range blocks[:used] {
		missing += p.block(&blocks[n])
	}
	return missing
}

// paused reports whether all that is under way has come.
func (p *pids) paused(ms uint32) bool { return ms-p.ms >= maxCopyMS }

// blocks reads the packets of a datagram. It is false if they are of too many PIDs.
func (p *pids) blocks(payload []byte, list *[maxBlocks]blockTS) (used int, ok bool) {
	for ; len(payload) >= 6; payload = payload[min(tsPacket, len(payload)):] {
		t, ok := packet(payload)
		if !ok {
			continue
		}
		at := 0
		for at < used && list[at].pid != t.pid {
			at++
		}
		b := &list[min(at, maxBlocks-1)]
		switch step := (t.count - b.last) & 0x0F; {
		case at == maxBlocks:
			return used, false
		case at == used:
			used++
			*b = blockTS{slot: p.slot(t.pid), pid: t.pid, first: t.count, last: t.count, span: 1, jump: t.jump}
		case t.jump:
			b.jump, b.last = true, t.count
		case step > 0: // a packet may be repeated
			b.missing += int(step) - 1
			b.span += step
			b.last = t.count
		}
	}
	return used, true
}

func (p *pids) copied(id, ms uint32) bool {
	for n, known := range &p.ids {
		if known == id && ms-p.times[n] <= maxCopyMS {
			return true
		}
	}
	return false
}

// block counts what a datagram has of one PID.
func (p *pids) block(b *blockTS) (missing int) {
	s := &p.list[b.slot]
	if s.key != 0 && s.key != b.pid+1 { // another of this datagram took its place
		b.slot = p.slot(b.pid)
		s = &p.list[b.slot]
	}
	missing = b.missing
	if s.key == 0 {
		p.add(s, b.pid, b.last)
		s.span, s.at = b.span, p.count
		return missing
	}
	if p.count-s.at > 2*maxLate+1 {
		missing += s.cut()
	}
	s.at = p.count
	if b.jump {
		s.begin(b.last)
		return missing
	}
	if p.repeats > 0 {
		s.may = 1<<16 - 1
	}
	s.burst = min(s.burst+1, 255)
	switch step := (b.first - uint8(s.ends)) & 0x0F; step {
	case 1:
		s.run = min(s.run+1, 255)
	case 0: // a packet that is repeated, or 15 are missing
		s.more(15)
		s.run = 0
	default:
		if s.run == 0 && (b.first-uint8(s.ends>>4))&0x0F == 1 { // the one before was late, or a copy
			s.more(s.span)
		}
		s.missing = (s.missing + step - 1) & 0x0F
		s.run = 0
	}
	s.ends, s.span = s.ends<<4|uint16(b.last), b.span
	if s.run >= needRun {
		missing += s.settle()
	} else if s.missing != 0 {
		p.pending = true
	}
	return missing
}

// more says that n more may be missing.
func (s *pidState) more(n uint8) { s.may |= bits.RotateLeft16(s.may, int(n)) }

// settle counts what is missing up to the latest packet, which nothing overtook.
func (s *pidState) settle() (missing int) {
	if s.based {
		missing = bits.TrailingZeros16(bits.RotateLeft16(s.may, int(s.missing)))
	}
	s.missing, s.may, s.based = 0, 1, true
	return missing
}

// cut counts what is missing when all that was under way has come. Which of the
// latest datagrams was sent last is not known unless they are in a row.
func (s *pidState) cut() (missing int) {
	switch {
	case s.burst == 0:
		return 0
	case int(s.run)+1 >= int(s.burst):
		missing = s.settle()
	default:
		if s.based {
			missing = tsCounts
			for n := 0; n < 16; n += 4 {
				last := uint8(s.ends>>n) - uint8(s.ends)
				missing = min(missing, bits.TrailingZeros16(bits.RotateLeft16(s.may, int((s.missing+last)&0x0F))))
			}
		}
		s.missing, s.may, s.based, s.run = 0, 1, false, 0
	}
	s.burst = 0
	return missing
}

// give counts what is missing of a stream that paused.
func (p *pids) give() (missing int) {
	for n := range p.list {
		missing += p.list[n].cut()
	}
	p.pending = false
	return missing
}
