package ping

import (
	"context"

	"github.com/groupcast/groupcast/mcast"
)

// read tells the loop of what arrives, until ctx ends.
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

// notice is called from within Send and Read.
func (p *Pinger) notice(e mcast.PeerError) {
	p.noticing.Lock()
	p.noticed = append(p.noticed, e)
	p.noticing.Unlock()
	select {
	case p.notices <- struct{}{}:
	default:
	}
}

func (p *Pinger) takeNotices() {
	p.noticing.Lock()
	list := p.noticed
	p.noticed = nil
	p.noticing.Unlock()
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
