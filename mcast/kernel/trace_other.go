//go:build !linux

package kernel

import (
	"context"
	"errors"
	"fmt"
)

// Run needs Linux.
func Run(context.Context, Config) (Path, error) {
	return Path{}, fmt.Errorf("kernel: trace: %w", errors.ErrUnsupported)
}

// Watcher needs Linux.
type Watcher struct{}

// Watch needs Linux.
func Watch(int, bool) (*Watcher, error) {
	return nil, fmt.Errorf("kernel: watch: %w", errors.ErrUnsupported)
}

// Stop needs Linux.
func (*Watcher) Stop() (Watched, error) { return Watched{}, errors.ErrUnsupported }

// Close does nothing.
func (*Watcher) Close() error { return nil }
