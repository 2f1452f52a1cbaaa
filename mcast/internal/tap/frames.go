package tap

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/net/bpf"
)

// Frame is a frame as the kernel had it, or a packet of an interface without
// frames. Data is the Ring's, and valid until [Ring.Advance].
type Frame struct {
	At   time.Time
	To   Reception
	Data []byte
	Size int    // bytes before it was cut to the filter's Snap
	Lost uint64 // that the kernel dropped before it, since the one before
}

// Reception is whom a frame is for, as the kernel saw it (packet(7), sll_pkttype).
type Reception uint8

// The values are the kernel's.
const (
	ToHost      Reception = 0
	ToAll       Reception = 1
	ToGroup     Reception = 2
	ToOther     Reception = 3
	ItselfSends Reception = 4 // it leaves: this host sends it, or passes it on
)

// RingStats counts from OpenRing on.
type RingStats struct {
	Frames uint64 // that matched the filter, those dropped included
	Drops  uint64 // of them, for which the ring had no room
}

// Bytes of a ring.
const (
	BlockBytes  = 256 << 10 // one block holds the longest frame there is
	UsualBlocks = 16
	LeastBlocks = 2
)

// Retire is how long a frame waits at the most for the block that it is in to be
// given to the reader.
const Retire = 50 * time.Millisecond

// MaxFrame is longer than any frame: what libpcap takes for it.
const MaxFrame = 262144

// MaxFrameGroups is how many groups a FrameFilter can have. Its program is bounded by the
// kernel (net.core.optmem_max, 20 KiB in old kernels).
const MaxFrameGroups = 64

// FrameGroup chooses what is sent to a group.
type FrameGroup struct {
	Addr   netip.Addr
	Port   uint16     // of UDP, and fragments without a port; 0: any, and any protocol
	Source netip.Addr // not valid: any
}

// FrameFilter chooses the frames of a [Ring], in the kernel. The zero FrameFilter
// chooses UDP to any group, IGMP, MLD, and what says that a destination is
// unreachable (ICMP type 3, RFC 792, and ICMPv6 type 1, RFC 4443).
type FrameFilter struct {
	Groups []FrameGroup // instead of UDP to any group
	All    bool         // everything instead
	Snap   int          // bytes that are kept of each frame; 0: all
}

// Offsets in headers, from the IP header on.
const (
	fragment4 = 6
	source4   = 12
	source6   = 8
	dest6     = 24

	protoICMP   = 1
	protoUDP    = 17
	routing6    = 43
	fragment6   = 44
	options6    = 60
	unreachable = 3 // ICMP
	noRoute6    = 1 // ICMPv6: destination unreachable
)

// program makes the filter's program, of frames with an Ethernet header or of
// packets from their IP header on.
//
// Register X is where the IP header is. A load beyond the end of a packet leaves it.
func (f FrameFilter) program(ethernet bool) ([]bpf.Instruction, error) {
	take := bpf.RetConstant{Val: MaxFrame}
	if f.Snap > 0 {
		take.Val = uint32(min(f.Snap, MaxFrame))
	}
	if f.All {
		return []bpf.Instruction{take}, nil
	}
	if len(f.Groups) > MaxFrameGroups {
		return nil, fmt.Errorf("%d groups: %d at the most", len(f.Groups), MaxFrameGroups)
	}
	four, six := control4(take), control6(take)
	for _, g := range f.Groups {
		if !g.Addr.IsMulticast() || g.Source.IsValid() && g.Source.Is4() != g.Addr.Is4() {
			return nil, fmt.Errorf("%s from %s is no group", g.Addr, g.Source)
		}
		if g.Addr.Is4() {
			four = append(four, toGroup4(g, take)...)
		} else {
			six = append(six, toGroup6(g, take)...)
		}
	}
	if len(f.Groups) == 0 {
		four = append(four, anyGroup4(take)...)
		six = append(six, anyGroup6(take)...)
	}
	four, six = append(four, leave), append(six, leave)

	var head []bpf.Instruction
	if ethernet { // a tag that the kernel has not taken out of the frame is passed over
		head = []bpf.Instruction{
			0: bpf.LoadAbsolute{Off: 12, Size: 2},
			1: bpf.LoadConstant{Dst: bpf.RegX, Val: 14},
			2: bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0x8100, SkipTrue: 1},
			3: bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 0x88a8, SkipTrue: 2}, // to 6
			4: bpf.LoadConstant{Dst: bpf.RegX, Val: 18},
			5: bpf.LoadAbsolute{Off: 16, Size: 2},
			6: bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0x0800, SkipTrue: 3}, // to IPv4
			7: bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 0x86dd, SkipTrue: 1},
			8: bpf.Jump{Skip: uint32(1 + len(four))},
			9: leave,
		}
	} else {
		head = []bpf.Instruction{
			0: bpf.LoadConstant{Dst: bpf.RegX, Val: 0},
			1: bpf.LoadAbsolute{Off: 0, Size: 1},
			2: bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 4},
			3: bpf.JumpIf{Cond: bpf.JumpEqual, Val: 4, SkipTrue: 3}, // to IPv4
			4: bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 6, SkipTrue: 1},
			5: bpf.Jump{Skip: uint32(1 + len(four))},
			6: leave,
		}
	}
	return append(append(head, four...), six...), nil
}

// toEnd is a jump behind the last instruction of a block.
const toEnd = 255

// block resolves the jumps toEnd of a list of less than 255 instructions.
func block(list ...bpf.Instruction) []bpf.Instruction {
	for i, in := range list {
		if j, ok := in.(bpf.JumpIf); ok && j.SkipTrue == toEnd {
			j.SkipTrue = uint8(len(list) - i - 1)
			list[i] = j
		}
	}
	return list
}

func unless(value uint32) bpf.Instruction {
	return bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: value, SkipTrue: toEnd}
}

// transport4 makes X where the header behind that of IPv4 is, until LoadScratch.
func transport4() []bpf.Instruction {
	return []bpf.Instruction{
		bpf.StoreScratch{Src: bpf.RegX, N: 0},
		bpf.LoadIndirect{Off: 0, Size: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 15},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftLeft, Val: 2},
		bpf.ALUOpX{Op: bpf.ALUOpAdd},
		bpf.TAX{},
	}
}

// control4 takes IGMP and what is unreachable.
func control4(take bpf.Instruction) []bpf.Instruction {
	return block(slices.Concat([]bpf.Instruction{
		bpf.LoadIndirect{Off: protocol4, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protoIGMP, SkipTrue: 1},
		take,
		unless(protoICMP),
	}, transport4(), []bpf.Instruction{
		bpf.LoadIndirect{Off: 0, Size: 1},
		bpf.LoadScratch{Dst: bpf.RegX, N: 0},
		unless(unreachable),
		take,
	})...)
}

// control6 takes MLD, behind a hop-by-hop header or not, and what is unreachable.
func control6(take bpf.Instruction) []bpf.Instruction {
	return block([]bpf.Instruction{
		0:  bpf.LoadIndirect{Off: nextHeader6, Size: 1},
		1:  bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protoICMPv6, SkipTrue: 2}, // to 4
		2:  bpf.LoadIndirect{Off: header6, Size: 1},
		3:  bpf.Jump{Skip: 11}, // to 15
		4:  unless(hopByHop),
		5:  bpf.LoadIndirect{Off: header6, Size: 1},
		6:  unless(protoICMPv6),
		7:  bpf.StoreScratch{Src: bpf.RegX, N: 0},
		8:  bpf.LoadIndirect{Off: header6 + 1, Size: 1}, // in 8 bytes, without the first (RFC 8200, section 4.3)
		9:  bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: 1},
		10: bpf.ALUOpConstant{Op: bpf.ALUOpShiftLeft, Val: 3},
		11: bpf.ALUOpX{Op: bpf.ALUOpAdd},
		12: bpf.TAX{},
		13: bpf.LoadIndirect{Off: header6, Size: 1},
		14: bpf.LoadScratch{Dst: bpf.RegX, N: 0},
		15: bpf.JumpIf{Cond: bpf.JumpEqual, Val: noRoute6, SkipTrue: 3}, // to 19
		16: bpf.JumpIf{Cond: bpf.JumpEqual, Val: 143, SkipTrue: 2},
		17: bpf.JumpIf{Cond: bpf.JumpLessThan, Val: 130, SkipTrue: toEnd},
		18: bpf.JumpIf{Cond: bpf.JumpGreaterThan, Val: 132, SkipTrue: toEnd},
		19: take,
	}...)
}

// anyGroup4 takes UDP to any group, all fragments of it.
func anyGroup4(take bpf.Instruction) []bpf.Instruction {
	return block(
		bpf.LoadIndirect{Off: dest4, Size: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0xf0},
		unless(0xe0),
		bpf.LoadIndirect{Off: protocol4, Size: 1},
		unless(protoUDP),
		take,
	)
}

// anyGroup6 takes UDP to any group, and fragments that may be of UDP.
func anyGroup6(take bpf.Instruction) []bpf.Instruction {
	return block(slices.Concat([]bpf.Instruction{
		bpf.LoadIndirect{Off: dest6, Size: 1},
		unless(0xff),
		bpf.LoadIndirect{Off: nextHeader6, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protoUDP, SkipTrue: 1},
		take,
	}, []bpf.Instruction{ // each header before UDP begins with what the next one is
		0: bpf.JumpIf{Cond: bpf.JumpEqual, Val: hopByHop, SkipTrue: 3},
		1: bpf.JumpIf{Cond: bpf.JumpEqual, Val: routing6, SkipTrue: 2},
		2: bpf.JumpIf{Cond: bpf.JumpEqual, Val: fragment6, SkipTrue: 1},
		3: unless(options6),
		4: bpf.LoadIndirect{Off: header6, Size: 1},
		5: bpf.JumpIf{Cond: bpf.JumpEqual, Val: fragment6, SkipTrue: 1},
		6: unless(protoUDP),
		7: take,
	})...)
}

// toGroup4 takes what is sent to a group.
func toGroup4(g FrameGroup, take bpf.Instruction) []bpf.Instruction {
	list := []bpf.Instruction{bpf.LoadIndirect{Off: dest4, Size: 4}, unless(word(g.Addr, 0))}
	if g.Source.IsValid() {
		list = append(list, bpf.LoadIndirect{Off: source4, Size: 4}, unless(word(g.Source, 0)))
	}
	if g.Port != 0 {
		list = slices.Concat(list, []bpf.Instruction{
			bpf.LoadIndirect{Off: protocol4, Size: 1},
			unless(protoUDP),
			bpf.LoadIndirect{Off: fragment4, Size: 2},
			bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0x1fff},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipTrue: 1},
			take,
		}, transport4(), []bpf.Instruction{
			bpf.LoadIndirect{Off: 2, Size: 2},
			bpf.LoadScratch{Dst: bpf.RegX, N: 0},
			unless(uint32(g.Port)),
		})
	}
	return block(append(list, take)...)
}

// toGroup6 takes what is sent to a group. Behind headers other than a fragment's
// the port is not looked for.
func toGroup6(g FrameGroup, take bpf.Instruction) []bpf.Instruction {
	var list []bpf.Instruction
	for i := 3; i >= 0; i-- { // the last word tells groups apart best
		list = append(list, bpf.LoadIndirect{Off: uint32(dest6 + 4*i), Size: 4}, unless(word(g.Addr, i)))
	}
	for i := 3; i >= 0 && g.Source.IsValid(); i-- {
		list = append(list, bpf.LoadIndirect{Off: uint32(source6 + 4*i), Size: 4}, unless(word(g.Source, i)))
	}
	if g.Port != 0 {
		list = append(list, []bpf.Instruction{
			0:  bpf.LoadIndirect{Off: nextHeader6, Size: 1},
			1:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoUDP, SkipTrue: 8}, // to 10
			2:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: hopByHop, SkipTrue: 9}, // to 12
			3:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: routing6, SkipTrue: 8},
			4:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: options6, SkipTrue: 7},
			5:  unless(fragment6),
			6:  bpf.LoadIndirect{Off: header6 + 2, Size: 2},
			7:  bpf.JumpIf{Cond: bpf.JumpGreaterThan, Val: 7, SkipTrue: 4}, // not the first one
			8:  bpf.LoadIndirect{Off: header6 + 8 + 2, Size: 2},
			9:  bpf.Jump{Skip: 1},
			10: bpf.LoadIndirect{Off: header6 + 2, Size: 2},
			11: unless(uint32(g.Port)),
		}...)
	}
	return block(append(list, take)...)
}

// word is four bytes of an address.
func word(a netip.Addr, i int) uint32 { return binary.BigEndian.Uint32(a.AsSlice()[4*i:]) }
