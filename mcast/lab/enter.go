package lab

import (
	"errors"
	"fmt"
	"os"
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

// RunTests runs the tests of a package in a namespace of their own, and
// returns the status to exit with. Call it from TestMain with the *testing.M,
// before anything that ought to happen once: TestMain runs again in the
// namespace.
//
// Where there can be no lab it prints the reason, runs nothing, and returns
// 0; with CI=true in the environment that is a failure, except on systems
// other than Linux.
func RunTests(m interface{ Run() int }) int {
	err := Enter()
	if err == nil {
		return m.Run()
	}
	failed := os.Getenv("CI") == "true" && !errors.Is(err, errors.ErrUnsupported)
	verdict := "tests skipped"
	if failed {
		verdict = "tests not run, and CI=true"
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", verdict, err)
	if forbidden, ok := errors.AsType[*ForbiddenError](err); ok && forbidden.Hint != "" {
		fmt.Fprintf(os.Stderr, "hint: %s\n", forbidden.Hint)
	}
	if failed {
		return 1
	}
	return 0
}
