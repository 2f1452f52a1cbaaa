package confine

import (
	"encoding/binary"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// dump asks the kernel for a list by netlink, and calls each with the messages, until that
// returns false. A list that the kernel has not is empty.
func dump(protocol int, number uint16, request []byte, each func(number uint16, message []byte) bool) error {
	return ask(protocol, number, unix.NLM_F_REQUEST|unix.NLM_F_DUMP, request, each)
}

// do lets the kernel do something.
func do(protocol int, number uint16, request []byte) error {
	return ask(protocol, number, unix.NLM_F_REQUEST|unix.NLM_F_ACK, request, func(uint16, []byte) bool { return true })
}

// answers are buffers for what the kernel sends at once, 32 KiB at most.
var answers = sync.Pool{New: func() any {
	b := make([]byte, 32<<10)
	return &b
}}

func ask(protocol int, number, flags uint16, request []byte, each func(number uint16, message []byte) bool) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd) // which ends a dump
	to := &unix.SockaddrNetlink{Family: unix.AF_NETLINK}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 5}); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	if err := unix.Sendto(fd, header(number, flags, request), 0, to); err != nil {
		return os.NewSyscallError("sendto", err)
	}
	pooled := answers.Get().(*[]byte)
	defer answers.Put(pooled)
	b := *pooled
	for {
		n, _, err := unix.Recvfrom(fd, b, 0)
		if err != nil {
			return os.NewSyscallError("recvfrom", err)
		}
		for rest := b[:n]; len(rest) >= unix.SizeofNlMsghdr; {
			size, number := int(binary.NativeEndian.Uint32(rest)), binary.NativeEndian.Uint16(rest[4:])
			if size < unix.SizeofNlMsghdr || size > len(rest) {
				return unix.EBADMSG
			}
			message := rest[unix.SizeofNlMsghdr:size]
			switch {
			case number == unix.NLMSG_DONE:
				return nil
			case number == unix.NLMSG_ERROR && len(message) >= 4:
				if errno := int32(binary.NativeEndian.Uint32(message)); errno != 0 {
					return unix.Errno(-errno)
				}
				return nil
			case !each(number, message):
				return nil
			}
			rest = rest[min(align(size), len(rest)):]
		}
	}
}

func align(n int) int { return (n + 3) &^ 3 }

// header puts the header of netlink before a message.
func header(number, flags uint16, message []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(message)))
	b = binary.NativeEndian.AppendUint16(b, number)
	b = binary.NativeEndian.AppendUint16(b, flags)
	b = append(b, make([]byte, 8)...)
	return append(b, message...)
}

// attribute appends one to a message.
func attribute(b []byte, number uint16, value []byte) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(4+len(value)))
	b = binary.NativeEndian.AppendUint16(b, number)
	b = append(b, value...)
	return append(b, make([]byte, align(len(value))-len(value))...)
}

// attributes calls each with those of a message, without flags.
func attributes(b []byte, each func(number uint16, value []byte)) {
	for len(b) >= 4 {
		size, number := int(binary.NativeEndian.Uint16(b)), binary.NativeEndian.Uint16(b[2:])
		if size < 4 || size > len(b) {
			return
		}
		each(number&0x3fff, b[4:size])
		b = b[min(align(size), len(b)):]
	}
}
