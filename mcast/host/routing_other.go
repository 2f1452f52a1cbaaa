//go:build !linux

package host

import "errors"

// ReadRouting reads the rules and routes of IPv4. It needs no privileges. The
// error is errors.ErrUnsupported where the system has no rules.
func ReadRouting() (Routing, error) { return Routing{}, errors.ErrUnsupported }
