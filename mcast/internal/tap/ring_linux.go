package tap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Ring is a look at the frames of one interface, in memory that the kernel fills
// (TPACKET_V3, packet_mmap in the kernel's documentation). One goroutine uses it;
// another one may Wait.
//
// VLAN tags that the kernel has taken out of a frame are put in again. A packet
// of lo is seen as it arrives, not twice.
type Ring struct {
	file    *os.File
	raw     syscall.RawConn
	ifIndex int
	frames  bool // Ethernet; else packets

	memory []byte
	blocks int
	head   int     // the block to be read
	left   uint32  // frames of it that are not read yet; 0: it is not begun
	next   uintptr // of them the first, from the beginning of the memory
	seen   []int64 // when Mark saw each block, the head's first
	lost   uint64  // before the next frame
	lose   bool    // the head says that there were losses
	stats  RingStats
}

// OpenRing begins to look at an interface, by its index, in the network namespace
// of the calling thread. blocks is how many blocks the ring has, 0 is UsualBlocks.
// The errors are those of Open.
func OpenRing(ifIndex int, filter FrameFilter, blocks int) (*Ring, error) {
	r, err := openRing(ifIndex, filter, blocks)
	if err != nil {
		return nil, fmt.Errorf("tap: interface %d: %w", ifIndex, err)
	}
	return r, nil
}

func openRing(ifIndex int, filter FrameFilter, blocks int) (*Ring, error) {
	if ifIndex <= 0 {
		return nil, ErrNoInterface
	}
	if blocks == 0 {
		blocks = UsualBlocks
	}
	r := &Ring{ifIndex: ifIndex, blocks: max(blocks, LeastBlocks)}
	fd, hardware, err := r.socket(unix.SOCK_RAW)
	if err == nil && hardware != unix.ARPHRD_ETHER && hardware != unix.ARPHRD_LOOPBACK {
		unix.Close(fd)
		fd, hardware, err = r.socket(unix.SOCK_DGRAM)
	}
	if err != nil {
		return nil, err
	}
	r.frames = hardware == unix.ARPHRD_ETHER || hardware == unix.ARPHRD_LOOPBACK
	r.file = os.NewFile(uintptr(fd), "ring")
	if err := r.setUp(fd, filter, hardware == unix.ARPHRD_LOOPBACK); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// socket opens a socket that is bound to the interface and receives nothing yet. It
// tells what kind of hardware that is.
func (r *Ring) socket(kind int) (fd int, hardware uint16, err error) {
	fd, err = unix.Socket(unix.AF_PACKET, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		err := os.NewSyscallError("socket", err)
		if errors.Is(err, unix.EPERM) {
			return -1, 0, fmt.Errorf("needs CAP_NET_RAW: %w", err)
		}
		return -1, 0, err
	}
	err = bindTo(fd, r.ifIndex, 0)
	if err == nil {
		var at unix.Sockaddr
		if at, err = unix.Getsockname(fd); err == nil {
			hardware = at.(*unix.SockaddrLinklayer).Hatype
		}
	}
	if err != nil {
		unix.Close(fd)
		return -1, 0, err
	}
	return fd, hardware, nil
}

func bindTo(fd, ifIndex int, protocol uint16) error {
	swapped := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, protocol))
	err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: swapped, Ifindex: ifIndex})
	if errors.Is(err, unix.ENODEV) {
		return ErrNoInterface
	}
	return os.NewSyscallError("bind", err)
}

func (r *Ring) setUp(fd int, filter FrameFilter, loopback bool) (err error) {
	program, err := r.assemble(filter, loopback)
	if err != nil {
		return err
	}
	if r.raw, err = r.file.SyscallConn(); err != nil {
		return err
	}
	const tag = 4 // a VLAN tag is put in again in front of the frame
	const slot = 2048
	for _, o := range []struct {
		name string
		set  func() error
	}{
		{"SO_ATTACH_FILTER", func() error { return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, program) }},
		{"PACKET_VERSION", func() error { return unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3) }},
		{"PACKET_RESERVE", func() error { return unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_RESERVE, tag) }},
		{"PACKET_RX_RING", func() error {
			return unix.SetsockoptTpacketReq3(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &unix.TpacketReq3{
				Block_size: BlockBytes, Block_nr: uint32(r.blocks), Frame_size: slot, Frame_nr: uint32(r.blocks) * BlockBytes / slot,
				Retire_blk_tov: uint32(Retire.Milliseconds()),
			})
		}},
	} {
		if err := o.set(); err != nil {
			return os.NewSyscallError("setsockopt "+o.name, err)
		}
	}
	r.memory, err = unix.Mmap(fd, 0, r.blocks*BlockBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return os.NewSyscallError("mmap", err)
	}
	return bindTo(fd, r.ifIndex, unix.ETH_P_ALL)
}

// assemble makes the kernel's program of a filter.
func (r *Ring) assemble(filter FrameFilter, loopback bool) (*unix.SockFprog, error) {
	list, err := filter.program(r.frames)
	if err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	if !r.frames { // nothing but IP: the file says so
		list = append([]bpf.Instruction{
			bpf.LoadExtension{Num: bpf.ExtProto},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ETH_P_IP, SkipTrue: 2},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ETH_P_IPV6, SkipTrue: 1},
			leave,
		}, list...)
	}
	if loopback {
		list = append([]bpf.Instruction{
			bpf.LoadExtension{Num: bpf.ExtType},
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(ItselfSends), SkipTrue: 1},
			leave,
		}, list...)
	}
	return kernelProgram(list)
}

func kernelProgram(list []bpf.Instruction) (*unix.SockFprog, error) {
	raw, err := bpf.Assemble(list)
	if err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	program := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		program[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	return &unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}, nil
}

// Ethernet reports whether there are frames with Ethernet's header; if not, there
// are IP packets without any.
func (r *Ring) Ethernet() bool { return r.frames }

// Wait calls ready, waits until the kernel has given blocks since then, or the
// interface has changed, and returns nil; or an error after Close.
func (r *Ring) Wait(ready func()) error {
	asked := false
	return r.raw.Read(func(uintptr) bool {
		if asked {
			return true
		}
		asked = true
		ready() // blocks that came before the waiting began wake nobody
		return false
	})
}

func (r *Ring) block(i int) *unix.TpacketHdrV1 {
	at := unsafe.Pointer(&r.memory[i*BlockBytes])
	return (*unix.TpacketHdrV1)(unsafe.Pointer(&(*unix.TpacketBlockDesc)(at).Hdr[0]))
}

// given reports whether the n-th block from the head is the reader's.
func (r *Ring) given(n int) bool {
	return atomic.LoadUint32(&r.block((r.head+n)%r.blocks).Block_status)&unix.TP_STATUS_USER != 0
}

// Mark remembers that now is when the blocks that there are were first seen.
func (r *Ring) Mark(now int64) {
	for n := len(r.seen); n < r.blocks && r.given(n); n++ {
		r.seen = append(r.seen, now)
	}
}

// Peek is the time of the next frame, in nanoseconds since 1970, and when Mark first saw
// its block. ok is false if there is none.
func (r *Ring) Peek() (at, seen int64, ok bool) {
	for r.left == 0 {
		if len(r.seen) == 0 {
			return 0, 0, false
		}
		b := r.block(r.head)
		r.left, r.next = b.Num_pkts, uintptr(r.head)*BlockBytes+uintptr(b.Offset_to_first_pkt)
		r.lose = b.Block_status&unix.TP_STATUS_LOSING != 0
		if r.left == 0 {
			r.release()
		}
	}
	h := r.header()
	return int64(h.Sec)*int64(time.Second) + int64(h.Nsec), r.seen[0], true
}

func (r *Ring) header() *unix.Tpacket3Hdr {
	return (*unix.Tpacket3Hdr)(unsafe.Pointer(&r.memory[r.next]))
}

// Frame is the frame of Peek, once.
func (r *Ring) Frame() Frame {
	if r.lose {
		r.ask()
		r.lose = false
	}
	h := r.header()
	from := r.next + uintptr(h.Mac)
	f := Frame{At: time.Unix(int64(h.Sec), int64(h.Nsec)), Size: int(h.Len), Lost: r.lost}
	r.lost = 0
	f.To = Reception(r.memory[r.next+unix.SizeofTpacket3Hdr+10]) // sll_pkttype of the sockaddr_ll behind the header
	f.Data = r.memory[from : from+uintptr(h.Snaplen)]
	if h.Status&unix.TP_STATUS_VLAN_VALID != 0 && r.frames && len(f.Data) >= 12 {
		kind := uint16(unix.ETH_P_8021Q)
		if h.Status&unix.TP_STATUS_VLAN_TPID_VALID != 0 {
			kind = h.Hv1.Vlan_tpid
		}
		f.Data = r.memory[from-4 : from+uintptr(h.Snaplen)]
		f.Size += 4
		copy(f.Data, f.Data[4:16])
		binary.BigEndian.PutUint16(f.Data[12:], kind)
		binary.BigEndian.PutUint16(f.Data[14:], uint16(h.Hv1.Vlan_tci))
	}
	return f
}

// Advance goes on to the next frame.
func (r *Ring) Advance() {
	if r.left--; r.left == 0 {
		r.release()
	} else {
		r.next += uintptr(r.header().Next_offset)
	}
}

// release gives the head back to the kernel.
func (r *Ring) release() {
	b := r.block(r.head)
	b.Num_pkts = 0 // so that Filling does not take it for one that is being filled
	atomic.StoreUint32(&b.Block_status, unix.TP_STATUS_KERNEL)
	r.head = (r.head + 1) % r.blocks
	r.seen = r.seen[:copy(r.seen, r.seen[1:])]
}

// Pressed reports whether half of the ring is full.
func (r *Ring) Pressed() bool { return r.given(r.blocks / 2) }

// Stop ends the looking. Frames in the ring can still be read.
func (r *Ring) Stop() {
	const nobody = 0xffff // reserved (RFC 1701): no frame has it
	_ = r.raw.Control(func(fd uintptr) {
		if none, err := kernelProgram([]bpf.Instruction{leave}); err == nil {
			_ = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, none)
		}
		_ = bindTo(int(fd), r.ifIndex, nobody) // which waits for the frames that are on their way into the ring
	})
}

// Filling reports whether there are frames in the block that the kernel fills. It
// gives that block within Retire.
func (r *Ring) Filling() bool {
	n := len(r.seen)
	if n == r.blocks {
		return false
	}
	return r.given(n) || atomic.LoadUint32(&r.block((r.head+n)%r.blocks).Num_pkts) > 0
}

// ask asks the kernel what was dropped since it was last asked.
func (r *Ring) ask() {
	_ = r.raw.Control(func(fd uintptr) {
		if s, err := unix.GetsockoptTpacketStatsV3(int(fd), unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
			r.stats.Frames += uint64(s.Packets)
			r.stats.Drops += uint64(s.Drops)
			r.lost += uint64(s.Drops)
		}
	})
}

// Stats asks the kernel what was dropped. lost is what no Frame has told yet; the next
// one does not tell it either.
func (r *Ring) Stats() (s RingStats, lost uint64) {
	r.ask()
	lost, r.lost = r.lost, 0
	return r.stats, lost
}

// Close ends all, a Wait too. Nobody may use what Frame returned.
func (r *Ring) Close() error {
	if r.memory != nil {
		_ = unix.Munmap(r.memory)
		r.memory = nil
	}
	return r.file.Close()
}
