package bridge

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// answers counts the unicast datagrams to port Mark on one LAN. Whoever answers a datagram
// that was sent again answers the bridge, and the asker never hears it.
type answers struct {
	reminder
	from netip.AddrPort // the last one
}

// answered counts one.
func (b *Bridge) answered(d *mcast.Datagram) {
	if d.To.IsMulticast() {
		return // to a group of another program
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if n, ours := b.byIndex[d.IfIndex]; ours {
		b.answers[n].add(time.Now())
		b.answers[n].from = d.From
	}
}

// tellAnswers tells of those at LANs that were sent into.
func (b *Bridge) tellAnswers() {
	now := time.Now()
	for n, l := range b.engine.lans {
		if l.resent() == 0 {
			continue
		}
		b.mu.Lock()
		count, due := b.answers[n].take(now)
		from := b.answers[n].from
		b.mu.Unlock()
		if due {
			b.engine.tell(Event{Kind: EventFinding, At: now, Site: l.port.Site, Finding: &Finding{
				Name: AnswersStay, Site: l.port.Site, From: from, Count: count,
			}})
		}
	}
}

// resent is how many datagrams were sent into the LAN.
func (l *lan) resent() (n uint64) {
	for _, p := range l.passages {
		p.mu.Lock()
		n += p.atSites[Resent]
		p.mu.Unlock()
	}
	return n
}
