package confine

import (
	"testing"

	"golang.org/x/sys/unix"
)

// run is what a filter says about a system call.
func run(t *testing.T, filter []unix.SockFilter, bigEndian bool, arch, call uint32, args ...uint64) uint32 {
	t.Helper()
	words := map[uint32]uint32{number: call, architecture: arch}
	for i, a := range args {
		low, high := uint32(arguments+8*i), uint32(arguments+8*i+4)
		if bigEndian {
			low, high = high, low
		}
		words[low], words[high] = uint32(a), uint32(a>>32)
	}
	accumulator := uint32(0)
	for at := 0; ; at++ {
		i := filter[at] // and no jump may lead out of it
		skip := uint8(0)
		switch i.Code {
		case load:
			accumulator = words[i.K]
		case and:
			accumulator &= i.K
		case jump:
			at += int(i.K)
		case equal, atLeast:
			skip = i.Jf
			if accumulator == i.K || i.Code == atLeast && accumulator > i.K {
				skip = i.Jt
			}
		case end:
			return i.K
		default:
			t.Fatalf("instruction %#x", i.Code)
		}
		at += int(skip)
	}
}

// The filter of each architecture. That the kernel takes it as this test does, attackers
// prove in package lab, on the architecture that they run on.
func TestFilter(t *testing.T) {
	const (
		allow    = unix.SECCOMP_RET_ALLOW
		eperm    = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
		enosys   = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
		family   = unix.SECCOMP_RET_ERRNO | uint32(unix.EAFNOSUPPORT)
		protocol = unix.SECCOMP_RET_ERRNO | uint32(unix.EPROTONOSUPPORT)
		noOption = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOPROTOOPT)
		above    = 1 << 32 // what an int does not have
		thread   = unix.CLONE_VM | unix.CLONE_THREAD | unix.CLONE_SIGHAND
	)
	for name, a := range abis {
		filter, admins := a.filter(a.refused()), a.filter(append(a.refused(), refusedToAdmins(true)...))
		clone := func(flags uint64) []uint64 {
			args := []uint64{7, 7}
			args[a.cloneFlags] = flags
			return args
		}
		type call struct {
			what string
			call uint32
			args []uint64
			want uint32
		}
		calls := []call{
			{"getpid", unix.SYS_GETPID, nil, allow},
			{"mount", unix.SYS_MOUNT, nil, eperm},
			{"setsid, the last that is always refused", unix.SYS_SETSID, nil, eperm},
			{"clone3", unix.SYS_CLONE3, nil, enosys},
			{"a process", unix.SYS_CLONE, clone(uint64(unix.SIGCHLD)), allow},
			{"a thread", unix.SYS_CLONE, clone(thread), allow},
			{"a user namespace", unix.SYS_CLONE, clone(unix.CLONE_NEWUSER | uint64(unix.SIGCHLD)), eperm},
			{"several", unix.SYS_CLONE, clone(unix.CLONE_NEWNET | unix.CLONE_NEWNS | thread), eperm},
			{"UDP", unix.SYS_SOCKET, []uint64{unix.AF_INET, unix.SOCK_DGRAM}, allow},
			{"netlink", unix.SYS_SOCKET, []uint64{unix.AF_NETLINK, unix.SOCK_RAW}, allow},
			{"AF_VSOCK", unix.SYS_SOCKET, []uint64{unix.AF_VSOCK, unix.SOCK_STREAM}, family},
			{"AF_VSOCK of 64 bits", unix.SYS_SOCKET, []uint64{unix.AF_VSOCK | above, unix.SOCK_STREAM}, family},
			{"a terminal's state", unix.SYS_IOCTL, []uint64{0, unix.TCGETS}, allow},
			{"keys for a terminal", unix.SYS_IOCTL, []uint64{0, unix.TIOCSTI}, eperm},
			{"keys for a terminal, of 64 bits", unix.SYS_IOCTL, []uint64{0, unix.TIOCSTI | above}, eperm},
			{"a limit", unix.SYS_PRLIMIT64, []uint64{0, unix.RLIMIT_NPROC, 4096}, allow},
			{"core dumps", unix.SYS_PRLIMIT64, []uint64{0, unix.RLIMIT_CORE, 4096}, eperm},
			{"core dumps, asked for", unix.SYS_PRLIMIT64, []uint64{0, unix.RLIMIT_CORE, 0}, allow},
			{"core dumps by setrlimit", a.setrlimit, []uint64{unix.RLIMIT_CORE, 4096}, eperm},
			{"a limit by setrlimit", a.setrlimit, []uint64{unix.RLIMIT_NPROC, 4096}, allow},
		}
		if a.mmap != 0 {
			calls = append(calls,
				call{"memory", a.mmap, []uint64{0, 4096, 3, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS}, allow},
				call{"a file", a.mmap, []uint64{0, 4096, 3, unix.MAP_SHARED}, allow},
				call{"shared memory", a.mmap, []uint64{0, 4096, 3, unix.MAP_SHARED | unix.MAP_ANONYMOUS | unix.MAP_POPULATE}, eperm},
			)
		}
		for _, c := range calls {
			for _, f := range [][]unix.SockFilter{filter, admins} {
				if got := run(t, f, a.bigEndian, a.audit, c.call, c.args...); got != c.want {
					t.Errorf("%s: %s: %#x, want %#x", name, c.what, got, c.want)
				}
			}
		}
		for _, c := range []call{
			{"netlink for IPsec", unix.SYS_SOCKET, []uint64{unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_XFRM}, protocol},
			{"netlink for routes", unix.SYS_SOCKET, []uint64{unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE}, allow},
			{"a protocol of that number", unix.SYS_SOCKET, []uint64{unix.AF_INET, unix.SOCK_RAW, unix.NETLINK_XFRM}, allow},
			{"old tables", unix.SYS_SETSOCKOPT, []uint64{3, unix.SOL_IP, 64}, noOption},
			{"old tables of 64 bits", unix.SYS_SETSOCKOPT, []uint64{3, unix.SOL_IP | above, 64 | above}, noOption},
			{"old tables of IPv6", unix.SYS_SETSOCKOPT, []uint64{3, unix.SOL_IPV6, 64}, noOption},
			{"to route groups", unix.SYS_SETSOCKOPT, []uint64{3, unix.SOL_IP, 200}, noOption},
			{"a membership", unix.SYS_SETSOCKOPT, []uint64{3, unix.SOL_IP, unix.IP_ADD_MEMBERSHIP}, allow},
			{"a ring", unix.SYS_SETSOCKOPT, []uint64{3, unix.SOL_PACKET, unix.PACKET_RX_RING}, unix.SECCOMP_RET_USER_NOTIF},
			{"a ring of 64 bits", unix.SYS_SETSOCKOPT, []uint64{3, unix.SOL_PACKET | above, unix.PACKET_TX_RING | above}, unix.SECCOMP_RET_USER_NOTIF},
			{"all frames", unix.SYS_SETSOCKOPT, []uint64{3, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP}, allow},
		} {
			if got := run(t, admins, a.bigEndian, a.audit, c.call, c.args...); got != c.want {
				t.Errorf("%s: %s of who may administer: %#x, want %#x", name, c.what, got, c.want)
			}
		}
		if got := run(t, filter, a.bigEndian, a.audit+1, unix.SYS_GETPID); got != eperm {
			t.Errorf("%s: a system call of another architecture: %#x", name, got)
		}
	}
}

// No version of Landlock is asked for what it does not know, nor allowed what it was not
// asked to refuse: the kernel would take neither (EINVAL).
func TestRights(t *testing.T) {
	known := []uint64{1: 1<<13 - 1, 2: 1<<14 - 1, 3: 1<<15 - 1, 4: 1<<15 - 1, 5: 1<<16 - 1, 6: 1<<16 - 1, 7: 1<<16 - 1}
	for abi := WritesABI; abi < len(known); abi++ {
		rules, allowed := rights(abi, []string{"/dev/null", zero})
		if rules.Handled_access_fs != known[abi] || rules.Handled_access_net != 0 || (rules.Scoped != 0) != (abi >= SignalsABI) {
			t.Errorf("version %d: refuses %#x, scopes %#x, want all of %#x", abi, rules.Handled_access_fs, rules.Scoped, known[abi])
		}
		for path, access := range allowed {
			if access&^known[abi] != 0 {
				t.Errorf("version %d: allows %#x at %s", abi, access, path)
			}
		}
		if allowed["/"] != mayRead || allowed[zero] != unix.LANDLOCK_ACCESS_FS_READ_FILE {
			t.Errorf("version %d: allows %#x at /, %#x at %s", abi, allowed["/"], allowed[zero], zero)
		}
	}
}
