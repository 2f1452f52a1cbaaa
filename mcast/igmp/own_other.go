//go:build !linux

package igmp

import (
	"errors"
	"fmt"
)

// ReadOwn would read what this host says itself; this system does not tell, so the
// error is errors.ErrUnsupported.
func ReadOwn() (Own, error) {
	return Own{}, fmt.Errorf("igmp: groups of this host: %w", errors.ErrUnsupported)
}
