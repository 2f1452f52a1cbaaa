//go:build !linux

package tap

import (
	"errors"
	"fmt"
)

// Ring would be a look at the frames of one interface.
type Ring struct{}

// OpenRing fails: the error is errors.ErrUnsupported.
func OpenRing(int, FrameFilter, int) (*Ring, error) {
	return nil, fmt.Errorf("tap: frames of an interface: %w", errors.ErrUnsupported)
}

// Ethernet is false.
func (r *Ring) Ethernet() bool { return false }

// Wait fails as OpenRing does.
func (r *Ring) Wait(func()) error { return errors.ErrUnsupported }

// Mark does nothing.
func (r *Ring) Mark(int64) {}

// Peek is nothing.
func (r *Ring) Peek() (at, seen int64, ok bool) { return 0, 0, false }

// Frame is nothing.
func (r *Ring) Frame() Frame { return Frame{} }

// Advance does nothing.
func (r *Ring) Advance() {}

// Pressed is false.
func (r *Ring) Pressed() bool { return false }

// Stop does nothing.
func (r *Ring) Stop() {}

// Filling is false.
func (r *Ring) Filling() bool { return false }

// Stats is nothing.
func (r *Ring) Stats() (s RingStats, lost uint64) { return RingStats{}, 0 }

// Close does nothing.
func (r *Ring) Close() error { return nil }
