package session

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// longestPing is the largest request that is answered, in bytes: no answer is cut up.
const longestPing = 1472

// answers reports whether a ping is answered. The caller holds s.mu.
func (s *Session) answers(d *mcast.Datagram) bool {
	return s.pings != nil && len(d.Data) <= longestPing && d.From.Port() != s.group.Port && s.pings.Answers(time.Now(), d)
}

// answer answers pings: to the sender alone, by the interface that brought them.
func (s *Session) answer(pings []*mcast.Datagram) {
	if len(pings) == 0 {
		return
	}
	for _, d := range pings {
		s.mu.Lock()
		sender := s.senders[host.Unspecified(d.From.Addr())]
		told := Datagram{At: time.Now(), To: d.From, IfIndex: d.IfIndex, Interface: s.room.InterfaceName(d.IfIndex), Data: d.Data}
		s.mu.Unlock()
		if sender == nil {
			continue
		}
		told.From = netip.AddrPortFrom(netip.Addr{}, sender.LocalAddr().Port())
		to := netip.AddrPortFrom(d.From.Addr().WithZone(""), d.From.Port())
		_, told.Err = sender.TrySendBatch([]mcast.Outgoing{{Data: d.Data, To: to, Via: mcast.Via{IfIndex: d.IfIndex}}})
		if s.capture != nil {
			told.Data = append([]byte(nil), d.Data...)
			s.capture.sent(told)
		}
	}
}
