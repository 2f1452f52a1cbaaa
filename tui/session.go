package tui

import (
	"context"

	"github.com/groupcast/groupcast/mcast/session"
)

// Session is a conversation as [Run] shows it: a [session.Session] is one.
type Session interface {
	// Next blocks until something is new. When the context or the session ends
	// it returns an error: [io.EOF] for a session that ended well.
	Next(context.Context) (session.Batch, error)
	// Snapshot is a copy of the state. It is called up to 20 times a second, by
	// the goroutine that draws: it must be quick.
	Snapshot() session.Snapshot
	// Do carries out what the user asked for. It may block for a system call.
	// Next then gives lines that say what it did, or could not do. An error
	// means that the session is over.
	Do(context.Context, session.Action) error
}
