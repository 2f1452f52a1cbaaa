//go:build !linux

package mcast

// setNap has nothing to do: there are no batches.
func (*reader) setNap(bool) {}

// split and discard are of what these systems do not join.
func (*reader) split()              {}
func (*reader) discard(uintptr) int { return 0 }

// each gives what it reads to handle.
func (r *reader) each(dst []Datagram, handle func(n int) bool) error {
	n, err := r.read(dst)
	if err == nil {
		handle(n)
	}
	return err
}
