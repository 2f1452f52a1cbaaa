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
