package session

import (
	"fmt"
	"runtime/debug"
)

// PanicError is a panic that was turned into an error, so that the terminal could
// be restored before the report.
type PanicError struct {
	Value any
	Stack []byte // of the goroutine that panicked
}

// Recovered makes a PanicError of what recover returned, in the deferred
// function that recovered it.
func Recovered(v any) *PanicError { return &PanicError{Value: v, Stack: debug.Stack()} }

func (e *PanicError) Error() string { return fmt.Sprintf("internal error: %v", e.Value) }
