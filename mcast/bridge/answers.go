package bridge

import (
	"maps"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// answersEvery is how often new unicast answers are told.
const answersEvery = 10 * time.Second

// answered counts a datagram to port Mark. Whoever answers a datagram that was sent again
// answers the bridge, and the asker never hears it.
func (b *Bridge) answered(d *mcast.Datagram) {
	if d.To.IsMulticast() {
		return // to a group of another program
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	n, ours := b.byIndex[d.IfIndex]
	if ours {
		b.answers[n]++
		b.answersFrom[n] = d.From
	}
}

// tellAnswers tells of those that came since the last call, at LANs that were sent into.
func (b *Bridge) tellAnswers() {
	b.mu.Lock()
	answers := maps.Clone(b.answers)
	clear(b.answers)
	b.mu.Unlock()
	for n, count := range answers {
		l := b.engine.lans[n]
		if l.resent() == 0 {
			continue
		}
		b.mu.Lock()
		from := b.answersFrom[n]
		b.mu.Unlock()
		b.engine.tell(Event{Kind: EventFinding, Site: l.port.Site, Finding: &Finding{
			Name: AnswersStay, Site: l.port.Site, From: from, Count: int(count),
		}})
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
