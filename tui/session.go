package tui

import (
	"context"

	"github.com/groupcast/groupcast/mcast/session"
)

// Session is what the screen needs from the program behind it.
type Session interface {
	// Next blocks until there are lines to show, or until the context or the
	// session ends, which is an error (io.EOF for a session that ended well).
	Next(context.Context) (session.Batch, error)
	// Snapshot is a copy of the state, quick enough for every frame.
	Snapshot() session.Snapshot
	// Do carries out what the user asked for. It may block for a system call.
	// What it did comes back by Next as lines; so does what it could not do,
	// and then Do returns nil. An error means that the session is over.
	Do(context.Context, session.Action) error
}
