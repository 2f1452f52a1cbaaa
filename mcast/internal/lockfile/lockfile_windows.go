package lockfile

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// Try locks an open file, until it is closed: one byte of it, so far behind its end
// that everybody can read the file (LockFileEx). The error is ErrHeld, or one of a file
// system that has no locks.
func Try(f *os.File) error {
	at := windows.Overlapped{OffsetHigh: 0x7fffffff}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION):
		return ErrHeld
	}
	return &os.PathError{Op: "lock", Path: f.Name(), Err: err}
}
