//go:build !linux

package igmp

import "time"

// place is where the interfaces are.
type place struct{}

func here() (place, error) { return place{}, nil }

func (place) run(fn func() error, fail func(error)) {
	if err := fn(); err != nil {
		fail(err)
	}
}

// reachable would list the neighbours.
func reachable(time.Time) ([]Neighbour, error) { return nil, nil }
