package stream

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

// The vectors of docs/streams.md. Their checksums were computed with another
// program, bit by bit.
var headerVectors = []struct {
	size   int
	header Header
	hex    string
}{
	{
		64, Header{Stream: 0x0123456789ABCDEF, Number: 0, Sent: 1767225600 * time.Second, Promise: 10 * time.Millisecond},
		"fe475301 00000000 0123456789abcdef 0000000000000000 18867251edfa0000 00002710 60975b8c" + strings.Repeat("00", 24),
	},
	{
		40, Header{Stream: math.MaxUint64, Number: 1 << 40, Sent: 1, Promise: math.MaxUint32 * time.Microsecond, End: true},
		"fe475301 01000000 ffffffffffffffff 0000010000000000 0000000000000001 ffffffff 1e955057",
	},
}

func vector(t testing.TB, text string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestHeaderVectors(t *testing.T) {
	for _, tt := range headerVectors {
		want := vector(t, tt.hex)
		got := make([]byte, tt.size)
		copy(got, bytes.Repeat([]byte{0xAA}, HeaderSize)) // what was there before does not matter
		if tt.header.Put(got); !bytes.Equal(got, want) {
			t.Errorf("%+v is\n%x, want\n%x", tt.header, got, want)
		}
		if h, err := ParseHeader(want, len(want)); err != nil || h != tt.header {
			t.Errorf("%x is %+v, %v, want %+v", want, h, err, tt.header)
		}
	}
}

// Each bit that turns over is seen, wherever it is.
func TestDamagedHeader(t *testing.T) {
	good := make([]byte, 64)
	Header{Stream: 7, Number: 9, Sent: 5, Promise: time.Second}.Put(good)
	for n := range 8 * len(good) {
		bad := bytes.Clone(good)
		bad[n/8] ^= 1 << (n % 8)
		_, err := ParseHeader(bad, len(bad))
		want := ErrDamaged
		switch {
		case n/8 < 3:
			want = ErrNotOurs
		case n/8 == 3 && bad[3] > 1:
			want = ErrNewer
		}
		if !errors.Is(err, want) {
			t.Errorf("bit %d turned over: %v, want %v", n, err, want)
		}
	}
	for n := range HeaderSize {
		want := ErrDamaged
		if n < 4 {
			want = ErrNotOurs
		}
		if _, err := ParseHeader(good[:n], n); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", n, err, want)
		}
		if _, err := ParseHeader(good[:n], 64); !errors.Is(err, want) {
			t.Errorf("%d bytes of 64: %v, want %v", n, err, want)
		}
	}
}

// The checksum of what was not kept cannot be looked at, and nothing else changes.
func TestCutHeader(t *testing.T) {
	whole := make([]byte, 3000)
	want := Header{Stream: 7, Number: 9}
	want.Put(whole)
	if h, err := ParseHeader(whole[:2048], 3000); err != nil || h != want {
		t.Errorf("the beginning is %+v, %v", h, err)
	}
	if _, err := ParseHeader(whole[:2048], 2048); !errors.Is(err, ErrDamaged) {
		t.Errorf("a datagram without its tail: %v", err)
	}
}

// What version 1 leaves zero belongs to a later one, if the checksum is right.
func TestHeaderBitsOfLater(t *testing.T) {
	for at, bit := range map[int]byte{4: 2, 5: 1, 6: 1, 7: 128} {
		b := make([]byte, 64)
		Header{Stream: 7}.Put(b)
		b[at] |= bit
		if _, err := ParseHeader(b, 64); !errors.Is(err, ErrDamaged) {
			t.Errorf("byte %d with an old checksum: %v", at, err)
		}
		sum(b)
		if _, err := ParseHeader(b, 64); !errors.Is(err, ErrNewer) {
			t.Errorf("byte %d: %v, want a newer version", at, err)
		}
	}
}

// sum writes the checksum bit by bit, as RFC 3720 describes CRC-32C.
func sum(b []byte) {
	copy(b[36:40], []byte{0, 0, 0, 0})
	crc := ^uint32(0)
	for _, x := range b {
		crc ^= uint32(x)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ 0x82F63B78
			} else {
				crc >>= 1
			}
		}
	}
	crc = ^crc
	copy(b[36:40], []byte{byte(crc >> 24), byte(crc >> 16), byte(crc >> 8), byte(crc)})
}

func TestPromise(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{
		0: 0, 1: time.Microsecond, 1500: 2 * time.Microsecond, time.Second: time.Second,
		math.MaxUint32 * time.Microsecond:   math.MaxUint32 * time.Microsecond,
		math.MaxUint32*time.Microsecond + 1: 0, 2 * time.Hour: 0, math.MaxInt64: 0, -time.Second: 0,
	} {
		b := make([]byte, HeaderSize)
		Header{Promise: d}.Put(b)
		if h, err := ParseHeader(b, HeaderSize); err != nil || h.Promise != want {
			t.Errorf("a promise of %v is %v, %v, want %v", d, h.Promise, err, want)
		}
	}
}

func FuzzParseHeader(f *testing.F) {
	for _, v := range headerVectors {
		b := make([]byte, v.size)
		v.header.Put(b)
		f.Add(b, v.size)
	}
	f.Add([]byte{0xFE, 'G', 'S', 2}, 4)
	f.Add([]byte("hello"), 5)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		before := bytes.Clone(data)
		h, err := ParseHeader(data, size)
		if !bytes.Equal(before, data) {
			t.Fatal("the datagram was changed")
		}
		if err != nil {
			if !errors.Is(err, ErrNotOurs) && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewer) || h != (Header{}) {
				t.Fatalf("%+v, %v", h, err)
			}
			return
		}
		again := bytes.Clone(data)
		h.Put(again)
		if size <= len(data) && !bytes.Equal(again, data) {
			t.Fatalf("%x was read as %+v, which is %x", data, h, again)
		}
	})
}

func BenchmarkHeader(b *testing.B) {
	for _, size := range []int{64, 1316} {
		datagram := make([]byte, size)
		b.Run("put", func(b *testing.B) {
			b.ReportAllocs()
			for n := uint64(0); b.Loop(); n++ {
				Header{Stream: 7, Number: n, Sent: time.Duration(n)}.Put(datagram)
			}
		})
		b.Run("parse", func(b *testing.B) {
			Header{Stream: 7}.Put(datagram)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseHeader(datagram, size); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
