//go:build unix && !solaris && !illumos && !aix

package progress

import (
	"errors"
	"os"
	"syscall"
)

// noFollow refuses a link, and does not wait for the other end of a pipe.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// lock waits until no other process writes (flock(2)). Closing the file ends it.
func lock(file *os.File) error {
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("flock", err)
		}
	}
}
