//go:build !linux

package doctor

import (
	"errors"
	"fmt"
	"runtime"
)

// gatherHost says of everything that Linux tells that this system does not,
// without privileges.
func (f *Facts) gatherHost(Intent) {
	err := fmt.Errorf("on %s: %w", runtime.GOOS, errors.ErrUnsupported)
	for _, s := range []Origin{FromLinks, FromGroups, FromFilters, FromSockets, FromDevices, FromSettings, FromCounters, FromMachine} {
		f.failed(s, err)
	}
}
