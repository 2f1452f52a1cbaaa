package lab

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// consoles is the directory with a socket for each running lab of the user.
// It is kept open: the directory that was checked is the one that is used, and
// a path by way of its descriptor fits into sun_path (unix(7)).
type consoles struct{ dir *os.File }

// openConsoles opens the directory, and makes it if need be. One that others
// could reach into is refused.
func openConsoles() (consoles, error) {
	path := consolesPath()
	c, err := openPrivate(path)
	if err != nil {
		return consoles{}, fmt.Errorf("lab: %s, the directory of the running labs: %w", path, err)
	}
	return c, nil
}

func openPrivate(path string) (consoles, error) {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return consoles{}, errors.Unwrap(err)
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	switch {
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.ENOTDIR):
		return consoles{}, errors.New("not a directory but a link or a file; remove it")
	case err != nil:
		return consoles{}, err
	}
	c := consoles{os.NewFile(uintptr(fd), path)}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		c.close()
		return consoles{}, err
	}
	switch {
	case int(st.Uid) != os.Geteuid():
		err = errors.New("belongs to another user; set XDG_RUNTIME_DIR to a directory of your own")
	case st.Mode&0o077 != 0:
		err = fmt.Errorf("others may use it (mode %04o); it has to be 0700", st.Mode&0o7777)
	}
	if err != nil {
		c.close()
		return consoles{}, err
	}
	return c, nil
}

// consolesPath is the same for the lab, which is uid 0 in its namespace, and
// for the user's other programs.
func consolesPath() string {
	if run := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(run) {
		var st unix.Stat_t
		if unix.Stat(run, &st) == nil && int(st.Uid) == os.Geteuid() { // sudo(8) may leave that of another
			return filepath.Join(run, "groupcast")
		}
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("groupcast-%d", ownerID()))
}

// ownerID is the user's number outside the namespace that [Enter] made.
func ownerID() int {
	if entered {
		var inside, outside int
		if _, err := fmt.Sscan(readSetting("self/uid_map"), &inside, &outside); err == nil {
			return outside
		}
	}
	return os.Geteuid()
}

func (c consoles) close() { c.dir.Close() }

func (c consoles) addr(name string) *net.UnixAddr {
	return &net.UnixAddr{Net: "unixpacket", Name: fmt.Sprintf("/proc/self/fd/%d/%s", c.dir.Fd(), name)}
}

// listen takes the name. It may be that of a lab whose process was killed.
func (c consoles) listen(name string) (listener *net.UnixListener, err error) {
	err = c.locked(func() error {
		listener, err = net.ListenUnix("unixpacket", c.addr(name))
		if !errors.Is(err, unix.EADDRINUSE) {
			return err
		}
		if removed, err := c.removeStale(name); !removed {
			return cmp.Or(err, ErrRunning)
		}
		listener, err = net.ListenUnix("unixpacket", c.addr(name))
		return err
	})
	if err != nil {
		return nil, err
	}
	return listener, os.Chmod(c.addr(name).Name, 0o600)
}

// dial connects to a running lab. The error is [ErrNotRunning] if there is none.
// The socket of a lab whose process was killed is removed, and the error says so.
func (c consoles) dial(name string) (*net.UnixConn, error) {
	conn, err := net.DialUnix("unixpacket", nil, c.addr(name))
	if errors.Is(err, unix.ECONNREFUSED) {
		err = c.locked(func() error {
			removed, err := c.removeStale(name)
			if removed {
				return fmt.Errorf("its owner was killed, what it left is removed: %w", ErrNotRunning)
			}
			return err
		})
		if err == nil { // it has been taken since
			conn, err = net.DialUnix("unixpacket", nil, c.addr(name))
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
func (c consoles) removeStale(name string) (removed bool, err error) {
	conn, err := net.DialUnix("unixpacket", nil, c.addr(name))
	if err == nil {
		conn.Close()
		return false, nil
	}
	if !errors.Is(err, unix.ECONNREFUSED) {
		return false, err
	}
	if err := unix.Unlinkat(int(c.dir.Fd()), name, 0); err != nil {
		return false, err
	}
	return true, nil
}

// locked runs fn while no other process runs its own.
func (c consoles) locked(fn func() error) error {
	fd := int(c.dir.Fd())
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
