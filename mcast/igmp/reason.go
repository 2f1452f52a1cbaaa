package igmp

// Reason is why a packet was refused: a short word, the name of a counter.
type Reason string

// Decode gives all of them but ReasonHops, which is the judgement of a View.
const (
	ReasonNotIGMP  Reason = "not-igmp" // neither IGMP nor MLD: nothing is wrong with it
	ReasonHeader   Reason = "header"   // the IP header contradicts itself
	ReasonFragment Reason = "fragment" // a piece of a packet; messages of both protocols fit in one
	ReasonCut      Reason = "cut"      // it ends before what it says it holds
	ReasonChecksum Reason = "checksum" // of the IPv4 header, IGMP or ICMPv6
	ReasonLength   Reason = "length"   // a query of a length that no version has (RFC 3376, section 7.1)
	ReasonType     Reason = "type"     // IGMP of another type: DVMRP, PIMv1, mtrace, router discovery
	ReasonAddress  Reason = "address"  // a group that is none, or a sender that cannot be one
	ReasonHops     Reason = "hops"     // TTL or hop limit other than 1: not sent on this link
)

// DecodeError is the error of Decode.
type DecodeError struct {
	Reason Reason
	What   string // in words, of this package alone: nothing of the packet is in it
}

// Error is "igmp: cut: what".
func (e *DecodeError) Error() string { return "igmp: " + string(e.Reason) + ": " + e.What }

func refuse(r Reason, what string) error { return &DecodeError{Reason: r, What: what} }
