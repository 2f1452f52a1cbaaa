// Package confine takes from a process whatever somebody at its keyboard could do
// harm with: the user's files, programs and network, and the machine's memory,
// processes and disk. It needs no privilege but user namespaces.
//
// A parent starts this program again with [Attributes]; the child calls [Enter] and
// then executes what is confined. Enter stacks what the kernel has: namespaces of
// users, mounts, processes and IPC, a root of its own (pivot_root(2)), Landlock,
// seccomp, resource limits. What no limit of the kernel counts, [Used] reads.
package confine

// Places in the root of a confined process.
const (
	Home    = "/home/student"            // its home directory, the one place besides /tmp that it may write in
	Program = "/opt/groupcast/groupcast" // a program whose file may be anywhere outside
	Runtime = "/run/student"             // its XDG_RUNTIME_DIR, if it may give orders
	Orders  = Runtime + "/groupcast/" + Lab
	Lab     = "exercise" // the name of the lab that takes the orders
)

// Config is what is left to a confined process.
type Config struct {
	Disk    int64  // bytes of files, 4096 files
	Program string // the file that it finds as [Program]

	// Admin leaves it the capabilities CAP_NET_ADMIN and CAP_NET_RAW in the user namespace
	// of its parent, which owns the network namespace, and nothing else that matters.
	Admin bool

	Orders bool // a socket listens at [Orders]
}

// Limits are what a confined process and those that it starts may use.
type Limits struct {
	Processes int   // and threads, all together (RLIMIT_NPROC, which does not bind real root)
	Data      int64 // bytes of memory of one process (RLIMIT_DATA)
}
