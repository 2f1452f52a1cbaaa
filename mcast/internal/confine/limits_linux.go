package confine

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Files is how many files a confined process may have open, and Sockets how many sockets
// all of them together, in whose buffers the kernel keeps memory that no limit counts.
// Groups is how many groups may be joined in their network namespace: one socket can join
// thousands of IPv6, and the kernel goes through them with a lock (RTNL) that all network
// configuration of the computer waits for.
const (
	Files   = 128
	Sockets = 2 * Files
	Groups  = 512
)

// lowPriority lets everything else go first: when processors are short, and when
// memory is. Each session of a terminal gets as much of the processors as all the
// other processes of a session together (sched(7), autogroup); nice(1) does not work
// across sessions, and the autogroup's own nice value does. What the kernel has not
// is not missed.
func lowPriority() {
	goLast("self")
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, 19)
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("900"), 0)
}

// GoLast lets the session of a confined process have the least share of the processors,
// which the process has tried itself. It has to be called again when it says so: the
// kernel lets all that are not root outside do that ten times a second.
func GoLast(pid int) (again bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/autogroup", pid)) // "/autogroup-7 nice 19", or none
	return err == nil && !bytes.HasSuffix(b, []byte(" nice 19\n")) && goLast(strconv.Itoa(pid))
}

func goLast(pid string) (again bool) {
	return errors.Is(os.WriteFile("/proc/"+pid+"/autogroup", []byte("19"), 0), unix.EAGAIN)
}

// limitNamespace bounds what is counted for a user in all namespaces together, so that a
// confined process takes nothing from that user: the settings below /proc/sys/user are
// those of the user namespace of who writes. In a namespace of its own the process would
// have capabilities; seccomp refuses those, too. Nobody writes below /proc then: root's
// settings are a file of root's.
func limitNamespace() error {
	for name, most := range map[string]string{
		"user_namespaces": "0", "mnt_namespaces": "0", "pid_namespaces": "0", "net_namespaces": "0",
		"ipc_namespaces": "0", "uts_namespaces": "0", "cgroup_namespaces": "0", "time_namespaces": "0",
		"inotify_instances": "4", "inotify_watches": "1024", "fanotify_groups": "0", "fanotify_marks": "0",
	} {
		_ = os.WriteFile("/proc/sys/user/max_"+name, []byte(most), 0)
	}
	return protectProc()
}

func protectProc() error {
	return unix.Mount("", "/proc", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|procFlags, "")
}

// coreLimit is the one limit with which the kernel starts no program that takes core
// dumps, which would run as root outside (core(5), core_pattern); 0 is none for it.
const coreLimit = 1

// resource is a limit, hard and soft.
type resource struct {
	which int
	value int64
}

// everybodys are the limits of every confined process.
var everybodys = []resource{
	{unix.RLIMIT_STACK, 8 << 20},
	{unix.RLIMIT_NOFILE, Files},
	{unix.RLIMIT_CORE, coreLimit},
	{unix.RLIMIT_MEMLOCK, 64 << 10},
	{unix.RLIMIT_MSGQUEUE, 0},
	{unix.RLIMIT_SIGPENDING, 128},
	{unix.RLIMIT_NICE, 0},
	{unix.RLIMIT_RTPRIO, 0},
}

// limit sets limits, where they are not lower already.
func limit(list []resource) error {
	for _, r := range list {
		var now unix.Rlimit
		if err := unix.Getrlimit(r.which, &now); err != nil {
			return os.NewSyscallError("getrlimit", err)
		}
		value := min(uint64(r.value), now.Max)
		if err := unix.Setrlimit(r.which, &unix.Rlimit{Cur: value, Max: value}); err != nil {
			return os.NewSyscallError("setrlimit", err)
		}
	}
	return nil
}

// overNetwork are the capabilities over a network namespace.
var overNetwork = []uintptr{unix.CAP_NET_ADMIN, unix.CAP_NET_RAW}

// gainNone lets no program that is executed gain a capability but these, nor any other
// privilege.
func gainNone(keep []uintptr) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	for c := range uintptr(lastCapability() + 1) {
		if slices.Contains(keep, c) {
			continue
		}
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil {
			return os.NewSyscallError("prctl", err)
		}
	}
	return nil
}

// dropCapabilities leaves the thread, and what it executes, with none but these.
func dropCapabilities(keep []uintptr) error {
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var left [2]unix.CapUserData
	for _, c := range keep {
		bit := uint32(1) << (c % 32)
		set := &left[c/32]
		set.Effective, set.Permitted, set.Inheritable = set.Effective|bit, set.Permitted|bit, set.Inheritable|bit
	}
	if err := capset(&header, &left); err != nil {
		return os.NewSyscallError("capset", err)
	}
	for _, c := range keep {
		if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, c, 0, 0); err != nil {
			return os.NewSyscallError("prctl", err)
		}
	}
	return nil
}

func capset(header *unix.CapUserHeader, data *[2]unix.CapUserData) error {
	_, _, errno := unix.RawSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(header)), uintptr(unsafe.Pointer(&data[0])), 0)
	if errno != 0 {
		return errno
	}
	return nil
}
