package stream

import (
	"encoding/binary"
	"time"
)

const (
	rtpHeader = 12
	rtpMPEGTS = 33 // RFC 3551, section 6
)

// rtpSight reads the header of RFC 3550, section 5.1. RTCP, whose types would be 64
// to 95 (RFC 5761, section 4), is none.
func rtpSight(payload []byte, size int) (Sight, fit) {
	if len(payload) < rtpHeader || payload[0]>>6 != 2 {
		return Sight{}, misfit
	}
	if t := payload[1] & 0x7F; t >= 64 && t <= 95 {
		return Sight{}, misfit
	}
	ssrc := binary.BigEndian.Uint32(payload[8:])
	begin, ok := rtpPayload(payload, size)
	if !ok || ssrc == 0 {
		return Sight{}, misfit
	}
	if payload[0]&0x20 != 0 && len(payload) >= size { // padding
		if pad := int(payload[size-1]); pad == 0 || begin+pad > size {
			return Sight{}, misfit
		}
	}
	return Sight{Number: uint64(binary.BigEndian.Uint16(payload[2:])), ID: uint64(ssrc)}, numbered
}

// rtpPayload is where the payload of an RTP packet begins, behind the sources and the
// extension. It is false if it begins behind the end.
func rtpPayload(payload []byte, size int) (int, bool) {
	begin := rtpHeader + 4*int(payload[0]&0x0F)
	if payload[0]&0x10 != 0 {
		if begin+4 > size {
			return 0, false
		}
		if begin+4 <= len(payload) {
			begin += 4 * int(binary.BigEndian.Uint16(payload[begin+2:]))
		}
		begin += 4
	}
	return begin, begin <= size
}

// rtpTSSight reads RTP with MPEG-TS packets in it (RFC 2250, section 2).
func rtpTSSight(payload []byte, size int) (Sight, fit) {
	if len(payload) < rtpHeader || payload[1]&0x7F != rtpMPEGTS {
		return Sight{}, misfit
	}
	s, f := rtpSight(payload, size)
	if f != misfit {
		begin, _ := rtpPayload(payload, size)
		if begin >= len(payload) || !tsShape(payload[begin:], size-begin) {
			return Sight{}, misfit
		}
	}
	return s, f
}

func rtpStamp(payload []byte) uint32 { return binary.BigEndian.Uint32(payload[4:]) }

// followRTP extends the timestamp beyond its wraps, and counts the MPEG-TS packets.
// They are missed where no RTP packet is: what is lost with an RTP packet is counted
// by its number.
func (i *inside) followRTP(k kind, s *Sight, payload []byte, size int) {
	stamp, number := rtpStamp(payload), uint16(s.Number)
	s.Stamp = stamp
	fresh := i.stamp == 0 || i.ssrc != uint32(s.ID)
	if fresh {
		i.stamp = 1<<32 | int64(stamp)
	} else {
		i.stamp += int64(int32(stamp - uint32(i.stamp)))
	}
	next := !fresh && number == i.number+1
	i.ssrc, i.number, i.rtpType = uint32(s.ID), number, payload[1]&0x7F
	if clock := rtpClock(i.rtpType); clock > 0 {
		s.Sent = time.Duration(i.stamp/clock)*time.Second + time.Duration(i.stamp%clock)*time.Second/time.Duration(clock)
	}
	if k != kindRTPTS {
		return
	}
	begin, _ := rtpPayload(payload, size)
	if !next {
		i.pids.reset()
	}
	s.Missing = i.pids.packets(payload[begin:])
	if len(payload) < size {
		i.pids.reset()
	}
}

// rtpClock is how many ticks a second the timestamps of a payload type have (RFC
// 3551, section 6); 0: the type does not say.
func rtpClock(payloadType uint8) int64 {
	switch payloadType {
	case 0, 3, 4, 5, 7, 8, 9, 12, 13, 15, 18:
		return 8000
	case 6:
		return 16000
	case 10, 11:
		return 44100
	case 16:
		return 11025
	case 17:
		return 22050
	case 14, 25, 26, 28, 31, 32, rtpMPEGTS, 34:
		return 90000
	}
	return 0
}
