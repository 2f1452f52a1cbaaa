package record

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// Datagram is one UDP datagram of a recording.
type Datagram struct {
	At       time.Time // when the kernel received it, or when it was sent. To a Recorder, the zero Time: now
	From, To netip.AddrPort
	IfIndex  int    // to a Recorder, the host's interface that it came or left by; 0: unknown
	Hops     int    // the TTL or hop limit in its header; 0: unknown, or none left
	Data     []byte // the payload
	Size     int    // bytes of the whole payload, if Data is less of it; 0: Data is all
}

// Of is a datagram as a Conn read it that is bound to a port. How long a
// truncated one was the system does not say: its Size is one byte more than what
// was read.
func Of(d mcast.Datagram, port uint16) Datagram {
	r := Datagram{At: d.At, From: d.From, To: netip.AddrPortFrom(d.To, port), IfIndex: d.IfIndex, Hops: d.Hops, Data: d.Data}
	if d.Truncated {
		r.Size = len(d.Data) + 1
	}
	return r
}
