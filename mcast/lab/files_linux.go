package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// OwnFiles is the folder that is a host's own once [Node.WriteFile] has written there.
const OwnFiles = "/srv"

const (
	hostsFile    = "/etc/hosts"
	resolverFile = "/etc/resolv.conf"
	ownServer    = "nameserver %s\noptions timeout:1 attempts:1\n"
)

// ownNames are the files that a host looks names up by. They know of nothing outside,
// and each is there or is of no use.
var ownNames = []struct{ path, text string }{
	{hostsFile, "127.0.0.1 localhost\n::1 localhost\n"},
	{"/etc/nsswitch.conf", "hosts: files dns\n"},
	{resolverFile, fmt.Sprintf(ownServer, "127.0.0.1")},
}

// AddName writes a name with its addresses into the host's /etc/hosts. With the first
// one the host has that file of its own, and /etc/nsswitch.conf and /etc/resolv.conf, too:
// the computer's names are not there. The error is [errors.ErrUnsupported] where the
// system gives a host no view of the files.
func (n *Node) AddName(name string, addrs ...netip.Addr) error {
	var lines strings.Builder
	for _, a := range addrs {
		fmt.Fprintf(&lines, "%s %s\n", a, name)
	}
	return n.withNames("add name "+name, func() error { return write(hostsFile, lines.String(), os.O_APPEND) })
}

// SetNameServer lets the host send DNS queries to that server, where /etc/hosts does not have a
// name. The host has files of its own then, as with AddName.
func (n *Node) SetNameServer(addr netip.Addr) error {
	return n.withNames("set name server", func() error {
		return write(resolverFile, fmt.Sprintf(ownServer, addr), os.O_TRUNC)
	})
}

func (n *Node) withNames(what string, do func() error) error {
	return n.inFiles(what, func() error {
		if !n.hasNames {
			for _, f := range ownNames {
				err := ownFile(f.path, f.text)
				if err != nil && (f.path == hostsFile || !errors.Is(err, fs.ErrNotExist)) {
					return err
				}
			}
			n.hasNames = true
		}
		return do()
	})
}

// WriteFile writes a file, which only its owner may read, to a path below [OwnFiles]. With the first one that
// folder is the host's own, and empty, for as long as the host is there.
func (n *Node) WriteFile(path, text string) error {
	return n.inFiles("write "+path, func() error {
		if filepath.Dir(path) != OwnFiles || path != filepath.Clean(path) {
			return fmt.Errorf("want a file in %s", OwnFiles)
		}
		if !n.hasFiles {
			if err := unix.Mount("tmpfs", OwnFiles, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "size=1m,mode=0700"); err != nil {
				return &os.PathError{Op: "mount", Path: OwnFiles, Err: err}
			}
			n.hasFiles = true
		}
		return write(path, text, os.O_CREATE|os.O_TRUNC)
	})
}

func write(path, text string, how int) error {
	f, err := os.OpenFile(path, os.O_WRONLY|how, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// ownFile puts another file over the one that is there. It has no name, so it ends with
// the host.
func ownFile(path, text string) error {
	f, err := os.CreateTemp("", "groupcast-lab-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	if err := unix.Mount(f.Name(), path, "", unix.MS_BIND, ""); err != nil {
		return &os.PathError{Op: "mount", Path: path, Err: err}
	}
	return nil
}

// inFiles runs do on a thread that sees the files as the host does. Nothing that it
// mounts is seen elsewhere.
func (n *Node) inFiles(what string, do func() error) error {
	n.files.Lock()
	defer n.files.Unlock()
	err := onThread(func() error {
		ns, err := os.Open(fmt.Sprintf("/proc/%d/ns/mnt", n.Pid()))
		if err != nil {
			return err
		}
		defer ns.Close()
		theirs, err := ns.Stat()
		if err != nil {
			return err
		}
		ours, err := os.Stat("/proc/thread-self/ns/mnt")
		if err != nil {
			return err
		}
		if os.SameFile(theirs, ours) {
			return fmt.Errorf("this system gives a host no view of the files of its own: %w", errors.ErrUnsupported)
		}
		if err := unix.Unshare(unix.CLONE_FS); err != nil { // threads of one process share it
			return os.NewSyscallError("unshare", err)
		}
		if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNS); err != nil {
			return os.NewSyscallError("setns", err)
		}
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
			return fmt.Errorf("keep mounts to the host: %w", err)
		}
		return do()
	})
	if err != nil {
		return fmt.Errorf("lab: host %s: %s: %w", n.name, what, err)
	}
	return nil
}
