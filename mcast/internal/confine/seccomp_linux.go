package confine

import (
	"errors"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// rule refuses a system call whose arguments pass all tests.
type rule struct {
	call   uint32
	errno  unix.Errno // 0: EPERM
	tests  []test
	notify bool // it waits for [Supervise] instead
}

// test looks at the lower 32 bits of an argument, which are all that the kernel takes of
// an int.
type test struct {
	argument int
	mask     uint32 // 0: all bits
	values   []uint32
	others   bool // it passes when the argument is none of the values, and not when it is one
}

// refused are system calls that nobody in a class needs, and that take memory which no
// limit counts, take from the user what is counted for all of the user's programs, reach
// out of the network namespace, or reach little used parts of the kernel. The kernel
// refuses some of them by itself where it is configured so.
func (a abi) refused() []rule {
	rules := always(
		unix.SYS_MEMFD_CREATE, memfdSecret, unix.SYS_SHMGET, unix.SYS_SEMGET, unix.SYS_MSGGET, unix.SYS_IO_SETUP,
		unix.SYS_VMSPLICE, // a byte in a pipe keeps a huge page that was unmapped
		unix.SYS_BPF, unix.SYS_IO_URING_SETUP, unix.SYS_USERFAULTFD, unix.SYS_PERF_EVENT_OPEN, unix.SYS_FANOTIFY_INIT,
		unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_KEYCTL, unix.SYS_SYSLOG, unix.SYS_OPEN_BY_HANDLE_AT,
		unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_CHROOT, unix.SYS_PIVOT_ROOT,
		unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_OPEN_TREE, openTreeAttr, unix.SYS_MOVE_MOUNT, unix.SYS_MOUNT_SETATTR,
		unix.SYS_FSOPEN, unix.SYS_FSCONFIG, unix.SYS_FSMOUNT, unix.SYS_FSPICK,
		unix.SYS_SETSID, // a session has an autogroup of its own, see lowPriority
	)
	if a.mmap != 0 {
		const shared = unix.MAP_SHARED | unix.MAP_ANONYMOUS
		rules = append(rules, rule{call: a.mmap, tests: []test{{argument: 3, mask: unix.MAP_TYPE | unix.MAP_ANONYMOUS, values: []uint32{shared}}}})
	}
	const which = 1
	return append(rules,
		// Each process may have 65,536 rules in each of its files of rules.
		rule{call: unix.SYS_LANDLOCK_CREATE_RULESET, errno: unix.ENOSYS},
		// Its arguments are out of a filter's reach. Programs then call clone(2).
		rule{call: unix.SYS_CLONE3, errno: unix.ENOSYS},
		rule{call: unix.SYS_CLONE, tests: []test{{argument: a.cloneFlags, mask: newNamespaces, values: []uint32{0}, others: true}}},
		// AF_VSOCK is in no network namespace, and leads to the machine that this one is a guest of.
		rule{call: unix.SYS_SOCKET, errno: unix.EAFNOSUPPORT, tests: []test{{values: families, others: true}}},
		rule{call: unix.SYS_IOCTL, tests: []test{{argument: 1, values: []uint32{unix.TIOCSTI, unix.TIOCSETD, tioclinux}}}},
		// A limit of 0 is none where core dumps are piped to a program, see coreLimit.
		rule{call: unix.SYS_PRLIMIT64, tests: []test{
			{argument: which, values: []uint32{unix.RLIMIT_CORE}}, {argument: 2, values: []uint32{0}, others: true},
		}},
		rule{call: a.setrlimit, tests: []test{{values: []uint32{unix.RLIMIT_CORE}}}},
	)
}

func always(calls ...uint32) (rules []rule) {
	for _, c := range calls {
		rules = append(rules, rule{call: c})
	}
	return rules
}

// Numbers that golang.org/x/sys/unix does not have, of every architecture.
const (
	memfdSecret  = 447
	openTreeAttr = 467
	tioclinux    = 0x541c
)

// newNamespaces are the flags of clone(2) that make one.
const newNamespaces = unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWIPC |
	unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP

// families are those of sockets that there may be. Of AF_PACKET none is: the kernel says
// which capability is missing.
var families = []uint32{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK, unix.AF_PACKET}

// abi is what a filter has to know of an architecture. On 386 and s390x some system calls
// take their arguments in memory as well, where a filter does not find them.
type abi struct {
	audit      uint32
	mmap       uint32 // the call that takes the flags in a register; 0: none
	setrlimit  uint32
	cloneFlags int // which argument
	bigEndian  bool
}

// noCall is the number of no system call.
const noCall = 1<<30 - 1

var abis = map[string]abi{
	"amd64":   {audit: unix.AUDIT_ARCH_X86_64, mmap: 9, setrlimit: 160},
	"arm64":   {audit: unix.AUDIT_ARCH_AARCH64, mmap: 222, setrlimit: 164},
	"riscv64": {audit: unix.AUDIT_ARCH_RISCV64, mmap: 222, setrlimit: noCall},
	"loong64": {audit: unix.AUDIT_ARCH_LOONGARCH64, mmap: 222, setrlimit: noCall},
	"ppc64le": {audit: unix.AUDIT_ARCH_PPC64LE, mmap: 90, setrlimit: 75},
	"386":     {audit: unix.AUDIT_ARCH_I386, mmap: 192, setrlimit: 75},
	"arm":     {audit: unix.AUDIT_ARCH_ARM, mmap: 192, setrlimit: 75},
	"s390x":   {audit: unix.AUDIT_ARCH_S390X, setrlimit: 75, cloneFlags: 1, bigEndian: true},
}

// x32 marks the system calls of an ABI of x86-64 that nobody uses, with numbers of
// their own.
const x32 = 0x40000000

// filters reports whether the arguments of all system calls can be filtered here.
func filters() bool {
	_, known := abis[runtime.GOARCH]
	return known && runtime.GOARCH != "386" && runtime.GOARCH != "s390x"
}

// seccomp filters the system calls of the calling thread and of what it executes.
// Those of another architecture, whose numbers mean something else, fail. Some of those
// of a process with CAP_NET_ADMIN wait for who has the file.
func seccomp(admin bool) (calls *os.File, err error) {
	a, known := abis[runtime.GOARCH]
	if !known {
		return nil, nil
	}
	if !admin {
		_, err := a.install(a.refused(), 0)
		return nil, err
	}
	calls, err = a.install(append(a.refused(), refusedToAdmins(true)...), unix.SECCOMP_FILTER_FLAG_NEW_LISTENER)
	if errors.Is(err, unix.EBUSY) { // as in a container whose calls wait for somebody already
		calls, err = a.install(append(a.refused(), refusedToAdmins(false)...), 0)
	}
	return calls, err
}

func (a abi) install(rules []rule, flags uintptr) (calls *os.File, err error) {
	filter := a.filter(rules)
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return nil, os.NewSyscallError("seccomp", errno)
	}
	if flags&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER != 0 {
		calls = os.NewFile(fd, "calls")
	}
	return calls, nil
}
