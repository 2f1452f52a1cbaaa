package lab_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/internal/confine"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// lackEnv is what a system lacks where the programs here run.
const lackEnv = "LAB_TEST_LACK"

func init() {
	programs["confines"] = func() error {
		err := lab.Confines()
		if missing, ok := errors.AsType[*lab.NotConfinedError](err); ok {
			fmt.Printf("%v\nhint: %s\n", err, missing.Hint)
			return nil
		}
		forbidden, ok := errors.AsType[*lab.ForbiddenError](err)
		if !ok {
			return fmt.Errorf("neither forbidden nor not confined: %w", err)
		}
		fmt.Printf("%v\nhint: %s\n", err, forbidden.Hint)
		if os.Getenv(lackEnv) == "max_user_namespaces" {
			_, err := lab.UpApart(context.Background(), lab.Article, 0)
			fmt.Println("a lab:", err)
		}
		return nil
	}
	// A setting of a namespace that is 0.
	programs["with a limit"] = func() error {
		if err := os.WriteFile("/proc/sys/user/"+os.Getenv(lackEnv), []byte("0"), 0); err != nil {
			return err
		}
		return again("confines")
	}
	// A container hides files of /proc by mounting others over them.
	programs["with a part of /proc hidden"] = func() error {
		if err := unix.Mount("tmpfs", "/proc/sys/dev", "tmpfs", 0, ""); err != nil {
			return err
		}
		return again("confines")
	}
	// A kernel without a system call, or one that refuses it.
	programs["without a system call"] = func() error {
		runtime.LockOSThread() // and never unlocked: it is filtered
		var errno uint32
		if _, err := fmt.Sscan(os.Getenv(lackEnv), &errno); err != nil {
			return err
		}
		filter := []unix.SockFilter{
			{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS},
			{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.SYS_LANDLOCK_CREATE_RULESET},
			{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | errno},
			{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		}
		program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return err
		}
		if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0); err != nil {
			return err
		}
		return again("confines")
	}
}

// again runs another program of this test binary, from this thread.
func again(name string) error {
	c := testProgram(name)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	return c.Run()
}

// inNamespaces is a program whose process is root of namespaces of its own.
func inNamespaces(name string) *exec.Cmd {
	c := testProgram(name)
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	return c
}

// What a system lacks is said before there is a lab. Each lack is one of a real kernel.
func TestConfines(t *testing.T) {
	t.Parallel()
	labtest.AgainAsNobody(t)
	if err := lab.Confines(); err != nil {
		t.Errorf("here commands can be confined, and the error is %v", err)
	}
	const cannot = "lab: no command can be confined: "
	for _, test := range []struct {
		program, lack string
		want          []string
	}{
		{"with a limit", "max_user_namespaces", []string{
			"lab: no namespaces for this user: user.max_user_namespaces is 0: ", "hint: sysctl -w user.max_user_namespaces=10000\n",
			"a lab: lab: no namespaces for this user: user.max_user_namespaces is 0: ",
		}},
		{"with a limit", "max_pid_namespaces", []string{"lab: no namespaces for this user: user.max_pid_namespaces is 0: "}},
		{"with a part of /proc hidden", "", []string{cannot + "a part of /proc is hidden, as in containers", "(docker) or unmask=ALL (podman)\n"}},
		{"without a system call", number(unix.ENOSYS), []string{
			cannot + "the kernel has no Landlock, or a seccomp filter hides it", "hint: use Linux 5.14 or newer, built with CONFIG_SECURITY_LANDLOCK",
		}},
		{"without a system call", number(unix.EOPNOTSUPP), []string{cannot + "Landlock is switched off: ", "lsm="}},
		{"without a system call", number(unix.EPERM), []string{cannot + "a seccomp filter, as containers have, or a chroot"}},
	} {
		c := testProgram(test.program)
		if test.program != "without a system call" {
			c = inNamespaces(test.program)
		}
		c.Env = append(c.Env, lackEnv+"="+test.lack)
		out, err := c.CombinedOutput()
		for _, want := range test.want {
			if err != nil || !strings.Contains(string(out), want) {
				t.Errorf("%s %s: %v\n%s\nwant %s", test.program, test.lack, err, out, want)
			}
		}
	}
}

func number(errno unix.Errno) string { return strconv.Itoa(int(errno)) }

// The reasons, which docs/lab.md has with what to do. Those with a filter and without can
// not both be had.
func TestWhyNotConfined(t *testing.T) {
	page, err := os.ReadFile("../../docs/lab.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		err      error
		settings map[string]string
		want     string // the reason
	}{
		{unix.ENOSYS, nil, "the kernel has no Landlock"},
		{unix.ENOSYS, map[string]string{"self/status": "Seccomp:\t2\n"}, "the kernel has no Landlock, or a seccomp filter hides it, as in containers"},
		{unix.EOPNOTSUPP, nil, "Landlock is switched off"},
		{&confine.ProcError{Err: unix.EPERM}, nil, "a part of /proc is hidden, as in containers, and a command cannot have one that shows its own processes only"},
		{unix.EPERM, map[string]string{"sys/kernel/apparmor_restrict_unprivileged_userns": "1"}, "kernel.apparmor_restrict_unprivileged_userns is 1"},
	} {
		err := lab.NotConfined(fmt.Errorf("confine: %w", test.err), func(path string) string { return test.settings[path] })
		n, ok := errors.AsType[*lab.NotConfinedError](err)
		if !ok || n.Reason != test.want || !errors.Is(err, test.err) {
			t.Errorf("%v with %v: %v\nwant the reason %q", test.err, test.settings, err, test.want)
		} else if row := fmt.Sprintf("| %s | %s |\n", n.Reason, n.Hint); !strings.Contains(string(page), row) {
			t.Errorf("docs/lab.md lacks the row\n%s", row)
		}
	}
	if err := lab.NotConfined(unix.ENOSPC, func(string) string { return "" }); err != unix.ENOSPC {
		t.Errorf("ENOSPC, which is no lack of the system's, becomes %v", err)
	}
}
