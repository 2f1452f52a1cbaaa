package labtest

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
)

// Unprivileged runs fn in a host as a user without any capability. The kernel
// asks the thread for them, so files of root can still be opened.
func Unprivileged(t testing.TB, node *lab.Node, fn func() error) {
	t.Helper()
	In(t, node, func() error {
		runtime.LockOSThread() // and never unlocked: no other goroutine is to run on the thread
		none := [2]unix.CapUserData{}
		if cerr := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0]); cerr != nil {
			return cerr
		}
		return fn()
	})
}
