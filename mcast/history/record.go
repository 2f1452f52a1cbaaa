package history

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"sync"

	"github.com/groupcast/groupcast/mcast/frame"
)

const (
	magic      = "groupcast history 1\n"
	marker     = "\xfeGH1"
	headSize   = 20
	maxName    = 255
	maxRecord  = headSize + maxName + frame.MaxSize
	readBuffer = 64 << 10
)

var castagnoli = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })

// record is a frame in the file.
type record struct {
	at           uint64 // ms since 1970
	conversation []byte
	datagram     []byte
}

// fits reports whether there can be such a record.
func fits(conversation string, datagram []byte) bool {
	return len(conversation) >= 1 && len(conversation) <= maxName && len(datagram) >= 1 && len(datagram) <= frame.MaxSize
}

func appendRecord(b []byte, at uint64, conversation string, datagram []byte) []byte {
	begin := len(b)
	b = append(b, marker+"\x00\x00\x00\x00"...)
	b = binary.BigEndian.AppendUint64(b, at)
	b = append(b, byte(len(conversation)), 0)
	b = binary.BigEndian.AppendUint16(b, uint16(len(datagram)))
	b = append(append(b, conversation...), datagram...)
	binary.BigEndian.PutUint32(b[begin+4:], crc32.Checksum(b[begin+8:], castagnoli()))
	return b
}

// parse reads the record that b begins with. The size is 0 where there is none, or not
// all of it.
func parse(b []byte) (r record, size int) {
	if len(b) < headSize {
		return r, 0
	}
	name, length := int(b[16]), int(binary.BigEndian.Uint16(b[18:]))
	size = headSize + name + length
	if string(b[:4]) != marker || b[17] != 0 || name == 0 || length == 0 || length > frame.MaxSize || len(b) < size {
		return r, 0
	}
	if crc32.Checksum(b[8:size], castagnoli()) != binary.BigEndian.Uint32(b[4:]) {
		return r, 0
	}
	return record{binary.BigEndian.Uint64(b[8:]), b[headSize : headSize+name], b[headSize+name : size]}, size
}

// scanned is what a file has.
type scanned struct {
	records int64
	end     int64 // behind the last good record
	damaged int64 // bytes before that which are none
}

// scan gives each record of what follows magic, with where it begins. Their bytes are valid until the
// next one.
func scan(r io.Reader, each func(at int64, size int, r record) error) (scanned, error) {
	in := bufio.NewReaderSize(r, readBuffer)
	s := scanned{end: int64(len(magic))}
	for at := s.end; ; {
		b, err := in.Peek(maxRecord) // fewer at the end
		if err != nil && err != io.EOF {
			return s, err
		}
		if len(b) == 0 {
			return s, nil
		}
		rec, size := parse(b)
		if size == 0 {
			size = len(b) // to the next marker
			if next := bytes.Index(b[1:], []byte(marker)); next >= 0 {
				size = 1 + next
			} else if err == nil {
				size -= len(marker) - 1 // it may begin there
			}
		} else {
			if err := each(at, size, rec); err != nil {
				return s, err
			}
			s.damaged += at - s.end
			s.records++
			s.end = at + int64(size)
		}
		in.Discard(size)
		at += int64(size)
	}
}
