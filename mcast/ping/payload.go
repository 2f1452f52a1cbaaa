package ping

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// A request begins with a header of 20 bytes: 4 of magic, 8 of id, 8 of sequence.
// A shorter request has as much of the header's end as fits, if the sequence
// fits.
const (
	headerSize = 20
	seqSize    = 8
	padding    = "groupcast ping "
)

var magic = [4]byte{'g', 'c', 'p', 1}

// payload makes and recognizes requests. Each way out has its own id, so that an
// answer tells by which way its request left.
type payload struct {
	size int
	ids  [][headerSize - seqSize]byte // of each way: the header before the sequence
	rest []byte                       // of the request, after the header
}

func newPayload(size int, id uint64, ways int) payload {
	p := payload{size: size}
	for way := range ways {
		var head [headerSize - seqSize]byte
		copy(head[:], magic[:])
		binary.BigEndian.PutUint64(head[len(magic):], id+uint64(way))
		p.ids = append(p.ids, head)
	}
	n := size
	if size >= seqSize {
		n = max(0, size-headerSize)
	}
	p.rest = bytes.Repeat([]byte(padding), n/len(padding)+1)[:n]
	return p
}

// header is how many bytes of the header a request has.
func (p payload) header() int {
	if p.size < seqSize {
		return 0
	}
	return min(p.size, headerSize)
}

// append adds a request to b.
func (p payload) append(b []byte, way int, seq uint64) []byte {
	if n := p.header(); n > 0 {
		b = append(b, p.ids[way][headerSize-n:]...)
		b = binary.BigEndian.AppendUint64(b, seq)
	}
	return append(b, p.rest...)
}

// IsRequest reports whether data is a request of a Pinger, of a size that has
// room for all of its header. Its id and sequence can be anything.
func IsRequest(data []byte) bool {
	if len(data) < headerSize || !bytes.HasPrefix(data, magic[:]) {
		return false
	}
	rest := data[headerSize:]
	for len(rest) >= len(padding) {
		if string(rest[:len(padding)]) != padding {
			return false
		}
		rest = rest[len(padding):]
	}
	return strings.HasPrefix(padding, string(rest))
}

// IsRequest reports whether data is a request of this Pinger. One of less than 20
// bytes cannot be distinguished from those of others, and is none. Any goroutine
// may call it at any time.
func (p *Pinger) IsRequest(data []byte) bool {
	if !p.payload.hasID() || len(data) != p.payload.size {
		return false
	}
	_, _, ok := p.payload.head(data)
	return ok && p.payload.same(data)
}

// hasID reports whether requests tell this run from others.
func (p payload) hasID() bool { return p.size >= headerSize }

// unknown is the way of an answer that does not tell it.
const unknown = -1

// parse finds the request that data begins with; ok is false if it is none of
// ours. If requests have no id, data must be as long as a request. The sequence is
// 0 where requests have none.
func (p payload) parse(data []byte) (way int, seq uint64, ok bool) {
	if !p.hasID() && len(data) != p.size || len(data) < p.header() {
		return unknown, 0, false
	}
	return p.head(data)
}

// about finds the request that an ICMP error quotes; the sequence is 0 if the
// quotation is too short to tell.
func (p payload) about(quoted []byte) (way int, seq uint64, ok bool) {
	if len(quoted) < p.header() {
		return p.onlyWay(), 0, true
	}
	return p.head(quoted)
}

// head reads a header that is there.
func (p payload) head(data []byte) (way int, seq uint64, ok bool) {
	n := p.header()
	if n == 0 {
		return p.onlyWay(), 0, true
	}
	seq = binary.BigEndian.Uint64(data[n-seqSize:])
	if n == seqSize {
		return p.onlyWay(), seq, true
	}
	for way, head := range p.ids {
		if bytes.Equal(data[:n-seqSize], head[headerSize-n:]) {
			return way, seq, true
		}
	}
	return unknown, 0, false
}

// same reports whether data equals the request after the header.
func (p payload) same(data []byte) bool { return bytes.Equal(data[p.header():], p.rest) }

func (p payload) onlyWay() int {
	if len(p.ids) == 1 {
		return 0
	}
	return unknown
}
