package lab

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/kernel"
)

// handedTracefs is where the second run finds tracefs, which the first has opened.
const handedTracefs = "/proc/self/fd/3"

// openTracefs opens tracefs if root may: in a user namespace nobody may mount it,
// but use it if it is open. So programs in a lab can trace the kernel.
func openTracefs() []*os.File {
	if os.Geteuid() != 0 {
		return nil
	}
	f, err := kernel.OpenTracefs()
	if err != nil {
		return nil
	}
	return []*os.File{f}
}

// takeTracefs tells the commands of the lab where tracefs is open. They do not
// inherit the descriptor: a program that does not trace has nothing of it.
func takeTracefs() {
	if os.Getenv(kernel.TracefsEnv) != handedTracefs {
		return
	}
	unix.CloseOnExec(3)
	os.Setenv(kernel.TracefsEnv, fmt.Sprintf("/proc/%d/fd/3", os.Getpid()))
}
