package lab

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

// consoleSocket is the name of a lab, taken: a socket in a directory.
type consoleSocket struct {
	dir      consoleDir
	name     string
	listener *net.UnixListener
	file     unix.Stat_t // the socket's, when it was made
	closing  sync.Once
}

// listenConsole takes the name. It may be that of a lab whose process was
// killed.
func listenConsole(name string) (*consoleSocket, error) {
	dirs, err := openConsoleDirs()
	if err != nil {
		return nil, err
	}
	defer closeDirs(dirs)
	for _, d := range dirs { // the new socket's may be another
		if conn, err := d.dial(name); err == nil {
			conn.Close()
			return nil, fmt.Errorf("lab: %s: %w", name, ErrRunning)
		}
	}
	dir, err := makeConsoleDir()
	if err != nil {
		return nil, err
	}
	s := &consoleSocket{dir: dir, name: name}
	if err := dir.locked(s.listen); err != nil {
		dir.Close()
		return nil, fmt.Errorf("lab: %s: %w", name, err)
	}
	return s, nil
}

func (s *consoleSocket) listen() (err error) {
	addr := s.dir.addr(s.name)
	s.listener, err = net.ListenUnix("unixpacket", addr)
	if errors.Is(err, unix.EADDRINUSE) {
		if removed, err := s.dir.removeStale(s.name); !removed {
			return cmp.Or(err, ErrRunning)
		}
		s.listener, err = net.ListenUnix("unixpacket", addr)
	}
	if err != nil {
		return err
	}
	s.listener.SetUnlinkOnClose(false) // the file of that name may be another's by then
	if err := cmp.Or(os.Chmod(addr.Name, 0o600), unix.Lstat(addr.Name, &s.file)); err != nil {
		s.listener.Close()
		return err
	}
	return nil
}

// isThere reports whether others still find the socket: somebody may have
// removed it, or the directory.
func (s *consoleSocket) isThere() bool {
	var found unix.Stat_t
	err := unix.Lstat(filepath.Join(s.dir.Name(), s.name), &found)
	return err == nil && found.Dev == s.file.Dev && found.Ino == s.file.Ino
}

// close frees the name.
func (s *consoleSocket) close() {
	s.closing.Do(func() {
		_ = s.dir.locked(func() error {
			if s.isThere() {
				return unix.Unlinkat(int(s.dir.Fd()), s.name, 0)
			}
			return nil
		})
		s.listener.Close()
		s.dir.Close()
	})
}

// dialConsole connects to a running lab. The error is [ErrNotRunning] if there
// is none. The socket of a lab whose process was killed is removed, and the
// error says so.
func dialConsole(name string) (*net.UnixConn, error) {
	dirs, err := openConsoleDirs()
	if err != nil {
		return nil, err
	}
	defer closeDirs(dirs)
	err = ErrNotRunning
	for _, d := range dirs {
		conn, e := d.dial(name)
		if e == nil {
			return conn, nil
		}
		if err == ErrNotRunning {
			err = e
		}
	}
	return nil, err
}

// consoleNames are the names of the user's running labs, sorted. The sockets of
// labs that were killed are removed.
func consoleNames() (names []string, err error) {
	dirs, err := openConsoleDirs()
	if err != nil {
		return nil, err
	}
	defer closeDirs(dirs)
	for _, d := range dirs {
		entries, err := d.Readdirnames(-1)
		if err != nil {
			return nil, fmt.Errorf("lab: %w", err)
		}
		for _, name := range entries {
			if checkName(name) != nil {
				continue
			}
			if conn, err := d.dial(name); err == nil {
				conn.Close()
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func (d consoleDir) addr(name string) *net.UnixAddr {
	return &net.UnixAddr{Net: "unixpacket", Name: fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), name)}
}

func (d consoleDir) dial(name string) (*net.UnixConn, error) {
	conn, err := net.DialUnix("unixpacket", nil, d.addr(name))
	if errors.Is(err, unix.ECONNREFUSED) {
		err = d.locked(func() error {
			removed, err := d.removeStale(name)
			if removed {
				return fmt.Errorf("its owner was killed, what it left is removed: %w", ErrNotRunning)
			}
			return err
		})
		if err == nil { // it has been taken since
			conn, err = net.DialUnix("unixpacket", nil, d.addr(name))
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrNotRunning
	case err != nil:
		return nil, err
	}
	if err := checkPeer(conn); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// removeStale removes a socket on which nobody listens. The caller holds the
// lock, and so does a lab between bind(2) and listen(2).
func (d consoleDir) removeStale(name string) (removed bool, err error) {
	conn, err := net.DialUnix("unixpacket", nil, d.addr(name))
	if err == nil {
		conn.Close()
		return false, nil
	}
	if !errors.Is(err, unix.ECONNREFUSED) {
		return false, err
	}
	if err := unix.Unlinkat(int(d.Fd()), name, 0); err != nil {
		return false, err
	}
	return true, nil
}

// locked runs fn while no other process runs its own.
func (d consoleDir) locked(fn func() error) error {
	fd := int(d.Fd())
	for {
		err := unix.Flock(fd, unix.LOCK_EX)
		if err == nil {
			break
		}
		if !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("flock", err)
		}
	}
	defer unix.Flock(fd, unix.LOCK_UN)
	return fn()
}

// checkPeer returns an error if the other side is another user.
func checkPeer(conn *net.UnixConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var cred *unix.Ucred
	if e := raw.Control(func(fd uintptr) {
		cred, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); e != nil {
		return e
	}
	if err != nil {
		return err
	}
	if int(cred.Uid) != os.Geteuid() {
		return errors.New("the other side is another user")
	}
	return nil
}
