package systemd

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// newSend is how a datagram goes to a Unix socket, and the error that it has no
// room. The name is looked up each time: a manager that starts anew has a new socket.
func newSend() (send func(to string, text []byte) error, full error, err error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socket", err)
	}
	f := os.NewFile(uintptr(fd), "notify") // which is closed when nobody has it any more
	send = func(to string, text []byte) error {
		defer runtime.KeepAlive(f)
		return unix.Sendto(fd, text, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT, &unix.SockaddrUnix{Name: to})
	}
	return send, unix.EAGAIN, nil
}
