package igmp

import (
	"net"
	"net/netip"
	"time"
)

// Snapshot is what a View knows, in the order of interfaces and families.
type Snapshot struct {
	At    time.Time
	Links []Link
}

// Link is one interface in one family.
type Link struct {
	Interface int // index
	Family    Family
	Since     time.Time // when looking began
	Queriers  []Querier // the elected one first, then the lowest address first
	Groups    []Group   // in the order of their addresses
	Sight     Sight
	Why       string // the evidence for Sight, in words
	Counters  Counters
}

// Querier is who asks.
type Querier struct {
	Addr        netip.Addr       // 0.0.0.0 or :: is a switch that asks without being a router
	Link        net.HardwareAddr // nil: not known
	Version     int
	Interval    time.Duration // as it says, or as it was measured; 0: not known yet
	MaxResponse time.Duration
	Robustness  int       // 2 where it says none (RFC 3376, section 8.1)
	Since, Last time.Time // its first and its latest general query
	Expires     time.Time // when it counts as gone
	Queries     uint64
	Elected     bool
	Self        bool
}

// Group is a group with the members that were seen to report it.
type Group struct {
	Addr    netip.Addr
	Members []Member // in the order of their addresses
	AtLeast bool     // members silence each other here (IGMPv1, IGMPv2, MLDv1): there may be more
}

// Member is one host in one group.
type Member struct {
	Host    netip.Addr       // invalid: it reports from 0.0.0.0 or ::
	Link    net.HardwareAddr // nil: not known
	Version int              // of the latest report
	Mode    Mode
	Sources []netip.Addr
	Since   time.Time
	Last    time.Time // the latest report
	Expires time.Time
	Self    bool // this host: its report was seen leaving
}

// Counters are messages on one link. What was bad changed nothing else.
type Counters struct {
	Messages        uint64            // all, good and bad
	Bad             map[string]uint64 // by reason; nil: none
	Queries         uint64
	Reports         uint64
	Leaves          uint64
	Evicted         uint64 // members forgotten because there were too many
	SourcesDropped  uint64 // sources beyond what is kept of one member
	OwnReports      uint64 // of these Reports, sent by this host
	ReportsOfOthers uint64
}
