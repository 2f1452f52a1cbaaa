package stream

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"sync"
	"time"
)

// HeaderSize is the length of a [Header] in bytes: a numbered datagram is never
// shorter.
const HeaderSize = 40

// Why a datagram is none of ours that can be read.
var (
	ErrNotOurs = errors.New("stream: no numbered datagram of groupcast's") // another beginning
	ErrDamaged = errors.New("stream: a damaged numbered datagram")         // our beginning, but a wrong checksum or too short
	ErrNewer   = errors.New("stream: a numbered datagram of a newer version")
)

// Header begins a numbered datagram. All numbers are big-endian:
//
//	offset size
//	     0    3  FE 47 53
//	     3    1  version, 1
//	     4    1  flags; 1: the stream ends
//	     5    3  zero
//	     8    8  Stream
//	    16    8  Number
//	    24    8  Sent
//	    32    4  Promise, in microseconds
//	    36    4  CRC-32C of the whole datagram, with zeros in these 4 bytes
//
// FE is in no UTF-8 text, begins no RTP (80 to BF) and no MPEG-TS (47), and the
// bytes behind it are not those of a chat frame.
type Header struct {
	Stream  uint64        // random at each start of a sender, another for each group: a restart is another stream
	Number  uint64        // of this datagram, from 0; with End how many were sent
	Sent    time.Duration // since 1970 in UTC, by the sender's clock; a stranger's may be negative
	Promise time.Duration // two datagrams are at most so far apart, 0 to 4,294.967295 s; 0: nothing is promised
	End     bool          // the sender ends
}

const (
	headerVersion = 1
	flagEnd       = 1
)

var (
	magic      = [3]byte{0xFE, 'G', 'S'}
	castagnoli = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })
	noSum      [4]byte
)

// Put writes the header over the beginning of a datagram, with the checksum of all
// of it; what follows the header stays as it is. It panics if the datagram is
// shorter than [HeaderSize]. A promise is rounded up to microseconds; one that has
// no room is none.
func (h Header) Put(datagram []byte) {
	b := datagram[:HeaderSize]
	copy(b, magic[:])
	b[3], b[4], b[5], b[6], b[7] = headerVersion, 0, 0, 0, 0
	if h.End {
		b[4] = flagEnd
	}
	binary.BigEndian.PutUint64(b[8:], h.Stream)
	binary.BigEndian.PutUint64(b[16:], h.Number)
	binary.BigEndian.PutUint64(b[24:], uint64(h.Sent))
	binary.BigEndian.PutUint32(b[32:], promised(h.Promise))
	copy(b[36:], noSum[:])
	binary.BigEndian.PutUint32(b[36:], crc32.Checksum(datagram, castagnoli()))
}

// promised is a promise as the wire has it. A shorter one than was meant would be
// broken.
func promised(d time.Duration) uint32 {
	us := int64(d / time.Microsecond)
	if d%time.Microsecond > 0 {
		us++
	}
	if us < 0 || us > math.MaxUint32 {
		return 0
	}
	return uint32(us)
}

// ParseHeader reads the header of a datagram that was size bytes long; data is all
// of it, or its beginning if no more was kept: its checksum is then not looked at.
// The error is [ErrNotOurs], [ErrDamaged] or [ErrNewer]. Bits that version 1
// leaves zero are a newer version's if the checksum is right. It allocates
// nothing, and keeps nothing of data.
func ParseHeader(data []byte, size int) (Header, error) {
	if len(data) < 4 || [3]byte(data) != magic {
		return Header{}, ErrNotOurs
	}
	switch {
	case data[3] > headerVersion:
		return Header{}, ErrNewer
	case data[3] < headerVersion, len(data) < HeaderSize:
		return Header{}, ErrDamaged
	}
	if size <= len(data) {
		sum := crc32.Update(0, castagnoli(), data[:36])
		sum = crc32.Update(sum, castagnoli(), noSum[:])
		sum = crc32.Update(sum, castagnoli(), data[HeaderSize:])
		if sum != binary.BigEndian.Uint32(data[36:]) {
			return Header{}, ErrDamaged
		}
	}
	if data[4]&^flagEnd != 0 || data[5]|data[6]|data[7] != 0 {
		return Header{}, ErrNewer
	}
	return Header{
		Stream:  binary.BigEndian.Uint64(data[8:]),
		Number:  binary.BigEndian.Uint64(data[16:]),
		Sent:    time.Duration(binary.BigEndian.Uint64(data[24:])),
		Promise: time.Duration(binary.BigEndian.Uint32(data[32:])) * time.Microsecond,
		End:     data[4]&flagEnd != 0,
	}, nil
}
