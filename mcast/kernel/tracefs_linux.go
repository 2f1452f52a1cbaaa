package kernel

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// OpenTracefs opens the root of tracefs: the one that TracefsEnv names, else a
// mount of its own, which is attached nowhere and goes with the descriptor. So it
// works where tracefs is not mounted, and behind ip-netns(8), which hides it.
//
// The error satisfies errors.Is(err, fs.ErrPermission) without CAP_SYS_ADMIN in
// the first user namespace, and ErrNoTracefs where the kernel has none.
func OpenTracefs() (*os.File, error) {
	if path := os.Getenv(TracefsEnv); path != "" {
		if f, err := inherited(path); err == nil {
			return f, nil
		}
	}
	fs, err := unix.Fsopen("tracefs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return nil, tracefsError("fsopen tracefs", err)
	}
	defer unix.Close(fs)
	if err := unix.FsconfigCreate(fs); err != nil {
		return nil, tracefsError("fsconfig tracefs", err)
	}
	mount, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)
	if err != nil {
		return nil, tracefsError("fsmount tracefs", err)
	}
	return os.NewFile(uintptr(mount), "tracefs"), nil
}

// inherited opens a directory that another process has open, if it is one of
// tracefs.
func inherited(path string) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	var stat unix.Statfs_t
	if err := unix.Fstatfs(fd, &stat); err != nil || stat.Type != unix.TRACEFS_MAGIC {
		unix.Close(fd)
		return nil, errors.Join(err, ErrNoTracefs)
	}
	return os.NewFile(uintptr(fd), "tracefs"), nil
}

func tracefsError(op string, err error) error {
	switch {
	case errors.Is(err, unix.ENODEV):
		err = fmt.Errorf("%w (%w)", ErrNoTracefs, err)
	case errors.Is(err, unix.EBUSY), errors.Is(err, unix.EEXIST), errors.Is(err, unix.ENOSPC):
		err = fmt.Errorf("%w (%w)", ErrBusy, err)
	case errors.Is(err, unix.ENOSYS):
		err = fmt.Errorf("%w (Linux 5.2 has it: %w)", errors.ErrUnsupported, err)
	}
	return fmt.Errorf("kernel: %s: %w", op, err)
}

// tree is a directory of tracefs, whose files are opened below it.
type tree struct{ dir *os.File }

func (t tree) open(name string, flags int) (*os.File, error) {
	fd, err := unix.Openat(int(t.dir.Fd()), name, flags|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, tracefsError(name, err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

func (t tree) write(name, value string) error {
	f, err := t.open(name, unix.O_WRONLY|unix.O_TRUNC)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := unix.Write(int(f.Fd()), []byte(value)); err != nil {
		return tracefsError(name, err)
	}
	return nil
}

// maxFile bounds what is read of a small file: the format of kfree_skb has 5 KB.
const maxFile = 64 << 10

func (t tree) read(name string) (string, error) {
	f, err := t.open(name, unix.O_RDONLY)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile))
	return string(text), err
}

// names lists a directory, at most a thousand entries.
func (t tree) names(name string) []string {
	f, err := t.open(name, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil
	}
	defer f.Close()
	list, _ := f.Readdirnames(1000)
	return list
}

// namespace is the number of a namespace of this process: of "net:[4026531840]".
func namespace(kind string) (string, error) {
	link, err := os.Readlink("/proc/self/ns/" + kind)
	if err != nil {
		return "", err
	}
	_, number, ok := strings.Cut(strings.TrimSuffix(link, "]"), "[")
	if !ok {
		return "", fmt.Errorf("kernel: namespace %s: %q", kind, link)
	}
	return number, nil
}
