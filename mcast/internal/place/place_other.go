//go:build !linux

package place

// Place is where the interfaces are.
type Place struct{}

// Here is the only place there is.
func Here() (Place, error) { return Place{}, nil }

// Run runs fn, and gives fail its error.
func (Place) Run(fn func() error, fail func(error)) {
	if err := fn(); err != nil {
		fail(err)
	}
}

// Close does nothing.
func (Place) Close() {}
