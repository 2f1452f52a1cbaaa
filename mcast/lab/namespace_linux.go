package lab

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// namespace is a network namespace, and a netlink socket in it.
type namespace struct {
	file   *os.File
	handle *netlink.Handle
}

// newNamespace makes a namespace that lives as long as its file is open.
func newNamespace() (*namespace, error) {
	var ns *namespace
	err := onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return os.NewSyscallError("unshare", err)
		}
		var err error
		ns, err = openNamespace("/proc/thread-self/ns/net")
		return err
	})
	return ns, err
}

func openNamespace(path string) (*namespace, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	h, err := netlink.NewHandleAt(netns.NsHandle(f.Fd()), unix.NETLINK_ROUTE)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("netlink: %w", err)
	}
	return &namespace{file: f, handle: h}, nil
}

func (ns *namespace) close() {
	ns.handle.Close()
	ns.file.Close()
}

// do runs fn on a thread in the namespace. The error is os.ErrClosed after close,
// which may come at any time.
func (ns *namespace) do(fn func() error) error {
	return onThread(func() error {
		if err := ns.enter(); err != nil {
			return err
		}
		return fn()
	})
}

// enter takes the thread into the namespace. The descriptor stays this file's until it
// is there: after a close it could be another's already.
func (ns *namespace) enter() error {
	raw, err := ns.file.SyscallConn()
	if err != nil {
		return err
	}
	if e := raw.Control(func(fd uintptr) { err = os.NewSyscallError("setns", unix.Setns(int(fd), unix.CLONE_NEWNET)) }); e != nil {
		return fmt.Errorf("enter the namespace: %w", os.ErrClosed)
	}
	return err
}

// onThread runs fn on a thread that is thrown away after it, so that no other
// goroutine can come to run in a namespace by accident.
func onThread(fn func() error) error {
	err := errors.New("the function ended its goroutine")
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked
		err = fn()
	}()
	<-done
	return err
}

// sysctl writes a setting below /proc/sys. What a thread finds below
// /proc/sys/net belongs to its namespace. The name has dots, or slashes if a
// part of it has dots.
func (ns *namespace) sysctl(name, value string) error {
	if !strings.Contains(name, "/") {
		name = strings.ReplaceAll(name, ".", "/")
	}
	return ns.do(func() error {
		return os.WriteFile("/proc/sys/"+name, []byte(value), 0)
	})
}
