package confine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// system are the directories that a confined process sees of the machine's, as they
// are there, read only. Home directories, /run, /var and /tmp are not among them.
var system = []string{"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "nix", "gnu", "sys"}

// devices are those that it sees.
var devices = []string{"null", "zero", "full", "random", "urandom", "tty"}

// trees are copies of what is mounted at paths, not yet mounted anywhere themselves.
type trees map[string]*os.File

func (t trees) open(path string) error {
	fd, err := unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	if err != nil {
		return fmt.Errorf("open_tree %s: %w", path, err)
	}
	t[path] = os.NewFile(uintptr(fd), path)
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_NOSUID}
	if filepath.Dir(path) != "/dev" {
		attr.Attr_set |= unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NODEV
	}
	if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &attr); err != nil {
		return fmt.Errorf("make %s read only: %w", path, err)
	}
	return nil
}

func (t trees) close() {
	for _, f := range t {
		f.Close()
	}
}

// mount mounts a tree at a place that it makes.
func (t trees) mount(path, at string) error {
	if err := makePlace(t[path], at); err != nil {
		return err
	}
	if err := unix.MoveMount(int(t[path].Fd()), "", unix.AT_FDCWD, at, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("mount %s: %w", path, err)
	}
	return nil
}

// newRoot replaces the root of the file systems by a tmpfs of at most disk bytes, with
// the directories of system, a program, and a /proc of this namespace.
func newRoot(disk int64, program string) error {
	// Nothing that is mounted here is to be seen outside.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts to oneself: %w", err)
	}
	from := trees{}
	defer from.close()
	// What is reached by /proc/self/exe belongs to the mounts of who started this process.
	program, err := filepath.EvalSymlinks(program)
	if err != nil {
		return err
	}
	links, err := from.openSystem(program)
	if err != nil {
		return err
	}
	const root = "/usr" // which every system has, and whose copy is open
	if err := unix.Mount("tmpfs", root, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, fmt.Sprintf("size=%d,nr_inodes=4096,mode=0755", disk)); err != nil {
		return fmt.Errorf("mount a tmpfs: %w", err)
	}
	if err := furnish(root, program, from, links); err != nil {
		return err
	}
	if err := os.Chdir(root); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil { // the old root is then mounted over the new one
		return os.NewSyscallError("pivot_root", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return os.NewSyscallError("umount", err)
	}
	return os.Chdir("/")
}

// openSystem opens what the new root shows of the old, and reads the links among it.
func (t trees) openSystem(program string) (links map[string]string, err error) {
	links = map[string]string{}
	for _, name := range system {
		path := "/" + name
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
			if err := t.open(path); err != nil {
				return nil, err
			}
		}
	}
	for _, name := range devices {
		if err := t.open("/dev/" + name); err != nil {
			return nil, err
		}
	}
	return links, t.open(program)
}

// furnish fills an empty root.
func furnish(root, program string, from trees, links map[string]string) error {
	for path, to := range links {
		if err := os.Symlink(to, root+path); err != nil {
			return err
		}
	}
	for path := range from {
		at := root + path
		if path == program {
			at = root + Program
		}
		if err := from.mount(path, at); err != nil {
			return err
		}
	}
	for _, link := range [][2]string{{"/proc/self/fd", "/dev/fd"}, {"/proc/self/fd/0", "/dev/stdin"}, {"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"}} {
		if err := os.Symlink(link[0], root+link[1]); err != nil {
			return err
		}
	}
	for path, mode := range map[string]fs.FileMode{"/proc": 0o555, Home: 0o700, "/tmp": 0o700} {
		if err := os.MkdirAll(root+path, mode); err != nil {
			return err
		}
	}
	// Refused where the /proc that is there hides something (mount_too_revealing in fs/namespace.c).
	if err := unix.Mount("proc", root+"/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount a /proc: %w", err)
	}
	return nil
}

// makePlace makes a directory or an empty file where f can be mounted.
func makePlace(f *os.File, at string) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.MkdirAll(at, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	return os.WriteFile(at, nil, 0o644)
}
