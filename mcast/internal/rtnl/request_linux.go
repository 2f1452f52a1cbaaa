package rtnl

import (
	"encoding/binary"
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Request is a question to the kernel: a netlink header, the structure of its
// type, and attributes.
type Request []byte

// NewRequest begins a request of a type, such as RTM_GETROUTE, with the
// structure that belongs to it, such as a struct rtmsg.
func NewRequest(kind uint16, body []byte) Request {
	r := make(Request, unix.SizeofNlMsghdr, 128)
	binary.NativeEndian.PutUint16(r[4:], kind)
	return append(r, body...)
}

// Add appends an attribute.
func (r *Request) Add(kind uint16, value []byte) {
	size := unix.SizeofNlAttr + len(value)
	b := binary.NativeEndian.AppendUint16(*r, uint16(size))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	*r = append(b, make([]byte, -size&3)...)
}

// Ask returns the kernel's answer without its header.
func (r Request) Ask(protocol int) (answer []byte, err error) {
	_, err = r.exchange(protocol, 0, func(body []byte) bool { answer = body; return true })
	if err == nil && answer == nil {
		err = syscall.ENODATA
	}
	return answer, err
}

// Dump returns all there is of a kind, a message each, without their headers.
// It asks again, three times at the most, for a list that changed while the
// kernel made it, and takes a list that never rests as it is.
func (r Request) Dump(protocol int) (messages [][]byte, err error) {
	for range 3 {
		messages = nil
		interrupted, err := r.exchange(protocol, unix.NLM_F_DUMP, func(body []byte) bool { messages = append(messages, body); return true })
		if err != nil {
			return nil, err
		}
		if !interrupted {
			break
		}
	}
	return messages, nil
}

// ErrMore says that there is more of a kind than was asked for.
var ErrMore = errors.New("netlink: too long a list")

// DumpSome is Dump, asked once, and ErrMore for a list longer than most.
func (r Request) DumpSome(protocol, most int) (messages [][]byte, err error) {
	_, err = r.exchange(protocol, unix.NLM_F_DUMP, func(body []byte) bool {
		messages = append(messages, body)
		return len(messages) <= most
	})
	if err == nil && len(messages) > most {
		err = ErrMore
	}
	if err != nil {
		return nil, err
	}
	return messages, nil
}

// exchange sends the request by a socket of its own and calls each with the
// messages that answer it, which are each's to keep, until it returns false. It
// reports whether the kernel marked them as inconsistent (NLM_F_DUMP_INTR). A
// request that the kernel passes over ends as well, because it asks for an
// acknowledgement.
func (r Request) exchange(protocol int, flags uint16, each func(body []byte) (more bool)) (interrupted bool, err error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return false, os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	binary.NativeEndian.PutUint32(r, uint32(len(r)))
	binary.NativeEndian.PutUint16(r[6:], unix.NLM_F_REQUEST|unix.NLM_F_ACK|flags)
	if err := unix.Sendto(fd, r, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return false, os.NewSyscallError("sendto", err)
	}
	for {
		buf := make([]byte, 32<<10) // the kernel fills no more in one call
		n, from, err := unix.Recvfrom(fd, buf, unix.MSG_TRUNC)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return false, os.NewSyscallError("recvfrom", err)
		case n > len(buf):
			return false, unix.EMSGSIZE
		}
		if sender, ok := from.(*unix.SockaddrNetlink); !ok || sender.Pid != 0 {
			continue // another process, not the kernel
		}
		messages, err := syscall.ParseNetlinkMessage(buf[:n])
		if err != nil {
			return false, err
		}
		for _, m := range messages {
			interrupted = interrupted || m.Header.Flags&unix.NLM_F_DUMP_INTR != 0
			switch m.Header.Type {
			case unix.NLMSG_ERROR, unix.NLMSG_DONE: // each begins with an error number or 0
				if errno := -int32(Uint32(m.Data)); errno != 0 {
					return false, syscall.Errno(errno)
				}
				return interrupted, nil
			default:
				if !each(m.Data) {
					return interrupted, nil
				}
			}
		}
	}
}
