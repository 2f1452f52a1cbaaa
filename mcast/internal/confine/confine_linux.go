// Package confine takes from a process whatever somebody at its keyboard could do
// harm with: the user's files, programs and network, and the machine's memory,
// processes and disk. It needs no privilege but user namespaces.
//
// A parent starts this program again with [Attributes]; the child calls [Enter] and
// then executes what is confined. Enter stacks what the kernel has: namespaces of
// users, mounts, processes and IPC, a root of its own (pivot_root(2)), Landlock,
// seccomp, resource limits.
package confine

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Places in the root of a confined process.
const (
	Home    = "/home/student"            // its home directory, the one place besides /tmp that it may write in
	Program = "/opt/groupcast/groupcast" // a program whose file may be anywhere outside
)

// Limits are what a confined process and those that it starts may use.
type Limits struct {
	Processes int   // and threads, all together (RLIMIT_NPROC, which does not bind real root)
	Data      int64 // bytes of memory of one process (RLIMIT_DATA)
	Disk      int64 // bytes of files, all together, which are in memory (a tmpfs)
}

// ABI of Landlock that is needed: to write nowhere but at home, and to send signals
// to none but one's own.
const (
	WritesABI  = 1 // Linux 5.13
	SignalsABI = 6 // Linux 6.12
)

// LandlockABI is the version of Landlock that the kernel has, from 1; 0: none, or it
// is switched off (lsm= of the kernel's command line).
func LandlockABI() int {
	v, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(v)
}

// Attributes are how a parent starts the child that calls [Enter]: in namespaces of
// its own, as the same user, with every capability in them.
func Attributes() *syscall.SysProcAttr {
	uid, gid := os.Geteuid(), os.Getegid()
	var all []uintptr
	for c := range lastCapability() + 1 {
		all = append(all, uintptr(c))
	}
	return &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}},
		AmbientCaps: all,
		Pdeathsig:   unix.SIGKILL,
	}
}

func lastCapability() int {
	b, _ := os.ReadFile("/proc/sys/kernel/cap_last_cap")
	if last, err := strconv.Atoi(trim(b)); err == nil {
		return last
	}
	return unix.CAP_LAST_CAP
}

func trim(b []byte) string {
	for len(b) > 0 && b[len(b)-1] == '\n' {
		b = b[:len(b)-1]
	}
	return string(b)
}

// Enter confines the calling thread, which stays locked: what it executes is confined,
// and so is what that starts. The process must have been started with [Attributes].
// program is the file that is seen at [Program]. After an error the process has to exit.
func Enter(l Limits, program string) error {
	runtime.LockOSThread()
	if os.Getpid() != 1 {
		return errors.New("confine: not the first process of a namespace")
	}
	lowPriority()
	if err := newRoot(l.Disk, program); err != nil {
		return fmt.Errorf("confine: make a root: %w", err)
	}
	noNamespaces()
	if err := limit(l); err != nil {
		return fmt.Errorf("confine: limit resources: %w", err)
	}
	if err := dropCapabilities(); err != nil {
		return fmt.Errorf("confine: drop capabilities: %w", err)
	}
	if err := landlock(); err != nil {
		return fmt.Errorf("confine: Landlock: %w", err)
	}
	if err := seccomp(); err != nil {
		return fmt.Errorf("confine: seccomp: %w", err)
	}
	return nil
}
