package lab

import (
	"errors"
	"fmt"
	"regexp"
)

// Errors of the names of running labs.
var (
	ErrRunning    = errors.New("a lab of that name is running")
	ErrNotRunning = errors.New("no lab of that name is running")
)

var labName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

func checkName(name string) error {
	if !labName.MatchString(name) {
		return fmt.Errorf("lab: name %q: 1 to 32 of a to z, 0 to 9 and -", name)
	}
	return nil
}
