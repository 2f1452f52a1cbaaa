package lab_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// abiEnv is the version of Landlock that a test is to find.
const abiEnv = "LAB_TEST_ABI"

func init() { programs["with an old Landlock"] = withOldLandlock }

// withOldLandlock runs the arguments where a supervisor answers what version of Landlock
// the kernel has (seccomp_unotify(2)); the kernel does all the rest. What a newer version
// can refuse is not asked for then.
func withOldLandlock() error {
	var abi int64
	if _, err := fmt.Sscan(os.Getenv(abiEnv), &abi); err != nil {
		return err
	}
	runtime.LockOSThread() // and never unlocked: it is filtered, and so is what it starts
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.SYS_LANDLOCK_CREATE_RULESET},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	listener, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return os.NewSyscallError("seccomp", errno)
	}
	go supervise(listener, abi)
	c := exec.Command("/proc/self/exe", os.Args[1:]...)
	c.Env = append(os.Environ(), programEnv+"=")
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	return c.Run()
}

// notification and response are struct seccomp_notif and seccomp_notif_resp.
type (
	notification struct {
		id         uint64
		pid, flags uint32
		number     int32
		arch       uint32
		pointer    uint64
		arguments  [6]uint64
	}
	response struct {
		id    uint64
		value int64
		errno int32
		flags uint32
	}
)

const (
	notifReceive = 0xc0502100 // SECCOMP_IOCTL_NOTIF_RECV
	notifSend    = 0xc0182101 // SECCOMP_IOCTL_NOTIF_SEND
	goOn         = 1          // SECCOMP_USER_NOTIF_FLAG_CONTINUE
)

func supervise(listener uintptr, abi int64) {
	for {
		var n notification
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, listener, notifReceive, uintptr(unsafe.Pointer(&n))); errno != 0 {
			continue // interrupted, or who asked has ended
		}
		r := response{id: n.id, flags: goOn}
		if n.arguments[2] == unix.LANDLOCK_CREATE_RULESET_VERSION {
			r.value, r.flags = abi, 0
		}
		_, _, _ = unix.Syscall(unix.SYS_IOCTL, listener, notifSend, uintptr(unsafe.Pointer(&r)))
	}
}

// What Landlock cannot refuse yet in Linux 5.15 (Ubuntu 22.04) and 6.8 (Ubuntu 24.04),
// other means do.
func TestAttackersWithOldLandlock(t *testing.T) {
	t.Parallel()
	for _, abi := range []int{1, 4} {
		if abi > lab.LandlockABI() {
			continue
		}
		c := testProgram("with an old Landlock")
		c.Args = append(c.Args, "-test.v", "-test.run=^TestAttackers$")
		c.Env = append(c.Env, abiEnv+"="+strconv.Itoa(abi), labtest.InHostEnv+"=1", "GROUPCAST_TEST_AGAIN=1")
		if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestAttackers") {
			t.Errorf("with version %d: %v\n%s", abi, err, out)
		}
	}
}
