package mcast

import (
	"errors"
	"strings"
)

// Plain is the text of an error, and of those that it joins, without this
// package's name in front.
func Plain(err error) string {
	return strings.ReplaceAll(strings.TrimPrefix(err.Error(), "mcast: "), "\nmcast: ", "\n")
}

// Reason is the cause of an error, without what was tried.
func Reason(err error) string {
	if op, ok := errors.AsType[*OpError](err); ok {
		err = op.Err
	}
	return err.Error()
}

// Advised is an error that comes with what to do about it, where the one who
// made it knows that best. The advice is no part of its text.
type Advised struct {
	Err    error
	Advice string // one sentence, for the one at the keys; "" for none
}

// Error is the text of the error alone.
func (e *Advised) Error() string { return e.Err.Error() }

// Unwrap returns the error without the advice.
func (e *Advised) Unwrap() error { return e.Err }
