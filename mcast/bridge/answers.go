package bridge

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// answersEvery is how often new unicast answers at one LAN are told, at most.
const answersEvery = 10 * time.Second

// answers counts the unicast datagrams to port Mark on one LAN. Whoever answers a datagram
// that was sent again answers the bridge, and the asker never hears it.
type answers struct {
	count int // that are not told
	from  netip.AddrPort
	next  time.Time // nothing is told before
}

// answered counts one.
func (b *Bridge) answered(d *mcast.Datagram) {
	if d.To.IsMulticast() {
		return // to a group of another program
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if n, ours := b.byIndex[d.IfIndex]; ours {
		b.answers[n].count++
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
		a := b.answers[n]
		due := a.count > 0 && !now.Before(a.next)
		if due {
			b.answers[n] = answers{next: now.Add(answersEvery)}
		}
		b.mu.Unlock()
		if due {
			b.engine.tell(Event{Kind: EventFinding, At: now, Site: l.port.Site, Finding: &Finding{
				Name: AnswersStay, Site: l.port.Site, From: a.from, Count: a.count,
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
