package echo

// Reason is why a datagram gets no answer.
type Reason int

// The reasons. Answer is the absence of one.
const (
	Answer       Reason = iota
	NoReturn            // the source is not the address of one host, or its port is 0
	Cut                 // the datagram was longer than the socket reads, so it cannot be returned whole
	Broadcast           // unicast server: the datagram was for many hosts, and each of them could answer
	Unicast             // group: the datagram was for this host alone
	Stray               // group: the datagram was for a group that another program has joined
	ServicePort         // group: a server may be on the source port, and answer the answer
	OffLink             // group: the source is not on the network that the datagram came by
	Loop                // the peer repeats itself, as an echo server that answers our answers does
	RateLimited         // the source is over its limit
	TotalLimited        // the group is over its limit
	Failed              // the kernel refused the answer
	NoRoom              // the send buffer is full: the interface is slower than the requests
	Unresolved          // the source does not answer ARP, or neighbour discovery, and the room for such answers is taken
	reasons             // the number of reasons
)

var reasonTexts = [reasons]string{
	"", "no address to answer to", "cut short", "broadcast", "unicast in a group", "another program's group",
	"service port", "off-link source", "loop", "over the limit of its source", "over the limit of the group", "not sent",
	"not sent: no room", "not sent: source does not answer ARP or NDP",
}

// String is a few words, "off-link source", and "" for Answer.
func (r Reason) String() string { return reasonTexts[r] }
