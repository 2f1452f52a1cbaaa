package main

import "fmt"

// The exit statuses, the same for every command.
const (
	exitOK          = 0   // what was asked happened
	exitNot         = 1   // it did not: nothing heard, nothing sent
	exitUsage       = 2   // the command line makes no sense
	exitDoubt       = 3   // it worked, but with loss or with findings
	exitInterrupted = 130 // ctrl+c, as a shell reports it
	exitClosed      = 141 // who read standard output has ended, as a shell reports SIGPIPE
)

// status is an exit status that needs no words: they have been said.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// usageError is a mistake on the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }
