package tap

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"golang.org/x/net/bpf"
)

// Filter chooses the packets of a Tap, in the kernel. The zero Filter chooses
// none.
type Filter struct {
	program []bpf.Instruction // of a packet from its IP header on
	every   bool
}

// EveryGroup is the filter on a network card that is to let every group pass, also
// those that this host has not joined (PACKET_MR_ALLMULTI). That shows what other
// hosts report, and changes what this host receives: a card whose own filter is at
// fault seems to be well meanwhile. The wire does not show it, and it is not
// promiscuous.
func (f Filter) EveryGroup() Filter {
	f.every = true
	return f
}

// Offsets in the headers of IPv4 and IPv6, and values there.
const (
	protocol4   = 9
	dest4       = 16
	nextHeader6 = 6
	header6     = 40

	protoIGMP   = 2
	protoICMPv6 = 58
	hopByHop    = 0
)

var (
	take  = bpf.RetConstant{Val: Snap}
	leave = bpf.RetConstant{Val: 0}
)

// Membership chooses IGMP and MLD: IPv4's protocol 2, and ICMPv6's types 130, 131,
// 132 and 143, behind a hop-by-hop header, as RFC 3810 (section 5) has it, or
// without one. MLD behind any other header is no MLD.
func Membership() Filter {
	return Filter{program: []bpf.Instruction{
		0:  bpf.LoadAbsolute{Off: 0, Size: 1},
		1:  bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 4},
		2:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: 6, SkipTrue: 3}, // to 6
		3:  bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 4, SkipTrue: 17},
		4:  bpf.LoadAbsolute{Off: protocol4, Size: 1},
		5:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoIGMP, SkipTrue: 14, SkipFalse: 15},
		6:  bpf.LoadAbsolute{Off: nextHeader6, Size: 1},
		7:  bpf.LoadConstant{Dst: bpf.RegX, Val: 0},                        // bytes between the header and ICMPv6
		8:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoICMPv6, SkipTrue: 7}, // to 16
		9:  bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: hopByHop, SkipTrue: 11},
		10: bpf.LoadAbsolute{Off: header6, Size: 1},
		11: bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protoICMPv6, SkipTrue: 9},
		12: bpf.LoadAbsolute{Off: header6 + 1, Size: 1}, // in 8 bytes, without the first (RFC 8200, section 4.3)
		13: bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: 1},
		14: bpf.ALUOpConstant{Op: bpf.ALUOpShiftLeft, Val: 3},
		15: bpf.TAX{},
		16: bpf.LoadIndirect{Off: header6, Size: 1},
		17: bpf.JumpIf{Cond: bpf.JumpEqual, Val: 143, SkipTrue: 2}, // to 20
		18: bpf.JumpIf{Cond: bpf.JumpLessThan, Val: 130, SkipTrue: 2},
		19: bpf.JumpIf{Cond: bpf.JumpGreaterThan, Val: 132, SkipTrue: 1},
		20: take,
		21: leave,
	}}
}

// SentTo chooses what is sent to an IPv4 group, of any protocol.
func SentTo(group netip.Addr) (Filter, error) {
	if !group.Is4() || !group.IsMulticast() {
		return Filter{}, fmt.Errorf("tap: %s is not an IPv4 group", group)
	}
	b := group.As4()
	return Filter{program: []bpf.Instruction{
		bpf.LoadAbsolute{Off: 0, Size: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 4, SkipTrue: 3},
		bpf.LoadAbsolute{Off: dest4, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: binary.BigEndian.Uint32(b[:]), SkipTrue: 1},
		take,
		leave,
	}}, nil
}
