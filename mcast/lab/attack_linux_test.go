package lab_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
)

// targets is what an attacker in a seat has found out about the teacher.
type targets struct {
	Dir    string // a folder of the teacher's, in which is a file, secret, and the console of a lab, ours
	Pid    int    // a process of the teacher's
	Socket string // an abstract socket of the teacher's program
	Beside string // and one of another program in the same host; "": the kernel does not scope them

	Landlock int // its version
}

const targetsEnv = "LAB_TEST_TARGETS"

// attack is what somebody may try in a seat.
type attack struct {
	name string
	do   func(targets) error
	want []error // one of them; nil: it must be possible
}

func init() {
	programs["attack"] = func() error {
		var t targets
		if err := json.Unmarshal([]byte(os.Getenv(targetsEnv)), &t); err != nil {
			return err
		}
		failed := 0
		for _, a := range slices.Concat(attacksOnFiles, attacksOnOthers, attacksOnLimits, attacksByCalls(), harmless) {
			err := a.do(t)
			if a.want == nil && err == nil || slices.ContainsFunc(a.want, func(want error) bool { return errors.Is(err, want) }) {
				continue
			}
			failed++
			fmt.Printf("%s: %v, want %v\n", a.name, err, a.want)
		}
		fmt.Println(failed, "of the attacks are not refused as they should be")
		return nil
	}
}

func one(errs ...error) []error { return errs }

// notWritable is what the kernel says, by which of two reasons it comes upon first.
var notWritable = one(unix.EACCES, unix.EROFS)

func write(path string) func(targets) error {
	return func(targets) error { return os.WriteFile(path, []byte("0"), 0o600) }
}

func list(path string) func(targets) error {
	return func(targets) error {
		_, err := os.ReadDir(path)
		return err
	}
}

func open(path string, how int) func(targets) error {
	return func(targets) error {
		f, err := os.OpenFile(path, how, 0)
		if err == nil {
			f.Close()
		}
		return err
	}
}

var attacksOnFiles = []attack{
	{"save in /etc", write("/etc/new"), notWritable},
	{"save in /usr", write("/usr/lib/new"), notWritable},
	{"save in /sys", write("/sys/class/net/eth0/mtu"), notWritable},
	{"save in /", write("/new"), notWritable},
	{"save in /home", write("/home/new"), notWritable},
	{"save in /dev", write("/dev/new"), notWritable},
	{"save over the program", write(lab.SeatProgram), append(notWritable, unix.ETXTBSY)},
	{"save at the teacher's", func(t targets) error { return write(filepath.Join(t.Dir, "new"))(t) }, one(unix.ENOENT)},
	{"read what is the teacher's", func(t targets) error { return open(filepath.Join(t.Dir, "secret"), os.O_RDONLY)(t) }, one(unix.ENOENT)},
	{"a file that the teacher's shell left open", func(targets) error {
		for fd := 3; fd < 1024; fd++ {
			if file, _ := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)); strings.HasSuffix(file, "/secret") {
				return nil
			}
		}
		return unix.EBADF
	}, one(unix.EBADF)},
	{"list /run", list("/run"), one(unix.ENOENT)},
	{"list /var", list("/var"), one(unix.ENOENT)},
	{"list /root", list("/root"), one(unix.ENOENT)},
	{"a kernel setting", write("/proc/sys/kernel/core_pattern"), notWritable},
	{"a setting of the host", write("/proc/sys/net/ipv4/ip_forward"), notWritable},
	{"be killed later when memory is short", write("/proc/self/oom_score_adj"), notWritable},
	{"more of the processors", write("/proc/self/autogroup"), append(notWritable, unix.ENOENT)},
	{"a device for nobody", func(targets) error { return os.Chmod("/dev/null", 0) }, one(unix.EROFS)},
	{"a disk", func(targets) error { return unix.Mknod("disk", unix.S_IFBLK|0o600, 8<<8) }, one(unix.EPERM, unix.EACCES)},
	{"the kernel's log", open("/dev/kmsg", os.O_RDONLY), one(unix.ENOENT)},
	{"another terminal", open("/dev/pts/0", os.O_RDONLY), one(unix.ENOENT)},
	{"a terminal of one's own", open("/dev/ptmx", os.O_RDWR), one(unix.ENOENT)},
	{"the console", open("/dev/console", os.O_WRONLY), one(unix.ENOENT)},
	{"memory by /dev/zero", open("/dev/zero", os.O_RDWR), one(unix.EACCES)},
	{"a program with its owner's rights", func(targets) error {
		mounts, err := os.ReadFile("/proc/self/mounts")
		for line := range strings.Lines(string(mounts)) {
			if !strings.Contains(line, "nosuid") {
				return err
			}
		}
		return unix.EPERM
	}, one(unix.EPERM)},
}

var attacksOnOthers = []attack{
	{"kill the teacher's program", func(t targets) error { return unix.Kill(t.Pid, unix.SIGKILL) }, one(unix.ESRCH)},
	{"kill all", func(targets) error { return unix.Kill(-1, unix.SIGKILL) }, one(unix.ESRCH)},
	{"hold the teacher's program", func(t targets) error {
		_, err := unix.PidfdOpen(t.Pid, 0)
		return err
	}, one(unix.ESRCH)},
	{"trace the teacher's program", func(t targets) error { return unix.PtraceAttach(t.Pid) }, one(unix.ESRCH)},
	{"read its memory", func(t targets) error {
		b := make([]byte, 8)
		_, err := unix.ProcessVMReadv(t.Pid, []unix.Iovec{{Base: &b[0], Len: 8}}, []unix.RemoteIovec{{Base: 4096, Len: 8}}, 0)
		return err
	}, one(unix.ESRCH)},
	{"see processes of others", func(targets) error {
		names, err := filepath.Glob("/proc/[0-9]*")
		if len(names) == 1 && err == nil {
			return unix.ESRCH
		}
		return err
	}, one(unix.ESRCH)},
	{"the teacher's environment", func(targets) error {
		for _, v := range os.Environ() {
			switch name, _, _ := strings.Cut(v, "="); name {
			case programEnv, targetsEnv, abiEnv, "GROUPCAST_LAB":
			default:
				return nil
			}
		}
		return unix.EPERM
	}, one(unix.EPERM)},
	{"take the lab down", func(t targets) error {
		os.Setenv("XDG_RUNTIME_DIR", t.Dir)
		r, err := lab.Dial("ours")
		if err == nil {
			err = r.Down()
		}
		return err
	}, one(lab.ErrNotRunning, unix.ENOENT, unix.EACCES)},
	{"a lab of one's own", func(targets) error {
		_, err := lab.UpApart(context.Background(), lab.Article, 0)
		return err
	}, one(unix.EPERM)},
	{"the teacher's socket", func(t targets) error { return connect(t.Socket) }, one(unix.ECONNREFUSED)},
	{"a socket of another program of the host", func(t targets) error {
		if t.Beside == "" {
			return unix.EPERM
		}
		return connect(t.Beside)
	}, one(unix.EPERM)},
	{"an interface", func(targets) error {
		return netlink.LinkAdd(&netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Name: "new"}})
	}, one(unix.EPERM)},
	{"an address", func(targets) error {
		lo, err := netlink.LinkByName("lo")
		if err == nil {
			err = netlink.AddrAdd(lo, &netlink.Addr{IPNet: &net.IPNet{IP: net.IPv4(10, 0, 0, 1), Mask: net.CIDRMask(8, 32)}})
		}
		return err
	}, one(unix.EPERM)},
	{"capabilities", func(targets) error {
		status, err := os.ReadFile("/proc/self/status")
		for line := range strings.Lines(string(status)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ":\t")
			switch {
			case strings.HasPrefix(name, "Cap") && strings.Trim(value, "0") != "", name == "NoNewPrivs" && value != "1", name == "Seccomp" && value != "2":
				return err
			}
		}
		return unix.EPERM
	}, one(unix.EPERM)},
	{"a new namespace for a program", func(targets) error {
		c := exec.Command("/bin/true")
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER}
		return c.Run()
	}, one(unix.EPERM)},
}

func connect(name string) error {
	conn, err := net.Dial("unix", name)
	if err == nil {
		conn.Close()
	}
	return err
}
