package tap

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// buffer is how much may wait for Read, in bytes of the kernel's memory, if
// net.core.rmem_max allows it.
const buffer = 1 << 20

// Tap is a look at one interface. One goroutine at a time may call Read; Stats and
// Close may be called at any time.
type Tap struct {
	file *os.File
	raw  syscall.RawConn
	data []byte // its pages are touched only as far as packets reach
	oob  []byte

	closed atomic.Bool
	every  bool // Filter.EveryGroup

	mu    sync.Mutex
	stats Stats
}

// Open begins to look at an interface, by its index, in the network namespace of
// the calling thread.
//
// The error is fs.ErrPermission without CAP_NET_RAW, and ErrNoInterface for an index
// that no interface has.
func Open(ifIndex int, filter Filter) (*Tap, error) {
	t, err := open(ifIndex, filter)
	if err != nil {
		return nil, fmt.Errorf("tap: interface %d: %w", ifIndex, err)
	}
	return t, nil
}

func open(ifIndex int, filter Filter) (*Tap, error) {
	program, err := assemble(filter)
	if err != nil {
		return nil, err
	}
	// Without a protocol the socket takes no packets until it is bound, so the filter sees all of them.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		err := os.NewSyscallError("socket", err)
		if errors.Is(err, unix.EPERM) {
			return nil, fmt.Errorf("needs CAP_NET_RAW: %w", err)
		}
		return nil, err
	}
	t := &Tap{every: filter.every, file: os.NewFile(uintptr(fd), "tap"), data: make([]byte, Snap), oob: make([]byte, 128)}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer)
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) // without it the time of reading has to do
	err = unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, program)
	if err != nil {
		err = os.NewSyscallError("setsockopt SO_ATTACH_FILTER", err)
	} else {
		t.raw, err = t.file.SyscallConn()
	}
	if err == nil {
		err = t.bind(fd, ifIndex)
	}
	if err != nil {
		t.file.Close()
		return nil, err
	}
	return t, nil
}

// assemble makes the kernel's program of a filter. What has a VLAN tag, which the
// kernel keeps beside the packet, and what is not IP does not even reach it.
func assemble(filter Filter) (*unix.SockFprog, error) {
	if len(filter.program) == 0 {
		filter.program = []bpf.Instruction{leave}
	}
	list, err := bpf.Assemble(append([]bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtVLANTagPresent},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 0, SkipTrue: 3},
		bpf.LoadExtension{Num: bpf.ExtProto},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ETH_P_IP, SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ETH_P_IPV6, SkipTrue: 1},
		leave,
	}, filter.program...))
	if err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	program := make([]unix.SockFilter, len(list))
	for i, r := range list {
		program[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	return &unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}, nil
}

// bind lets a socket look at an interface. ETH_P_ALL is what shows packets that
// leave; ETH_P_IP would hide them.
func (t *Tap) bind(fd, ifIndex int) error {
	if ifIndex <= 0 {
		return ErrNoInterface // 0 would be every interface
	}
	all := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_ALL))
	err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: ifIndex})
	if errors.Is(err, unix.ENODEV) {
		return ErrNoInterface
	}
	if err != nil {
		return os.NewSyscallError("bind", err)
	}
	if !t.every {
		return nil
	}
	err = unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP,
		&unix.PacketMreq{Ifindex: int32(ifIndex), Type: unix.PACKET_MR_ALLMULTI})
	if errors.Is(err, unix.ENODEV) {
		return ErrNoInterface
	}
	return os.NewSyscallError("setsockopt PACKET_ADD_MEMBERSHIP", err)
}

// Rebind looks at another interface, in the namespace in which the Tap was opened:
// at the one that has taken the place of one that is gone.
func (t *Tap) Rebind(ifIndex int) error {
	var err error
	if cerr := t.raw.Control(func(fd uintptr) { err = t.bind(int(fd), ifIndex) }); cerr != nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("tap: interface %d: %w", ifIndex, err)
	}
	return nil
}

// Read waits for a packet, until ctx ends. Its error is ErrDown, once, whenever the
// interface is switched off or ends, and fs.ErrClosed after Close.
func (t *Tap) Read(ctx context.Context) (Packet, error) {
	_ = t.file.SetReadDeadline(time.Time{}) // which fails for a file that is closed, as the reading does
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		_ = t.file.SetReadDeadline(time.Unix(1, 0))
	})
	p, err := t.read()
	if !stop() {
		<-interrupted // so that it does not interrupt the next Read
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = ctx.Err()
	case errors.Is(err, unix.ENETDOWN):
		err = ErrDown
	}
	return p, err
}

func (t *Tap) read() (Packet, error) {
	var (
		size, control int
		from          unix.Sockaddr
		err           error
	)
	ended := t.raw.Read(func(fd uintptr) bool {
		for {
			size, control, _, from, err = unix.Recvmsg(int(fd), t.data, t.oob, unix.MSG_TRUNC)
			if err != unix.EINTR {
				return err != unix.EAGAIN
			}
		}
	})
	now := time.Now()
	switch {
	case ended != nil && t.closed.Load():
		return Packet{}, fmt.Errorf("tap: %w", fs.ErrClosed)
	case ended != nil:
		return Packet{}, ended
	case err != nil:
		return Packet{}, os.NewSyscallError("recvmsg", err)
	}
	p := Packet{At: now, Data: t.data[:min(size, len(t.data))], Size: size}
	if age := now.Sub(stamp(t.oob[:control])); age > 0 && age < oldest {
		p.At = now.Add(-age)
	}
	if sender, ok := from.(*unix.SockaddrLinklayer); ok {
		p.Interface = sender.Ifindex
		p.Out = sender.Pkttype == unix.PACKET_OUTGOING
		if n := int(sender.Halen); n > 0 && n <= len(sender.Addr) {
			p.Link = sender.Addr[:n]
		}
	}
	return p, nil
}

// oldest is how long a packet may have waited. An older one was stamped before the
// clock was set, or has no stamp.
const oldest = time.Hour

// stamp is the kernel's time of a packet; the zero time: it tells none.
func stamp(control []byte) time.Time {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return time.Time{}
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= int(unsafe.Sizeof(unix.Timespec{})) {
			ts := (*unix.Timespec)(unsafe.Pointer(&m.Data[0]))
			return time.Unix(ts.Unix())
		}
	}
	return time.Time{}
}

// Stats asks the kernel what was dropped.
func (t *Tap) Stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = t.raw.Control(func(fd uintptr) {
		// Each answer counts from the one before.
		if s, err := unix.GetsockoptTpacketStats(int(fd), unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
			t.stats.Packets += uint64(s.Packets)
			t.stats.Drops += uint64(s.Drops)
		}
	})
	return t.stats
}

// Close ends the looking, and a Read that waits.
func (t *Tap) Close() error {
	t.closed.Store(true)
	return t.file.Close()
}
