//go:build !linux

package igmp

import "time"

// reachable would list the neighbours.
func reachable(time.Time) ([]Neighbour, error) { return nil, nil }
