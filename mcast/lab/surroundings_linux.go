package lab

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ownSurroundings are what a host has besides its network: a name (uts_namespaces(7))
// and a view of the file systems (mount_namespaces(7)).
const ownSurroundings = unix.CLONE_NEWUTS | unix.CLONE_NEWNS

// surround gives this process, which is a host, the host's name and its devices
// below /sys, and says what it could not: it is not worth a lab.
func surround(name string) (lacks []string) {
	if err := unix.Sethostname([]byte(name)); err != nil {
		lacks = append(lacks, fmt.Sprintf("hostname(1) tells the computer's name: set the host's: %v", err))
	}
	if err := ownDevices(); err != nil {
		lacks = append(lacks, fmt.Sprintf("/sys/class/net shows the computer's interfaces: %v", err))
	}
	return lacks
}

// ownDevices mounts a sysfs over the one that is there. Its /sys/class/net is
// that of the network namespace of who mounts it. A system that hides a part of
// its own, as containers do, refuses (mount_too_revealing in fs/namespace.c).
func ownDevices() error {
	// What is mounted here is not to be seen outside.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return fmt.Errorf("keep mounts to the host: %w", err)
	}
	var there unix.Statfs_t
	if err := unix.Statfs("/sys", &there); err != nil {
		return fmt.Errorf("statfs /sys: %w", err)
	}
	groups, err := os.OpenFile("/sys/fs/cgroup", unix.O_PATH|unix.O_DIRECTORY, 0)
	if err == nil {
		defer groups.Close()
	}
	// The flags of that one have to stay. Those of statfs(2) are mount(2)'s.
	const kept = unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME | unix.MS_NODIRATIME
	if err := unix.Mount("sysfs", "/sys", "sysfs", uintptr(there.Flags)&kept, ""); err != nil {
		return fmt.Errorf("mount another: %w", err)
	}
	if groups != nil {
		// Limits of memory and processors are still read there; without them they are unknown.
		_ = unix.Mount(fmt.Sprintf("/proc/self/fd/%d", groups.Fd()), "/sys/fs/cgroup", "", unix.MS_BIND|unix.MS_REC, "")
	}
	return nil
}
