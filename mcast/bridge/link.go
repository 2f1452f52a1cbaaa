package bridge

import (
	"context"
	"errors"
)

// ErrAway is returned while a Link does not reach the other sites.
var ErrAway = errors.New("the hub is not reached")

// Link connects the sites. Its methods can be called from several goroutines.
type Link interface {
	// Publish gives m to all sites, also to this one, which ignores it. It keeps no part
	// of m. What cannot be sent at once is lost: the error is ErrAway then.
	Publish(m Message) error
	// Keep gives a kept frame to all sites and to the history. While the hub is away it
	// waits in a spool, which drops the oldest where it is full: see Keeping. The error is of
	// a parcel that can never be sent.
	Keep(p Parcel) error
	// Pass gives a frame to all sites that is not kept, or is a repair. What cannot be sent
	// at once is lost: the error is ErrAway then.
	Pass(p Parcel) error
	// Keeping is how it stands with what Keep was given.
	Keeping() Keeping
	// Report gives r to all sites.
	Report(r Report) error
	// Announce tells all sites that this one has joined, or leaves.
	Announce(p Presence) error
	// Arrivals brings what all sites gave, in each site's order. It is closed by Close.
	Arrivals() <-chan Arrival
	// Lost is how many arrivals were dropped because nobody took them in time.
	Lost() uint64
	// Close leaves. What was published before is sent first.
	Close() error
}

// Entry is what a [Register] holds.
type Entry struct {
	Holder   string // the bridge that leads, see [NewName]
	Revision uint64 // of the entry; 0: there is none
}

// ErrChanged is returned by a Register whose entry has another revision.
var ErrChanged = errors.New("the lease has changed")

// Register holds one entry that changes by compare and set: the lease of a site.
type Register interface {
	// Get reads the entry.
	Get(ctx context.Context) (Entry, error)
	// Update sets the holder if the entry still has the revision (0: there is none), and
	// returns the new revision. Else it is ErrChanged.
	Update(ctx context.Context, holder string, revision uint64) (uint64, error)
	// Delete removes the entry if it still has the revision.
	Delete(ctx context.Context, revision uint64) error
}
