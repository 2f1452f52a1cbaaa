package bridge

import (
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// Parcel is a frame of the group protocol (docs/protocol.md) on its way from one site to
// the others: the same bytes that its author signed.
type Parcel struct {
	Group        mcast.Group // of the conversation, with its plain port
	Site, Bridge string      // where it was heard, and by whom
	Data         []byte      // at most frame.MaxSize bytes
	// Kept is true of a frame that is kept: the hub acknowledges it and has it in its
	// history. Else it passes, and what is lost is lost.
	Kept bool
	// Again is true of a frame that was sent before, and that somebody asked for: it may be
	// sent into a LAN once more.
	Again bool
	// Earlier is true of a frame from the history that was kept before this Link began. It
	// is held for whoever asks, and sent into no LAN unasked.
	Earlier bool
	At      time.Time // when the hub kept it; zero: not known
}

// Keeping is how it stands with the kept frames of a [Link].
type Keeping struct {
	Waiting      int    // frames that are not yet acknowledged
	WaitingBytes int    // of them
	Kept         uint64 // frames that were acknowledged
	Dropped      uint64 // frames that were dropped while the hub was away, the oldest first
	// Err is why the hub keeps no history, such as a NATS server without JetStream, or a
	// stream at its limits; nil: it does, or it is not yet known. Frames cross nevertheless.
	Err error
}
