package ping

import (
	"context"

	"github.com/groupcast/groupcast/mcast"
)

// read passes answers to the loop until ctx ends.
func (p *Pinger) read(ctx context.Context, c conn) {
	batch := make([]mcast.Datagram, mcast.BatchSize)
	for {
		n, err := c.Read(ctx, batch)
		if err != nil {
			if ctx.Err() == nil {
				p.failed <- err
			}
			return
		}
		for _, d := range batch[:n] {
			select {
			case p.answers <- p.interpret(d):
			case <-ctx.Done():
				return
			}
		}
	}
}

func (p *Pinger) interpret(d mcast.Datagram) answer {
	a := answer{at: d.At, from: d.From, ifIndex: d.IfIndex, hops: d.Hops, size: len(d.Data)}
	a.way, a.seq, a.ours = p.payload.parse(d.Data)
	a.same = a.ours && !d.Truncated && p.payload.same(d.Data)
	return a
}

// maxNoticed bounds the errors that wait to be counted one by one. Anybody can
// forge them, and Report may delay the counting.
const maxNoticed = 4096

// notice is called from within Send and Read.
func (p *Pinger) notice(e mcast.PeerError) {
	p.noticing.Lock()
	if len(p.noticed) < maxNoticed {
		p.noticed = append(p.noticed, e)
	} else {
		p.missed++
	}
	p.noticing.Unlock()
	select {
	case p.notices <- struct{}{}:
	default:
	}
}

func (p *Pinger) takeNotices() {
	p.noticing.Lock()
	list, missed := p.noticed, p.missed
	p.noticed, p.missed = nil, 0
	p.noticing.Unlock()
	if missed > 0 {
		p.do(func(t *tracker) { t.summary.Errors[OtherErrors] += missed })
	}
	for _, e := range list {
		way, seq, ours := p.payload.about(e.Data)
		p.do(func(t *tracker) {
			if ours {
				t.peerError(way, seq, e)
			} else {
				t.summary.Foreign++
			}
		})
	}
}
