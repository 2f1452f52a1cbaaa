//go:build !linux

package tap

import (
	"context"
	"errors"
	"fmt"
)

// Tap would be a look at one interface.
type Tap struct{}

// Open fails: the error is errors.ErrUnsupported.
func Open(int, Filter) (*Tap, error) {
	return nil, fmt.Errorf("tap: copies of an interface's packets: %w", errors.ErrUnsupported)
}

// Rebind fails as Open does.
func (t *Tap) Rebind(int) error { return errors.ErrUnsupported }

// Read fails as Open does.
func (t *Tap) Read(context.Context) (Packet, error) { return Packet{}, errors.ErrUnsupported }

// Stats is nothing.
func (t *Tap) Stats() Stats { return Stats{} }

// Close does nothing.
func (t *Tap) Close() error { return nil }
