package echo

// Reason is why a datagram gets no answer.
type Reason int

// The reasons. Answer is none.
const (
	Answer       Reason = iota
	NoReturn            // its source is no address of one host, or port 0
	Cut                 // it was longer than the socket reads, so it cannot be given back whole
	Broadcast           // not in a group: it was for all, and each of them could answer
	Unicast             // in a group: it was for this host alone
	Stray               // for a group that another program has joined
	ServicePort         // in a group: from a port where a server may answer the answer
	OffLink             // in a group: its source is not on the network that it came by
	Loop                // its peer repeats itself, as another server does that echoes us
	RateLimited         // its source is over its limit
	TotalLimited        // the group is over its limit
	Failed              // the answer could not be sent
	reasons             // how many there are
)

var reasonTexts = [reasons]string{
	"", "no address to answer to", "cut short", "broadcast", "unicast in a group", "another program's group",
	"service port", "off-link source", "loop", "over the limit of its source", "over the limit of the group", "not sent",
}

// String is a few words, "off-link source", and "" for Answer.
func (r Reason) String() string { return reasonTexts[r] }
