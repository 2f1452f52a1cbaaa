package confine

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// settings is where those of a network namespace are: of the one of who looks.
const settings = "/proc/sys/net"

// ownSettings are those that a confined process with CAP_NET_ADMIN may write, by names
// below settings. Whatever the kernel keeps for them in memory is counted (see [Network]),
// or bounded by settings that it may not write: net.core.optmem_max, the sizes of TCP's
// buffers, of the queues for neighbours, of the table of routes.
var ownSettings = []string{
	"ipv4/conf", "ipv6/conf", // with what is below them
	"ipv4/ip_*", "ipv4/ipfrag_*", "ipv4/icmp_*", "ipv4/igmp_*", "ipv4/fib_*", "ipv4/ping_group_range", "ipv4/udp_rmem_min",
	"ipv6/bindv6only", "ipv6/ip6frag_*", "ipv6/icmp", "ipv6/mld_*",
}

// limitShared is limitNamespace for a process that shares its user namespace with its
// parent, who makes no other namespace than those of such processes, and those of users.
// Of /proc it leaves ownSettings to be written.
func limitShared() error {
	for name, most := range map[string]string{
		"net_namespaces": "0", "uts_namespaces": "0", "cgroup_namespaces": "0", "time_namespaces": "0",
		"inotify_instances": "16", "inotify_watches": "4096", "fanotify_groups": "0", "fanotify_marks": "0",
	} {
		_ = os.WriteFile("/proc/sys/user/max_"+name, []byte(most), 0)
	}
	writable := trees{}
	defer writable.close()
	for _, pattern := range ownSettings {
		found, err := filepath.Glob(filepath.Join(settings, pattern))
		if err != nil {
			return err
		}
		for _, at := range found {
			if err := writable.openWritable(at); err != nil {
				return err
			}
		}
	}
	if err := protectProc(); err != nil {
		return err
	}
	for at, f := range writable {
		if err := unix.MoveMount(int(f.Fd()), "", unix.AT_FDCWD, at, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
			return fmt.Errorf("mount %s: %w", at, err)
		}
	}
	return nil
}

// openWritable copies what is at a path as it is.
func (t trees) openWritable(at string) error {
	fd, err := unix.OpenTree(unix.AT_FDCWD, at, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return fmt.Errorf("open_tree %s: %w", at, err)
	}
	t[at] = os.NewFile(uintptr(fd), at)
	return nil
}
