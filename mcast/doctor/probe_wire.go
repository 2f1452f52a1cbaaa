package doctor

import (
	"context"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/igmp"
)

// wireEvery is how often the probe notes what was seen of IGMP and MLD.
const wireEvery = 500 * time.Millisecond

// openWire begins to look at copies of IGMP and MLD, before the probe joins. It
// takes CAP_NET_RAW; the probe goes on without.
func (p *prober) openWire(ctx context.Context) {
	var on []host.Interface
	for _, i := range p.joins() {
		if !i.Loopback() {
			on = append(on, i)
		}
	}
	if len(on) == 0 {
		return
	}
	p.watcher, p.wireErr = igmp.Watch(ctx, igmp.Options{Interfaces: on})
	p.onWire = newOnWire(p.Intent.Group.Addr)
}

// lookAtWire notes what was seen so far.
func (p *prober) lookAtWire(now time.Time) {
	if p.watcher == nil || now.Sub(p.looked) < wireEvery {
		return
	}
	p.looked = now
	p.onWire.look(p.watcher.Snapshot(), p.watcher.Losses().Packets > 0)
}

// wire returns what was seen; nil: nobody looked.
func (p *prober) wire() []Wire {
	if p.watcher == nil {
		return nil
	}
	p.looked = time.Time{}
	p.lookAtWire(time.Now())
	return p.onWire.list()
}
