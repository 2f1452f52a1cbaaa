//go:build !linux

package class

import (
	"context"
	"errors"
	"fmt"
)

// Start needs Linux.
func Start(context.Context, Config) (*Class, error) {
	return nil, fmt.Errorf("a class needs Linux: %w", errors.ErrUnsupported)
}
