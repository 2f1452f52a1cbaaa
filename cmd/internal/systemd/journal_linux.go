package systemd

import (
	"fmt"
	"os"
	"syscall"
)

// deviceInode is "9:4711", both in decimal.
func deviceInode(f *os.File) (string, bool) {
	info, err := f.Stat()
	if err != nil {
		return "", false
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", false
	}
	return fmt.Sprintf("%d:%d", s.Dev, s.Ino), true
}
