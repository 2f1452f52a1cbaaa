package echo

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/net/bpf"
)

// networkHeader is the offset of the IP header in a filter of a UDP socket,
// whose offset 0 is the UDP header (SKF_NET_OFF of linux/filter.h).
const networkHeader = 0xfff00000

// shutOut is a classic BPF program that drops the datagrams of these sources,
// all of one IP version, and passes the others whole.
func shutOut(sources []netip.Prefix) []bpf.Instruction {
	var program []bpf.Instruction
	if len(sources) > 0 && sources[0].Addr().Is4() {
		program = append(program, bpf.LoadAbsolute{Off: networkHeader + 12, Size: 4})
	}
	for _, s := range sources {
		program = append(program, dropped(s)...)
	}
	return append(program, bpf.RetConstant{Val: 0xffffffff})
}

// dropped drops the datagrams of one source. For IPv4 the source's address is
// loaded already.
func dropped(s netip.Prefix) (part []bpf.Instruction) {
	words := s.Addr().AsSlice()[:s.Bits()/8]
	for n := 0; n < len(words); n += 4 {
		rest := (len(words) - n) / 4 // words from here on
		skip := uint8(1)
		if s.Addr().Is6() {
			part = append(part, bpf.LoadAbsolute{Off: networkHeader + 8 + uint32(n), Size: 4})
			skip = uint8(2*rest - 1)
		}
		part = append(part, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: binary.BigEndian.Uint32(words[n:]), SkipTrue: skip})
	}
	return append(part, bpf.RetConstant{Val: 0})
}
