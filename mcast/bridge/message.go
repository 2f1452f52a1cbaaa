package bridge

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
)

// Mark is the UDP source port from which bridges send into a LAN. A datagram that comes
// from it was re-sent by a bridge, and no bridge carries it again. It lies below the
// ports that systems give to sockets that name none.
const Mark = frame.Mark

// MaxSize is the largest payload of a datagram, in bytes (IPv4: 65535 - 20 - 8).
const MaxSize = 65507

// Message is a datagram on its way from one site to the others.
type Message struct {
	Group  mcast.Group
	Site   string         // of the LAN where it was heard: "room-1", or "room-1/eth0" at a bridge that has several
	Bridge string         // the process that heard it, see [NewName]
	Seq    uint64         // of the bridge and the site, rising: with both it names the message
	From   netip.AddrPort // who sent it there
	Hops   int            // the TTL that it had; 0: unknown
	Data   []byte
}

// Report tells that a bridge has heard a probe on its LAN.
type Report struct {
	Group  mcast.Group
	Probe  Probe
	Site   string         // whose LAN it was heard on
	Bridge string         // that heard it
	From   netip.AddrPort // it came from there
	Addr   netip.Addr     // of the bridge that heard it, on that LAN
}

// Presence tells that a bridge has joined, or left.
type Presence struct {
	Site, Bridge string
	Addr         netip.Addr // of the bridge on that LAN
	Joined       bool
	Groups       []mcast.Group // that it carries, at most [MaxGroups]
	At           time.Time
}

// Arrival is what a [Link] brings: one of these.
type Arrival struct {
	Parcel   *Parcel
	Message  *Message
	Report   *Report
	Presence *Presence
}

// CheckSite is the error of a site's name that is not 1 to 32 of a-z, 0-9 and "-".
func CheckSite(name string) error {
	ok := len(name) >= 1 && len(name) <= 32
	for i := range len(name) {
		c := name[i]
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')
	}
	if !ok {
		return fmt.Errorf("site %q: want 1 to 32 letters a-z, digits and \"-\"", name)
	}
	return nil
}
