package lab

import (
	"errors"
	"fmt"
)

// ErrNotEntered is the error of Up in a process that has not called Enter: it
// would build in the computer's own network.
var ErrNotEntered = errors.New("not in a namespace: call lab.Enter first")

// ForbiddenError is the error of Enter where the system refuses namespaces to
// the user.
type ForbiddenError struct {
	Reason string // what forbids it, as far as can be seen
	Hint   string // what the administrator can do
	Err    error  // the system's error
}

// Error says what forbids it, without the hint.
func (e *ForbiddenError) Error() string {
	return fmt.Sprintf("lab: no namespaces for this user: %s: %v", e.Reason, e.Err)
}

// Unwrap returns the system's error.
func (e *ForbiddenError) Unwrap() error { return e.Err }
