package host

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// run follows the kernel's messages. It reads the interfaces at first, and again
// only when messages were lost.
func (w *watcher) run(ctx context.Context) error {
	s, err := openMonitor()
	if err != nil {
		return w.poll(ctx) // emulated kernels do not announce changes
	}
	defer s.close()
	stop := context.AfterFunc(ctx, s.interrupt)
	defer stop()

	w.list = s.settledList
	if err := w.reread(ctx); err != nil {
		return err
	}
	for current := true; ctx.Err() == nil; {
		messages, err := s.receive(current)
		switch {
		case err == nil:
			for _, m := range messages {
				w.follow(ctx, m)
			}
		case errors.Is(err, unix.ENOBUFS):
			// report was slow, and the socket's buffer was full: messages are
			// lost. Those in the buffer are older, so they are applied first.
			current = false
		case errors.Is(err, unix.EAGAIN):
			if err := w.reread(ctx); err != nil {
				return err
			}
			current = true
		default:
			return err
		}
	}
	return nil
}

// follow applies a message and reports the changes of its interface.
func (w *watcher) follow(ctx context.Context, m syscall.NetlinkMessage) {
	index := indexIn(m)
	before := only(w.known, index)
	w.known = apply(w.known, m)
	w.tell(ctx, changes(before, only(w.known, index)))
}

// monitor is a socket to which the kernel tells every change of an interface
// and its addresses in the network namespace in which it was opened.
type monitor struct {
	file *os.File
	raw  syscall.RawConn
	buf  []byte
}

func openMonitor() (*monitor, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	file := os.NewFile(uintptr(fd), "rtnetlink")
	groups := &unix.SockaddrNetlink{
		Family: unix.AF_NETLINK,
		Groups: unix.RTMGRP_LINK | unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV6_IFADDR,
	}
	if err := unix.Bind(fd, groups); err != nil {
		file.Close()
		return nil, os.NewSyscallError("bind", err)
	}
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, err
	}
	return &monitor{file: file, raw: raw, buf: make([]byte, 1<<16)}, nil
}

func (s *monitor) close() { s.file.Close() }

// interrupt ends a receive that waits, and all later ones.
func (s *monitor) interrupt() { _ = s.file.SetReadDeadline(time.Unix(1, 0)) }

// receive reads the messages of one datagram, valid until the next call. When
// there is none it waits for one, or fails with EAGAIN. The error is ENOBUFS when
// messages were lost.
func (s *monitor) receive(wait bool) ([]syscall.NetlinkMessage, error) {
	var (
		size int
		from unix.Sockaddr
		err  error
	)
	ended := s.raw.Read(func(fd uintptr) bool {
		size, from, err = unix.Recvfrom(int(fd), s.buf, unix.MSG_DONTWAIT|unix.MSG_TRUNC)
		return !wait || !errors.Is(err, unix.EAGAIN)
	})
	switch {
	case ended != nil:
		return nil, ended
	case err != nil:
		return nil, os.NewSyscallError("recvfrom", err)
	case size > len(s.buf):
		return nil, unix.ENOBUFS
	}
	if sender, ok := from.(*unix.SockaddrNetlink); !ok || sender.Pid != 0 {
		return nil, nil // another process, not the kernel
	}
	return syscall.ParseNetlinkMessage(s.buf[:size])
}

// settledList lists the interfaces at a moment without changes. The kernel
// makes a list piece by piece, so a change meanwhile can make it skip others.
// Messages that are older than the list are dropped, because they would bring
// back what is gone. A network that never rests is listed as it is.
func (s *monitor) settledList() (list []Interface, err error) {
	for range 10 {
		s.drop()
		list, err = Interfaces()
		if err != nil || !s.pending() {
			break
		}
	}
	return list, err
}

// drop discards the messages that wait.
func (s *monitor) drop() {
	for {
		if _, err := s.receive(false); err != nil && !errors.Is(err, unix.ENOBUFS) {
			return
		}
	}
}

// pending reports whether messages wait.
func (s *monitor) pending() bool {
	var err error
	ended := s.raw.Read(func(fd uintptr) bool {
		_, _, err = unix.Recvfrom(int(fd), nil, unix.MSG_DONTWAIT|unix.MSG_PEEK)
		return true
	})
	return ended == nil && !errors.Is(err, unix.EAGAIN)
}
