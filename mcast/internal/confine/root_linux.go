package confine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// system are the directories that a confined process sees of the machine's, as they
// are there, read only. Home directories, /run, /var and /tmp are not among them.
var system = []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/nix", "/gnu", "/sys"}

// devices are those that it sees, if they are there, besides its terminal.
var devices = []string{"/dev/null", zero, "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"}

const zero = "/dev/zero"

// procFlags are those of its /proc.
const procFlags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC

// ProcError is the error of [Enter] where the kernel refuses a /proc, because a part of
// the one that is there is hidden: a new one would show it (mount_too_revealing in
// fs/namespace.c).
type ProcError struct{ Err error }

// Error says what was refused.
func (e *ProcError) Error() string { return "mount a /proc: " + e.Err.Error() }

// Unwrap is the system's error.
func (e *ProcError) Unwrap() error { return e.Err }

// newRoot replaces the root of the file systems by a tmpfs of at most so many bytes, with
// the directories of system, devices, which it returns, a program, a /proc of this
// namespace, and a home of the user's.
func newRoot(c Config, uid, gid int) (devices []string, err error) {
	unix.Umask(0o022)
	// Nothing that is mounted here is to be seen outside.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return nil, fmt.Errorf("keep mounts to oneself: %w", err)
	}
	from := trees{}
	defer from.close()
	links, err := from.openSystem()
	if err != nil {
		return nil, err
	}
	if devices, err = from.openDevices(); err != nil {
		return nil, err
	}
	if err := from.openProgram(c.Program); err != nil {
		return nil, err
	}
	const root = "/usr" // which every system has, and whose copy is open
	if err := unix.Mount("tmpfs", root, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, fmt.Sprintf("size=%d,nr_inodes=4096,mode=0755", c.Disk)); err != nil {
		return nil, fmt.Errorf("mount a tmpfs: %w", err)
	}
	own := []string{Home, "/tmp"}
	if c.Orders {
		own = append(own, Runtime, filepath.Dir(Orders))
	}
	if err := furnish(root, from, links, own, uid, gid); err != nil {
		return nil, err
	}
	if err := os.Chdir(root); err != nil {
		return nil, err
	}
	if err := unix.PivotRoot(".", "."); err != nil { // the old root is then mounted over the new one
		return nil, os.NewSyscallError("pivot_root", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return nil, os.NewSyscallError("umount", err)
	}
	return devices, os.Chdir("/")
}

// openSystem opens what the new root shows of the old, and reads the links among it.
func (t trees) openSystem() (links map[string]string, err error) {
	links = map[string]string{}
	for _, path := range system {
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, err
		case info.Mode().Type() == fs.ModeSymlink:
			if links[path], err = os.Readlink(path); err != nil {
				return nil, err
			}
		case info.IsDir():
			if err := t.open(path, path, unix.MOUNT_ATTR_NODEV); err != nil {
				return nil, err
			}
		}
	}
	return links, nil
}

// openDevices opens what there is of devices, and the terminal that is standard input.
func (t trees) openDevices() (found []string, err error) {
	list := devices
	if tty, err := os.Readlink("/proc/self/fd/0"); err == nil && strings.HasPrefix(tty, "/dev/pts/") && isStdin(tty) {
		list = append(slices.Clone(list), tty)
	}
	for _, path := range list {
		err := t.open(path, path, 0)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, err
		}
		found = append(found, path)
	}
	return found, nil
}

// isStdin reports whether a path is that of standard input here, too: the process may
// have got it from one that has other mounts.
func isStdin(path string) bool {
	there, err := os.Stat(path)
	if err != nil {
		return false
	}
	stdin, err := os.Stdin.Stat()
	return err == nil && os.SameFile(there, stdin)
}

func (t trees) openProgram(program string) error {
	// What is reached by /proc/self/exe belongs to the mounts of who started this process.
	path, err := filepath.EvalSymlinks(program)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is not there; or it was replaced since it was started: start it again: %w", program, err)
	}
	if err != nil {
		return err
	}
	return t.open(path, Program, unix.MOUNT_ATTR_NODEV)
}

// furnish fills an empty root. Some directories are the user's own.
func furnish(root string, from trees, links map[string]string, own []string, uid, gid int) error {
	for path, to := range links {
		if err := os.Symlink(to, root+path); err != nil {
			return err
		}
	}
	for path, f := range from {
		if err := mount(f, root+path); err != nil {
			return err
		}
	}
	for _, link := range [][2]string{{"/proc/self/fd", "/dev/fd"}, {"/proc/self/fd/0", "/dev/stdin"}, {"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"}} {
		if err := os.Symlink(link[0], root+link[1]); err != nil {
			return err
		}
	}
	for _, path := range own {
		if err := os.MkdirAll(root+filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.Mkdir(root+path, 0o700); err != nil {
			return err
		}
		if err := os.Chown(root+path, uid, gid); err != nil {
			return err
		}
	}
	if err := os.Mkdir(root+"/proc", 0o555); err != nil {
		return err
	}
	if err := unix.Mount("proc", root+"/proc", "proc", procFlags, ""); err != nil {
		return &ProcError{err}
	}
	return nil
}
