package bridge

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
)

// Config says what a [Bridge] joins.
type Config struct {
	Groups []mcast.Group
	Ports  []Port // one for each LAN
	Link   Link   // Run closes it
	// Register returns the lease of a site; nil: this bridge is its site's only one.
	Register func(site string) Register
	Hops     int // the TTL of what is sent into the LANs; 0: 1
	// Rate, Burst, MaxSize, From, ListenOnly and SendOnly are those of [CarrierConfig].
	Rate                 float64
	Burst, MaxSize       int
	From                 []netip.Prefix
	ListenOnly, SendOnly bool
	// PlainOnly says of a group that frames of its members are not carried; nil: they are,
	// of all groups.
	PlainOnly func(mcast.Group) bool
	// Tell is called with what happens, by one goroutine at a time. It must not call the
	// Bridge. The Data of an Event's Message is valid until it returns.
	Tell func(Event)
	// Each tells of each datagram, too: Carried, Resent and Dropped events.
	Each  bool
	Trace *mcast.Trace
}

// Port is one LAN of a bridge.
type Port struct {
	Interface string // its name or an address of it, as -i takes it
	Site      string
}

// EventKind is what happened.
type EventKind string

// The kinds of events.
const (
	EventCarried EventKind = "carried" // Message was published
	EventResent  EventKind = "resent"  // Message was sent into the LAN
	EventDropped EventKind = "dropped" // a datagram from the LAN, or a Message, for the reason Why
	EventSite    EventKind = "site"    // Presence
	EventLease   EventKind = "lease"   // Leads
	EventFinding EventKind = "finding" // Finding
	EventNote    EventKind = "note"    // Text: what an interface or a membership is like now
	EventError   EventKind = "error"   // Err: an interface, a membership or the link
)

// Event is what a Bridge tells.
type Event struct {
	Kind     EventKind
	At       time.Time
	Site     string // of the port
	Group    mcast.Group
	Why      Why
	From     netip.AddrPort // who sent the datagram
	Via      netip.AddrPort // of EventResent: from where this bridge sent it
	Hops     int            // the TTL that it had
	Bytes    int            // of its payload
	Message  *Message       // nil: it was not made into one
	Frames   bool           // the datagram came, or leaves, on the port of frames, which Group has
	Frame    frame.Kind     // of it; 0: none that can be read
	Parcel   *Parcel        // of a site, if Frames; nil: it came from the LAN
	Presence *Presence
	Leads    bool
	Leader   string // of EventLease: the other bridge that leads, as far as is known; "": none
	Finding  *Finding
	Text     string
	Err      error
}

// Status is how one group stands at one port of a bridge.
type Status struct {
	Site      string
	Bridge    string
	Addr      netip.Addr // of the bridge on that LAN; the zero Addr: it has none
	Interface string
	Group     mcast.Group
	Leads     bool
	Since     time.Time      // the bridge runs since then
	Heard     uint64         // datagrams from the LAN
	Arrived   uint64         // messages of sites
	AtLAN     map[Why]uint64 // what became of those: the sum is Heard
	AtSites   map[Why]uint64 // what became of these: the sum is Arrived
	Last      time.Time      // a datagram was heard that came from no bridge; zero: never

	NoFrames      string         // why no frames are carried; "": they are
	FramesAtLAN   map[Why]uint64 // what became of the datagrams that came on the port of frames
	FramesAtSites map[Why]uint64 // what became of the frames of sites
	Keeping       Keeping        // of the bridge, the same at all its groups and ports
}
