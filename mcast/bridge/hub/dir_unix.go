//go:build unix

package hub

import (
	"io/fs"
	"os"
	"syscall"
)

// foreign says whether another user than this one and root owns it.
func foreign(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Uid != 0 && int(st.Uid) != os.Geteuid()
}

// foreignNotToRoot is foreign for what root may use: the hub of a service has a user of
// its own.
func foreignNotToRoot(info fs.FileInfo) bool { return os.Geteuid() != 0 && foreign(info) }

// othersMay says whether other users have one of those rights.
func othersMay(info fs.FileInfo, rights fs.FileMode) bool { return info.Mode().Perm()&rights != 0 }
