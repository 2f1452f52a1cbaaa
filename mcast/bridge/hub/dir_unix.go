//go:build unix

package hub

import (
	"io/fs"
	"os"
	"syscall"
)

// othersMay says whether another user than this one and root has one of those rights.
func othersMay(info fs.FileInfo, rights fs.FileMode) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	foreign := ok && st.Uid != 0 && int(st.Uid) != os.Geteuid()
	return foreign || info.Mode().Perm()&rights != 0
}

// othersButRoot is othersMay for a hub that is another's if this user is root: the hub of a
// service has a user of its own.
func othersButRoot(info fs.FileInfo, rights fs.FileMode) bool {
	if os.Geteuid() == 0 {
		return info.Mode().Perm()&rights != 0
	}
	return othersMay(info, rights)
}
