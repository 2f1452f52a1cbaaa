package confine

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
	"golang.org/x/time/rate"
)

// A ring of frames takes memory that no limit counts. These are how many bytes each may
// have, and how many sockets of packets the network namespace then may: each has two.
const (
	ringBytes     = 8 << 20
	packetSockets = 8
)

// So many calls a second, and at once, are dealt with: the process's share of the
// processors is smaller than that of its host.
const (
	ringRate  = 10
	ringBurst = 20
)

// call and answer are struct seccomp_notif and seccomp_notif_resp (seccomp_unotify(2)).
type (
	call struct {
		id         uint64
		pid, flags uint32
		number     int32
		arch       uint32
		pointer    uint64
		arguments  [6]uint64
	}
	callAnswer struct {
		id    uint64
		value int64
		errno int32
		flags uint32
	}
)

const (
	receiveCall = unix.SECCOMP_IOCTL_NOTIF_RECV
	answerCall  = unix.SECCOMP_IOCTL_NOTIF_SEND
	callIsValid = unix.SECCOMP_IOCTL_NOTIF_ID_VALID
)

// Supervise does what system calls of a confined process with CAP_NET_ADMIN ask for that
// its filter cannot judge, as long as that is small, and until all its processes have
// ended. It closes the file of [Handed]. It has to be called in the process's network
// namespace.
func Supervise(calls *os.File) {
	defer calls.Close()
	fd := int(calls.Fd())
	pace := rate.NewLimiter(ringRate, ringBurst)
	for {
		_ = pace.Wait(context.Background())
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if _, err := unix.Poll(poll, -1); err != nil && err != unix.EINTR {
			return
		}
		if poll[0].Revents&unix.POLLIN == 0 {
			if poll[0].Revents != 0 {
				return // the last of them has ended
			}
			continue
		}
		var c call
		if control(fd, receiveCall, unsafe.Pointer(&c)) != nil {
			continue // who called was killed meanwhile
		}
		a := callAnswer{id: c.id}
		if err := c.ring(fd); err != nil {
			errno, ok := err.(unix.Errno)
			if !ok {
				errno = unix.EPERM
			}
			a.value, a.errno = 0, -int32(errno)
		}
		_ = control(fd, answerCall, unsafe.Pointer(&a))
	}
}

func control(fd int, request uintptr, argument unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(argument)); errno != 0 {
		return errno
	}
	return nil
}

// ring sets up a ring of frames for the process that called, from a copy of what it asks
// for: it could change that after it was looked at.
func (c call) ring(fd int) error {
	const least, most = 16, 28 // struct tpacket_req and tpacket_req3
	length := c.arguments[4]
	if length < least || length > most {
		return unix.EINVAL
	}
	tgid, err := group(c.pid)
	if err != nil {
		return err
	}
	pidfd, err := unix.PidfdOpen(tgid, 0)
	if err != nil {
		return err
	}
	defer unix.Close(pidfd)
	asked := make([]byte, length)
	to := unix.Iovec{Base: &asked[0]}
	to.SetLen(len(asked))
	n, err := unix.ProcessVMReadv(int(c.pid), []unix.Iovec{to}, []unix.RemoteIovec{{Base: uintptr(c.arguments[3]), Len: len(asked)}}, 0)
	if err != nil || n != len(asked) {
		return unix.EFAULT
	}
	// Only now is it certain that the number is still that of who called.
	if err := control(fd, callIsValid, unsafe.Pointer(&c.id)); err != nil {
		return err
	}
	blocks, blockBytes := binary.NativeEndian.Uint32(asked[4:]), binary.NativeEndian.Uint32(asked)
	if uint64(blocks)*uint64(blockBytes) > ringBytes || blocks > 0 && socketsOfPackets() > packetSockets {
		return unix.ENOMEM
	}
	socket, err := unix.PidfdGetfd(pidfd, int(int32(c.arguments[0])), 0)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	return unix.SetsockoptString(socket, unix.SOL_PACKET, int(int32(c.arguments[2])), string(asked))
}

// group is the process of a thread.
func group(tid uint32) (pid int, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		return 0, unix.ESRCH
	}
	_, after, _ := bytes.Cut(status, []byte("\nTgid:"))
	_, err = fmt.Fscan(bytes.NewReader(after), &pid)
	return pid, err
}

// socketsOfPackets are those of this network namespace.
func socketsOfPackets() int {
	list, _ := os.ReadFile("/proc/self/net/packet")
	return bytes.Count(list, []byte("\n")) - 1 // without the head
}
