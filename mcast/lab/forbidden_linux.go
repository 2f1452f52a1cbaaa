package lab

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// readSetting returns the content of a file under /proc without the newline
// at its end, or "" if it cannot be read.
func readSetting(path string) string {
	b, _ := os.ReadFile("/proc/" + path)
	return strings.TrimSuffix(string(b), "\n")
}

var seccompFilter = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^Seccomp:\s*2$`) })

// ofFile is the state of a process that is not root and has capabilities: its program's file
// gave them, and takes all others at the execve(2) that a lab begins with (capabilities(7),
// "Ambient").
var ofFile = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)\nUid:\t\d+\t[1-9].*\nCapPrm:\t0*[1-9a-f]`) })

// forbidden explains why the kernel refused to make namespaces with err, by
// settings that every user can read (user_namespaces(7), namespaces(7)). An err
// that is no refusal comes back as it is.
func forbidden(err error, setting func(path string) string) error {
	f := &ForbiddenError{Err: err}
	refused := errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)
	switch {
	case errors.Is(err, unix.ENOSPC):
		f.Reason = "the limit on namespaces is reached"
		f.Hint = "raise user.max_user_namespaces and user.max_net_namespaces with sysctl"
		for _, name := range []string{"max_user_namespaces", "max_net_namespaces", "max_mnt_namespaces", "max_pid_namespaces", "max_ipc_namespaces"} {
			if setting("sys/user/"+name) == "0" {
				f.Reason = fmt.Sprintf("user.%s is 0", name)
				f.Hint = fmt.Sprintf("sysctl -w user.%s=10000", name)
				break
			}
		}
	case errors.Is(err, unix.EUSERS):
		f.Reason = "user namespaces are nested too deeply"
	case errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS):
		f.Reason = "the kernel is built without user or network namespaces"
	case !refused:
		return fmt.Errorf("lab: make namespaces: %w", err)
	case setting("sys/kernel/unprivileged_userns_clone") == "0":
		f.Reason = "kernel.unprivileged_userns_clone is 0"
		f.Hint = "sysctl -w kernel.unprivileged_userns_clone=1"
	case setting("sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
		f.Reason = "kernel.apparmor_restrict_unprivileged_userns is 1"
		f.Hint = "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile with the userns permission for this program"
	case seccompFilter().MatchString(setting("self/status")):
		f.Reason = "a seccomp filter, as containers have, or a chroot"
		f.Hint = "run it outside the container, or start that with --security-opt seccomp=unconfined (docker, podman)"
	case ofFile().MatchString(setting("self/status")):
		f.Reason = "the program has a capability of its file (setcap), and with it no other in a namespace"
		f.Hint = "take it back (setcap -r FILE), and give it to a copy of the program"
	default:
		f.Reason = "the process is in a chroot, or a security module refuses"
		f.Hint = "run it outside the chroot"
	}
	return f
}
