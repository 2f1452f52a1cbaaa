package rtnl

import (
	"bytes"
	"encoding/binary"
	"iter"

	"golang.org/x/sys/unix"
)

// Attributes walks over netlink attributes (struct rtattr, struct nlattr): each
// a length, a type and a value, padded to four bytes. The types come without
// NLA_F_NESTED and NLA_F_NET_BYTEORDER. The walk ends at the first attribute
// that does not fit. (The netlink library's own walk panics there.)
func Attributes(b []byte) iter.Seq2[uint16, []byte] {
	const flags = unix.NLA_F_NESTED | unix.NLA_F_NET_BYTEORDER
	return func(yield func(uint16, []byte) bool) {
		for len(b) >= unix.SizeofNlAttr {
			size := int(binary.NativeEndian.Uint16(b))
			if size < unix.SizeofNlAttr || size > len(b) {
				return
			}
			if !yield(binary.NativeEndian.Uint16(b[2:])&^flags, b[unix.SizeofNlAttr:size]) {
				return
			}
			b = b[min((size+3)&^3, len(b)):]
		}
	}
}

// Text is a string of the kernel's, which ends with a zero.
func Text(b []byte) string { return string(bytes.TrimRight(b, "\x00")) }

// Uint8 is a number of 8 bits; 0 if b is too short.
func Uint8(b []byte) uint8 {
	if len(b) < 1 {
		return 0
	}
	return b[0]
}

// Uint16 is a number of 16 bits in the host's byte order; 0 if b is too short.
func Uint16(b []byte) uint16 {
	if len(b) < 2 {
		return 0
	}
	return binary.NativeEndian.Uint16(b)
}

// Uint32 is a number of 32 bits in the host's byte order; 0 if b is too short.
func Uint32(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(b)
}

// Uint64At is number n, from 0, of a structure of 64-bit numbers; 0 if b is too
// short.
func Uint64At(b []byte, n int) uint64 {
	if len(b) < 8*(n+1) {
		return 0
	}
	return binary.NativeEndian.Uint64(b[8*n:])
}
