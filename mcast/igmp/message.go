package igmp

import (
	"net/netip"
	"time"
)

// Family is the protocol of a message: IGMP for IPv4, MLD for IPv6.
type Family uint8

const (
	IGMP Family = iota + 1
	MLD
)

// Kind is what a message says.
type Kind uint8

const (
	Query  Kind = iota + 1 // who is a member?
	Report                 // I am, of these groups
	Leave                  // I am no more: an IGMPv2 leave, an MLDv1 done
)

// Message is one message of IGMP or MLD, decoded.
type Message struct {
	Family  Family
	Kind    Kind
	Version int // of IGMP 1 to 3, of MLD 1 or 2; a query's by its length (RFC 3376, section 7.1; RFC 3810, section 8.1)

	From, To netip.Addr // of the IP header, without zones
	Hops     int        // TTL or hop limit; what is not 1 was not sent on this link

	// Group is what a query asks about, and what a report of IGMPv1, IGMPv2 or
	// MLDv1 and a leave are about: always the message's, never the header's. It
	// is invalid in a general query, and in reports with Records.
	Group netip.Addr

	// Of a query.
	MaxResponse time.Duration // within which members answer; IGMPv1: 10 s (RFC 2236, section 4)
	Robustness  int           // QRV, 0 to 7; 0: not said
	Interval    time.Duration // QQIC, in full seconds; 0: not said, as always before IGMPv3 and MLDv2
	Suppress    bool          // the S flag
	Sources     []netip.Addr  // of a group-and-source-specific query

	Records []Record // of a report of IGMPv3 or MLDv2
}

// Record is a group record of an IGMPv3 or MLDv2 report.
type Record struct {
	Type    RecordType
	Group   netip.Addr
	Sources []netip.Addr
}

// RecordType is what a record says (RFC 3376, section 4.2.12; RFC 3810, section
// 5.2.12).
type RecordType uint8

const (
	IsInclude RecordType = iota + 1 // the state: only these sources
	IsExclude                       // the state: all but these sources
	ToInclude                       // a change: only these sources, from now on
	ToExclude                       // a change: all but these sources, from now on
	Allow                           // a change: these sources too
	Block                           // a change: these sources no more
)

// General reports whether a query asks about all groups.
func (m Message) General() bool { return m.Kind == Query && !m.Group.IsValid() }
