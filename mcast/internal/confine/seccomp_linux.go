package confine

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// denied are system calls that take memory which no limit counts, or that reach parts
// of the kernel which nobody in a class needs. They fail with EPERM.
var denied = []uint32{
	unix.SYS_MEMFD_CREATE, memfdSecret, unix.SYS_SHMGET,
	unix.SYS_BPF, unix.SYS_IO_URING_SETUP, unix.SYS_USERFAULTFD, unix.SYS_PERF_EVENT_OPEN,
	unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_KEYCTL,
	unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_UNSHARE, unix.SYS_SETNS,
	unix.SYS_OPEN_TREE, unix.SYS_MOVE_MOUNT, unix.SYS_FSOPEN,
}

// memfdSecret is the number of memfd_secret(2) on every architecture.
const memfdSecret = 447

// architectures are those that seccomp(2) tells a filter, by GOARCH.
var architectures = map[string]uint32{
	"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64, "riscv64": unix.AUDIT_ARCH_RISCV64,
	"386": unix.AUDIT_ARCH_I386, "arm": unix.AUDIT_ARCH_ARM, "s390x": unix.AUDIT_ARCH_S390X, "ppc64le": unix.AUDIT_ARCH_PPC64LE, "loong64": unix.AUDIT_ARCH_LOONGARCH64,
}

// x32 marks the system calls of an ABI of x86-64 that nobody uses, with numbers of
// their own.
const x32 = 0x40000000

// seccomp filters the system calls of the calling thread and of what it executes.
// Those of another architecture, whose numbers mean something else, fail.
func seccomp() error {
	arch, known := architectures[runtime.GOARCH]
	if !known {
		return nil
	}
	const (
		number       = 0 // offsets in struct seccomp_data
		architecture = 4
		refuse       = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
		load         = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal        = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		atLeast      = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
		end          = unix.BPF_RET | unix.BPF_K
	)
	filter := []unix.SockFilter{
		{Code: load, K: architecture},
		{Code: equal, Jt: 1, K: arch},
		{Code: end, K: refuse},
		{Code: load, K: number},
	}
	if runtime.GOARCH == "amd64" {
		filter = append(filter, unix.SockFilter{Code: atLeast, Jf: 1, K: x32}, unix.SockFilter{Code: end, K: refuse})
	}
	for _, call := range denied {
		filter = append(filter, unix.SockFilter{Code: equal, Jf: 1, K: call}, unix.SockFilter{Code: end, K: refuse})
	}
	filter = append(filter, unix.SockFilter{Code: end, K: unix.SECCOMP_RET_ALLOW})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	return nil
}
