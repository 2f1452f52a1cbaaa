//go:build !linux

package doctor

import (
	"context"
	"errors"

	"github.com/groupcast/groupcast/mcast"
)

// openPlain: there is no IP_MULTICAST_ALL here.
func openPlain(context.Context, mcast.Group) (reader, error) { return nil, errors.ErrUnsupported }
