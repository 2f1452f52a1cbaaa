// Package lockfile holds open files for one program alone. The lock is the kernel's:
// it is gone with the program, however that ends, and it keeps nobody from reading who
// does not ask for it.
package lockfile

import (
	"errors"
	"os"
	"time"
)

// ErrHeld is that another program, or another open file of this one, has the lock.
var ErrHeld = errors.New("another program has it open")

// Wait is [Try] until it works, but for no longer than d.
func Wait(f *os.File, d time.Duration) error {
	for end := time.Now().Add(d); ; time.Sleep(5 * time.Millisecond) {
		if err := Try(f); !errors.Is(err, ErrHeld) || time.Now().After(end) {
			return err
		}
	}
}
