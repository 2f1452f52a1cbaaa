package lab

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"
)

// Errors of the names of running labs.
var (
	ErrRunning    = errors.New("a lab of that name is running")
	ErrNotRunning = errors.New("no lab of that name is running")
)

var labName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9-]{1,32}$`) })

func checkName(name string) error {
	if !labName().MatchString(name) {
		return fmt.Errorf("lab: name %q: 1 to 32 of a to z, 0 to 9 and -", name)
	}
	return nil
}

// Service is what a process serves under the name of a lab.
type Service struct {
	// Kind is what others find it by, such as "exercise"; "": a lab as any other.
	Kind string

	// Lab returns the lab as it is now, which stays until done is called.
	Lab func() (l *Lab, done func())

	// Order carries out an order that [Remote.Order] gave, and may tell the client
	// something meanwhile: a message that can be JSON, of at most 100 KiB. Its context ends
	// with the lab, and when the client hangs up. Several may be carried out at once. nil: it
	// knows none.
	Order func(ctx context.Context, words []string, tell func(message any) error) error

	// Down closes the lab.
	Down func()
}
