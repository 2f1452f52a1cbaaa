package place

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Place is the network namespace of the thread that asked for it.
type Place struct {
	namespace *os.File // nil: the process's own, in which goroutines are anyway
}

// Here is where the calling thread is.
func Here() (Place, error) {
	const own, process = "/proc/thread-self/ns/net", "/proc/self/ns/net"
	a, err := os.Stat(own)
	b, berr := os.Stat(process)
	if err != nil || berr != nil || os.SameFile(a, b) {
		return Place{}, nil // without /proc there is nothing to tell them apart by
	}
	f, err := os.Open(own)
	return Place{namespace: f}, err
}

// Run runs fn there, once, and gives fail its error. It is for a goroutine that ends
// with it.
func (p Place) Run(fn func() error, fail func(error)) {
	if p.namespace != nil {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		err := unix.Setns(int(p.namespace.Fd()), unix.CLONE_NEWNET)
		p.namespace.Close()
		if err != nil {
			fail(os.NewSyscallError("setns", err))
			return
		}
	}
	if err := fn(); err != nil {
		fail(err)
	}
}

// Close is for a Place where nothing is Run.
func (p Place) Close() {
	if p.namespace != nil {
		p.namespace.Close()
	}
}
