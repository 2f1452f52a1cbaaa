package confine

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// lowPriority lets everything else go first: when processors are short, and when
// memory is. Each session of a terminal gets as much of the processors as all the
// other processes of a session together (sched(7), autogroup); nice(1) does not work
// across sessions, and the autogroup's own nice value does. What the kernel has not
// is not missed.
func lowPriority() {
	_ = os.WriteFile("/proc/self/autogroup", []byte("19"), 0)
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, 10)
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("900"), 0)
}

// noNamespaces lets a confined process make no namespace, in which it would have
// capabilities: the settings below /proc/sys/user are the user namespace's own.
func noNamespaces() {
	for _, kind := range []string{"user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"} {
		_ = os.WriteFile("/proc/sys/user/max_"+kind+"_namespaces", []byte("0"), 0)
	}
}

func limit(l Limits) error {
	for _, r := range []struct {
		resource int
		value    int64
	}{
		{unix.RLIMIT_NPROC, int64(l.Processes)},
		{unix.RLIMIT_DATA, l.Data},
		{unix.RLIMIT_FSIZE, l.Disk},
		{unix.RLIMIT_NOFILE, 512},
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_MEMLOCK, 64 << 10},
		{unix.RLIMIT_MSGQUEUE, 0},
		{unix.RLIMIT_SIGPENDING, 128},
	} {
		var now unix.Rlimit
		if err := unix.Getrlimit(r.resource, &now); err != nil {
			return os.NewSyscallError("getrlimit", err)
		}
		value := min(uint64(r.value), now.Max)
		if err := unix.Setrlimit(r.resource, &unix.Rlimit{Cur: value, Max: value}); err != nil {
			return os.NewSyscallError("setrlimit", err)
		}
	}
	return nil
}

// dropCapabilities leaves the thread and what it executes without any, and without a
// way to get one.
func dropCapabilities() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	for c := range lastCapability() + 1 {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0); err != nil {
			return os.NewSyscallError("prctl", err)
		}
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	return os.NewSyscallError("capset", capset(&header, &none))
}

func capset(header *unix.CapUserHeader, data *[2]unix.CapUserData) error {
	_, _, errno := unix.RawSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(header)), uintptr(unsafe.Pointer(&data[0])), 0)
	if errno != 0 {
		return errno
	}
	return nil
}
