package confine

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ABI of Landlock that is needed: to write nowhere but at home, and to send signals
// to none but one's own.
const (
	WritesABI  = 1 // Linux 5.13
	SignalsABI = 6 // Linux 6.12
)

// Landlock is the version (ABI) of Landlock that the kernel has, from 1, or else why it
// has none: ENOSYS is a kernel without it, EOPNOTSUPP one that was started without it.
func Landlock() (abi int, err error) {
	v, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0, os.NewSyscallError("landlock_create_ruleset", errno)
	}
	return int(v), nil
}

// nobody is who a confined process of root is: limits bind it, and root's files are not
// its own. The number is nobody's by custom.
const nobody = 65534

// Attributes are how a parent starts the child that calls [Enter], to be tried in turn:
// in namespaces of its own, as the same user, with every capability in them. The first
// lets a child of root become nobody, for which the parent must have CAP_SETUID and
// CAP_SETGID. A child that is left capabilities stays in the parent's user namespace,
// where those are of use, and the parent must have all others there, too.
func Attributes(admin bool) (list []*syscall.SysProcAttr) {
	if admin {
		return []*syscall.SysProcAttr{{
			Cloneflags:  unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC,
			AmbientCaps: everyCapability(), Pdeathsig: unix.SIGKILL,
		}}
	}
	uid, gid := os.Geteuid(), os.Getegid()
	attributes := func(uids, gids []syscall.SysProcIDMap, setgroups bool) {
		list = append(list, &syscall.SysProcAttr{
			Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC,
			UidMappings: uids, GidMappings: gids, GidMappingsEnableSetgroups: setgroups,
			AmbientCaps: everyCapability(), Pdeathsig: unix.SIGKILL,
		})
	}
	if uid == 0 && isMapped("/proc/self/uid_map", nobody) && isMapped("/proc/self/gid_map", nobody) {
		attributes(ids(uid, nobody), ids(gid, nobody), true)
	}
	attributes(ids(uid), ids(gid), false)
	return list
}

// ids are numbers that mean the same inside as outside.
func ids(numbers ...int) (list []syscall.SysProcIDMap) {
	for _, n := range numbers {
		list = append(list, syscall.SysProcIDMap{ContainerID: n, HostID: n, Size: 1})
	}
	return list
}

// isMapped reports whether a number is one of this process's user namespace.
func isMapped(file string, id int) bool {
	b, _ := os.ReadFile(file)
	for line := range strings.Lines(string(b)) {
		var first, outside, size int
		if _, err := fmt.Sscan(line, &first, &outside, &size); err == nil && first <= id && id-first < size {
			return true
		}
	}
	return false
}

func everyCapability() (all []uintptr) {
	for c := range lastCapability() + 1 {
		all = append(all, uintptr(c))
	}
	return all
}

func lastCapability() int {
	b, _ := os.ReadFile("/proc/sys/kernel/cap_last_cap")
	if last, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
		return last
	}
	return unix.CAP_LAST_CAP
}

// Enter confines the calling thread, which stays locked, but for the limits that [Exec]
// sets. The process must have been started with [Attributes]. What it executes inherits no
// file but the standard ones: the files are for its parent. After an error the process has
// to exit.
//
// The error is a *ProcError where the system does not let the process have a /proc of
// its own, and that of [Landlock] where there is none.
func Enter(c Config) (files Handed, err error) {
	runtime.LockOSThread()
	if os.Getpid() != 1 {
		return files, errors.New("confine: not the first process of a namespace")
	}
	abi, err := Landlock()
	if err != nil {
		return files, fmt.Errorf("confine: %w", err)
	}
	if c.Admin && !filters() {
		return files, fmt.Errorf("confine: system calls of %s cannot be filtered: %w", runtime.GOARCH, unix.ENOSYS)
	}
	uid, gid := os.Geteuid(), os.Getegid()
	if uid == 0 && isMapped("/proc/self/uid_map", nobody) {
		uid, gid = nobody, nobody
	}
	lowPriority()
	devices, err := newRoot(c, uid, gid)
	if err != nil {
		return files, fmt.Errorf("confine: make a root: %w", err)
	}
	if c.Admin {
		err = limitShared()
	} else {
		err = limitNamespace()
	}
	if err != nil {
		return files, fmt.Errorf("confine: make /proc read only: %w", err)
	}
	if err := limit(everybodys); err != nil {
		return files, fmt.Errorf("confine: limit resources: %w", err)
	}
	var keep []uintptr
	if c.Admin {
		keep = overNetwork
	}
	if err := gainNone(keep); err != nil {
		return files, fmt.Errorf("confine: drop capabilities: %w", err)
	}
	if err := become(uid, gid); err != nil {
		return files, fmt.Errorf("confine: become user %d: %w", uid, err)
	}
	if c.Orders {
		if files.Orders, err = listen(Orders); err != nil {
			return files, fmt.Errorf("confine: %w", err)
		}
	}
	if err := dropCapabilities(keep); err != nil {
		return files, fmt.Errorf("confine: drop capabilities: %w", err)
	}
	if err := landlock(abi, devices, c.Admin); err != nil {
		return files, fmt.Errorf("confine: Landlock: %w", err)
	}
	if files.Calls, err = seccomp(c.Admin); err != nil {
		return files, fmt.Errorf("confine: seccomp: %w", err)
	}
	// What the shell or the terminal of the class left open is no student's.
	if err := unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return files, os.NewSyscallError("close_range", err)
	}
	return files, nil
}

// Handed are what a confined process hands its parent.
type Handed struct {
	Orders *os.File // listens at [Orders]; nil: nothing does
	Calls  *os.File // system calls that wait for [Supervise]; nil: there are none
}

// listen listens on a socket of packets, as the user who will connect to it: who is at the
// other side can be asked for by both (SO_PEERCRED in unix(7)).
func listen(path string) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	err = unix.Bind(fd, &unix.SockaddrUnix{Name: path})
	if err == nil {
		err = unix.Listen(fd, 128)
	}
	if err != nil {
		unix.Close(fd)
		return nil, &os.PathError{Op: "listen", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// Exec executes a program in the place of this one, with the limits that this one might
// not have room in: from when they are set it must not need memory, nor a thread. It
// returns when it fails.
func Exec(l Limits, path string, args, env []string) error {
	debug.SetGCPercent(-1)
	limits := []resource{{unix.RLIMIT_NPROC, int64(l.Processes)}, {unix.RLIMIT_DATA, l.Data}}
	most := make([]unix.Rlimit, len(limits))
	for n, r := range limits {
		if err := unix.Getrlimit(r.which, &most[n]); err != nil {
			return fmt.Errorf("confine: limit resources: %w", os.NewSyscallError("getrlimit", err))
		}
		most[n].Max = min(uint64(r.value), most[n].Max)
		most[n].Cur = most[n].Max
	}
	// System calls that Go's scheduler knows of would let it start a thread, for which there
	// is no room any more.
	for n, r := range limits {
		if _, _, errno := syscall.RawSyscall6(unix.SYS_PRLIMIT64, 0, uintptr(r.which), uintptr(unsafe.Pointer(&most[n])), 0, 0, 0); errno != 0 {
			return fmt.Errorf("confine: limit resources: %w", os.NewSyscallError("prlimit", errno))
		}
	}
	return &os.PathError{Op: "execute", Path: path, Err: unix.Exec(path, args, env)}
}

// become lets the whole process be another user, who is in no other group, and owns its
// terminal, if it has one. A user who is not root stays in the groups that it is in, which
// only root may leave.
func become(uid, gid int) error {
	if uid == os.Geteuid() {
		return nil
	}
	if _, err := unix.IoctlGetTermios(0, unix.TCGETS); err == nil {
		if err := unix.Fchown(0, uid, -1); err != nil {
			return os.NewSyscallError("fchown", err)
		}
	}
	// The capabilities that it keeps stay permitted; dropCapabilities makes them effective.
	if err := unix.Prctl(unix.PR_SET_KEEPCAPS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	if err := syscall.Setgroups(nil); err != nil {
		return os.NewSyscallError("setgroups", err)
	}
	if err := syscall.Setresgid(gid, gid, gid); err != nil {
		return os.NewSyscallError("setresgid", err)
	}
	if err := syscall.Setresuid(uid, uid, uid); err != nil {
		return os.NewSyscallError("setresuid", err)
	}
	// Another user's id has ended what Attributes asked for.
	return os.NewSyscallError("prctl", unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0))
}
