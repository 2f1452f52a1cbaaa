package stream

import "time"

// EventKind is what happened to a sender.
type EventKind string

// The kinds of events.
const (
	Silent  EventKind = "silent"  // a steady sender is missed, from At on
	Back    EventKind = "back"    // it is heard again, from At on
	Stopped EventKind = "stopped" // the program itself stood until At, and nothing is judged in that time

	First   EventKind = "first"      // a stream is heard for the first time
	Loss    EventKind = "loss"       // Lost numbers were given up since the last such event, without those that a Back told; told once a second at most, for all streams in the same Tick
	Restart EventKind = "restart"    // the sender began anew
	End     EventKind = "end"        // the sender said that it ends
	Found   EventKind = "format"     // its numbers are read by Format
	Dropped EventKind = "no format"  // its numbers are not read by Format any more
	NotRead EventKind = "unreadable" // a datagram as of send --rate is damaged, or of a newer version, and nothing else is known of its sender; told once
	OnOff   EventKind = "on and off" // Count silences in 5 minutes, the longest was For; told once in 5 minutes instead of each

	Copies          EventKind = "copies"           // each datagram arrives several times (Copied.Times), or from two addresses, and it is not known why (Copied.From)
	CopiesEnded     EventKind = "copies ended"     // Copied is what was told
	Reflection      EventKind = "reflection"       // the sender sends again what Copied.From sent
	ReflectionEnded EventKind = "reflection ended" // the same
	Storm           EventKind = "storm"            // one datagram came Count times in a second, or its TTL fell so often: it goes in circles
	StormEnded      EventKind = "storm ended"
)

// Event is something that [Tally.Tick] tells once.
type Event struct {
	Kind EventKind
	Key  // of all but Stopped
	At   time.Time

	For     time.Duration // Back: it was silent so long; Stopped: the program stood so long
	Rate    float64       // Silent: datagrams a second until then
	Lost    uint64        // Loss; Back: missing since the silence began, 0: none or not numbered
	Kernel  uint64        // of Lost those that this socket had no room for, at most
	AtLeast bool          // Lost is a lower bound
	About   bool          // Lost is an estimate, by rate and time
	Format  Format
	Count   int
	Falls   bool   // Storm: the TTL fell Count times in a row
	Copied  Copied // Copies, Reflection, Storm, and their ends; of Copied.Times and From only one
}
