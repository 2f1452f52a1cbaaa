package lab_test

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"unsafe"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
)

func resource(which int, cur, most uint64) func(targets) error {
	return func(targets) error { return unix.Prlimit(0, which, &unix.Rlimit{Cur: cur, Max: most}, nil) }
}

var attacksOnLimits = []attack{
	{"core dumps for a program outside", resource(unix.RLIMIT_CORE, 0, 0), one(unix.EPERM)},
	{"more processes", resource(unix.RLIMIT_NPROC, 65, 65), one(unix.EPERM)},
	{"more memory", resource(unix.RLIMIT_DATA, 1<<50, 1<<50), one(unix.EPERM)},
	{"a deep stack", resource(unix.RLIMIT_STACK, 9<<20, 9<<20), one(unix.EPERM)},
	{"a higher priority", func(targets) error { return unix.Setpriority(unix.PRIO_PROCESS, 0, 0) }, one(unix.EACCES)},
	{"real time", func(targets) error {
		a := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}
		return unix.SchedSetAttr(0, &a, 0)
	}, one(unix.EPERM)},
	{"a session, which has as much of the processors as others", func(targets) error {
		c := exec.Command("/bin/true")
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		return c.Run()
	}, one(unix.EPERM)},
	{"many files", func(targets) error {
		for range 129 {
			f, err := os.Open("/dev/null")
			if err != nil {
				return err
			}
			defer f.Close()
		}
		return nil
	}, one(unix.EMFILE)},
	{"what is counted for all programs of the teacher", func(targets) error {
		for range 5 {
			fd, err := unix.InotifyInit1(0)
			if err != nil {
				return err
			}
			defer unix.Close(fd)
		}
		return nil
	}, one(unix.EMFILE)},
	{"shared memory", func(targets) error {
		_, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
		return err
	}, one(unix.EPERM)},
	{"memory that stays in memory", func(targets) error { return unix.Mlock(make([]byte, 1<<20)) }, one(unix.ENOMEM, unix.EPERM)},
}

// harmless must be possible.
var harmless = []attack{
	{"save at home", write(filepath.Join(lab.Home, "new")), nil},
	{"save in /tmp", write("/tmp/new"), nil},
	{"make a folder, and move a file there", func(t targets) error {
		err := errors.Join(os.Mkdir("folder", 0o700), os.WriteFile("a", nil, 0o600), os.Rename("a", "folder/b"))
		if errors.Is(err, unix.EXDEV) && t.Landlock == 1 { // which does not know it, and refuses it
			err = nil
		}
		return err
	}, nil},
	{"write to nothing", write("/dev/null"), nil},
	{"random numbers", open("/dev/urandom", os.O_RDONLY), nil},
	{"a program", func(targets) error { return exec.Command("/bin/true").Run() }, nil},
	{"end a program that it started", func(targets) error {
		c := exec.Command("/bin/sleep", "1000")
		if err := c.Start(); err != nil {
			return err
		}
		err := c.Process.Kill()
		_ = c.Wait()
		return err
	}, nil},
	{"fewer processes", resource(unix.RLIMIT_NPROC, 60, 60), nil},
	{"ask for limits", func(targets) error { return unix.Getrlimit(unix.RLIMIT_CORE, new(unix.Rlimit)) }, nil},
	{"memory of one's own", func(targets) error {
		_, err := unix.Mmap(-1, 0, 1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
		return err
	}, nil},
	{"two ends of a socket", func(targets) error {
		_, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		return err
	}, nil},
	{"join a group and talk there", func(targets) error {
		eth0, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		c, err := net.ListenPacket("udp4", "224.0.0.114:1234")
		if err != nil {
			return err
		}
		defer c.Close()
		to := &net.UDPAddr{IP: net.IPv4(224, 0, 0, 114), Port: 1234}
		p := ipv4.NewPacketConn(c)
		_, werr := c.WriteTo([]byte("hello"), to)
		return errors.Join(p.JoinGroup(eth0, to), p.SetMulticastInterface(eth0), werr)
	}, nil},
}

// call is a system call by its number.
func call(number uintptr, args ...uintptr) func(targets) error {
	return func(targets) error {
		var a [6]uintptr
		copy(a[:], args)
		_, _, errno := unix.Syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
		if errno != 0 {
			return errno
		}
		return nil
	}
}

var (
	text         = []byte("x\x00")
	above uint64 = 1 << 32 // what the kernel takes no notice of in an int
)

func attacksByCalls() (attacks []attack) {
	x := uintptr(unsafe.Pointer(&text[0]))
	add := func(want []error, name string, number uintptr, args ...uintptr) {
		attacks = append(attacks, attack{name, call(number, args...), want})
	}
	for name, flag := range map[string]uintptr{
		"user": unix.CLONE_NEWUSER, "mnt": unix.CLONE_NEWNS, "pid": unix.CLONE_NEWPID, "net": unix.CLONE_NEWNET,
		"ipc": unix.CLONE_NEWIPC, "uts": unix.CLONE_NEWUTS, "cgroup": unix.CLONE_NEWCGROUP, "time": unix.CLONE_NEWTIME,
	} {
		add(one(unix.EPERM), "unshare "+name, unix.SYS_UNSHARE, flag)
	}
	add(one(unix.ENOSYS), "clone3", unix.SYS_CLONE3, 0, 0)
	add(one(unix.ENOSYS), "Landlock", unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	for name, number := range map[string]uintptr{
		"mount": unix.SYS_MOUNT, "umount": unix.SYS_UMOUNT2, "pivot_root": unix.SYS_PIVOT_ROOT, "chroot": unix.SYS_CHROOT,
		"open_tree": unix.SYS_OPEN_TREE, "move_mount": unix.SYS_MOVE_MOUNT, "fsopen": unix.SYS_FSOPEN, "fsmount": unix.SYS_FSMOUNT,
		"fsconfig": unix.SYS_FSCONFIG, "fspick": unix.SYS_FSPICK, "mount_setattr": unix.SYS_MOUNT_SETATTR, "setns": unix.SYS_SETNS,
		"memfd_create": unix.SYS_MEMFD_CREATE, "shmget": unix.SYS_SHMGET, "semget": unix.SYS_SEMGET, "msgget": unix.SYS_MSGGET,
		"io_setup": unix.SYS_IO_SETUP, "io_uring_setup": unix.SYS_IO_URING_SETUP, "bpf": unix.SYS_BPF, "userfaultfd": unix.SYS_USERFAULTFD,
		"perf_event_open": unix.SYS_PERF_EVENT_OPEN, "fanotify_init": unix.SYS_FANOTIFY_INIT, "add_key": unix.SYS_ADD_KEY,
		"request_key": unix.SYS_REQUEST_KEY, "keyctl": unix.SYS_KEYCTL, "syslog": unix.SYS_SYSLOG, "open_by_handle_at": unix.SYS_OPEN_BY_HANDLE_AT,
		"vmsplice": unix.SYS_VMSPLICE, "sethostname": unix.SYS_SETHOSTNAME, "reboot": unix.SYS_REBOOT,
	} {
		add(one(unix.EPERM), name, number, x, 1, x)
	}
	if os.Getuid() != 0 {
		add(one(unix.EPERM, unix.EINVAL), "setuid", unix.SYS_SETRESUID, 0, 0, 0)
	}
	add(one(unix.EMFILE, unix.ENOSYS), "mq_open", unix.SYS_MQ_OPEN, x, unix.O_CREAT, 0)
	add(one(unix.EAFNOSUPPORT), "AF_VSOCK", unix.SYS_SOCKET, unix.AF_VSOCK, unix.SOCK_STREAM, 0)
	add(one(unix.EAFNOSUPPORT), "AF_ALG", unix.SYS_SOCKET, unix.AF_ALG, unix.SOCK_SEQPACKET, 0)
	add(one(unix.EPERM), "AF_PACKET", unix.SYS_SOCKET, unix.AF_PACKET, unix.SOCK_RAW, 0)
	add(one(unix.EPERM), "raw", unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)
	for name, number := range map[string]uintptr{"TIOCSTI": unix.TIOCSTI, "TIOCSETD": unix.TIOCSETD, "TIOCLINUX": 0x541c} {
		add(one(unix.EPERM), name, unix.SYS_IOCTL, 0, number, x)
		add(one(unix.EPERM), name+" of 64 bits", unix.SYS_IOCTL, 0, number|uintptr(above), x)
	}
	return attacks
}
