package igmp

import (
	"net"
	"net/netip"
	"time"
)

// Seen is how a message was seen.
type Seen struct {
	At        time.Time
	Interface int              // index
	Out       bool             // this host sent it
	Link      net.HardwareAddr // of the sender; nil: not known
}

// EventKind is what changed.
type EventKind string

const (
	QuerierAppeared EventKind = "querier-appeared" // the first of the link, or the first after one was gone
	QuerierChanged  EventKind = "querier-changed"  // another was elected, or the elected one asks in another way
	QuerierGone     EventKind = "querier-gone"     // silent for the other querier present interval
	SecondQuerier   EventKind = "second-querier"   // one that asks although another won the election
	ZeroQuery       EventKind = "zero-query"       // a switch asks from 0.0.0.0 or :: (RFC 4541, section 2.1.1)
	MemberJoined    EventKind = "member-joined"
	MemberLeft      EventKind = "member-left"    // it said so
	MemberExpired   EventKind = "member-expired" // it did not answer the querier any more
	SourcesChanged  EventKind = "sources-changed"
	VersionChanged  EventKind = "version-changed" // a member reports in another version
	GroupFirst      EventKind = "group-first"     // a group has its first member
	GroupLast       EventKind = "group-last"      // a group has none any more
	SightChanged    EventKind = "sight-changed"
)

// Mode is whom a member hears in a group.
type Mode string

const (
	Include Mode = "include" // its sources only
	Exclude Mode = "exclude" // all but its sources
)

// Event is a change on one interface, in one family. Fields that do not concern
// its kind are zero. Its Sources are shared and not to be changed.
type Event struct {
	Kind      EventKind
	At        time.Time
	Interface int
	Family    Family

	Group   netip.Addr
	Host    netip.Addr       // the member, or the querier; invalid: it reports from 0.0.0.0 or ::
	Link    net.HardwareAddr // its hardware address, where it is known
	Version int
	Mode    Mode
	Sources []netip.Addr
	Self    bool   // it is this host
	Sight   Sight  // of the link, as it is now, whatever the kind
	Why     string // in words: "v3: to include nothing"
}

// Sight is what a port sees of other hosts' reports (RFC 4541: a snooping switch
// sends them to routers only). The order of the values means nothing.
type Sight uint8

const (
	SightUnknown Sight = iota // no report of another host was seen, and nothing proves that there was one
	SightOwn                  // own reports only: others were due, and kept back
	SightAll                  // a report of another host was seen within a membership interval
)
