//go:build !linux

package mcast

// each gives what it reads to handle.
func (r *reader) each(dst []Datagram, handle func(n int) bool) error {
	n, err := r.read(dst)
	if err == nil {
		handle(n)
	}
	return err
}
