package systemd

import "os"

// Priorities that a line for the journal begins with, as sd-daemon(3) has them.
const (
	Warning = "<4>"
	Info    = "<6>"
)

// Journal reports whether a stream, which is a file then, goes to systemd's journal:
// JOURNAL_STREAM has its device and inode, as systemd.exec(5) says. A program that
// inherited the variable and writes elsewhere does not.
func Journal(stream any) bool {
	f, ok := stream.(*os.File)
	named := os.Getenv("JOURNAL_STREAM")
	if !ok || named == "" {
		return false
	}
	is, ok := deviceInode(f)
	return ok && is == named
}
